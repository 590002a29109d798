"""Taking a reading that was held back, as the stored items give it now: somebody has looked, and says that it is so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Connection

from hub.as_of import at_the_end
from hub.departures import absence_words
from hub.flows.sync.evaluate import reading_of
from hub.model.key_result import KeyResult
from hub.model.kinds import Freshness
from hub.model.phase import FINAL
from hub.record import Recorded, record
from hub.store import Store, key_results, okrs, rules, selected, work
from hub.store.acceptances import Acceptance, acceptances_of, note_acceptance
from hub.store.connections import connection_by_slug
from hub.store.contributions import contribution_keys, contributions_now
from hub.store.rules import RuleRow
from hub.store.selected import Selection
from mappings import Rule, compile_rule, evaluate, words_of


class NotAccepted(Exception):
    """Nothing was taken; the message is a sentence that says why."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The value that was taken. `is_new` is false where it had been taken before: `recorded` is None then."""

    value: Decimal | None
    is_new: bool
    recorded: Recorded | None = None


def accept(store: Store, key: str, *, who: str, now: datetime, shown: str | None = None) -> Accepted:
    """Take the reading that was held back, worked out over the stored items: no tool is asked.

    `shown` is the value that whoever takes it was shown, as a plain number, "" for no value; None takes what there is.
    Taken twice, it is taken once. Raises NotAccepted where nothing is held back, or something else than was shown.
    """
    expected = _expected(shown)
    with store.write() as tx:
        found = key_results.key_result_by_key(tx, key)
        held = None if found is None else key_results.lock_key_result(tx, found.id)
        if held is None:
            raise NotAccepted("This key result is not there any more: it was archived or renamed.")
        _check_open(held, now)
        if held.standing.freshness is not Freshness.SUSPECT:
            return _again(tx, held, expected)
        row = rules.current_rule(tx, held.id)
        selection = None if row is None else _selection(tx, row)
        if row is None or selection is None:
            raise NotAccepted("What its rule selects cannot be read now, so there is no reading to take.")
        return _take(tx, held, row, selection, expected, who, now)


def _expected(shown: str | None) -> Decimal | str | None:
    """Return the value that was shown: a number, "" for no value, None where nobody said."""
    if not shown:
        return shown
    try:
        number = Decimal(shown)
    except ArithmeticError:
        number = Decimal("NaN")
    if not number.is_finite():
        raise NotAccepted("Send the value that is held back as a plain number, such as 12.5.")
    return number


def _check_open(key_result: KeyResult, now: datetime) -> None:
    if key_result.is_frozen(now):
        raise NotAccepted(FINAL)
    if key_result.is_manual:
        raise NotAccepted("No tool moves this one, so nothing is held back.")
    if key_result.is_paused:
        raise NotAccepted("Its reading is paused: resume it first.")


def _again(tx: Connection, key_result: KeyResult, expected: Decimal | str | None) -> Accepted:
    """Return what was taken before, if this is what was shown; there is nothing to take now."""
    taken = acceptances_of(tx, key_result.key)
    value = key_result.standing.automatic_value
    if expected is not None and taken and taken[-1].value == value == (None if expected == "" else expected):
        return Accepted(value, False)
    raise NotAccepted("Nothing is held back: the value is what was read last.")


def _selection(tx: Connection, row: RuleRow) -> Selection | None:
    connection = connection_by_slug(tx, row.connection)
    used = [] if connection is None else selected.selections_in_use(tx, connection.id)
    found = next((one for one in used if one.id == row.selection_id), None)
    return found if found is not None and found.joined_at is not None and not found.problem else None


def _take(
    tx: Connection,
    key_result: KeyResult,
    row: RuleRow,
    selection: Selection,
    expected: Decimal | str | None,
    who: str,
    now: datetime,
) -> Accepted:
    workspace = okrs.workspace_now(tx)
    assert workspace is not None
    cycle = next((one for one in okrs.all_cycles(tx) if one.slug == key_result.cycle), None)
    rule = Rule.from_json(row.body).renamed(selection.scope.aliases if selection.scope else {})
    items = list(work.selection_items(tx, selection.id))
    if key_result.is_over(now):
        stood = contributions_now(tx, key_result.id)
        items = list(at_the_end(rule, items, stood, key_result.within(now)))
    span = None if cycle is None else (cycle.starts, cycle.ends)
    found = evaluate(compile_rule(rule), items, now=key_result.within(now), zone=workspace.zone, cycle=span)
    if found.broken:
        raise NotAccepted(f"It cannot be worked out now: {found.broken}.")
    if expected is not None and found.value != (None if expected == "" else expected):
        raise NotAccepted("What is held back has changed since you looked. Look again, then take it.")
    standing = key_result.standing
    left = contribution_keys(tx, key_result.id).difference(item.key for item in items)
    reading = reading_of(found, row, selection, items, absence_words(tx, row.connection, left), now)
    note_acceptance(
        tx,
        key_result.key,
        Acceptance(now, who, found.value, standing.automatic_value, standing.freshness_note),
    )
    recorded = record(tx, key_result.id, reading, now)
    rules.note_evaluated(tx, row.id, now, words_of(rule, items))
    return Accepted(found.value, True, recorded)
