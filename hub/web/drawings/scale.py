"""From values and instants to places on a drawing."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, localcontext

from hub.flows.show import Series
from hub.model.numbers import say_by_power, say_exact
from hub.model.okr import midnight

STEPS = tuple(map(Decimal, ("1", "2", "2.5", "5", "10")))
MOST_TICKS = 5
SLACK = Decimal("1e-9")  # of a step, by which an end that is a float may miss a mark
ROOM = 60  # digits: the marks of a scale are exact, wherever it begins and however fine it is
LETTER = 6.6  # the width of a digit at the axis, in px
LONGEST = 14  # letters at the axis; longer numbers are said by their powers of ten
MOST_OF_SHEET = 0.4  # of a drawing's width goes to the numbers at its axis


@dataclass(frozen=True, slots=True)
class Sheet:
    """The size of a drawing, and where its plot ends at the right, the top and the bottom."""

    width: int
    height: int
    right: int
    top: int
    bottom: int
    is_wide: bool


@dataclass(frozen=True, slots=True)
class Scale:
    """Where a value and an instant lie on a sheet."""

    sheet: Sheet
    left: float
    low: float
    high: float
    starts: datetime
    due: datetime
    ticks: tuple[Decimal, ...]
    is_by_power: bool = False  # whether the numbers at the axis are too long to be written out

    def words(self, value: Decimal) -> str:
        """Say a number at the axis: exactly, so that no two marks read the same."""
        return say_by_power(value) if self.is_by_power else say_exact(value)

    def x(self, at: datetime) -> float:
        share = (at - self.starts) / (self.due - self.starts)
        return self.left + min(max(share, 0.0), 1.0) * (self.sheet.right - self.left)

    def y(self, value: float | Decimal) -> float:
        share = (float(value) - self.low) / (self.high - self.low)
        return self.sheet.bottom - min(max(share, -0.02), 1.02) * (self.sheet.bottom - self.sheet.top)


def scale_of(series: Series, sheet: Sheet) -> Scale:
    """Return a scale that holds the values, the levels, and the forecast as far as it is near them."""
    held = [float(step.value) for step in series.steps]
    held += [float(value) for _, value in series.expected] + [float(level.value) for level in series.levels]
    held += [float(value) for _, _, value in series.beside]
    held += [float(mark.value) for mark in (*series.changes, *series.check_ins)]
    low, high = (min(held), max(held)) if held else (0.0, 1.0)
    if series.forecast is not None:
        room = (high - low) * 0.35
        low = max(min(low, float(series.forecast.low), float(series.forecast.high)), low - room)
        high = min(max(high, float(series.forecast.high), float(series.forecast.low)), high + room)
    if low == high:
        low, high = low - (abs(low) * 0.1 or 1), high + (abs(high) * 0.1 or 1)
    is_from_zero = min(held or [0.0]) >= 0 and low <= high * 0.55
    low = 0.0 if is_from_zero else low - (high - low) * 0.08
    high += (high - low) * 0.06
    ticks = _ticks(low, high, is_whole=_are_whole(series))
    marks = [*ticks, *(level.value for level in series.levels)]
    is_by_power = any(len(say_exact(mark)) > LONGEST for mark in marks)
    words = say_by_power if is_by_power else say_exact
    longest = max((len(words(mark)) for mark in marks), default=1)
    left = min(14.0 + LETTER * max(longest, 2), sheet.width * MOST_OF_SHEET)
    return Scale(sheet, left, low, high, series.starts, series.due, ticks, is_by_power)


def _are_whole(series: Series) -> bool:
    """Whether what is drawn is counted in wholes, so that halves on the scale would say nothing."""
    held = (*(step.value for step in series.steps), *(level.value for level in series.levels))
    return bool(held) and all(value == value.to_integral_value() for value in held)


def _ticks(low: float, high: float, *, is_whole: bool) -> tuple[Decimal, ...]:
    """Return the round numbers between two ends, exact: what a float makes of 0.1 would be seen at a fine scale."""
    with localcontext() as context:
        context.prec = ROOM
        raw = (Decimal(high) - Decimal(low)) / MOST_TICKS
        power = Decimal(1).scaleb(raw.adjusted())
        steps = [factor * power for factor in STEPS if factor * power >= raw * Decimal("0.999")]
        step = next((one for one in steps if one == one.to_integral_value()), Decimal(1)) if is_whole else steps[0]
        first = (Decimal(low) / step - SLACK).to_integral_value(ROUND_CEILING)
        last = (Decimal(high) / step + SLACK).to_integral_value(ROUND_FLOOR)
        return tuple((first + number) * step for number in range(int(last - first) + 1))


def date_ticks(series: Series, *, is_wide: bool) -> list[tuple[datetime, str]]:
    """Return where the time axis is marked: by months, or by weeks where there are few months."""
    zone = series.zone
    first, last = series.starts.astimezone(zone).date(), series.due.astimezone(zone).date()
    days = (last - first).days
    if days <= 50:
        every = 7 if is_wide else 14
        found = [first + timedelta(days=number) for number in range(0, days, every)]
        return [(midnight(day, zone), f"{day.day} {day:%b}") for day in found]
    months = [first]
    at = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    while at < last:
        months.append(at)
        at = date(at.year + at.month // 12, at.month % 12 + 1, 1)
    if len(months) > 1 and (months[1] - months[0]).days < 9:
        months.pop(0)
    every = max(1, math.ceil(len(months) / (12 if is_wide else 6)))
    return [(midnight(day, zone), f"{day:%b}") for day in months[::every]]
