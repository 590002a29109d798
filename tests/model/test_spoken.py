"""Numbers as people write them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.model.numbers import say_exact
from hub.model.spoken import NumberProblem, read_number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("12", "12"),
        (" 12 ", "12"),
        ("1,5", "1.5"),
        ("1.5", "1.5"),
        ("+1.25", "1.25"),
        ("-3", "-3"),
        ("\u22123", "-3"),
        ("\u2212 3", "-3"),
        ("-0", "0"),
        ("0,500", "0.500"),
        ("0.125", "0.125"),
        ("1234,567", "1234.567"),
        ("1.5000", "1.5"),
        ("1 200", "1200"),
        ("1\u202f200,5", "1200.5"),
        ("1'200.50", "1200.5"),
        ("1,234.5", "1234.5"),
        ("1.234,5", "1234.5"),
        ("1,234,567", "1234567"),
        ("1.234.567,25", "1234567.25"),
        ("\uff11\uff12", "12"),
    ],
)
def test_a_number_is_read_as_people_write_it(text: str, number: str) -> None:
    assert read_number(text) == Decimal(number)


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("12 %", "%"),
        ("12%", "%"),
        ("12\u00a0%", "%"),
        ("\uff11\uff12\uff05", "%"),
        ("12 Merchants", "merchants"),
        ("12 m\u00b2", "m\u00b2"),
        ("12 m2", "m\u00b2"),
        ("12 tCO\u2082", "tCO\u2082"),
        ("12 \u03bcs", "\u00b5s"),
    ],
)
def test_the_unit_may_stand_behind_it(text: str, unit: str) -> None:
    assert read_number(text, unit) == 12


@pytest.mark.parametrize("text", ["1,500", "1.500", "12,345", "-999.999", "1,000"])
def test_what_can_be_two_numbers_is_none_and_the_words_say_how_to_write_it(text: str) -> None:
    with pytest.raises(NumberProblem, match=r"can be read as .* or as .*: write .* without a mark, or "):
        read_number(text)


def test_both_ways_that_it_offers_are_read() -> None:
    with pytest.raises(NumberProblem) as problem:
        read_number("1,500")
    assert str(problem.value).endswith("write 1500 without a mark, or 1.5000")
    assert (read_number("1500"), read_number("1.5000")) == (1500, Decimal("1.5"))


@pytest.mark.parametrize(
    "text",
    ["", "  ", "many", "1e5", "NaN", "Infinity", "1..5", "1,2,3", "12,34,567", "1.5.", "5,", ".5", "--3", "1 2", "0x10",
     "1_000", "\u00bd", "1 200 5", "1.234,5,6", "1,234.", "9" * 41, "\u0661\u0662", "12 %",
     "10\u00b2", "10\u2082", "1\u00bd", "\u2460", "\u2488"],
)  # fmt: skip
def test_what_is_no_number_is_refused_with_words(text: str) -> None:
    with pytest.raises(NumberProblem):
        read_number(text, "merchants")


@given(st.text(max_size=60))
def test_no_text_does_worse_than_being_refused(text: str) -> None:
    try:
        value = read_number(text)
    except NumberProblem:
        return
    assert value.is_finite()


@given(st.decimals(allow_nan=False, allow_infinity=False, places=1, min_value=-(10**12), max_value=10**12))
def test_what_the_pages_say_is_read_back_as_what_it_was(value: Decimal) -> None:
    assert read_number(say_exact(value)) == value
