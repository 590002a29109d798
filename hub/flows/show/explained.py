"""A rule run anew over the stored items, for what the stored contributions do not hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection

from connectors.gauges import is_gauge
from connectors.shapes import WorkItem
from hub.as_of import at_the_end
from hub.departures import Departure, departures
from hub.flows.show.record_of import Record
from hub.model.unread import Grounds
from hub.store.contributions import contributions_now
from hub.store.rules import RuleRow
from hub.store.selected import aliases_of, selections_in_use
from hub.store.work import member_count, selection_items
from mappings import Line, evaluate

WEEK = timedelta(days=7)
MOST_EVALUATED = 20_000  # a page must come at once; `okrhub explain` has no such bound


@dataclass(frozen=True, slots=True)
class Explained:
    """A rule run over the stored items: what is left out, and the items by key."""

    left_out: tuple[Line, ...]
    items: Mapping[str, WorkItem]
    problem: str = ""
    departed: tuple[Departure, ...] = ()  # items that left in the last seven days, the newest first

    @property
    def is_number(self) -> bool:
        """Whether a number that a tool works out stands behind the value, and no items of work."""
        return any(is_gauge(item) for item in self.items.values())


def explain(tx: Connection, record: Record) -> Explained:
    """Run the current rule over the stored items, for what the stored contributions do not hold."""
    row, rule = record.rule_row, record.rule
    if row is None or rule is None or row.selection_id is None:
        return Explained((), {})
    if member_count(tx, row.selection_id) > MOST_EVALUATED:
        return Explained((), {}, "The items left out are too many to list here: see `okrhub explain`.")
    read = list(selection_items(tx, row.selection_id))
    key_result = record.key_result
    if key_result.is_over(record.now):
        read = list(at_the_end(rule, read, contributions_now(tx, key_result.id), key_result.within(record.now)))
    items = {item.key: item for item in read}
    grounds = _grounds(tx, record, row, has_items=bool(items))
    if not grounds.explain:
        return Explained((), {}, grounds.words)
    cycle = record.house.cycle(record.key_result.cycle)
    span = None if cycle is None else (cycle.starts, cycle.ends)
    rule = rule.renamed(aliases_of(tx, row.selection_id))
    found = evaluate(rule, items.values(), now=record.key_result.within(record.now), zone=record.house.zone, cycle=span)
    if found.broken:
        return Explained((), items, f"What is left out cannot be worked out now: {found.broken}.")
    departed = departures(tx, row, items, record.now - WEEK)
    left_out = tuple(line for line in found.lines if line.group in {"left_out", "dropped"})
    return Explained(left_out, items, grounds.words, tuple(departed))


def _grounds(tx: Connection, record: Record, row: RuleRow, *, has_items: bool) -> Grounds:
    connection = record.house.connections.get(row.connection)
    used = [] if connection is None else selections_in_use(tx, connection.id)
    selection = next((one for one in used if one.id == row.selection_id), None)
    last = record.reading or record.last
    return Grounds(
        row.revision,
        is_read=selection is not None and selection.joined_at is not None,
        is_half=selection is not None and selection.cursor is not None,
        has_items=has_items,
        has_value=record.key_result.standing.value is not None,
        stands_by=last.rule_revision if last is not None else None,
    )
