"""Selections: what rules read from a connection, in their words and as the tool resolved it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update

from connectors.shapes import Scope, Select
from hub.store.key_results import key_results_on
from hub.store.rules import current_rules_on
from hub.store.tables_okr import rules
from hub.store.tables_work import selections
from hub.store.upsert import insert_new

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Selection:
    """What rules read from a connection: asked for in their words, resolved into a scope by the tool."""

    id: int
    connection_id: int
    select: Select
    scope: Scope | None  # None until resolved, or when more fields are needed than were resolved
    cursor: str | None
    joined_at: datetime | None
    total: int | None
    problem: str
    remarks: tuple[str, ...] = ()  # what people should know of it, as of its last read

    @property
    def is_resting(self) -> bool:
        """Whether the tool has nothing to show for it at present; `problem` says why."""
        return bool(self.problem) and self.joined_at is not None and self.total is None


def canonical(wanted: Select) -> str:
    """Return the text by which two rules share a selection: the query or picker, fields aside."""
    return json.dumps({"query": wanted.query.strip(), "picker": dict(sorted(wanted.picker.items()))}, sort_keys=True)


def put_selection(tx: Connection, connection_id: int, wanted: Select) -> int:
    """Return the selection's id, made if it is new. Fields and refs that are new to it make it be read anew."""
    asked = canonical(wanted)
    needs, refs = sorted(wanted.fields), sorted(wanted.refs)
    row = {"connection_id": connection_id, "asked": asked, "needs": needs, "refs": refs, "fields": {}}
    insert_new(tx, selections, row, by=["connection_id", "asked"])
    found = tx.execute(
        select(selections.c.id, selections.c.needs, selections.c.refs).where(
            selections.c.connection_id == connection_id, selections.c.asked == asked
        )
    ).one()
    if not (wanted.fields <= set(found.needs) and wanted.refs <= set(found.refs or ())):
        # The scope is kept: until it is resolved anew, its items still say what the old fields were.
        needs, refs = sorted(wanted.fields.union(found.needs)), sorted(wanted.refs.union(found.refs or ()))
        tx.execute(
            update(selections)
            .where(selections.c.id == found.id)
            .values(needs=needs, refs=refs, scope_key=None, cursor=None, joined_at=None)
        )
    return int(found.id)


def selections_in_use(tx: Connection, connection_id: int) -> list[Selection]:
    """Return the selections of a connection that a current rule stands on, oldest first."""
    used = select(rules.c.selection_id).where(rules.c.is_current.is_(True))
    found = tx.execute(
        select(selections)
        .where(selections.c.connection_id == connection_id, selections.c.id.in_(used))
        .order_by(selections.c.id)
    )
    return [_selection(row) for row in found]


def selections_to_read(tx: Connection, connection_id: int, now: datetime) -> list[Selection]:
    """Return the selections in use that a key result stands on whose value may still move, oldest first."""
    found = selections_in_use(tx, connection_id)
    reads = {rule.key_result_id: rule.selection_id for rule in current_rules_on(tx, [one.id for one in found])}
    moving = {reads.get(one.id) for one in key_results_on(tx, [one.id for one in found]) if not one.is_frozen(now)}
    return [one for one in found if one.id in moving]


def _selection(row: Row[Any]) -> Selection:
    asked = json.loads(row.asked)
    scope = None
    if row.scope_key is not None and set(row.needs) <= set(row.fields):
        scope = Scope(row.kind, row.scope_key, row.name, row.query, row.url, row.fields, row.aliases or {})
    wanted = Select(asked["query"], asked["picker"], frozenset(row.needs), frozenset(row.refs or ()))
    standing = row.cursor, row.joined_at, row.total, row.problem, tuple(row.remarks or ())
    return Selection(row.id, row.connection_id, wanted, scope, *standing)


def aliases_of(tx: Connection, selection_id: int | None) -> dict[str, str]:
    """Return what a selection's tool calls the items that rules on it mention, where that is another name by now."""
    found = tx.execute(select(selections.c.aliases).where(selections.c.id == selection_id)).scalar_one_or_none()
    return dict(found or {})


def resolve_selection(tx: Connection, selection_id: int, scope: Scope) -> None:
    tx.execute(
        update(selections)
        .where(selections.c.id == selection_id)
        .values(
            scope_key=scope.key,
            kind=scope.kind,
            name=scope.name,
            query=scope.query,
            url=scope.url,
            fields=dict(scope.fields),
            aliases=dict(scope.aliases),
            problem="",
        )
    )


def note_aliases(tx: Connection, ids: Sequence[int], aliases: Mapping[str, str]) -> list[int]:
    """Note what the items that rules mention are called now; return the selections for which that is news.

    The names they had before stay between, {PAY-1: WEB-1, WEB-1: OPS-7}: items that are stored may hold them.
    """
    changed = []
    for id in ids:
        held = aliases_of(tx, id)
        kept = dict(held)
        for ref, name in aliases.items():
            names = [ref]
            while (further := kept.get(names[-1])) is not None and further not in names:
                names.append(further)
            if name not in names:
                kept[names[-1]] = name
            kept.setdefault(ref, name)
        if kept != held:
            tx.execute(update(selections).where(selections.c.id == id).values(aliases=kept))
            changed.append(id)
    return changed


def want_full_reads(tx: Connection, connection_id: int) -> None:
    """Have every selection of a connection that was read in full read in full again, when its time comes."""
    tx.execute(
        update(selections)
        .where(selections.c.connection_id == connection_id, selections.c.joined_at.is_not(None))
        .values(joined_at=LONG_AGO)
    )


def put_remarks(tx: Connection, selection_ids: Sequence[int], remarks: Sequence[str]) -> set[int]:
    """Store what people should know of these selections; return those of which it was another before."""
    said = list(remarks)
    held = tx.execute(select(selections.c.id, selections.c.remarks).where(selections.c.id.in_(selection_ids)))
    changed = {int(row.id) for row in held if (row.remarks or []) != said}
    if changed:
        tx.execute(update(selections).where(selections.c.id.in_(changed)).values(remarks=said))
    return changed


def note_selection(tx: Connection, selection_id: int, **changes: Any) -> None:
    """Set columns of a selection: cursor, joined_at, total, problem."""
    tx.execute(update(selections).where(selections.c.id == selection_id).values(**changes))
