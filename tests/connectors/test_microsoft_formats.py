"""Which formats of Excel show a date, and what a cell of a range is called."""

import pytest

from connectors.microsoft.readings import _cell_name, is_date


@pytest.mark.parametrize("shown", ["dd/mm/yyyy", "[$-407]d. mmm", "h:mm", "[h]:mm", "[Red]yyyy"])
def test_a_format_of_days_or_times_shows_a_date(shown: str) -> None:
    assert is_date(shown)


@pytest.mark.parametrize(
    "shown", ["General", "0.00%", "[Red]0;[Blue]-0", '0 "days"', "#,##0 [$USD]", r"0\d", "@", None]
)
def test_colours_literals_and_numbers_are_no_date(shown: str | None) -> None:
    assert not is_date(shown)


def test_a_cell_is_named_by_its_place_in_the_range() -> None:
    assert _cell_name("Q4!Z2:AB9", 2, 1) == "Q4!AA4"
