"""Where a key result lands if it goes on like the last weeks."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

LOOK_BACK = timedelta(weeks=4)
LEAST_PAST = timedelta(days=7)  # a pace from less than a week says nothing
WIDTH = 1.2816  # of a normal distribution: four in five lie within


@dataclass(frozen=True, slots=True)
class Forecast:
    """The value expected at the due date at the present pace, with the band that four in five would lie in."""

    at_due: Decimal
    low: Decimal
    high: Decimal
    pace: Decimal  # a week, over the weeks looked at


def within_reason(
    found: Forecast, known: Iterable[Decimal], *, is_share: bool, most: Decimal | None = None
) -> Forecast:
    """Hold a forecast to values there can be: none below 0 where none was, no share of items above 100.

    `known` are the values so far with baseline and target; `is_share` says that they are per cent of items; `most` is
    what there is in all, as of milestones.
    """
    least = Decimal(0) if min(known, default=Decimal(0)) >= 0 else None
    most = Decimal(100) if is_share else most

    def held(value: Decimal) -> Decimal:
        bounded = value if least is None else max(value, least)
        return bounded if most is None else min(bounded, most)

    return Forecast(held(found.at_due), held(found.low), held(found.high), found.pace)


def value_at(points: Sequence[tuple[datetime, Decimal]], at: datetime) -> Decimal | None:
    """Return the value that held at an instant: steps, not lines. None before the first point."""
    found = None
    for when, value in points:
        if when > at:
            break
        found = value
    return found


def forecast(
    points: Sequence[tuple[datetime, Decimal]], starts: datetime, due: datetime, now: datetime
) -> Forecast | None:
    """Return where the value lands at the due date, from points in the order of time; None when too little is known."""
    if not points or now >= due:
        return None
    since = max(now - LOOK_BACK, starts, points[0][0])
    span = now - since
    first, last = value_at(points, since), value_at(points, now)
    if span < LEAST_PAST or first is None or last is None:
        return None
    weeks = span / timedelta(weeks=1)
    pace = (last - first) / Decimal(str(weeks))
    left = (due - now) / timedelta(weeks=1)
    middle = last + pace * Decimal(str(left))
    spread = Decimal(str(WIDTH * _weekly_spread(points, since, now) * math.sqrt(left)))
    return Forecast(middle, middle - spread, middle + spread, pace)


def _weekly_spread(points: Sequence[tuple[datetime, Decimal]], since: datetime, now: datetime) -> float:
    """Return the standard deviation of what a week adds, over the whole weeks looked at."""
    steps: list[float] = []
    at = now
    while at - timedelta(weeks=1) >= since:
        before, after = value_at(points, at - timedelta(weeks=1)), value_at(points, at)
        if before is not None and after is not None:
            steps.append(float(after - before))
        at -= timedelta(weeks=1)
    if len(steps) < 2:
        return abs(steps[0]) / 2 if steps else 0.0
    mean = sum(steps) / len(steps)
    return math.sqrt(sum((step - mean) ** 2 for step in steps) / (len(steps) - 1))
