"""How a cycle ends: the value of its last instant is its result, and after three days of grace that is frozen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from enum import StrEnum

from hub.model.okr import Cycle, midnight

FINAL = "Its cycle is closed: nothing moves any more."
GRACE_DAYS = 3  # whole days of the workspace's zone
A_MOMENT = timedelta(microseconds=1)  # the least that the stores keep


class Phase(StrEnum):
    """Where a cycle is: under way or ahead; over, while late evidence still counts; over and frozen."""

    RUNNING = "running"
    GRACE = "grace"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Ending:
    """When a cycle ends. `ended_at` is 24:00 of its last day and `final_at` that of the last day of grace, both UTC.

    `is_closed` says that somebody closed it before its time.
    """

    day: date
    ended_at: datetime
    final_day: date
    final_at: datetime
    is_closed: bool = False

    @property
    def last(self) -> datetime:
        """The last instant that belongs to the cycle: its result is the value of then."""
        return self.ended_at - A_MOMENT

    def phase(self, now: datetime) -> Phase:
        """Return the phase at an instant."""
        if self.is_closed or now >= self.final_at:
            return Phase.ENDED
        return Phase.GRACE if now >= self.ended_at else Phase.RUNNING

    def within(self, now: datetime) -> datetime:
        """Return the instant as of which a value is worked out: now, or the last one of the cycle."""
        return now if now < self.ended_at else self.last

    def words(self, now: datetime) -> str:
        """Say that the cycle is over and whether its numbers are final; "" while it runs."""
        match self.phase(now):
            case Phase.RUNNING:
                return ""
            case Phase.GRACE:
                return f"ended {_say(self.day)}; numbers may still move until {_say(self.final_day)}"
        return f"ended {_say(self.day)}, final" if now >= self.ended_at else "closed, final"


def ending_of(cycle: Cycle, zone: tzinfo, *, is_closed: bool = False) -> Ending:
    """Return when a cycle ends in a zone; days that are an hour longer or shorter end when they end."""
    final_day = cycle.ends + timedelta(days=GRACE_DAYS)
    return Ending(cycle.ends, _end_of(cycle.ends, zone), final_day, _end_of(final_day, zone), is_closed)


def phase_of(cycle: Cycle, zone: tzinfo, now: datetime) -> Phase:
    """Return the phase of a cycle at an instant."""
    return ending_of(cycle, zone).phase(now)


def _end_of(day: date, zone: tzinfo) -> datetime:
    # In UTC: two instants of one zone are compared by their clocks, and these show some hours twice.
    return midnight(day + timedelta(days=1), zone).astimezone(UTC)


def _say(day: date) -> str:
    return f"{day.day} {day:%B}"
