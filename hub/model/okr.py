"""What people set: cycles, key results and how they are judged."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, tzinfo
from decimal import Decimal

from hub.model.kinds import Kind


@dataclass(frozen=True, slots=True)
class Cycle:
    """A stretch of days in the workspace's time zone: from 00:00 of its start to 24:00 of its end."""

    slug: str
    name: str
    starts: date
    ends: date  # inclusive

    def window(self, zone: tzinfo) -> tuple[datetime, datetime]:
        """Return the first instant of the cycle and the first instant after it."""
        return midnight(self.starts, zone), midnight(self.ends + timedelta(days=1), zone)

    @property
    def days(self) -> int:
        return (self.ends - self.starts).days + 1


@dataclass(frozen=True, slots=True)
class Milestone:
    """A step that is done or not, with its weight in the whole."""

    name: str
    weight: Decimal = Decimal(1)
    done_on: date | None = None


@dataclass(frozen=True, slots=True)
class Goal:
    """The measure a key result is held to: all that the arithmetic needs, and nothing else.

    `starts` and `due` are instants: the first one of the first day, and the first one after the last day.
    `phased_targets` are values expected at the end of a day, in order.
    """

    kind: Kind
    starts: datetime
    due: datetime
    baseline: Decimal = Decimal(0)
    target: Decimal | None = None
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    risk_threshold: Decimal | None = None
    milestones: tuple[Milestone, ...] = ()
    phased_targets: tuple[tuple[datetime, Decimal], ...] = field(default=())


def midnight(day: date, zone: tzinfo) -> datetime:
    """Return the first instant of a day in a zone."""
    return datetime.combine(day, time.min, tzinfo=zone)


def quarter_name(starts: date, ends: date) -> str:
    """Name a cycle by its dates: "Q4 2026" for a calendar quarter, otherwise "Sep to Nov 2026" or "Oct 2026"."""
    after = ends + timedelta(days=1)
    if starts.day == 1 and after.day == 1:
        months = (after.year - starts.year) * 12 + after.month - starts.month
        if months == 3 and starts.month % 3 == 1:
            return f"Q{starts.month // 3 + 1} {starts.year}"
        if months == 12 and starts.month == 1:
            return str(starts.year)
    if (starts.year, starts.month) == (ends.year, ends.month):
        return starts.strftime("%b %Y")
    first = starts.strftime("%b") if starts.year == ends.year else starts.strftime("%b %Y")
    return f"{first} to {ends.strftime('%b %Y')}"
