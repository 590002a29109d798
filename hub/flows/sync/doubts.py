"""Why a reading is not believed at once, and what releases it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from connectors.shapes import WorkItem
from hub.model.key_result import Held, Standing
from hub.model.moves import Contribution
from hub.model.reasons import Reason
from hub.store.rules import RuleRow
from mappings import Evaluation, Rule, find_doubt, find_lost_word, is_of_gauge

ALIKE = Decimal("0.1")  # two readings agree when they differ by no more of the smaller number, or by one item
MOST_REFS = 5
APART = timedelta(seconds=30)  # two looks within one moment are one look


@dataclass(frozen=True, slots=True)
class Doubted:
    """Why a reading is held back, and what was read."""

    code: Reason
    why: str
    held: Held


@dataclass(frozen=True, slots=True)
class Look:
    """A reading with what it is held against. `stood` is what each item added to the last accepted reading, by key.

    `confirms` says that this look is on schedule: a look that somebody asked for, or that a webhook brought about,
    confirms nothing.
    """

    row: RuleRow
    rule: Rule
    found: Evaluation
    items: Sequence[WorkItem]
    standing: Standing
    stood: Mapping[str, Contribution]
    is_new_rule: bool
    confirms: bool
    at: datetime


def doubt_of(look: Look) -> Doubted | None:
    """Return why a reading must not stand now, None where it may. A broken evaluation is no reading."""
    again = _again(look, look.standing.held)
    for code, why in _reasons(look):
        if code.is_confirmed_by_a_look and again is not None and look.confirms and look.at - again.at >= APART:
            continue
        return Doubted(code, why, again or Held(look.found.value, look.found.in_scope, look.at))
    return None


def set_aside_words(found: Evaluation) -> str:
    """Say which items a reading leaves out because they could not be read; "" for none."""
    if not found.set_aside:
        return ""
    return f"{_named(found.set_aside)} could not be read and {_are(found.set_aside)} left out"


def _reasons(look: Look) -> list[tuple[Reason, str]]:
    """Return every doubt, those first that only a person can settle."""
    standing, found, rule = look.standing, look.found, look.rule
    reasons: list[tuple[Reason, str]] = []
    if not look.is_new_rule and found.value != standing.automatic_value:
        status_was = {key: one.status for key, one in look.stood.items()}
        if lost := find_lost_word(rule, look.row.words, look.items, status_was):
            reasons.append((Reason.WORDS, lost))
    before = standing.in_scope
    if found.total and not found.in_scope and rule.guard.max_drop is None:
        # The selection is not empty: none of its items passes `where`, and "no bug is open" is a good zero.
        before = None
    if look.is_new_rule and found.in_scope:
        before = None  # another rule counts others: fewer of them are no loss
    value = None if look.is_new_rule else standing.automatic_value
    doubt = find_doubt(rule, found, before, previous_value=value, of_gauge=is_of_gauge(look.items))
    if doubt is not None:
        # Where a rule names the least that there must be, no second look makes fewer of them right.
        is_floor = doubt.code in {Reason.EMPTY, Reason.MIN_ITEMS} and rule.guard.min_items is not None
        code = Reason.MIN_ITEMS if is_floor else Reason(doubt.code)
        if code is not Reason.MIN_ITEMS or found.in_scope != standing.in_scope:  # as many were taken by a person
            reasons.append((code, doubt.why))
    if not look.is_new_rule and found.set_aside:
        counted = {one.ref for one in look.stood.values() if one.grouping == "counted"}
        lost_refs = sorted(counted.intersection(found.set_aside))
        if lost_refs:
            it = "it" if len(lost_refs) == 1 else "they"
            why = f"{_named(lost_refs)} cannot be read now, and {it} counted at the last reading"
            reasons.append((Reason.SET_ASIDE, why))
    return reasons


def _again(look: Look, held: Held | None) -> Held | None:
    """Return what was held back before, if this look reads the same; as many items and the same value, or nearly."""
    if held is None:
        return None
    is_same_count = _is_alike(Decimal(held.in_scope), Decimal(look.found.in_scope), Decimal(1))
    if held.value is None or look.found.value is None:
        is_same_value = held.value is look.found.value
    else:
        # A count moves by one with one item; any other measure is held to its share alone.
        slack = Decimal(1) if look.rule.measure.fold == "count" else Decimal(0)
        is_same_value = _is_alike(held.value, look.found.value, slack)
    return held if is_same_count and is_same_value else None


def _is_alike(one: Decimal, other: Decimal, slack: Decimal) -> bool:
    if (one == 0) is not (other == 0):
        return False  # nothing is never nearly something
    return abs(one - other) <= max(slack, ALIKE * min(abs(one), abs(other)))


def _named(refs: Sequence[str]) -> str:
    shown = list(refs[:MOST_REFS])
    more = len(refs) - len(shown)
    if more:
        return f"{', '.join(shown)} and {more} more"
    return " and ".join((", ".join(shown[:-1]), shown[-1])) if len(shown) > 1 else shown[0]


def _are(refs: Sequence[str]) -> str:
    return "is" if len(refs) == 1 else "are"
