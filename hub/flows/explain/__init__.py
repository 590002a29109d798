"""Explain: the rule and its revision, each item with why it counted or did not, and what it added."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from hub.as_of import at_the_end
from hub.departures import Departure, departures
from hub.model.key_result import KeyResult
from hub.model.unread import Grounds
from hub.store import Store, key_results, measurements, okrs, rules, selected, work, write_backs
from hub.store.connections import connection_by_slug
from hub.store.contributions import contributions_now
from hub.store.measurements import Measurement
from hub.store.rules import RuleRow
from hub.store.selected import Selection
from hub.store.write_backs import WriteBackRow
from mappings import Evaluation, Rule, evaluate

MONTH = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Explanation:
    """All behind a value. A manual key result has no rule; of what was never read there is no evaluation.

    `unread` says so in words, and what the value that is shown stands on instead.
    """

    key_result: KeyResult
    last: Measurement | None
    row: RuleRow | None = None
    rule: Rule | None = None
    selection: Selection | None = None
    evaluation: Evaluation | None = None
    written: tuple[WriteBackRow, ...] = ()
    departed: tuple[Departure, ...] = ()  # items that left in the last thirty days, the newest first
    unread: str = ""


def explain(store: Store, key: str, now: datetime) -> Explanation | None:
    """Work a key result out anew over the stored items, without any network; None when there is none of this key."""
    with store.read() as tx:
        found = key_results.key_result_by_key(tx, key)
        workspace = okrs.workspace_now(tx)
        if found is None or workspace is None:
            return None
        last = measurements.last_reading(tx, found.id) or measurements.last_measurement(tx, found.id)
        row = rules.current_rule(tx, found.id)
        if row is None or row.selection_id is None:
            return Explanation(found, last)
        connection = connection_by_slug(tx, row.connection)
        used = selected.selections_in_use(tx, connection.id) if connection is not None else []
        selection = next((one for one in used if one.id == row.selection_id), None)
        cycle = next((one for one in okrs.all_cycles(tx) if one.slug == found.cycle), None)
        items = list(work.selection_items(tx, row.selection_id))
        if found.is_over(now):
            stood = contributions_now(tx, found.id)
            items = list(at_the_end(Rule.from_json(row.body), items, stood, found.within(now)))
        written = write_backs.write_backs_of(tx, found.id)
        aliases = selected.aliases_of(tx, row.selection_id)
        departed = departures(tx, row, {item.key for item in items}, now - MONTH)
    rule = Rule.from_json(row.body)
    grounds = Grounds(
        row.revision,
        is_read=selection is not None and selection.joined_at is not None,
        is_half=selection is not None and selection.cursor is not None,
        has_items=bool(items),
        has_value=found.standing.value is not None,
        stands_by=last.rule_revision if last is not None else None,
    )
    if not grounds.explain:
        told = tuple(written), tuple(departed)
        return Explanation(found, last, row, rule, selection, None, *told, unread=grounds.words)
    span = (cycle.starts, cycle.ends) if cycle is not None else None
    evaluation = evaluate(rule.renamed(aliases), items, now=found.within(now), zone=workspace.zone, cycle=span)
    if selection is not None:
        evaluation = replace(evaluation, notes=(*evaluation.notes, *selection.remarks))
    told = tuple(written), tuple(departed)
    return Explanation(found, last, row, rule, selection, evaluation, *told, unread=grounds.words)
