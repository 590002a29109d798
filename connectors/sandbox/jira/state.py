"""What a simulated Jira holds: projects, people, issues and their histories, and every way they may change."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from connectors.sandbox.jira.issues import Issue
from connectors.sandbox.jira.site import Site
from connectors.sandbox.jira.vocabulary import (
    PRIORITIES,
    RESOLUTIONS,
    STATUSES,
    STORY_POINTS,
    TYPES,
    display_name,
)

Change = tuple[str, Issue, list[dict[str, Any]], datetime]  # event, issue, changelog items, when


class Tracker(Site):
    """Issues and their changes, thread-safe. `now` is the only clock; `listeners` hear every change, under the lock."""

    def __init__(self, *, email: str, now: Callable[[], datetime], time_zone: str, is_cloud: bool = True) -> None:
        super().__init__(email=email, now=now, time_zone=time_zone, is_cloud=is_cloud)
        self.lag = 0.0  # seconds of `now` by which searching runs behind; set it before the changes it should delay
        self.by_id: dict[int, Issue] = {}
        self.by_key: dict[str, Issue] = {}  # old keys of moved issues too
        self.listeners: list[Callable[[Change], None]] = []
        self._past: dict[int, list[tuple[datetime, Issue | None]]] = {}
        self._next_id, self._next_change = 10001, 20001

    # -- what a driver does

    def create(
        self,
        project: str,
        *,
        summary: str,
        type: str = "Story",
        status: str = "To Do",
        points: float | None = None,
        labels: Iterable[str] = (),
        created: datetime | None = None,
        assignee: str | None = None,
        parent: str | None = None,
        due: date | None = None,
        fields: Mapping[str, float | None] | None = None,
        priority: str = "Medium",
    ) -> str:
        """Create an issue and return its key. `fields` are custom number fields by name or id; times are aware."""
        if type not in TYPES or status not in STATUSES or priority not in PRIORITIES:
            raise ValueError(f"this site has no {type!r}, {status!r} or {priority!r}")
        with self.lock:
            home = self.projects[project]
            at = (created or self.now()).astimezone(UTC)
            issue = Issue(
                id=self._next_id,
                key=f"{project}-{home.next_number}",
                project=project,
                number=home.next_number,
                summary=summary,
                type=type,
                status=status,
                created=at,
                updated=at,
                category_changed=at,
                reporter=self.email,
                priority=priority,
                labels=tuple(labels),
                assignee=assignee,
                parent=self._found(parent).id if parent else None,
                due=due,
                custom={STORY_POINTS.id: points} | self._custom(fields or {}),
            )
            if STATUSES[status].category == "done":
                issue.resolution, issue.resolved = "Done", at
            home.next_number += 1
            self._next_id += 1
            if assignee:
                self.people.setdefault(assignee, display_name(assignee))
            self._remember(issue, existed=False)
            self.by_id[issue.id] = self.by_key[issue.key] = issue
            self._announce("jira:issue_created", issue, [], at)
            return issue.key

    def transition(self, key: str, status: str, at: datetime | None = None, *, resolution: str | None = "Done") -> None:
        """Move an issue along the workflow; done sets its resolution and date, reopening clears both.

        A workflow without a screen for it sets none: `resolution` is None there.
        """
        with self.lock:
            issue, when = self._found(key), (at or self.now()).astimezone(UTC)
            before, after = STATUSES[issue.status], STATUSES[status]
            if before == after:
                return
            self._remember(issue)
            items = [_item("status", before.id, before.name, after.id, after.name)]
            if before.category != after.category:
                issue.category_changed = when
            if after.category == "done" and issue.resolution is None and resolution is not None:
                if before.category != after.category:
                    issue.resolution, issue.resolved = resolution, when
                items.append(_item("resolution", None, None, RESOLUTIONS[resolution], resolution))
            elif after.category != "done" and issue.resolution is not None:
                items.append(_item("resolution", RESOLUTIONS[issue.resolution], issue.resolution, None, None))
                issue.resolution = issue.resolved = None
            issue.status = status
            self._touch(issue, when, items)

    def edit(self, key: str, *, at: datetime | None = None, **changes: Any) -> None:
        """Change summary, type, priority, points, labels, assignee, parent, due, sprint, description or `fields`."""
        with self.lock:
            issue, when = self._found(key), (at or self.now()).astimezone(UTC)
            self._remember(issue)
            items = []
            for name, value in changes.items():
                if name == "fields":
                    for id, number in self._custom(value).items():
                        items.append(_item(self.fields[id].name, None, issue.custom.get(id), None, number, id=id))
                        issue.custom[id] = number
                elif name == "points":
                    items.append(_item("Story Points", None, issue.custom.get(STORY_POINTS.id), None, value))
                    issue.custom[STORY_POINTS.id] = value
                elif name in (
                    "summary",
                    "type",
                    "priority",
                    "labels",
                    "assignee",
                    "parent",
                    "due",
                    "sprint",
                    "description",
                ):
                    before = getattr(issue, name)
                    kept = self._found(value).id if name == "parent" and value else value
                    setattr(issue, name, tuple(value) if name == "labels" else kept)
                    items.append(_item(name, None, _said(before), None, _said(value)))
                    if name == "assignee" and value:
                        self.people.setdefault(value, display_name(value))
                else:
                    raise ValueError(f"an issue has no {name!r} to edit")
            self._touch(issue, when, items)

    def move(self, key: str, project: str) -> str:
        """Move an issue to another project and return its new key; the old key still finds it, its id stays."""
        with self.lock:
            issue, home = self._found(key), self.projects[project]
            self._remember(issue)
            old_key, old_project = issue.key, issue.project
            issue.project, issue.number, issue.key = project, home.next_number, f"{project}-{home.next_number}"
            home.next_number += 1
            self.by_key[issue.key] = issue
            items = [_item("project", None, old_project, None, project), _item("Key", None, old_key, None, issue.key)]
            self._touch(issue, self.now().astimezone(UTC), items)
            return issue.key

    def distort(self, key: str, fields: Mapping[str, Any], at: datetime | None = None) -> None:
        """Have fields of an issue hold anything at all, as plain JSON, or ABSENT; searching still knows what was there.

        The issue counts as changed.
        """
        with self.lock:
            issue = self._found(key)
            issue.odd |= fields
            self._touch(issue, (at or self.now()).astimezone(UTC), [])

    def delete(self, key: str) -> None:
        """Delete an issue for good."""
        with self.lock:
            issue = self._found(key)
            self._remember(issue)
            del self.by_id[issue.id]
            for name in [k for k, held in self.by_key.items() if held is issue]:
                del self.by_key[name]
            self._announce("jira:issue_deleted", issue, [], self.now().astimezone(UTC))

    def hide(self, key: str) -> None:
        """Take away the account's right to see an issue: from now on it looks as if it did not exist."""
        with self.lock:
            self._found(key).hidden = True
            self.revision += 1

    def show(self, key: str) -> None:
        """Give the right back."""
        with self.lock:
            self._found(key).hidden = False
            self.revision += 1

    # -- what a reader asks

    def find(self, id_or_key: str) -> Issue | None:
        """Find an issue by id, key or former key, whatever the case; None when it is not there or may not be seen."""
        issue = self.by_id.get(int(id_or_key)) if id_or_key.isdecimal() else self.by_key.get(id_or_key.upper())
        return None if issue is None or issue.hidden else issue

    def indexed(self) -> Sequence[Issue]:
        """Return what searching sees: visible issues, as they stood `lag` seconds ago."""
        if not self._past:
            return [i for i in self.by_id.values() if not i.hidden]
        horizon = self.now() - timedelta(seconds=self.lag)
        for id in list(self._past):
            self._past[id] = [entry for entry in self._past[id] if entry[0] > horizon]
            if not self._past[id]:
                del self._past[id]
        hidden = {i.id for i in self.by_id.values() if i.hidden}
        seen = [i for i in self.by_id.values() if i.id not in self._past and not i.hidden]
        late = [entries[0][1] for id, entries in self._past.items() if id not in hidden]
        return [*seen, *(issue for issue in late if issue is not None)]

    @property
    def lags(self) -> bool:
        """Whether some change has not reached the search index yet."""
        return bool(self._past)

    def _found(self, key: str) -> Issue:
        if key not in self.by_key:
            raise KeyError(f"there is no issue {key}")
        return self.by_key[key]

    def _custom(self, values: Mapping[str, float | None]) -> dict[str, float | None]:
        ids = {f.name: f.id for f in self.fields.values() if f.custom} | {f: f for f in self.fields}
        return {ids[name]: number for name, number in values.items()}

    def _remember(self, issue: Issue, *, existed: bool = True) -> None:
        if self.lag > 0:
            before = copy.copy(issue) if existed else None
            if before is not None:
                before.texts, before.custom = {}, dict(issue.custom)
            self._past.setdefault(issue.id, []).append((self.now(), before))

    def _touch(self, issue: Issue, when: datetime, items: list[dict[str, Any]]) -> None:
        issue.updated = max(issue.updated, when)
        issue.texts = {}
        issue.histories.append({"id": str(self._next_change), "created": when, "items": items})
        self._next_change += 1
        self._announce("jira:issue_updated", issue, items, when)

    def _announce(self, event: str, issue: Issue, items: list[dict[str, Any]], when: datetime) -> None:
        self.revision += 1
        for listener in self.listeners:
            listener((event, issue, items, when))


def _item(name: str, before: Any, before_text: Any, after: Any, after_text: Any, *, id: str = "") -> dict[str, Any]:
    return {
        "field": name,
        "fieldtype": "custom" if id else "jira",
        "fieldId": id or name,
        "from": before,
        "fromString": None if before_text is None else str(before_text),
        "to": after,
        "toString": None if after_text is None else str(after_text),
    }


def _said(value: Any) -> Any:
    return " ".join(value) if isinstance(value, list | tuple | set | frozenset) else value
