"""Storing what a connector yields: page by page, each with its cursor, under the connection's lease."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from connectors.contract import Source, Sweep
from connectors.errors import Unexpected
from connectors.shapes import Cursor, Page, Roll, Scope
from hub.store import Store, connections, rules, selected, work
from hub.store.connections import ConnectionRow
from hub.store.selected import Selection

LEASE = timedelta(seconds=120)  # renewed with every page; a killed reader's connection is free after this

Progress = Callable[[str, int, int | None], None]  # selection's name, items read, items in all if known


class LeaseLost(Exception):
    """Somebody else reads this connection now: whatever this reader has left must not be written."""


class Intake:
    """One read of a connection: what it takes in, and which selections that changed."""

    def __init__(
        self,
        store: Store,
        connection: ConnectionRow,
        owner: str,
        now: Callable[[], datetime],
        progress: Progress | None = None,
    ) -> None:
        self.store = store
        self.connection = connection
        self.owner = owner
        self.now = now
        self.progress = progress
        self.changed: set[int] = set()  # selections whose items or members moved
        # Selections whose read began and has not ended: half of what moved is stored, so no value may be made of it.
        self.unfinished: set[int] = set()
        self.whole: set[int] = set()  # selections that were swept on schedule, or read in full, to the end
        self.resting: set[int] = set()  # selections for which the tool has nothing to show at present
        self.items = 0  # bodies read
        self._left: set[str] = set()  # keys that an exact roll left out, and nobody knows why yet
        self.answered: Mapping[str, int] = {}  # touched keys that were read, in the versions to be cleared
        # While a first read waits to be resumed the cursor stays: what it read before the break may have moved since.
        self.moves_cursor = True

    # A first read: one scope in full.

    def first_read(self, source: Source, group: Sequence[Selection], scope: Scope) -> None:
        """Read a scope in full for the selections that share it, resuming where a read was interrupted."""
        # Selections that came to share a scope at different times have no common place to go on from.
        since = group[0].cursor if len({selection.cursor for selection in group}) == 1 else None
        asked = scope.field_ids
        ids = [selection.id for selection in group]
        read = lost = 0
        total: int | None = None
        last: Page | None = None
        for page in source.fetch(scope, Cursor(since) if since else None):
            if page.resting:
                self._rest(ids, page.resting[scope.key])
                return
            total = page.total if page.total is not None else total
            read += len(page.items)
            lost += len(page.gone)
            self.unfinished.update(ids)
            with self._page() as tx:
                work.save_items(tx, self.connection.id, page.items, asked)
                self._note_changed(
                    tx, work.set_memberships(tx, self.connection.id, {item.key: ids for item in page.items}, ids)
                )
                if page.gone:
                    self._bury(tx, ids, page)
                self._put_remarks(tx, page, {scope.key: ids})
                for selection_id in ids:
                    selected.note_selection(tx, selection_id, cursor=page.cursor)
                self._note_progress(tx, scope.name, read, total)
            self.items += len(page.items)
            last = page
        self._join(source, ids, scope, last, total, lost)

    def _join(
        self, source: Source, ids: Sequence[int], scope: Scope, last: Page | None, total: int | None, lost: int
    ) -> None:
        if last is None or not last.rolls:
            raise Unexpected(f"the read of {scope.name} ended without a roll call")
        with self._page() as tx:
            for roll in last.rolls:
                self._call_roll(tx, roll, {scope.key: list(ids)})
            self._note_aliases(tx, last, {scope.key: list(ids)})
            held = min(len(work.members(tx, [selection_id])) for selection_id in ids)
            short = total is not None and held + lost < total
            for selection_id in ids:
                selected.note_selection(
                    tx,
                    selection_id,
                    joined_at=self.now(),
                    cursor=None,
                    total=total,
                    problem=f"read {held} of {total} items" if short else "",
                )
            if last.cursor is not None:
                self._merge_cursor(tx, source, last.cursor)
            self._note_changed(tx, ids)
        self.unfinished.difference_update(ids)
        self.whole.update(ids)

    def _rest(self, ids: Sequence[int], why: str) -> None:
        """Note that the tool has nothing to show for selections at present: what stands of them stands."""
        with self._page() as tx:
            for selection_id in ids:
                selected.note_selection(tx, selection_id, joined_at=self.now(), cursor=None, total=None, problem=why)
            self._note_changed(tx, ids)
        self.unfinished.difference_update(ids)
        self.whole.update(ids)
        self.resting.update(ids)

    def _note_aliases(self, tx: Connection, page: Page, by_scope: Mapping[str, Sequence[int]]) -> None:
        for key, aliases in page.aliases.items():
            self._note_changed(tx, selected.note_aliases(tx, by_scope.get(key, ()), aliases))

    def _merge_cursor(self, tx: Connection, source: Source, read: Cursor) -> None:
        """Have the next sweep begin where nothing is missed, neither of what was swept before nor of what joins now."""
        held = connections.cursor_of(tx, self.connection.id)
        if held is None:
            connections.move_cursor(tx, self.connection.id, read)
        elif isinstance(source, Sweep):
            merged = source.merge(Cursor(held), read)
            if merged != held:
                connections.move_cursor(tx, self.connection.id, merged)

    # A sweep: what changed, over all scopes at once.

    def sweep(
        self,
        source: Sweep,
        joined: Sequence[Selection],
        since: str | None,
        versions: Mapping[str, int],
    ) -> None:
        """Read what changed since the cursor and what was touched; without a cursor the touched items alone."""
        by_scope: dict[str, list[int]] = {}
        scopes: dict[str, Scope] = {}
        self.unfinished.update(selection.id for selection in joined)
        for selection in joined:
            if selection.scope is not None:
                by_scope.setdefault(selection.scope.key, []).append(selection.id)
                known = scopes.get(selection.scope.key)
                scopes[selection.scope.key] = with_fields(selection.scope, known)
        asked_fields = frozenset(id for scope in scopes.values() for id in scope.field_ids)
        wanted = tuple(scopes.values())
        self._left.clear()
        returned = self._take(
            source.changes(wanted, Cursor(since) if since else None, sorted(versions)), by_scope, asked_fields
        )
        if returned | self._left:
            # Keys that a roll call names and the hub does not hold came without a change of their own; keys that an
            # exact roll left out may have been deleted, hidden or moved, and only the tool knows which.
            self._take(source.changes(wanted, None, sorted(returned | self._left)), by_scope, asked_fields)
        self.unfinished.difference_update(selection.id for selection in joined)
        self.whole.update(selection.id for selection in joined if since)

    def _take(self, pages: Iterable[Page], by_scope: Mapping[str, list[int]], asked_fields: frozenset[str]) -> set[str]:
        """Store the pages of a sweep; return keys that must be read although nothing says they changed."""
        asked = sorted({selection_id for ids in by_scope.values() for selection_id in ids})
        unknown: set[str] = set()
        for page in pages:
            for scope_key, why in page.resting.items():
                resting = set(by_scope[scope_key])
                self._rest(sorted(resting), why)
                asked = [selection_id for selection_id in asked if selection_id not in resting]
            with self._page() as tx:
                work.save_items(tx, self.connection.id, page.items, asked_fields)
                now_in = {
                    key: [selection_id for scope_key in keys for selection_id in by_scope[scope_key]]
                    for key, keys in page.memberships.items()
                }
                self._note_changed(
                    tx,
                    work.set_memberships(tx, self.connection.id, now_in, asked)
                    | work.selections_of(tx, self.connection.id, [item.key for item in page.items]),
                )
                work.unbury(tx, self.connection.id, [key for key in page.memberships if key not in page.gone])
                if page.gone:
                    self._bury(tx, asked, page)
                self._put_remarks(tx, page, by_scope)
                for roll in page.rolls:
                    unknown |= self._call_roll(tx, roll, by_scope)
                self._note_aliases(tx, page, by_scope)
                if page.cursor is not None and self.moves_cursor:
                    connections.move_cursor(tx, self.connection.id, page.cursor)
                self._note_progress(tx, "changes", self.items + len(page.items), page.total)
            self.items += len(page.items)
        return unknown

    def _call_roll(self, tx: Connection, roll: Roll, by_scope: Mapping[str, list[int]]) -> set[str]:
        """Strike out who does not answer the roll; return keys that answer and are not known."""
        ids = sorted({selection_id for key in roll.scopes for selection_id in by_scope.get(key, [])})
        held = work.members(tx, ids)
        missing = sorted(set(held) - roll.keys)
        if missing:
            self._note_changed(tx, {selection_id for key in missing for selection_id in held[key]})
            work.drop_members(tx, ids, missing)
            if not roll.exact:
                work.bury(tx, self.connection.id, missing, self.now())
            else:
                self._left |= set(missing) - work.buried(tx, self.connection.id)
        back = work.buried(tx, self.connection.id) & roll.keys
        return back | (set(roll.keys) - set(held) if roll.exact else set())

    def _bury(self, tx: Connection, asked: Sequence[int], page: Page) -> None:
        self._note_changed(tx, work.selections_of(tx, self.connection.id, page.gone))
        work.drop_members(tx, asked, page.gone)
        work.bury(tx, self.connection.id, page.gone, self.now(), page.gone_because)

    def _put_remarks(self, tx: Connection, page: Page, by_scope: Mapping[str, Sequence[int]]) -> None:
        for key, said in page.remarks.items():
            self._note_changed(tx, selected.put_remarks(tx, by_scope.get(key, ()), said))

    def _note_changed(self, tx: Connection, selection_ids: Collection[int]) -> None:
        """Have what stands on these selections worked out: by this reader, or by the next should this one die."""
        rules.forget_evaluated(tx, set(selection_ids) - self.changed)
        self.changed |= set(selection_ids)

    def _note_progress(self, tx: Connection, name: str, done: int, total: int | None) -> None:
        connections.note_progress(tx, self.connection.id, name=name, done=done, total=total)
        if self.progress is not None:
            self.progress(name, done, total)

    @contextmanager
    def _page(self) -> Iterator[Connection]:
        """Open a write transaction that begins by renewing the lease: a reader that lost it stores nothing."""
        with self.store.write() as tx:
            self.renew(tx)
            yield tx

    def renew(self, tx: Connection) -> None:
        """Hold the lease longer. Raises LeaseLost when somebody else has it."""
        if not connections.renew_lease(tx, self.connection.id, owner=self.owner, now=self.now(), lasts=LEASE):
            raise LeaseLost(self.connection.slug)


def with_fields(scope: Scope, other: Scope | None) -> Scope:
    """Return a scope with the fields of another that reads the same, where each may mean other ids by one name."""
    if other is None:
        return scope
    fields = dict(other.fields)
    for name, ids in scope.fields.items():
        held = fields[name].split(",") if name in fields else []
        fields[name] = ",".join(dict.fromkeys([*held, *ids.split(",")]))
    return replace(scope, fields=fields)
