"""The chart of a key result: drawn on the server in two sizes, so that its text never scales."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import datetime

from markupsafe import Markup

from hub.flows.show import Series
from hub.flows.show.series import Mark, Step
from hub.web.drawings.labels import draw_labels, draw_text
from hub.web.drawings.scale import Scale, Sheet, date_ticks, scale_of

WIDE = Sheet(940, 300, 806, 26, 270, True)
CLEAR = 14  # px from the number of a level, within which a tick goes without its own
PHONE = Sheet(350, 250, 338, 26, 224, False)
MARKS = {
    "risk": "M{x:.1f} {top:.1f}l6.5 11h-13z",
    "off": "M{x:.1f} {y:.1f}m-2.4 -5.8h4.8l3.4 3.4v4.8l-3.4 3.4h-4.8l-3.4 -3.4v-4.8z",
    "done": "M{x:.1f} {y:.1f}m0 -7l7 7l-7 7l-7 -7z",
}


def draw_chart(series: Series, sheet: Sheet) -> Markup:
    """Return the chart as SVG. Colours and widths come from the theme's classes."""
    scale = scale_of(series, sheet)
    parts: list[Markup] = [
        *_grid(series, scale),
        *_safe(series, scale),
        *_halts(series, scale),
        *_levels(series, scale),
        *_today(series, scale),
        *_expected(series, scale),
        *_forecast(series, scale),
        *_actual(series, scale),
        *_beside(series, scale),
        *_lane(series, scale),
        *_point(series, scale),
        *(_check_in(mark, scale) for mark in series.check_ins),
        *(_mark(mark, scale) for mark in series.changes),
        *draw_labels(series, scale),
    ]
    head = Markup('<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}">').format(
        sheet.width, sheet.height, series.words
    )
    return head + Markup("").join(parts) + Markup("</svg>")


def _line(kind: str, x1: float, y1: float, x2: float, y2: float) -> Markup:
    line = '<line class="{}" x1="{}" x2="{}" y1="{}" y2="{}"/>'
    return Markup(line).format(kind, *(f"{number:.1f}" for number in (x1, x2, y1, y2)))


def _path(kind: str, points: str) -> Markup:
    return Markup('<path class="{}" d="{}"/>').format(kind, points)


def _grid(series: Series, scale: Scale) -> Iterable[Markup]:
    sheet = scale.sheet
    held = [scale.y(level.value) for level in series.levels]
    for tick in scale.ticks:
        y = scale.y(tick)
        yield _line("g", scale.left, y, sheet.right, y)
        if all(abs(y - other) > CLEAR for other in held):
            yield draw_text(scale.left - 8, y + 4, scale.words(tick), anchor="end")
    for at, words in date_ticks(series, is_wide=sheet.is_wide):
        x = scale.x(at)
        yield _line("g", x, sheet.bottom, x, sheet.bottom + 5)
        yield draw_text(x + 4, sheet.bottom + 18, words)


def _safe(series: Series, scale: Scale) -> Iterable[Markup]:
    if series.safe is None:
        return
    low, high = series.safe
    bottom = scale.sheet.bottom if low is None else scale.y(low)
    top = scale.sheet.top if high is None else scale.y(high)
    yield Markup('<rect class="safe" x="{}" y="{}" width="{}" height="{}"/>').format(
        f"{scale.left:.1f}", f"{top:.1f}", f"{scale.sheet.right - scale.left:.1f}", f"{max(bottom - top, 0):.1f}"
    )


def _halts(series: Series, scale: Scale) -> Iterable[Markup]:
    for stay in series.pauses:
        x = scale.x(stay.since)
        width = max(scale.x(stay.until) - x, 2)
        height = scale.sheet.bottom - scale.sheet.top
        box = '<rect class="halt" x="{}" width="{}" y="{}" height="{}"><title>{}</title></rect>'
        yield Markup(box).format(f"{x:.1f}", f"{width:.1f}", scale.sheet.top, height, stay.words)


def _beside(series: Series, scale: Scale) -> Iterable[Markup]:
    """Draw what the tool said while a person's word stood."""
    path, end = "", None
    for since, until, value in series.beside:
        at = f"{scale.x(since):.1f}"
        path += f"V{scale.y(value):.1f}" if end == at else f"M{at} {scale.y(value):.1f}"
        end = f"{scale.x(until):.1f}"
        path += f"H{end}"
    if path:
        yield _path("beside", path)


def _levels(series: Series, scale: Scale) -> Iterable[Markup]:
    for level in series.levels:
        y = scale.y(level.value)
        yield _line("goal", scale.left, y, scale.sheet.right, y)
        yield draw_text(scale.left - 8, y + 4, scale.words(level.value), anchor="end", kind="lb")


def _today(series: Series, scale: Scale) -> Iterable[Markup]:
    if not series.starts <= series.now < series.due:
        return
    x = scale.x(series.now)
    day = series.now.astimezone(series.zone)
    yield _line("now", x, scale.sheet.top - 8, x, scale.sheet.bottom)
    side = min(max(x, scale.left + 34), scale.sheet.right - 30)
    yield draw_text(side, 13, f"Today, {day.day} {day:%b}", anchor="middle")


