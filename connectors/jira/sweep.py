"""One read for all scopes of a connection: what changed, where it belongs now, and what left."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cached_property

from connectors.errors import Misconfigured, Unexpected
from connectors.jira.answers import milliseconds
from connectors.jira.calls import Calls
from connectors.jira.cursors import Half, Since, read_cursor
from connectors.jira.extents import Extents, is_jql
from connectors.jira.full_read import fetch_bodies, missing_of, reasons, translate
from connectors.jira.jql import any_of, bounding_projects, in_projects
from connectors.shapes import Cursor, Page, Roll, Scope

# search runs seconds to minutes behind writes (https://developer.atlassian.com/cloud/jira/platform/search-and-reconcile/)
OVERLAP = timedelta(minutes=5)
_SLACK = timedelta(minutes=1)
_QUERIES_AT_ONCE = 20
_LONGEST_JQL = 8000


class Sweeping:
    """The changes of one connection. Made anew for every read."""

    def __init__(self, calls: Calls, scopes: Sequence[Scope]) -> None:
        self._calls = calls
        self._scopes = {scope.key: scope for scope in scopes}
        self._read: set[str] = set()  # scopes of which an issue was read
        self._fields = frozenset(id for scope in self._scopes.values() for id in scope.field_ids)

    @cached_property
    def _extents(self) -> Extents:
        return Extents(self._calls, self._scopes.values())

    @cached_property
    def _bounds(self) -> Mapping[str, tuple[str, ...]]:
        """The projects that each bounded scope can never leave, by the scope's key."""
        found = {key: bounding_projects(query) for key, query in self._extents.queries.items()}
        return {key: projects for key, projects in found.items() if projects is not None}

    @property
    def _projects(self) -> set[str]:
        return {name for projects in self._bounds.values() for name in projects}

    @property
    def _unbounded(self) -> Mapping[str, str]:
        """The queries of the scopes that have no bound, by the scope's key."""
        return {key: query for key, query in self._extents.queries.items() if key not in self._bounds}

    def changes(self, since: Cursor | None, touched: Sequence[str]) -> Iterator[Page]:
        """Yield what changed and what was touched, then the roll calls. See `Sweep.changes`.

        Only the last page moves the cursor: a sweep cut short begins again where it had begun.
        """
        rung = _ids(touched)
        if self._extents.resting:
            yield Page(resting=self._extents.resting)
        if since is None:
            yield from self._looked_at(rung, rung, None)
            if aliases := self._aliases():
                yield Page(aliases=aliases)
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
        kept = milliseconds(new - OVERLAP - _SLACK)
        seen = {i: updated for i, updated in stamps.items() if updated >= kept}
        rolls = tuple(self._rolls())
        living = frozenset(int(key) for roll in rolls for key in roll.keys)
        within = self._within()
        if old.held is not None and old.within == within:
            # neither who can be seen again nor who left says so by `updated`; and who left may have moved, or be gone
            lost = old.held - living - changed - rung
            yield from self._looked_at(set(living - old.held - stamps.keys() - rung | lost), set(lost), since)
        yield Page(cursor=Since(new, seen, within, living).text(), rolls=rolls, aliases=self._aliases())

    def _within(self) -> str:
        """Return what the rolls are of, as text: the ids of two looks can be compared when it is the same."""
        parts = [in_projects(self._projects) if self._bounds else "", *self._unbounded.values(), *self._extents.lists]
        return hashlib.sha256("\n".join(sorted(parts)).encode()).hexdigest()[:16]

    def _changed(self, after: datetime) -> tuple[Mapping[int, int], datetime]:
        """Search for what changed. Milliseconds since 1970 are the one spelling that no time zone bends:

        quoted times are read in the time zone of the account, to the minute
        (https://support.atlassian.com/jira-software-cloud/docs/jql-fields/#Updated).
        """
        began = self._extents.began
        least = milliseconds(after)
        found = {i: at for held in self._extents.lists.values() for i, at in held.items() if at >= least}
        for query in self._searches():
            stamps, at = self._calls.stamps(f"({query}) AND updated >= {least}")
            found.update(stamps)
            began = at if began is None else min(began, at)
        return found, began or self._calls.now()

    def _blamed(self, refused: Misconfigured) -> Misconfigured:
        """Name the selections that Jira's sentence is about: it was asked for many projects at once."""
        said = str(refused).lower()
        blamed = [
            scope.query
            for scope in self._scopes.values()
            if is_jql(scope) and any(name.strip("\"'").lower() in said for name in bounding_projects(scope.query) or ())
        ]
        hint = f"correct the select of the rules that say: {'; '.join(blamed[:5])}" if blamed else refused.hint
        return Misconfigured(str(refused), field="select", hint=hint)

    def _searches(self) -> Iterator[str]:
        if self._projects:
            yield in_projects(self._projects)
        together: list[str] = []
        for query in self._unbounded.values():
            if together and (len(together) == _QUERIES_AT_ONCE or len(any_of([*together, query])) > _LONGEST_JQL):
                yield any_of(together)
                together = []
            together.append(query)
        if together:
            yield any_of(together)

    def _looked_at(self, ids: set[int], touched: set[int], cursor: Cursor | None) -> Iterator[Page]:
        """Yield where these issues belong now, with bodies for those that belong somewhere or were touched."""
        holders = self._holders(ids)
        outside = [i for i in sorted(ids - touched) if not holders[i]]
        if outside:
            yield Page(memberships={str(i): frozenset() for i in outside}, cursor=cursor)
        wanted = sorted(ids.difference(outside))
        for asked, issues in fetch_bodies(self._calls, wanted, self._fields):
            missing = missing_of(asked, issues)
            items = translate(self._calls, issues, self._fields)
            self._read.update(key for i in asked for key in holders[i])
            yield Page(
                items=items,
                memberships={str(i): frozenset(holders[i]) for i in asked if i not in missing},
                gone=tuple(map(str, missing)),
                gone_because=reasons(self._calls, missing),
                cursor=cursor,
            )

    def _aliases(self) -> Mapping[str, Mapping[str, str]]:
        """Return what is now called another name, of what rules name in scopes of which something was read.

        Where nothing was read nothing says the new name either.
        """
        asked = {key: scope.aliases for key, scope in self._scopes.items() if scope.aliases and key in self._read}
        if not asked:
            return {}
        now = self._calls.called_now({ref for refs in asked.values() for ref in refs})
        return {key: {ref: now.get(ref, ref) for ref in refs} for key, refs in asked.items()}

    def _holders(self, ids: set[int]) -> Mapping[int, set[str]]:
        holders: dict[int, set[str]] = {i: set() for i in ids}
        if not ids or not self._scopes:
            return holders
        keys: dict[str, list[str]] = {}
        for key, query in self._extents.queries.items():
            keys.setdefault(query, []).append(key)
        for key, held in self._extents.lists.items():
            for i in ids.intersection(held):
                holders[i].add(key)
        for query, found in self._calls.match(sorted(ids), list(keys)) if keys else ():
            for i in found & ids:
                holders[i].update(keys[query])
        return holders

    def _rolls(self) -> Iterator[Roll]:
        if self._bounds:
            held, _ = self._calls.ids(in_projects(self._projects))
            yield Roll(frozenset(self._bounds), frozenset(map(str, held)))
        for key, query in self._unbounded.items():
            held, _ = self._calls.ids(query)
            yield Roll(frozenset({key}), frozenset(map(str, held)), exact=True)
        for key, listed in self._extents.lists.items():
            yield Roll(frozenset({key}), frozenset(map(str, listed)), exact=True)


def _ids(touched: Sequence[str]) -> set[int]:
    for key in touched:
        if not (key.isascii() and key.isdigit() and len(key) <= 18):
            raise Unexpected(f"jira: {key[:40]!r} is not the id of an issue")
    return {int(key) for key in touched}
