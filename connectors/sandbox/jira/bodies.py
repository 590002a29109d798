"""Draw issues as Jira's JSON. Each field is rendered once and kept until its issue changes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from connectors.sandbox.jira.issues import ABSENT, Issue
from connectors.sandbox.jira.state import Tracker
from connectors.sandbox.jira.vocabulary import (
    GATEWAY,
    PRIORITIES,
    RESOLUTIONS,
    STATUSES,
    account_id,
    category_json,
    status_json,
    type_json,
)

_dump = json.dumps


def moment(at: datetime | None, tracker: Tracker) -> str | None:
    """Write a time as Jira does: milliseconds, and the user's offset without a colon."""
    if at is None:
        return None
    local = at.astimezone(tracker.zone)
    return f"{local:%Y-%m-%dT%H:%M:%S}.{local.microsecond // 1000:03d}{local:%z}"


@lru_cache(maxsize=1024)
def _user(email: str, name: str, zone: str) -> str:
    person = {
        "self": f"{GATEWAY}/rest/api/3/user?accountId={account_id(email)}",
        "accountId": account_id(email),
        "emailAddress": email,
        "avatarUrls": {"48x48": f"https://avatar-management.test/{account_id(email)[-6:]}/48"},
        "displayName": name,
        "active": True,
        "timeZone": zone,
        "accountType": "atlassian",
    }
    return _dump(person)


@lru_cache(maxsize=256)
def _named(kind: str, id: str, name: str) -> str:
    return _dump({"self": f"{GATEWAY}/rest/api/3/{kind}/{id}", "id": id, "name": name})


_status_text = lru_cache(maxsize=64)(lambda name: _dump(status_json(name)))
_category_text = lru_cache(maxsize=8)(lambda key: _dump(category_json(key)))
_type_text = lru_cache(maxsize=64)(lambda name: _dump(type_json(name)))


class Bodies:
    """Render the issues of one tracker. Call under its lock."""

    def __init__(self, tracker: Tracker) -> None:
        self._tracker = tracker
        self._draw: Mapping[str, Callable[[Issue], str]] = {
            "summary": lambda i: _dump(i.summary),
            "issuetype": lambda i: str(_type_text(i.type)),
            "project": lambda i: self.project(i.project),
            "status": lambda i: str(_status_text(i.status)),
            "statusCategory": lambda i: str(_category_text(STATUSES[i.status].category)),
            "statuscategorychangedate": lambda i: _dump(moment(i.category_changed, tracker)),
            "priority": lambda i: _named("priority", PRIORITIES[i.priority], i.priority),
            "resolution": lambda i: (
                _named("resolution", RESOLUTIONS[i.resolution], i.resolution) if i.resolution else "null"
            ),
            "resolutiondate": lambda i: _dump(moment(i.resolved, tracker)),
            "created": lambda i: _dump(moment(i.created, tracker)),
            "updated": lambda i: _dump(moment(i.updated, tracker)),
            "duedate": lambda i: _dump(i.due.isoformat() if i.due else None),
            "labels": lambda i: _dump(list(i.labels)),
            "assignee": lambda i: self.user(i.assignee) if i.assignee else "null",
            "reporter": lambda i: self.user(i.reporter),
        }

    def user(self, email: str) -> str:
        """Draw a person."""
        return _user(email, self._tracker.people[email], self._tracker.zone.key)

    def project(self, key: str) -> str:
        """Draw a project as it stands inside an issue."""
        held = self._tracker.projects[key]
        return _project(held.id, held.key, held.name)

    def wanted(self, asked: Iterable[str] | None, default: str) -> tuple[str, ...]:
        """Expand a `fields` parameter (*all, *navigable, -field, ids) to field ids, unknown ones dropped."""
        names = [part.strip() for one in (asked or [default]) for part in one.split(",") if part.strip()]
        known = [f.id for f in self._tracker.fields.values() if f.id != "issuekey"]
        chosen: dict[str, None] = {}
        if all(name.startswith("-") for name in names):
            names = [default, *names]
        for name in names:
            if name in ("*all", "*navigable"):
                chosen.update(dict.fromkeys(known))
            elif name.startswith("-"):
                chosen.pop(name[1:], None)
            elif name in known:
                chosen[name] = None
        return tuple(chosen)

    def issue(
        self, issue: Issue, fields: Sequence[str], version: int = 3, more: Mapping[str, Any] | None = None
    ) -> str:
        """Draw an issue with these field ids; the text differs by API version only in the description."""
        there = [name for name in fields if issue.odd.get(name) is not ABSENT] if issue.odd else fields
        drawn = ", ".join([f'"{name}": {self._field(issue, name, version)}' for name in there])
        extra = "".join(f", {_dump(name)}: {_dump(value)}" for name, value in (more or {}).items())
        return (
            f'{{"expand": "operations,versionedRepresentations,editmeta,changelog,renderedFields", "id": "{issue.id}", '
            f'"self": "{GATEWAY}/rest/api/{version}/issue/{issue.id}", "key": "{issue.key}", '
            f'"fields": {{{drawn}}}{extra}}}'
        )

    def bare(self, issue: Issue, version: int, *, key: bool) -> str:
        """Draw an issue of which only the id, or id and key, was asked."""
        if not key:
            return f'{{"id": "{issue.id}"}}'
        return (
            f'{{"expand": "", "id": "{issue.id}", "self": "{GATEWAY}/rest/api/{version}/issue/{issue.id}", '
            f'"key": "{issue.key}"}}'
        )

    def changelog(self, issue: Issue) -> list[dict[str, Any]]:
        """Draw an issue's histories, oldest first."""
        author = json.loads(self.user(self._tracker.email))
        return [
            {"id": h["id"], "author": author, "created": moment(h["created"], self._tracker), "items": h["items"]}
            for h in issue.histories
        ]

    def _field(self, issue: Issue, name: str, version: int) -> str:
        if name in issue.odd:
            return _dump(issue.odd[name])
        if name == "parent":  # its own status changes under it: never kept
            return self._parent(issue)
        if name == "description":
            return self._description(issue, version)
        text = issue.texts.get(name)
        if text is None:
            draw = self._draw.get(name)
            text = issue.texts[name] = draw(issue) if draw else _dump(issue.custom.get(name))
        return text

    def _parent(self, issue: Issue) -> str:
        parent = self._tracker.by_id.get(issue.parent) if issue.parent else None
        if parent is None:
            return "null"
        fields = ", ".join(
            f'"{n}": {self._field(parent, n, 3)}' for n in ("summary", "status", "priority", "issuetype")
        )
        return (
            f'{{"id": "{parent.id}", "key": "{parent.key}", "self": "{GATEWAY}/rest/api/3/issue/{parent.id}", '
            f'"fields": {{{fields}}}}}'
        )

    @staticmethod
    def _description(issue: Issue, version: int) -> str:
        if not issue.description or version == 2:
            return _dump(issue.description or None)
        paragraph = {"type": "paragraph", "content": [{"type": "text", "text": issue.description}]}
        return _dump({"type": "doc", "version": 1, "content": [paragraph]})


@lru_cache(maxsize=256)
def _project(id: int, key: str, name: str) -> str:
    drawn = {
        "self": f"{GATEWAY}/rest/api/3/project/{id}",
        "id": str(id),
        "key": key,
        "name": name,
        "projectTypeKey": "software",
        "simplified": False,
        "avatarUrls": {"48x48": f"{GATEWAY}/rest/api/3/universal_avatar/view/type/project/avatar/{id}"},
    }
    return _dump(drawn)