def _expected(series: Series, scale: Scale) -> Iterable[Markup]:
    if len(series.expected) > 1:
        places = [f"{scale.x(at):.1f} {scale.y(value):.1f}" for at, value in series.expected]
        yield _path("exp", "M" + "L".join(places))


def _forecast(series: Series, scale: Scale) -> Iterable[Markup]:
    ahead = series.forecast
    if ahead is None or not series.steps:
        return
    x, y = scale.x(series.now), scale.y(series.steps[-1].value)
    end = scale.sheet.right
    yield _path("band", f"M{x:.1f} {y:.1f}L{end} {scale.y(ahead.high):.1f}V{scale.y(ahead.low):.1f}Z")
    yield _path("fc", f"M{x:.1f} {y:.1f}L{end} {scale.y(ahead.at_due):.1f}")


def _actual(series: Series, scale: Scale) -> Iterable[Markup]:
    """Draw the steps: those worked out from the items' dates lighter, up to the first one measured."""
    steps = _thinned(series.steps, scale)
    if not steps:
        return
    guessed = [step for step in steps if step.is_approximate]
    measured = [step for step in steps if not step.is_approximate]
    end = min(series.now, series.due)
    if guessed:
        until = measured[0].at if measured else end
        yield _path("rec", _stairs(guessed, until, scale))
    if measured:
        yield _path("fill", _area(steps, end, scale))
        stairs = _stairs(measured, end, scale)
        if guessed:
            # Rise from where the guess ended, so that the line does not break.
            stairs = f"M{scale.x(measured[0].at):.1f} {scale.y(guessed[-1].value):.1f}L{stairs[1:]}"
        yield _path("act", stairs)
    elif guessed:
        yield _path("fill", _area(guessed, end, scale))


def _thinned(steps: Sequence[Step], scale: Scale) -> list[Step]:
    """Keep the last of the steps that would fall on the same spot."""
    kept: list[Step] = []
    for step in steps:
        is_same_spot = kept and abs(scale.x(kept[-1].at) - scale.x(step.at)) < 1
        if is_same_spot and kept[-1].is_approximate == step.is_approximate:
            kept[-1] = step
        else:
            kept.append(step)
    return kept


def _stairs(steps: Sequence[Step], until: datetime, scale: Scale) -> str:
    path = f"M{scale.x(steps[0].at):.1f} {scale.y(steps[0].value):.1f}"
    for step in steps[1:]:
        path += f"H{scale.x(step.at):.1f}V{scale.y(step.value):.1f}"
    return f"{path}H{scale.x(until):.1f}"


def _area(steps: Sequence[Step], until: datetime, scale: Scale) -> str:
    floor = f"{scale.sheet.bottom:.1f}"
    first = scale.x(steps[0].at)
    stairs = _stairs(steps, until, scale)
    return f"M{first:.1f} {floor}L{stairs[1:]}V{floor}Z"


def _lane(series: Series, scale: Scale) -> Iterable[Markup]:
    for stay in series.lane:
        x = scale.x(stay.since)
        width = scale.x(stay.until) - x - 1.4
        if width > 0.5:
            yield Markup(
                '<rect class="m {}" x="{}" width="{}" y="{}" height="4" rx="1"><title>{}</title></rect>'
            ).format(stay.tint, f"{x + 0.7:.1f}", f"{width:.1f}", f"{scale.sheet.bottom + 1:.1f}", stay.words)


def _mark(mark: Mark, scale: Scale) -> Markup:
    x, y = scale.x(mark.at), scale.y(mark.value)
    if mark.tint in MARKS:
        shape = _path(f"m {mark.tint}", MARKS[mark.tint].format(x=x, y=y, top=y - 7))
    else:
        shape = Markup('<circle class="m {}" cx="{}" cy="{}" r="5.5"/>').format(mark.tint, f"{x:.1f}", f"{y:.1f}")
    return Markup("<g><title>{}</title>{}</g>").format(mark.words, shape)


def _check_in(mark: Mark, scale: Scale) -> Markup:
    x, y = f"{scale.x(mark.at) - 4:.1f}", f"{scale.y(mark.value) - 4:.1f}"
    shape = Markup('<rect class="ci" x="{}" y="{}" width="8" height="8" rx="1.5"/>').format(x, y)
    return Markup("<g><title>{}</title>{}</g>").format(mark.words, shape)


def _point(series: Series, scale: Scale) -> Iterable[Markup]:
    """Draw today's point, unless a change of today stands there: it is the point then."""
    if not series.steps or not series.starts <= series.now < series.due:
        return
    x, y = scale.x(series.now), scale.y(series.steps[-1].value)
    if any(math.hypot(scale.x(mark.at) - x, scale.y(mark.value) - y) < 9 for mark in series.changes):
        return
    yield Markup('<circle class="pt" cx="{}" cy="{}" r="4.5"/>').format(f"{x:.1f}", f"{y:.1f}")
