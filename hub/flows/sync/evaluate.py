"""From stored items to recorded values: needs no network, so a changed rule is worked out at once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from connectors.gauges import is_gauge
from connectors.shapes import WorkItem
from hub.as_of import at_the_end
from hub.contributing import contributions
from hub.departures import absence_words
from hub.flows.sync.defects import defect_of
from hub.flows.sync.doubts import Look, doubt_of, set_aside_words
from hub.flows.sync.reconstruct import reconstruct
from hub.model.key_result import KeyResult
from hub.model.kinds import Freshness, Origin
from hub.model.moves import Contribution
from hub.model.reasons import Reason
from hub.record import Reading, Recorded, confirm, hold, record
from hub.store import Store, okrs, outbox, work
from hub.store.contributions import contribution_keys, contributions_at, contributions_now
from hub.store.key_results import key_result_by_id, key_results_on
from hub.store.measurements import Measurement, add_measurement, last_reading
from hub.store.rules import RuleRow, current_rule, current_rules_on, note_evaluated
from hub.store.selected import Selection
from mappings import Evaluation, Rule, compile_rule, evaluate, words_of

# What is told of one changed rule waits this long for the next one, should the reader die between them.
FOR_OTHERS = timedelta(minutes=1)


def evaluate_selections(
    store: Store,
    selections: Sequence[Selection],
    changed: set[int],
    now: Callable[[], datetime],
    *,
    due: Collection[int],
    confirms: bool = False,
    renew: Callable[[Connection], None],
) -> list[Recorded]:
    """Work out every key result on the selections that may have moved, and record it.

    `due` are the selections that a read has seen whole: there the others are confirmed, for nothing changed, so what
    stands is fresh. `confirms` says that this read is on schedule: a reading that was held back is taken when it is
    the same again. `renew` is called in every transaction that writes, and raises when another reader has taken over:
    an older picture of the items must not be recorded after a newer one.

    Whatever one rule raises ends that one alone: it is held as broken.
    """
    outcomes: list[Recorded] = []
    waiting: set[int] = set()
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
        look = _Turn(has_changed, is_due, is_due and confirms, waiting)
        try:
            outcome = _evaluate_rule(store, row, by_id[row.selection_id], look, now, renew)
        except Exception as problem:
            _hold_defect(store, row, problem, now, renew)
            continue
        if outcome is not None:
            outcomes.append(outcome)
    if waiting:
        with store.write() as tx:
            outbox.hurry(tx, waiting, now())
    return outcomes


@dataclass(frozen=True, slots=True)
class _Turn:
    """What this read is to a rule: whether its items moved, were seen whole, and whether that was on schedule.

    `waiting` takes the letters that tell of a changed rule and wait for the others of its apply.
    """

    has_changed: bool
    is_due: bool
    confirms: bool
    waiting: set[int]


def _evaluate_rule(
    store: Store,
    row: RuleRow,
    selection: Selection,
    turn: _Turn,
    now: Callable[[], datetime],
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
        stood: Mapping[str, Contribution] = {}
        doubtful = key_result.standing.freshness is not Freshness.FRESH
        # A rule whose items' words nobody has noted yet would not know which of them went.
        is_looked_at = turn.is_due and (rule.depends_on_time or (row.words is None and bool(words_of(rule, ()))))
        needed = turn.has_changed or row.evaluated_at is None or doubtful or is_looked_at
        at = now()
        is_over = key_result.is_over(at)
        if not needed or key_result.is_frozen(at):
            items: list[WorkItem] = []
        else:
            stood = contributions_now(tx, key_result.id)
            items = list(work.selection_items(tx, selection.id))
            if is_over and not any(is_gauge(item) for item in items):
                items = _items_at_the_end(tx, key_result, rule, items, selection, row.revision)
    if key_result.is_frozen(at) or at < key_result.declared.goal(workspace.zone).starts:
        return None
    if is_over and any(is_gauge(item) for item in items):
        return None  # what the tool works out now is of now: the last sample before the end stays
    if not needed or selection.problem:
        if needed or turn.is_due:
            with store.write() as tx:
                renew(tx)
                if is_current(tx, row) and needed:
                    light = Freshness.STALE if selection.is_resting else Freshness.PARTIAL
                    code = Reason.RESTING if selection.is_resting else Reason.SHORT
                    hold(tx, key_result.id, light, selection.problem, at, code=code)
                elif is_current(tx, row):
                    confirm(tx, key_result.id, at)
        return None
    span = None if cycle is None else (cycle.starts, cycle.ends)
    found = evaluate(compile_rule(rule), items, now=key_result.within(at), zone=workspace.zone, cycle=span)
    is_new_rule = last is not None and last.rule_revision != row.revision
    look = Look(row, rule, found, items, key_result.standing, stood, is_new_rule, turn.confirms, at)
    with store.write() as tx:
        renew(tx)
        if not is_current(tx, row) or _is_held(tx, key_result, look):
            return None
        if last_reading(tx, key_result.id) is None:
            _write_past(tx, key_result, rule, items, row, selection, workspace.zone, span, key_result.within(at))
        left = contribution_keys(tx, key_result.id).difference(item.key for item in items)
        gone = absence_words(tx, row.connection, left)
        reading = reading_of(found, row, selection, items, gone, at)
        words = words_of(rule, items)
        # A large selection would be in memory three times over: what the reading holds is all that is needed now.
        del found
        items.clear()
        outcome = _record(tx, row, reading, turn, at, is_first=last is None or is_new_rule)
        note_evaluated(tx, row.id, at, words)
    return outcome


def _record(tx: Connection, row: RuleRow, reading: Reading, turn: _Turn, at: datetime, *, is_first: bool) -> Recorded:
    """Record a reading; what is told of the first one of a changed rule waits for the others of its apply."""
    newest = outbox.newest_letter(tx)
    outcome = record(tx, row.key_result_id, reading, at)
    if is_first and outcome.channels:
        until = at + FOR_OTHERS
        turn.waiting.update(
            outbox.tell_with_apply(tx, row.key_result_id, after_id=newest, applied_at=row.created_at, until=until)
        )
    return outcome


def _items_at_the_end(
    tx: Connection,
    key_result: KeyResult,
    rule: Rule,
    items: Sequence[WorkItem],
    selection: Selection,
    revision: int,
) -> list[WorkItem]:
    """Return the items as they were when the cycle ended; that one has left the selection since bears no date."""
    assert key_result.ending is not None
    end = key_result.ending.last
    stood = contributions_at(tx, key_result.id, end)
    last = last_reading(tx, key_result.id, until=end)
    if last is None or last.rule_revision != revision:
        # Another rule took other items then, and other numbers of them: only their states are of use.
        stood = {item.key: replace(stood[item.key], amount=None) for item in items if item.key in stood}
    left = stood.keys() - {item.key for item in items}
    return list(at_the_end(rule, [*items, *work.items_that_left(tx, selection.id, left)], stood, end))


def _is_held(tx: Connection, key_result: KeyResult, look: Look) -> bool:
    """Hold back what is broken or not believed; say whether it was."""
    if look.found.broken:
        hold(tx, key_result.id, Freshness.BROKEN, look.found.broken, look.at, code=Reason.RULE)
        return True
    doubt = doubt_of(look)
    if doubt is None:
        return False
    now = key_result_by_id(tx, key_result.id)
    # Somebody may have taken the reading meanwhile, and this doubt is about what stood before.
    if now is not None and now.standing.in_scope == look.standing.in_scope:
        hold(tx, key_result.id, Freshness.SUSPECT, doubt.why, look.at, code=doubt.code, held=doubt.held)
    return True


def _hold_defect(
    store: Store, row: RuleRow, problem: Exception, now: Callable[[], datetime], renew: Callable[[Connection], None]
) -> None:
    """Hold the key result of a rule over which the hub failed; at the next good read it is worked out anew."""
    key = row.body.get("key_result", f"key result {row.key_result_id}")
    defect = defect_of(problem, store, row.connection, f"the rule of {key}, revision {row.revision}")
    with store.write() as tx:
        renew(tx)
        if is_current(tx, row) and key_result_by_id(tx, row.key_result_id) is not None:
            hold(tx, row.key_result_id, Freshness.BROKEN, defect.told, now(), code=Reason.DEFECT)


def is_current(tx: Connection, row: RuleRow) -> bool:
    """Whether the rule still stands: one that was changed meanwhile rings for itself, one that went takes nothing."""
    current = current_rule(tx, row.key_result_id)
    return current is not None and current.id == row.id


def reading_of(
    found: Evaluation,
    row: RuleRow,
    selection: Selection,
    items: Sequence[WorkItem],
    gone: Mapping[str, str],
    at: datetime,
) -> Reading:
    """Return what an evaluation found, to be recorded."""
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
        notes=(*found.notes, *selection.remarks),
        partial=set_aside_words(found),
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
