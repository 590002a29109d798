"""From stored items to recorded values: needs no network, so a changed rule is worked out at once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from connectors.gauges import is_gauge
from connectors.shapes import WorkItem
from hub.contributing import contributions
from hub.departures import absence_words
from hub.flows.sync.reconstruct import reconstruct
from hub.model.key_result import KeyResult
from hub.model.kinds import Freshness, Origin
from hub.record import Reading, Recorded, confirm, hold, record
from hub.store import Store, okrs, work
from hub.store.contributions import contribution_keys
from hub.store.key_results import key_result_by_id, key_results_on
from hub.store.measurements import Measurement, add_measurement, last_reading
from hub.store.rules import RuleRow, current_rule, current_rules_on, note_evaluated
from hub.store.selected import Selection
from mappings import Evaluation, Rule, check_guard, compile_rule, evaluate


def evaluate_selections(
    store: Store,
    selections: Sequence[Selection],
    changed: set[int],
    now: Callable[[], datetime],
    *,
    due: Collection[int],
    renew: Callable[[Connection], None],
) -> list[Recorded]:
    """Work out every key result on the selections that may have moved, and record it.

    `due` are the selections that a read on schedule has seen whole: there the others are confirmed, for nothing
    changed, so what stands is fresh. `renew` is called in
    every transaction that writes, and raises when another reader has taken over: an older picture of the items must
    not be recorded after a newer one.
    """
    outcomes: list[Recorded] = []
    by_id = {selection.id: selection for selection in selections if selection.joined_at is not None}
    with store.read() as tx:
        rules = current_rules_on(tx, list(by_id))
        fresh = {one.id for one in key_results_on(tx, list(by_id)) if one.standing.freshness is Freshness.FRESH}
    for row in rules:
        assert row.selection_id is not None
        has_changed = row.selection_id in changed
        is_due = row.selection_id in due
        if not has_changed and not is_due and row.evaluated_at is not None and row.key_result_id in fresh:
            continue  # a webhook touched others: there is nothing to work out, and nothing to confirm
        outcome = _evaluate_rule(store, row, by_id[row.selection_id], has_changed, now, is_due, renew)
        if outcome is not None:
            outcomes.append(outcome)
    return outcomes


def _evaluate_rule(
    store: Store,
    row: RuleRow,
    selection: Selection,
    has_changed: bool,
    now: Callable[[], datetime],
    is_due: bool,
    renew: Callable[[Connection], None],
) -> Recorded | None:
    rule = Rule.from_json(row.body).renamed(selection.scope.aliases if selection.scope else {})
    with store.read() as tx:
        key_result = key_result_by_id(tx, row.key_result_id)
        last = last_reading(tx, row.key_result_id)
        workspace = okrs.workspace_now(tx)
        if key_result is None or workspace is None:
            return None
        cycle = next((c for c in okrs.all_cycles(tx) if c.slug == key_result.cycle), None)
        is_closed = key_result.cycle in okrs.closed_cycles(tx)
        doubtful = key_result.standing.freshness is not Freshness.FRESH
        needed = has_changed or row.evaluated_at is None or doubtful or (is_due and rule.depends_on_time)
        if not needed or is_closed:
            items: list[WorkItem] = []
        else:
            items = list(work.selection_items(tx, selection.id))
    at = now()
    if is_closed or at < key_result.declared.goal(workspace.zone).starts:
        return None
    if not needed:
        if is_due:
            with store.write() as tx:
                renew(tx)
                if _is_current(tx, row):
                    confirm(tx, key_result.id, at)
        return None
    if selection.problem:
        with store.write() as tx:
            renew(tx)
            if _is_current(tx, row):
                hold(tx, key_result.id, Freshness.PARTIAL, selection.problem, at)
        return None
    span = None if cycle is None else (cycle.starts, cycle.ends)
    found = evaluate(compile_rule(rule), items, now=at, zone=workspace.zone, cycle=span)
    is_new_rule = last is not None and last.rule_revision != row.revision
    doubt = _doubt(rule, found, key_result, at, is_due, is_new_rule)
    with store.write() as tx:
        renew(tx)
        if not _is_current(tx, row):
            return None
        if doubt is not None:
            hold(tx, key_result.id, *doubt, at)
            return None
        if last_reading(tx, key_result.id) is None:
            _write_past(tx, key_result, rule, items, row, selection, workspace.zone, span, at)
        left = contribution_keys(tx, key_result.id).difference(item.key for item in items)
        gone = absence_words(tx, row.connection, left)
        reading = _reading(found, row, selection, items, gone, at)
        # A large selection would be in memory three times over: what the reading holds is all that is needed now.
        del found
        items.clear()
        outcome = record(tx, key_result.id, reading, at)
        note_evaluated(tx, row.id, at)
    return outcome


def _is_current(tx: Connection, row: RuleRow) -> bool:
    """Whether the rule still stands: one that was changed meanwhile rings for itself, one that went takes nothing."""
    current = current_rule(tx, row.key_result_id)
    return current is not None and current.id == row.id


def _doubt(
    rule: Rule, found: Evaluation, key_result: KeyResult, now: datetime, is_due: bool, is_new_rule: bool
) -> tuple[Freshness, str] | None:
    """Return why a new value must not stand, if so."""
    if found.broken:
        return Freshness.BROKEN, found.broken
    standing = key_result.standing
    before = standing.in_scope
    if found.total and not found.in_scope and rule.guard.max_drop is None:
        # The selection is not empty: none of its items passes `where`, and "no bug is open" is a good zero.
        before = None
    if is_new_rule and found.in_scope:
        before = None  # another rule counts others: fewer of them are no loss
    why = check_guard(rule, found, before)
    if not why:
        return None
    # An empty selection is believed when a second read on schedule finds it empty as well.
    was_seen_before = (
        standing.freshness is Freshness.SUSPECT
        and standing.freshness_note == why
        and standing.freshness_since is not None
        and standing.freshness_since < now
    )
    if found.in_scope == 0 and was_seen_before and is_due and (rule.guard is None or rule.guard.min_items is None):
        return None
    return Freshness.SUSPECT, why


def _reading(
    found: Evaluation,
    row: RuleRow,
    selection: Selection,
    items: Sequence[WorkItem],
    gone: Mapping[str, str],
    at: datetime,
) -> Reading:
    return Reading(
        value=found.value,
        origin=Origin.MEASURED,
        at=at,
        contributions=contributions(found, {"counted", "open"}),
        left_out=contributions(found, {"left_out", "dropped"}),
        created={item.key: item.created for item in items},
        done={item.key: item.done for item in items if item.done is not None},
        gone=gone,
        rule_revision=row.revision,
        connection=row.connection,
        query=selection.scope.query if selection.scope else "",
        items_counted=found.in_scope,
        items_read=len(items),
        items_reported=None,
        numerator=found.numerator,
        denominator=found.denominator,
        notes=found.notes,
    )


def _write_past(
    tx: Connection,
    key_result: KeyResult,
    rule: Rule,
    items: Iterable[WorkItem],
    row: RuleRow,
    selection: Selection,
    zone: ZoneInfo,
    span: tuple[date, date] | None,
    now: datetime,
) -> None:
    """Give a key result the past that its items' own dates tell, marked as what it is; a gauge's tell none."""
    if any(is_gauge(item) for item in items):
        return
    last: Decimal | None = None
    is_first = True
    for at, value, counted in reconstruct(rule, items, key_result.declared, zone, span, now):
        if is_first or value != last:
            add_measurement(
                tx,
                key_result.id,
                Measurement(
                    at=at,
                    value=value,
                    origin=Origin.RECONSTRUCTED,
                    read_at=now,
                    is_approximate=True,
                    rule_revision=row.revision,
                    connection=row.connection,
                    query=selection.scope.query if selection.scope else "",
                    items_counted=counted,
                    notes=("worked out from the items' created and done dates",),
                ),
            )
        last, is_first = value, False
