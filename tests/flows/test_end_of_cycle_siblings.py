"""What happens around the end of a cycle besides it: another cycle, hours that come twice, another zone, a pause."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from hub.flows.check_in import Refused, Said, check_in, pause, resume
from hub.flows.judge import judge_all
from hub.model.kinds import Freshness, Status
from tests.flows.house import FINISHED, FINISHED_RULE, HUB, OKR, OKRS, House, rule
from tests.flows.letters import rows

END = datetime(2027, 1, 1, tzinfo=UTC)
TWO = OKRS.replace("  quarter:", "  year: {starts: 2026-01-01, ends: 2027-06-30}\n  quarter:").replace(
    "objectives:\n",
    "objectives:\n  - objective: long\n    title: Long\n    team: payments\n    cycle: year\n    key_results:\n"
    "      - {key_result: finished, title: Long, kind: reach, target: 10}\n",
)
LONG_RULE = rule("finished", OKR, "count", "{state: done}").replace("ship/", "long/")


def test_of_two_cycles_the_one_that_goes_on_moves_and_is_told(house: House) -> None:
    house.apply((FINISHED_RULE, LONG_RULE), (FINISHED,), okrs=TWO)
    house.clock.at = END - timedelta(minutes=10)
    made = house.stories(10, done=5)
    house.sync()
    house.clock.at = END + timedelta(hours=1)
    house.finish(*made[5:])
    judge_all(house.store, house.clock())
    house.sync()
    assert house.value("finished") == "5 fresh"
    assert house.tell("b-hook") == 1
    assert [one.state for one in rows(house, "b-hook")] == ["sent"]
    (post,) = [one for one in house.slack.posts if one.channel == "#payments"]
    assert "long/finished" in str(post.payload)


@pytest.mark.parametrize(
    ("day", "end"), [("2026-10-25", "2026-10-25T23:00"), ("2027-03-28", "2027-03-28T22:00")], ids=["longer", "shorter"]
)
def test_a_last_day_on_which_clocks_are_changed_ends_when_it_ends(house: House, day: str, end: str) -> None:
    hub = HUB.replace("time_zone: UTC", "time_zone: Europe/Berlin")
    ended = datetime.fromisoformat(end).replace(tzinfo=UTC)
    house.clock.at = ended - timedelta(hours=3)
    house.apply((FINISHED_RULE,), (FINISHED,), hub=hub, okrs=OKRS.replace("2026-12-31", day))
    made = house.stories(10, done=3)
    house.sync()
    house.clock.at = ended + timedelta(hours=1)
    house.jira.transition(made[4], "Done", ended - timedelta(minutes=1))
    house.jira.transition(made[5], "Done", ended + timedelta(minutes=1))
    house.sync()
    assert house.value() == "4 fresh"


def test_another_zone_by_apply_moves_the_end_and_the_result_with_it(house: House) -> None:
    house.apply((FINISHED_RULE,), (FINISHED,))
    house.clock.at = END - timedelta(minutes=10)
    made = house.stories(10, done=5)
    house.sync()
    house.clock.at = END + timedelta(hours=2)
    house.jira.transition(made[5], "Done", END + timedelta(hours=1))
    house.sync()
    assert house.value() == "5 fresh"
    west = HUB.replace("time_zone: UTC", "time_zone: America/New_York")
    house.apply((FINISHED_RULE,), (FINISHED,), hub=west)
    house.sync()
    assert house.value() == "6 fresh"
    house.apply((FINISHED_RULE,), (FINISHED,))
    house.sync()
    assert house.value() == "5 fresh"


def test_a_pause_that_is_taken_back_after_the_end_brings_the_value_of_the_end_and_tells_nobody(house: House) -> None:
    house.apply((FINISHED_RULE,), (FINISHED,))
    house.clock.at = END - timedelta(minutes=30)
    made = house.stories(10, done=5)
    house.sync()
    assert pause(house.store, "ship/finished", who="m@x.test", note="", now=house.clock())
    house.clock.pass_(minutes=10)
    house.finish(*made[5:8])
    house.sync()
    house.clock.at = END + timedelta(hours=1)
    house.finish(*made[8:])
    house.sync()
    resume(house.store, "ship/finished", who="m@x.test", now=house.clock())
    house.sync()
    assert house.value() == "8 fresh"
    assert house.key_result().standing.status is Status.MISSED
    assert rows(house, "b-hook") == []


def test_a_key_result_paused_until_its_result_is_final_keeps_the_value_of_the_pause(house: House) -> None:
    house.apply((FINISHED_RULE,), (FINISHED,))
    house.clock.at = END - timedelta(minutes=30)
    made = house.stories(10, done=5)
    house.sync()
    pause(house.store, "ship/finished", who="m@x.test", note="", now=house.clock())
    house.finish(*made[5:8])
    house.sync()
    house.clock.at = END + timedelta(days=4)
    judge_all(house.store, house.clock())
    found = house.key_result()
    assert (str(found.standing.value), found.standing.status) == ("5", Status.MISSED)
    assert found.freshness_at(house.clock())[0] is Freshness.FRESH


@pytest.mark.parametrize("days", [0, 1, 40])
def test_nobody_checks_in_for_a_day_that_has_not_come(house: House, days: int) -> None:
    house.apply((FINISHED_RULE,), (FINISHED,))
    house.clock.at = END - timedelta(days=1, minutes=10)
    day = (END + timedelta(days=days)).date().isoformat()
    with pytest.raises(Refused):
        check_in(house.store, "ship/finished", Said("form-ahead-1", value="3", on=day), who="m@x", now=house.clock())
