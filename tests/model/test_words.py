"""How numbers, dates and goals are said to people."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from hub.model.kinds import Kind, Status
from hub.model.okr import quarter_name
from hub.model.words import STATUS_WORDS, say_age, say_goal, say_number, say_share, say_signed, say_value

D = Decimal


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("0", "0"),
        ("-0", "0"),
        ("-0.04", "0"),
        ("3", "3"),
        ("3.0", "3"),
        ("3.14", "3.1"),
        ("3.15", "3.2"),
        ("-3", "\u22123"),
        ("-0.05", "\u22120.1"),
        ("1000", "1\u202f000"),
        ("-1234567.8", "\u22121\u202f234\u202f567.8"),
        ("1E+3", "1\u202f000"),
        ("100", "100"),
        ("1" + "0" * 39, "1" + "\u202f000" * 13),
    ],
)
def test_a_number_has_a_true_minus_and_narrow_spaces(value: str, text: str) -> None:
    assert say_number(D(value)) == text


def test_no_number_is_said_to_be_none() -> None:
    assert say_number(None) == "no value yet"
    assert say_value(None, "bugs") == "no value yet"
    assert say_share(None) == "\u2013"


@pytest.mark.parametrize(("value", "text"), [("3", "+3"), ("-1", "\u22121"), ("0", "0"), ("0.04", "0"), ("-0.04", "0")])
def test_a_difference_has_its_sign(value: str, text: str) -> None:
    assert say_signed(D(value)) == text


@pytest.mark.parametrize(
    ("share", "text"), [("0.475", "48\u00a0%"), ("1.5", "150\u00a0%"), ("-0.1", "\u221210\u00a0%")]
)
def test_a_share_is_whole_per_cent(share: str, text: str) -> None:
    assert say_share(D(share)) == text


def test_a_value_stands_beside_its_unit() -> None:
    assert say_value(D(19), "merchants") == "19 merchants"
    assert say_value(D("82.5"), "%") == "82.5\u00a0%"
    assert say_value(D(3), "") == "3"


@pytest.mark.parametrize(
    ("kind", "numbers", "text"),
    [
        (Kind.REACH, {"target": D(40)}, "of 40 merchants"),
        (Kind.REACH, {"target": D(40), "baseline": D(0)}, "of 40 merchants"),
        (Kind.REACH, {"target": D(40), "baseline": D(10)}, "to 40 merchants"),
        (Kind.DECREASE, {"target": D(4), "baseline": D(18)}, "to 4 merchants"),
        (Kind.STAY_BELOW, {"target": D(5)}, "stay below 5 merchants"),
        (Kind.STAY_ABOVE, {"target": D(5)}, "stay above 5 merchants"),
        (Kind.RANGE, {"minimum": D(1), "maximum": D(5)}, "stay within 1 to 5 merchants"),
        (Kind.MILESTONES, {"target": D(8)}, "of 8 milestones"),
        (Kind.BASELINE, {}, "merchants"),
    ],
)
def test_what_a_value_is_held_against(kind: Kind, numbers: dict[str, Decimal], text: str) -> None:
    assert say_goal(kind, "merchants", **numbers) == text


def test_every_kind_and_every_status_has_its_words() -> None:
    assert all(say_goal(kind, "x", target=D(1), minimum=D(0), maximum=D(1)) for kind in Kind)
    assert set(STATUS_WORDS) == set(Status)


@pytest.mark.parametrize(
    ("ago", "text"),
    [
        (timedelta(seconds=-5), "just now"),
        (timedelta(seconds=59), "just now"),
        (timedelta(minutes=1), "1 min ago"),
        (timedelta(minutes=59, seconds=59), "59 min ago"),
        (timedelta(hours=1), "1 hour ago"),
        (timedelta(hours=23, minutes=59), "23 hours ago"),
        (timedelta(days=1), "1 day ago"),
        (timedelta(days=12, hours=5), "12 days ago"),
    ],
)
def test_an_age_is_said_in_the_largest_unit_that_fits(ago: timedelta, text: str) -> None:
    now = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
    assert say_age(now - ago, now) == text


@pytest.mark.parametrize(
    ("starts", "ends", "name"),
    [
        (date(2026, 1, 1), date(2026, 3, 31), "Q1 2026"),
        (date(2026, 4, 1), date(2026, 6, 30), "Q2 2026"),
        (date(2026, 7, 1), date(2026, 9, 30), "Q3 2026"),
        (date(2026, 10, 1), date(2026, 12, 31), "Q4 2026"),
        (date(2026, 1, 1), date(2026, 12, 31), "2026"),
        (date(2026, 9, 1), date(2026, 11, 30), "Sep to Nov 2026"),
        (date(2026, 12, 1), date(2027, 2, 28), "Dec 2026 to Feb 2027"),
        (date(2026, 10, 1), date(2026, 12, 30), "Oct to Dec 2026"),
        (date(2026, 10, 1), date(2026, 10, 31), "Oct 2026"),
    ],
)
def test_a_cycle_is_named_by_its_dates(starts: date, ends: date, name: str) -> None:
    assert quarter_name(starts, ends) == name
