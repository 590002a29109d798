"""What is said of a reading that was held back: what it was, and both ways in which it is taken."""

from __future__ import annotations

from hub.model.key_result import KeyResult
from hub.model.kinds import Freshness
from hub.model.numbers import numbers_of
from hub.model.reasons import Reason


def say_note(key_result: KeyResult) -> str:
    """Return why no newer value stands, as sentences; of a reading that was held back what it was and what takes it."""
    standing = key_result.standing
    note = standing.freshness_note.strip()
    if not note or standing.freshness is not Freshness.SUSPECT or standing.held is None:
        return note
    note = note if note.endswith((".", "!", "?")) else f"{note}."
    value = numbers_of(key_result.declared, standing.value, standing.held.value).full(standing.held.value)
    held = f"{note} Held back: {'no value' if standing.held.value is None else value}."
    code = Reason(standing.freshness_code)
    if code.is_confirmed_by_a_look:
        return f"{held} The next read on schedule that agrees takes it, or take it now."
    if code is Reason.MIN_ITEMS:
        return f"{held} No read takes it by itself: take it now, or change the rule."
    return held  # the note itself says what to do


def keeps_last_good(key_result: KeyResult) -> bool:
    """Whether the value that stands is an older one, and not the newest but for items that could not be read."""
    standing = key_result.standing
    return not (standing.freshness is Freshness.PARTIAL and standing.freshness_code == Reason.SET_ASIDE)
