"""Jira Cloud as a source: the faces the hub sees. What each does is in the module of its name."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from urllib.parse import quote

from requests import Session

from connectors.errors import Misconfigured, Unexpected
from connectors.fields import Description
from connectors.jira import hooks
from connectors.jira.calls import MAX_PAGES, Calls
from connectors.jira.field_names import SiteField, field_ids, read_fields
from connectors.jira.full_read import read_all
from connectors.jira.jql import canonical, quoted
from connectors.jira.settings import DESCRIPTION, read_settings
from connectors.jira.sweep import Sweeping
from connectors.shapes import Cursor, Delivery, Event, Greeting, Identity, Page, Scope, Select
from connectors.tame import Wild

_PICKS = {"project": "project", "type": "issuetype", "label": "labels", "epic": "parent"}


class Jira:
    """One Jira Cloud site, seen by one account."""

    def __init__(self, settings: Mapping[str, str], wire: Session) -> None:
        """Keep the settings. Raises Misconfigured naming the first that cannot be right."""
        self._account = read_settings(settings)
        self._calls = Calls(self._account, wire)

    @classmethod
    def describe(cls) -> Description:
        """Say who this is: no I/O, the same answer every time."""
        return DESCRIPTION

    def check(self) -> Identity:
        """Ask Jira who we are: the e-mail address, or the name where the address is hidden."""
        me = Wild(self._calls.myself(), "jira", "myself")
        for name in ("emailAddress", "displayName"):
            found = me.maybe(name)
            if found is not None and not found.is_null and found.text():
                return Identity(found.text())
        return Identity(me["accountId"].text())

    def scopes(self, query: str = "") -> Iterator[Scope]:
        """Yield the projects whose key or name contains `query`, ordered by key (50 a request)."""
        start = 0
        for _ in range(MAX_PAGES):
            page = Wild(self._calls.projects(query, start), "jira", "projects")
            count = 0
            for project in page["values"]:
                count += 1
                key = project["key"].text()
                yield self._scope(
                    f"project = {quoted(key)}",
                    name=f"{project['name'].text()} ({key})",
                    kind="project",
                    url=f"{self._account.site}/browse/{quote(key)}",
                )
            last = page.maybe("isLast")
            if count == 0 or (last is not None and last.flag()):
                return
            start += count
        raise Unexpected(f"jira: the list of projects did not come to an end in {MAX_PAGES} pages")

    def resolve(self, select: Select) -> Scope:
        """Turn a query or a picker into a scope, asking the site once (GET /field) for names that are not ids.

        A picker has `project`, and may have `type`, `label` and `epic`. Raises Misconfigured for a query that would
        read the whole site, and for a field name that is unknown or stands for two fields.
        """
        if bool(select.query.strip()) == bool(select.picker):
            raise Misconfigured(
                "jira: select by a query or by a picker, one of the two",
                field="select",
                hint="write project = PAY AND type = Epic, or {project: PAY, type: Epic}",
            )
        query = canonical(select.query) if select.query.strip() else _picked(select.picker)
        named = field_ids(select.fields, self._account.points_field, lambda: self._site_fields)
        name = ", ".join(select.picker.values()) if select.picker else query
        return self._scope(query, name=name, fields=named)

    def fetch(self, scope: Scope, since: Cursor | None = None) -> Iterator[Page]:
        """Yield all issues of a scope, or with a cursor the rest. See `Source.fetch`."""
        return read_all(self._calls, self._account, scope, since)

    def changes(self, scopes: Sequence[Scope], since: Cursor | None, touched: Sequence[str] = ()) -> Iterator[Page]:
        """Yield what changed in any of the scopes. `touched` are issue ids. See `Sweep.changes`."""
        return Sweeping(self._calls, self._account, scopes).changes(since, touched)

    def merge(self, held: Cursor, read: Cursor) -> Cursor:
        """Return the connection's own cursor: its sweep asks for all that was updated since, of whatever scope."""
        return held

    def greet(self, delivery: Delivery) -> Greeting | None:
        """Return None: Jira shakes no hands."""
        return None

    def verify(self, delivery: Delivery, secret: str) -> None:
        """Raise Forged unless the delivery is signed with the webhook's secret."""
        hooks.verify(delivery, secret)

    def parse(self, delivery: Delivery) -> tuple[Event, ...]:
        """Say which issue moved, if any. A body that cannot be read gives an empty tuple."""
        return hooks.parse(delivery)

    @cached_property
    def _site_fields(self) -> tuple[SiteField, ...]:
        return read_fields(self._calls.fields())

    def _scope(
        self, query: str, *, name: str, kind: str = "jql", url: str = "", fields: Mapping[str, str] | None = None
    ) -> Scope:
        return Scope(
            kind=kind,
            key="jql:" + hashlib.sha256(query.encode()).hexdigest()[:16],
            name=name,
            query=query,
            url=url or f"{self._account.site}/issues/?jql={quote(query, safe='')}",
            fields=fields or {},
        )


def _picked(picker: Mapping[str, str]) -> str:
    unknown = sorted(set(picker) - set(_PICKS))
    if unknown or not picker.get("project", "").strip():
        said = f"does not know {', '.join(unknown)}" if unknown else "needs a project"
        raise Misconfigured(
            f"jira: the picker {said}",
            field="select",
            hint=f"it takes {', '.join(_PICKS)}: {{project: PAY, type: Epic}}",
        )
    empty = [name for name, value in picker.items() if not value.strip()]
    if empty:
        raise Misconfigured(f"jira: the picker's {empty[0]} is empty", field="select")
    return " AND ".join(f"{_PICKS[name]} = {quoted(picker[name].strip())}" for name in _PICKS if name in picker)
