"""How shares, dates and states are said to people."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from hub.model.kinds import Status
from hub.model.okr import quarter_name
from hub.model.words import STATUS_WORDS, say_age, say_share

D = Decimal


def test_no_share_is_a_dash() -> None:
    assert say_share(None) == "\u2013"


@pytest.mark.parametrize(
    ("share", "text"), [("0.475", "48\u00a0%"), ("1.5", "150\u00a0%"), ("-0.1", "\u221210\u00a0%"), ("0", "0\u00a0%")]
)
def test_a_share_is_whole_per_cent(share: str, text: str) -> None:
    assert say_share(D(share)) == text


@pytest.mark.parametrize(
    ("share", "text"),
    [
        ("0.996", "99.6\u00a0%"),
        ("0.99996", "99.996\u00a0%"),
        ("0.999999999999", "99.9999999999\u00a0%"),
        ("0.004", "0.4\u00a0%"),
        ("-0.004", "\u22120.4\u00a0%"),
        ("1.004", "100.4\u00a0%"),
        ("1", "100\u00a0%"),
    ],
)
def test_a_share_that_is_not_all_never_reads_as_all_and_one_begun_never_as_nothing(share: str, text: str) -> None:
    assert say_share(D(share)) == text


def test_two_shares_that_differ_are_told_apart_side_by_side() -> None:
    assert say_share(D("0.474"), D("0.473")) == "47.4\u00a0%"
    assert say_share(D("0.473"), D("0.474")) == "47.3\u00a0%"
    assert say_share(D("0.474"), D("0.474")) == "47\u00a0%"


def test_every_status_has_its_words() -> None:
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
