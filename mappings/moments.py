"""Days and durations as rules write them, and the moment at which a rule is asked."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo

from mappings.vocabulary import CYCLE_END, CYCLE_START, TODAY

DURATION = re.compile(r"([1-9]\d{0,4}) ?(hour|day|week)s?")
HOURS = {"hour": 1, "day": 24, "week": 168}


def read_duration(text: str) -> timedelta | None:
    """Return the length of "28 days", "1 week" or "36 hours", or None when it is none of these."""
    found = DURATION.fullmatch(text.strip())
    return timedelta(hours=int(found[1]) * HOURS[found[2]]) if found else None


class CycleError(Exception):
    """The rule speaks of the cycle, and the key result has none."""


@dataclass(frozen=True, slots=True)
class Moment:
    """When and where a rule is asked: `now` (aware), the workspace's zone, the cycle's first and last day."""

    now: datetime
    zone: tzinfo
    cycle: tuple[date, date] | None = None
    _spans: dict[str, tuple[date, date]] = field(default_factory=dict, compare=False, repr=False)

    def __post_init__(self) -> None:
        if self.now.tzinfo is None:
            raise ValueError("now has to be aware of its time zone")

    def local_day(self, when: date | datetime) -> date:
        """Return the day in the workspace's zone that an instant falls on; a date is that day."""
        return when.astimezone(self.zone).date() if isinstance(when, datetime) else when

    def span(self, word: str) -> tuple[date, date]:
        """Return the last day before, and the first day after, the day a rule names.

        A date and `today` are whole days: neither before nor after holds on the day itself. `cycle start` and
        `cycle end` are edges: all of the first day is after the start, all of the last day before the end.
        Raises CycleError, and ValueError for a word that is no day.
        """
        if word not in self._spans:
            self._spans[word] = self._span(word)
        return self._spans[word]

    def _span(self, word: str) -> tuple[date, date]:
        if word in {CYCLE_START, CYCLE_END}:
            if self.cycle is None:
                raise CycleError(f"the rule names the {word}, and its key result belongs to no cycle")
            edge = self.cycle[0] if word == CYCLE_START else _days_on(self.cycle[1], 1)
            return _days_on(edge, -1), edge
        day = self.local_day(self.now) if word == TODAY else date.fromisoformat(word)
        return _days_on(day, -1), _days_on(day, 1)


def _days_on(day: date, days: int) -> date:
    """Return a day so many days later. At the edges of the calendar there is none further out."""
    return date.fromordinal(min(max(day.toordinal() + days, 1), date.max.toordinal()))
