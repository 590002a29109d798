"""One read for all scopes of a connection: what changed, where it belongs now, and what left."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from connectors.errors import Misconfigured, Unexpected
from connectors.jira.calls import Calls
from connectors.jira.cursors import Half, Since, read_cursor
from connectors.jira.full_read import fetch_bodies, missing_of, translate
from connectors.jira.jql import any_of, bounding_projects, in_projects
from connectors.jira.settings import Account
from connectors.shapes import Cursor, Page, Roll, Scope

# search runs seconds to minutes behind writes (https://developer.atlassian.com/cloud/jira/platform/search-and-reconcile/)
OVERLAP = timedelta(minutes=5)
_SLACK = timedelta(minutes=1)
_QUERIES_AT_ONCE = 20
_LONGEST_JQL = 8000


class Sweeping:
    """The changes of one connection. Made anew for every read."""

    def __init__(self, calls: Calls, account: Account, scopes: Sequence[Scope]) -> None:
        self._calls = calls
        self._account = account
        self._scopes = {scope.key: scope for scope in scopes}
        self._names: dict[str, str] = {}
        self._bounded: set[str] = set()
        self._projects: set[str] = set()
        for scope in self._scopes.values():
            self._names.update(scope.fields)
            projects = bounding_projects(scope.query)
            if projects is not None:
                self._bounded.add(scope.key)
                self._projects.update(projects)

    def changes(self, since: Cursor | None, touched: Sequence[str]) -> Iterator[Page]:
        """Yield what changed and what was touched, then the roll calls. See `Sweep.changes`.

        Only the last page moves the cursor: a sweep cut short begins again where it had begun.
        """
        rung = _ids(touched)
        if since is None:
            yield from self._looked_at(rung, rung, None)
            return
        begun = read_cursor(since)
        old = Since(begun.started) if isinstance(begun, Half) else begun
        if not self._scopes:
            yield from self._looked_at(rung, rung, since)
            return
        try:
            stamps, at = self._changed(old.since - OVERLAP)
        except Misconfigured as refused:
            raise self._blamed(refused) from refused
        changed = {i for i, updated in stamps.items() if old.seen.get(i) != updated}
        yield from self._looked_at(changed | rung, rung, since)
        new = max(old.since, at)
        kept = _milliseconds(new - OVERLAP - _SLACK)
        seen = {i: updated for i, updated in stamps.items() if updated >= kept}
        yield Page(cursor=Since(new, seen).text(), rolls=tuple(self._rolls()))

    def _changed(self, after: datetime) -> tuple[Mapping[int, int], datetime]:
        """Search for what changed. Milliseconds since 1970 are the one spelling that no time zone bends:

        quoted times are read in the time zone of the account, to the minute
        (https://support.atlassian.com/jira-software-cloud/docs/jql-fields/#Updated).
        """
        found: dict[int, int] = {}
        began: datetime | None = None
        for query in self._searches():
            stamps, at = self._calls.stamps(f"({query}) AND updated >= {_milliseconds(after)} ORDER BY updated ASC")
            found.update(stamps)
            began = at if began is None else min(began, at)
        assert began is not None
        return found, began

    def _blamed(self, refused: Misconfigured) -> Misconfigured:
        """Name the selections that Jira's sentence is about: it was asked for many projects at once."""
        said = str(refused).lower()
        blamed = [
            scope.query
            for scope in self._scopes.values()
            if any(name.strip("\"'").lower() in said for name in bounding_projects(scope.query) or ())
        ]
        hint = f"correct the select of the rules that say: {'; '.join(blamed[:5])}" if blamed else refused.hint
        return Misconfigured(str(refused), field="select", hint=hint)

    def _searches(self) -> Iterator[str]:
        if self._projects:
            yield in_projects(self._projects)
        together: list[str] = []
        for scope in self._unbounded():
            if together and (len(together) == _QUERIES_AT_ONCE or len(any_of([*together, scope.query])) > _LONGEST_JQL):
                yield any_of(together)
                together = []
            together.append(scope.query)
        if together:
            yield any_of(together)

    def _unbounded(self) -> list[Scope]:
        return [scope for key, scope in self._scopes.items() if key not in self._bounded]

    def _looked_at(self, ids: set[int], touched: set[int], cursor: Cursor | None) -> Iterator[Page]:
        """Yield where these issues belong now, with bodies for those that belong somewhere or were touched."""
        holders = self._holders(ids)
        outside = [i for i in sorted(ids - touched) if not holders[i]]
        if outside:
            yield Page(memberships={str(i): frozenset() for i in outside}, cursor=cursor)
        wanted = sorted(ids.difference(outside))
        for asked, issues in fetch_bodies(self._calls, wanted, frozenset(self._names.values())):
            missing = missing_of(asked, issues)
            items = translate(issues, self._account.site, self._names)
            yield Page(
                items=items,
                memberships={str(i): frozenset(holders[i]) for i in asked if i not in missing},
                gone=tuple(str(i) for i in missing),
                cursor=cursor,
            )

    def _holders(self, ids: set[int]) -> Mapping[int, set[str]]:
        holders: dict[int, set[str]] = {i: set() for i in ids}
        if not ids or not self._scopes:
            return holders
        keys: dict[str, list[str]] = {}
        for scope in self._scopes.values():
            keys.setdefault(scope.query, []).append(scope.key)
        for query, held in self._calls.match(sorted(ids), list(keys)):
            for i in held & ids:
                holders[i].update(keys[query])
        return holders

    def _rolls(self) -> Iterator[Roll]:
        if self._bounded:
            held, _ = self._calls.ids(f"{in_projects(self._projects)} ORDER BY key ASC")
            yield Roll(frozenset(self._bounded), frozenset(map(str, held)))
        for scope in self._unbounded():
            held, _ = self._calls.ids(f"{scope.query} ORDER BY key ASC")
            yield Roll(frozenset({scope.key}), frozenset(map(str, held)), exact=True)


def _ids(touched: Sequence[str]) -> set[int]:
    for key in touched:
        if not (key.isascii() and key.isdigit() and len(key) <= 18):
            raise Unexpected(f"jira: {key[:40]!r} is not the id of an issue")
    return {int(key) for key in touched}


def _milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)
