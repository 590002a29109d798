"""What is handed in to be recorded, and what recording it did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from hub.model.kinds import Origin, Status
from hub.model.moves import Contribution


@dataclass(frozen=True, slots=True)
class Reading:
    """A value to be recorded with all it stands on. `contributions` is None where there are no items behind it."""

    value: Decimal | None
    origin: Origin
    at: datetime
    contributions: Mapping[str, Contribution] | None = None
    left_out: Mapping[str, Contribution] | None = None  # items that were read and that the rule does not take
    created: Mapping[str, datetime] | None = None  # when each item that was read came into being
    gone: frozenset[str] = frozenset()  # of the items that left: those the tool does not show any more
    rule_revision: int | None = None
    connection: str | None = None
    query: str = ""
    items_counted: int | None = None
    items_read: int | None = None
    items_reported: int | None = None
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    notes: tuple[str, ...] = ()


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
