"""Words on the chart lie on no other words and never leave the drawing, whatever the numbers are."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.flows.show import Series
from hub.flows.show.lights import Tint
from hub.flows.show.series import Level, Mark, Step
from hub.model.forecast import Forecast
from hub.model.numbers import Numbers
from hub.model.okr import midnight
from hub.web.drawings.chart import PHONE, WIDE, draw_chart
from hub.web.drawings.labels import draw_labels
from hub.web.drawings.room import Box, find_room, text_box
from hub.web.drawings.scale import Sheet, scale_of
from tests.web.company import BERLIN, ENDS, NOW, STARTS

SHEETS = pytest.mark.parametrize("sheet", [WIDE, PHONE], ids=["wide", "phone"])
TEXT = re.compile(r'<text x="([\d.-]+)" y="([\d.-]+)" text-anchor="(\w+)"[^>]*>(.*?)</text>')


def series(value: float, foreseen: float, target: float, *, day: int = 54, changes: tuple[Mark, ...] = ()) -> Series:
    starts, due = midnight(STARTS, BERLIN), midnight(ENDS, BERLIN)
    now = starts + timedelta(days=day)
    goal, at = Decimal(str(target)), Decimal(str(value))
    ahead = Decimal(str(foreseen))
    return Series(
        starts=starts,
        due=due,
        now=now,
        zone=BERLIN,
        numbers=Numbers(),
        steps=(Step(starts, Decimal(0), False), Step(now - timedelta(days=3), at, False)),
        expected=((starts, Decimal(0)), (due, goal)),
        expected_now=goal / 2,
        forecast=Forecast(ahead, ahead - 2, ahead + 2, Decimal(1)),
        levels=(Level(goal, f"Target {goal}"),),
        safe=None,
        changes=changes,
        check_ins=(),
        lane=(),
        beside=(),
        pauses=(),
        words="",
    )


def boxes(drawn: Series, sheet: Sheet) -> list[Box]:
    found = TEXT.findall("".join(draw_labels(drawn, scale_of(drawn, sheet))))
    plain = [(float(x), float(y), anchor, re.sub("<[^>]+>", "", words)) for x, y, anchor, words in found]
    return [text_box(x, y, words, is_end=anchor == "end") for x, y, anchor, words in plain]


def assert_readable(found: list[Box], sheet: Sheet) -> None:
    for number, one in enumerate(found):
        assert one.left >= -0.1
        assert one.right <= sheet.width + 0.1
        assert one.top >= 0
        assert one.bottom <= sheet.bottom
        assert not any(one.meets(other) for other in found[:number])


@SHEETS
@pytest.mark.parametrize("foreseen", range(0, 81, 2))
def test_the_forecast_and_the_target_are_told_apart_wherever_the_forecast_ends(sheet: Sheet, foreseen: int) -> None:
    found = boxes(series(22, foreseen, 40), sheet)
    assert len(found) == (4 if sheet.is_wide else 2)
    assert_readable(found, sheet)


@SHEETS
@settings(max_examples=60, deadline=None)
@given(
    value=st.floats(0, 60_000).map(lambda number: round(number, 1)),
    foreseen=st.floats(0, 90_000).map(lambda number: round(number, 1)),
    target=st.floats(1, 60_000).map(lambda number: round(number, 1)),
    day=st.integers(4, 90),
)
def test_words_keep_apart_for_any_numbers_on_any_day(
    sheet: Sheet, value: float, foreseen: float, target: float, day: int
) -> None:
    assert_readable(boxes(series(value, foreseen, target, day=day), sheet), sheet)


def test_what_is_said_of_today_keeps_clear_of_the_mark_of_today() -> None:
    for value in range(2, 40):
        mark = Mark(NOW, Decimal(value), Tint.ON, "today")
        drawn = series(value, 40, 40, changes=(mark,))
        scale = scale_of(drawn, WIDE)
        x, y = scale.x(drawn.now), scale.y(value)
        assert not any(one.meets(Box(x - 6, y - 6, 12, 12)) for one in boxes(drawn, WIDE)), value


def test_a_change_of_today_stands_for_todays_point() -> None:
    quiet = series(22, 40, 40)
    moved = series(22, 40, 40, changes=(Mark(quiet.now, Decimal(22), Tint.ON, "today"),))
    assert 'class="pt"' in draw_chart(quiet, WIDE)
    assert 'class="pt"' not in draw_chart(moved, WIDE)
    assert 'class="m on"' in draw_chart(moved, WIDE)


def test_words_without_any_room_stay_within_the_drawing() -> None:
    within = Box(0, 0, 100, 40)
    assert find_room([Box(90, 50, 30, 13)], [within], (), within) == Box(70, 27, 30, 13)


AXIS = re.compile(r'<text x="([\d.-]+)" y="([\d.-]+)" text-anchor="end"(?: class="lb")?>([^<]+)</text>')


@SHEETS
@settings(max_examples=100, deadline=None)
@given(value=st.decimals(-100, 100, places=6), step=st.decimals(1, 9, places=2), power=st.integers(-14, 16))
def test_no_two_marks_of_the_axis_read_the_same_and_each_has_room(
    sheet: Sheet, value: Decimal, step: Decimal, power: int
) -> None:
    low, high = value.scaleb(power), (value + step).scaleb(power)
    drawn = replace(
        series(0, 0, 1),
        steps=(Step(midnight(STARTS, BERLIN), low, False),),
        levels=(Level(high, ""),),
        expected=(),
        expected_now=None,
        forecast=None,
    )
    scale = scale_of(drawn, sheet)
    said = [scale.words(mark) for mark in {*scale.ticks, high}]
    assert len(set(said)) == len(said)
    assert len(scale.ticks) >= 2
    for x, _, words in AXIS.findall(str(draw_chart(drawn, sheet))):
        assert float(x) - 6.5 * len(words) >= -0.5, words


def test_a_target_that_is_longer_than_the_marks_beside_it_fits_at_the_axis() -> None:
    drawn = replace(series(99.9, 99.9, 99.9375), steps=(Step(midnight(STARTS, BERLIN), Decimal("99.9"), False),))
    scale = scale_of(drawn, PHONE)
    assert scale.words(Decimal("99.9375")) == "99.9375"
    assert scale.left >= 6.5 * len("99.9375") + 8


def test_very_long_numbers_are_said_by_their_powers_at_the_axis() -> None:
    drawn = replace(series(0, 0, 1), levels=(Level(Decimal("2e15"), ""),), forecast=None, expected=())
    assert scale_of(drawn, PHONE).words(Decimal("2e15")) == "2\u00a0\u00d7\u00a010\u00b9\u2075"
