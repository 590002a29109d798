"""What is handed in to be recorded, whether it becomes the value, and what recording it did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from hub.model.key_result import KeyResult
from hub.model.kinds import Origin, Status
from hub.model.moves import Contribution
from hub.store.measurements import Measurement
from hub.store.set_back import is_ahead


@dataclass(frozen=True, slots=True)
class Reading:
    """A value to be recorded with all it stands on. `contributions` is None where there are no items behind it."""

    value: Decimal | None
    origin: Origin
    at: datetime
    contributions: Mapping[str, Contribution] | None = None
    left_out: Mapping[str, Contribution] | None = None  # items that were read and that the rule does not take
    created: Mapping[str, datetime] | None = None  # when each item that was read came into being
    done: Mapping[str, datetime] | None = None  # when each of them that is done became so, as far as its tool tells
    gone: Mapping[str, str] | None = None  # of the items that left: those the tool does not show, with why in words
    rule_revision: int | None = None
    connection: str | None = None
    query: str = ""
    items_counted: int | None = None
    items_read: int | None = None
    items_reported: int | None = None
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    notes: tuple[str, ...] = ()
    partial: str = ""  # which items are left out of it because they could not be read


@dataclass(frozen=True, slots=True)
class Recorded:
    """What recording did: the status before and after, and how many channels will be told."""

    key: str
    value_before: Decimal | None
    value: Decimal | None
    before: Status
    after: Status
    letters: int = 0
    channels: tuple[int, ...] = field(default=())
    is_new_measurement: bool = False


def takes(key_result: KeyResult, last: Measurement | None, value: Decimal | None) -> bool:
    """Whether a value of the tool becomes the value: not while paused, and over a person's word only by a change.

    `last` is what the tool said before. What a rule of long ago said is no measure: see `hub.record.let_go`.
    """
    standing = key_result.standing
    if key_result.is_paused:
        return False
    return last is None or standing.automatic_at is None or last.value != value or standing.value == value


def is_newest(key_result: KeyResult, at: datetime, now: datetime) -> bool:
    """Whether what somebody says of an instant is the value, rather than a word about a past that is known."""
    return is_later(key_result.standing.measured_at, at, now)


def is_later(known: datetime | None, at: datetime, now: datetime) -> bool:
    """Whether an instant is not before a known one, unless that was noted before the clock was set back."""
    return known is None or known <= at or is_ahead(known, now)
