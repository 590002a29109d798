"""Cycles end at 24:00 of their last day in the workspace's zone; their results are final three days later."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from hub.model.okr import Cycle
from hub.model.phase import Phase, ending_of, phase_of

QUARTER = Cycle("quarter", "Q4", date(2026, 10, 1), date(2026, 12, 31))
MOMENT = timedelta(microseconds=1)


def test_a_cycle_runs_to_the_last_moment_of_its_last_day_and_is_final_three_days_later() -> None:
    end, final = datetime(2027, 1, 1, tzinfo=UTC), datetime(2027, 1, 4, tzinfo=UTC)
    found = [phase_of(QUARTER, UTC, at) for at in (end - MOMENT, end, final - MOMENT, final)]
    assert found == [Phase.RUNNING, Phase.GRACE, Phase.GRACE, Phase.ENDED]


def test_a_cycle_that_has_not_begun_is_not_over() -> None:
    assert phase_of(QUARTER, UTC, datetime(2026, 1, 1, tzinfo=UTC)) is Phase.RUNNING


@pytest.mark.parametrize(
    ("zone", "ends", "hour"),
    [
        ("Europe/Berlin", date(2026, 10, 25), "2026-10-25T23:00"),  # a day of 25 hours
        ("Europe/Berlin", date(2026, 3, 29), "2026-03-29T22:00"),  # a day of 23 hours
        ("Pacific/Kiritimati", date(2026, 12, 31), "2026-12-31T10:00"),
        ("America/Los_Angeles", date(2026, 12, 31), "2027-01-01T08:00"),
        ("America/Havana", date(2026, 10, 31), "2026-11-01T04:00"),  # the next day has its first hour twice
        ("Africa/Cairo", date(2026, 4, 23), "2026-04-23T22:00"),  # the next day begins at one o'clock
    ],
)
def test_the_end_is_midnight_of_the_zone_also_where_clocks_change(zone: str, ends: date, hour: str) -> None:
    ending = ending_of(Cycle("c", "C", ends - timedelta(days=30), ends), ZoneInfo(zone))
    assert ending.ended_at == datetime.fromisoformat(f"{hour}:00+00:00")
    assert ending.last == ending.ended_at - MOMENT


def test_in_an_hour_that_a_zone_has_twice_the_second_one_is_after_the_end() -> None:
    havana = ZoneInfo("America/Havana")
    cycle = Cycle("c", "C", date(2026, 10, 1), date(2026, 10, 31))
    first, second = (datetime(2026, 11, 1, 0, 30, tzinfo=havana, fold=fold) for fold in (0, 1))
    assert phase_of(cycle, havana, first - timedelta(hours=1)) is Phase.RUNNING
    assert phase_of(cycle, havana, first) is phase_of(cycle, havana, second) is Phase.GRACE


def test_its_words_say_until_when_numbers_move_and_then_that_they_are_final() -> None:
    ending = ending_of(QUARTER, UTC)
    assert ending.words(datetime(2026, 12, 31, 23, 59, tzinfo=UTC)) == ""
    told = ending.words(datetime(2027, 1, 1, tzinfo=UTC))
    assert told == "ended 31 December; numbers may still move until 3 January"
    assert ending.words(datetime(2027, 1, 4, tzinfo=UTC)) == "ended 31 December, final"


def test_a_cycle_that_somebody_closed_before_its_time_is_final_at_once() -> None:
    ending = ending_of(QUARTER, UTC, is_closed=True)
    at = datetime(2026, 11, 1, tzinfo=UTC)
    assert (ending.phase(at), ending.words(at)) == (Phase.ENDED, "closed, final")
