"""The words on a chart: each beside what it names, none on another."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from markupsafe import Markup

from hub.flows.show import Series
from hub.web.drawings.room import LINE, Box, find_room, text_box
from hub.web.drawings.scale import Scale

STEP = 6.0  # of the dots that a line is taken for, in px


def draw_text(x: float, y: float, words: str | Markup, *, anchor: str = "start", kind: str = "") -> Markup:
    """Draw words with their baseline at y."""
    head = Markup('<text x="{}" y="{}" text-anchor="{}"').format(f"{x:.1f}", f"{y:.1f}", anchor)
    return head + (Markup(' class="{}"').format(kind) if kind else Markup("")) + Markup(">{}</text>").format(words)


def draw_labels(series: Series, scale: Scale) -> Iterable[Markup]:
    """Draw what the lines are called, what is foreseen and what there is today."""
    sheet = scale.sheet
    is_running = series.starts <= series.now < series.due
    within = Box(scale.left + 2, 16, sheet.width - scale.left - 2, sheet.bottom - 18)
    marks, words = _marks(series, scale), list[Box]()
    for level in series.levels:
        y = scale.y(level.value)
        spots = _at_end(scale, y, level.words)
        box = find_room(spots, words, marks if not sheet.is_wide else (), within)
        words.append(box)
        yield _drawn(box, Markup('<tspan class="lb">{}</tspan>').format(level.words), is_end=not sheet.is_wide)
    if series.forecast is not None:
        yield from _forecast(series, scale, words, marks, within)
    if sheet.is_wide and series.steps and is_running:
        yield _today(series, scale, words, marks, within)
    if not series.steps:
        yield draw_text((scale.left + sheet.right) / 2, sheet.bottom - 12, "No value yet", anchor="middle")


def _at_end(scale: Scale, y: float, *lines: str) -> list[Box]:
    """Return where words at the end of a line may go: beside it, or on a phone over or under it."""
    sheet = scale.sheet
    if sheet.is_wide:
        return [text_box(sheet.right + 8, y + 4 - LINE / 2 * (len(lines) - 1), *lines)]
    return [text_box(sheet.right - 2, baseline, *lines, is_end=True) for baseline in (y - 6, y + 15)]


def _drawn(box: Box, words: Markup, *, is_end: bool) -> Markup:
    return draw_text(box.right if is_end else box.left, box.top + 10, words, anchor="end" if is_end else "start")


def _forecast(series: Series, scale: Scale, words: list[Box], marks: Sequence[Box], within: Box) -> Iterable[Markup]:
    ahead, numbers, is_wide = series.forecast, series.numbers, scale.sheet.is_wide
    assert ahead is not None
    low, high = sorted((ahead.low, ahead.high))
    said = numbers.guess(ahead.at_due)
    likely = f"likely {numbers.guess(low)} to {numbers.guess(high)}"
    lines = (f"{said} at this pace", likely) if is_wide else (f"{said} at this pace",)
    box = find_room(_at_end(scale, scale.y(ahead.at_due), *lines), words, () if is_wide else marks, within)
    words.append(box)
    yield _drawn(box, Markup('<tspan class="lb">{}</tspan> at this pace').format(said), is_end=not is_wide)
    if is_wide:
        yield draw_text(box.left, box.top + 10 + LINE, likely)


def _today(series: Series, scale: Scale, words: Sequence[Box], marks: Sequence[Box], within: Box) -> Markup:
    numbers, value = series.numbers, series.steps[-1].value
    x, y = scale.x(series.now), scale.y(value)
    said, rest = numbers.plain(value), " today"
    if series.expected_now is not None:
        rest += f", {numbers.guess(series.expected_now)} expected"
    spots = [
        text_box(x + side, y + way, said + rest, is_end=side < 0) for side in (10.0, -10.0) for way in (21.0, -13.0)
    ]
    # Words never reach over the line of today: they stand at one side of it.
    room = Box(within.left, within.top, scale.sheet.right - within.left, within.height)
    kept = [spot for spot in spots if room.left <= spot.left and spot.right <= room.right] or spots
    box = find_room(kept, words, marks, room)
    return _drawn(box, Markup('<tspan class="lb">{}</tspan>{}').format(said, rest), is_end=box.right < x)


def _marks(series: Series, scale: Scale) -> list[Box]:
    """Return what words should keep clear of: marks, today's point, and lines as rows of dots."""
    found = [_around(scale.x(mark.at), scale.y(mark.value), 9) for mark in (*series.changes, *series.check_ins)]
    for one, other in zip(series.expected, series.expected[1:], strict=False):
        found += _dots(scale.x(one[0]), scale.y(one[1]), scale.x(other[0]), scale.y(other[1]))
    if not series.steps:
        return found
    now, last = scale.x(series.now), scale.y(series.steps[-1].value)
    found.append(_around(now, last, 9))
    if series.forecast is not None:
        found += _dots(now, last, scale.sheet.right, scale.y(series.forecast.at_due))
    for level in series.levels:
        found += _dots(scale.left, scale.y(level.value), scale.sheet.right, scale.y(level.value))
    ends = [*((step.at, step.value) for step in series.steps[1:]), (series.now, Decimal(0))]
    for step, (until, after) in zip(series.steps, ends, strict=True):
        x, y = scale.x(until), scale.y(step.value)
        found += _dots(scale.x(step.at), y, x, y)
        if until < series.now:
            found += _dots(x, y, x, scale.y(after))
    return found


def _around(x: float, y: float, reach: float) -> Box:
    return Box(x - reach, y - reach, 2 * reach, 2 * reach)


def _dots(x1: float, y1: float, x2: float, y2: float) -> list[Box]:
    number = max(int(max(abs(x2 - x1), abs(y2 - y1)) / STEP), 1)
    places = (index / number for index in range(number + 1))
    return [_around(x1 + (x2 - x1) * share, y1 + (y2 - y1) * share, 1) for share in places]
