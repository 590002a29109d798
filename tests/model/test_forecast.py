"""Where a key result lands if it goes on like the last weeks."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from hub.model.forecast import forecast, value_at
from tests.model.goals import DUE, STARTS, day

D = Decimal


def test_a_steady_pace_goes_on_to_the_due_date_without_a_band() -> None:
    points = [(day(7 * week), D(10 * week)) for week in range(9)]
    found = forecast(points, STARTS, DUE, day(56))
    assert found is not None
    assert abs(found.pace - 10) < D("1e-9")
    assert abs(found.at_due - (80 + 10 * D(44) / 7)) < D("1e-9")
    assert abs(found.high - found.low) < D("1e-9")


def test_an_uneven_pace_has_a_band_around_the_middle() -> None:
    points = [(day(0), D(0)), (day(22), D(1)), (day(29), D(9)), (day(36), D(10)), (day(43), D(18))]
    found = forecast(points, STARTS, DUE, day(50))
    assert found is not None
    assert found.low < found.at_due < found.high
    assert abs((found.high - found.at_due) - (found.at_due - found.low)) < D("1e-9")


def test_only_the_last_four_weeks_say_how_fast_it_goes() -> None:
    points = [(day(0), D(0)), (day(5), D(500)), (day(50), D(500))]
    found = forecast(points, STARTS, DUE, day(50))
    assert found is not None
    assert (found.pace, found.at_due) == (D(0), D(500))


def test_too_little_is_known_to_say_anything() -> None:
    points = [(day(10), D(1)), (day(12), D(2))]
    assert forecast([], STARTS, DUE, day(50)) is None
    assert forecast(points, STARTS, DUE, day(16.9)) is None  # less than a week of values
    assert forecast(points, STARTS, DUE, day(17)) is not None
    assert forecast(points, STARTS, DUE, DUE) is None  # the due date has come


def test_a_value_holds_until_the_next_one() -> None:
    points = [(day(1), D(5)), (day(3), D(7))]
    assert [value_at(points, day(at)) for at in (0, 1, 2.9, 3, 9)] == [None, 5, 5, 7, 7]


@given(st.lists(st.tuples(st.integers(0, 89), st.integers(-500, 500)), min_size=1, max_size=12), st.integers(1, 99))
def test_the_middle_always_lies_within_the_band(found: list[tuple[int, int]], at: int) -> None:
    points = sorted((day(number), D(value)) for number, value in found)
    made = forecast(points, STARTS, DUE, day(at))
    if made is not None:
        assert made.low <= made.at_due <= made.high
