"""How the numbers of a key result are said: no two that differ ever read the same."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.model.key_result import Declared
from hub.model.kinds import Kind
from hub.model.numbers import MINUS, NARROW_SPACE, Numbers, apart, goal_words, marks_of, numbers_of, say_exact
from hub.model.okr import Milestone

D = Decimal
THIRD = D("3.333333333333")
RAISED = str.maketrans("\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079\u207b", "0123456789-")


def declared(kind: Kind = Kind.REACH, unit: str = "", **numbers: Any) -> Declared:
    """Make a key result of the quarter; numbers may be written as text."""
    goal: dict[str, Any] = {
        name: D(value) if isinstance(value, str | int) else value for name, value in numbers.items()
    }
    return Declared("ship/it", "It", kind, date(2026, 10, 1), date(2026, 12, 31), unit, **goal)


def read_back(text: str) -> Decimal:
    """Return the number that a text says, as a reader takes it."""
    plain = text.replace(NARROW_SPACE, "").replace(MINUS, "-")
    mantissa, times, power = plain.partition("\u00a0\u00d7\u00a010")
    return D(f"{mantissa}E{power.translate(RAISED)}") if times else D(mantissa)


# -- the cases


def test_a_cost_of_hundredths_is_not_said_to_be_nothing() -> None:
    goal = declared(Kind.STAY_BELOW, "EUR", target="0.04")
    numbers = numbers_of(goal, D("0.03"), D("0.044"))
    assert f"{numbers.bare(D('0.03'))} to {numbers.bare(D('0.044'))}" == "0.03 to 0.044"
    assert goal_words(goal) == "stay below 0.04 EUR"
    assert numbers.apart_by(D("0.04") - D("0.044")) == "0.004"


def test_a_value_just_under_its_limit_does_not_read_as_the_limit() -> None:
    goal = declared(Kind.STAY_ABOVE, "%", target="99.95")
    assert goal_words(goal) == "stay above 99.95\u00a0%"
    assert numbers_of(goal, D("99.94")).plain(D("99.94")) == "99.94\u00a0%"
    assert numbers_of(goal).plain(D("99.9496666666666")) == "99.9497\u00a0%"


def test_a_decrease_within_hundredths_says_where_it_comes_from_and_goes_to() -> None:
    goal = declared(Kind.DECREASE, "%", baseline="0.05", target="0.02")
    assert goal_words(goal) == "to 0.02\u00a0%"
    assert numbers_of(goal).plain(D("0.05")) == "0.05\u00a0%"
    assert numbers_of(goal).plain(D("0.031")) == "0.031\u00a0%"


def test_a_hundredth_of_the_way_between_whole_marks_is_seen() -> None:
    numbers = numbers_of(declared(Kind.INCREASE, "M\u20ac", baseline=1, target=2), D("1.01"))
    assert numbers.full(D("1.01")) == "1.01 M\u20ac"
    assert numbers.bare(D(1)) == "1"


@pytest.mark.parametrize(
    ("goal", "value", "text"),
    [
        ({"target": 40}, THIRD, "3.3"),
        ({"target": 40}, D("3.3333"), "3.3333"),  # few enough digits to have been typed
        ({"target": 40}, D("19.5"), "19.5"),
        ({"target": 40}, D("39.98765432109"), "39.99"),
        ({"target": 40}, D("39.99999999999"), "39.99999999999"),
        ({"target": 40}, D("40.00123456789"), "40.001"),
        ({"target": 5}, THIRD, "3.3"),
        ({"target": "3.34"}, THIRD, "3.33"),
        ({"target": 1000}, D("0.00012345678"), "0.0001"),
        ({"target": 1_000_000}, D("1234567.8"), "1\u202f234\u202f567.8"),
        ({"target": 1_000_000}, D("-1234567.89"), "\u22121\u202f234\u202f567.89"),
        ({"target": "1e15"}, D("1e15"), "1\u202f000\u202f000\u202f000\u202f000\u202f000"),
        ({"target": "1e-9"}, D("1e-9"), "0.000000001"),
        ({"target": "1e-12"}, D("-1.5e-12"), "\u22121.5\u00a0\u00d7\u00a010\u207b\u00b9\u00b2"),
        ({"target": 1, "baseline": 0}, D("-0"), "0"),
        ({"target": 10}, D("1E+3"), "1\u202f000"),
    ],
)
def test_a_value_is_as_short_as_it_may_be(goal: dict[str, Any], value: Decimal, text: str) -> None:
    assert numbers_of(declared(**goal)).bare(value) == text


def test_a_per_cent_that_is_not_all_never_reads_as_a_hundred() -> None:
    assert numbers_of(declared(unit="%", target=80)).plain(D("99.976676384840")) == "99.98\u00a0%"
    assert numbers_of(declared(unit="%", target=80)).plain(D("99.999976676384")) == "99.99998\u00a0%"


def test_an_estimate_stays_short_until_it_would_read_as_the_value_or_a_mark() -> None:
    numbers = numbers_of(declared(target=40), D(19))
    assert numbers.guess(D("21.304347826")) == "21"
    assert numbers.guess(D("19.304347826")) == "19.3"
    assert numbers.guess(D("39.8")) == "39.8"
    assert numbers.guess(D("0.2173913")) == "0.2"
    assert numbers.guess(D("9.99999999999")) == "10"  # the arithmetic's own digits


def test_a_value_that_is_one_of_the_marks_reads_as_it() -> None:
    assert numbers_of(declared(target=40), D(40)).bare(D("40.0")) == "40"


def test_a_difference_is_never_said_to_be_nothing() -> None:
    numbers = numbers_of(declared(target=40))
    assert numbers.signed(D("0.014")) == "+0.014"
    assert numbers.signed(D("-0.000033333333")) == "\u22120.00003"
    assert numbers.signed(D(0)) == "0"
    assert numbers.signed(D(3)) == "+3"
    assert numbers.apart_by_about(D("-0.3333333333")) == "0.3"
    assert numbers.rate(D("0.0123456789")) == "0.01"


def test_no_number_is_said_to_be_none() -> None:
    numbers = numbers_of(declared(unit="%", target=40))
    assert numbers.plain(None) == numbers.bare(None) == numbers.full(None) == numbers.guess(None) == "no value yet"


@pytest.mark.parametrize(
    ("goal", "text"),
    [
        (declared(unit="merchants", target=40), "of 40 merchants"),
        (declared(unit="merchants", target=40, baseline=0), "of 40 merchants"),
        (declared(unit="merchants", target=40, baseline=10), "to 40 merchants"),
        (declared(Kind.DECREASE, "bugs", target=4, baseline=18), "to 4 bugs"),
        (declared(Kind.STAY_BELOW, "s", target="0.004"), "stay below 0.004 s"),
        (declared(Kind.RANGE, "pH", minimum="7.35", maximum="7.45"), "stay within 7.35 to 7.45 pH"),
        (declared(Kind.RANGE, "%", minimum=1, maximum=5), "stay within 1 to 5\u00a0%"),
        (declared(Kind.BASELINE, "merchants"), "merchants"),
        (declared(Kind.BASELINE), "watched"),
    ],
)
def test_what_a_value_is_held_against(goal: Declared, text: str) -> None:
    assert goal_words(goal) == text


@pytest.mark.parametrize(
    ("weights", "unit", "text"),
    [
        ((1, 1, 1), "", "of 3 milestones"),
        ((1,), "", "of 1 milestone"),
        ((1, 1, 2), "", "of 4 by weight"),
        ((2, 2), "", "of 4 by weight"),
        (("0.5", "0.25"), "", "of 0.75 by weight"),
        ((1, 1, 2), "points", "of 4 points"),
    ],
)
def test_milestones_are_counted_and_weights_are_weighed(weights: tuple[Any, ...], unit: str, text: str) -> None:
    steps = tuple(Milestone(f"Step {number}", D(weight)) for number, weight in enumerate(weights))
    assert goal_words(declared(Kind.MILESTONES, unit, milestones=steps)) == text


# -- whatever the numbers are

written = st.decimals(-10_000, 10_000, places=3) | st.integers(-(10**15), 10**15).map(Decimal)
tiny = st.decimals(-1, 1, places=30) | st.decimals(-1, 1, places=6).map(lambda value: value.scaleb(-9))
worked_out = st.decimals(-1_000, 1_000, places=12)
any_number = written | tiny | worked_out


@st.composite
def neighbours(draw: st.DrawFn) -> list[Decimal]:
    """Numbers of any kind, and some that lie very near to them."""
    found: list[Decimal] = draw(st.lists(any_number, min_size=1, max_size=6))
    steps = draw(st.lists(st.sampled_from(["0.04", "-0.004", "0.000001", "-1e-12", "0.5"]), max_size=4))
    return found + [one + D(step) for one, step in zip(found, steps, strict=False)]


@st.composite
def goals(draw: st.DrawFn) -> Declared:
    kind, unit = draw(st.sampled_from([Kind.REACH, Kind.STAY_BELOW, Kind.RANGE])), draw(st.sampled_from(["", "%"]))
    if kind is Kind.RANGE:
        return declared(kind, unit, minimum=draw(any_number), maximum=draw(any_number))
    risk = draw(st.none() | any_number) if kind is Kind.STAY_BELOW else None
    return declared(kind, unit, target=draw(any_number), baseline=draw(st.none() | any_number), risk_threshold=risk)


def assert_told_apart(numbers: Numbers, values: list[Decimal]) -> None:
    ordered = sorted(set(values))
    for lower, higher in pairwise([read_back(numbers.bare(value)) for value in ordered]):
        assert lower < higher


@given(goals(), neighbours())
def test_two_numbers_that_differ_never_read_the_same_nor_in_another_order(
    goal: Declared, values: list[Decimal]
) -> None:
    assert_told_apart(numbers_of(goal, *values), [*values, *marks_of(goal)])


@given(goals(), neighbours())
def test_a_value_never_reads_as_a_mark_that_it_is_not_nor_on_its_other_side(
    goal: Declared, values: list[Decimal]
) -> None:
    numbers = numbers_of(goal)  # also one that was not known beforehand
    for value in values:
        for mark in (*marks_of(goal), D(0)):
            said, held = read_back(numbers.bare(value)), read_back(numbers.bare(mark))
            assert (said > held, said < held) == (value > mark, value < mark)


@given(goals(), any_number, any_number)
def test_an_estimate_never_reads_as_the_value_beside_it(goal: Declared, value: Decimal, guess: Decimal) -> None:
    numbers = numbers_of(goal, value, guesses=[guess])
    if abs(guess - value) > abs(guess) * D("1e-8"):  # nearer, it is the same but for the arithmetic's own digits
        assert numbers.guess(guess) != numbers.bare(value)


@given(neighbours())
def test_the_numbers_of_a_column_are_told_apart(values: list[Decimal]) -> None:
    assert_told_apart(apart(values), values)


@given(any_number)
def test_a_mark_is_said_with_all_its_digits(value: Decimal) -> None:
    assert read_back(say_exact(value)) == value


@given(any_number, any_number)
def test_a_difference_reads_as_one_and_keeps_its_sign(one: Decimal, other: Decimal) -> None:
    said = numbers_of(declared(target=one), other).signed(other - one)
    assert read_back(said.removeprefix("+")).compare(D(0)) == (other - one).compare(D(0))
    assert said.startswith("+") is (other > one)
