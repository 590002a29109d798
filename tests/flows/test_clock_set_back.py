"""The machine's clock is set back or forward: nothing waits for a time to come round again, and nothing is lost."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

import pytest

from hub.flows.judge import is_judging_due, judge_all
from hub.flows.show import show_key_result
from hub.flows.show.key_result import KeyResultPage
from hub.model.kinds import Freshness
from hub.model.rights import Role, Viewer
from hub.store import channels, connections, okrs, outbox
from hub.store.connections import BELL_LASTS
from tests.flows.house import House

BACK = pytest.mark.parametrize("back", [timedelta(hours=1), timedelta(days=1)], ids=["an hour", "a day"])


def turn(house: House, by: timedelta) -> None:
    """Set the hub's clock; Jira's own goes on as before."""
    theirs = house.jira.now
    house.clock.at += by
    house.jira.now = lambda: theirs() - by


def due_connections(house: House) -> list[int]:
    with house.store.read() as tx:
        return connections.due_connections(tx, house.clock())


def due_channels(house: House) -> list[int]:
    with house.store.read() as tx:
        return outbox.due_channels(tx, house.clock())


@BACK
def test_a_read_on_schedule_does_not_wait_for_the_time_to_come_round_again(
    house_on_both: House, back: timedelta
) -> None:
    house = house_on_both
    keys = house.stories(3, done=1)
    house.sync()
    assert due_connections(house) == []
    turn(house, -back)
    house.finish(keys[1])
    assert due_connections(house) == [house.connection.id]
    assert house.sync(due=False).state == "done"
    assert house.value() == "2 fresh"
    assert due_connections(house) == []  # once: from here on the schedule holds again
    house.clock.pass_(minutes=15)
    assert due_connections(house) == [house.connection.id]


@BACK
def test_a_wait_ends_although_its_end_lies_further_away_than_before(house_on_both: House, back: timedelta) -> None:
    house = house_on_both
    house.stories(3, done=1)
    house.jira.fail_next(1, 429, {"Retry-After": "600"})
    assert house.sync().state == "waiting"
    turn(house, -back)
    assert due_connections(house) == [house.connection.id]
    assert house.sync(due=False).state == "done"
    assert house.value() == "1 fresh"


def test_a_correction_of_seconds_does_not_cut_a_wait_short(house: House) -> None:
    house.stories(3, done=1)
    house.jira.fail_next(1, 429, {"Retry-After": "600"})
    house.sync()
    house.clock.pass_(seconds=-5)
    assert due_connections(house) == []
    assert house.sync().state == "waiting"
    house.clock.pass_(seconds=605)
    assert due_connections(house) == [house.connection.id]


@BACK
def test_a_connection_that_a_person_must_mend_stays_stopped(house_on_both: House, back: timedelta) -> None:
    house = house_on_both
    house.jira.admission.token = "another"
    assert house.sync().state == "broken"
    turn(house, -back)
    assert due_connections(house) == []


@BACK
def test_letters_go_out_once_although_they_were_written_in_a_time_to_come(
    house_on_both: House, back: timedelta
) -> None:
    house = house_on_both
    keys = house.stories(6, done=5)
    house.sync()
    house.clock.pass_(minutes=15)
    for key in keys[:3]:
        house.jira.transition(key, "To Do")
    house.sync()
    waiting = due_channels(house)
    assert len(waiting) == 3
    with house.store.write() as tx:
        for channel in waiting:
            assert channels.claim_channel_ring(tx, channel, house.clock(), BELL_LASTS)
    turn(house, -back)
    assert due_channels(house) == waiting
    with house.store.write() as tx:
        assert channels.claim_channel_ring(tx, waiting[0], house.clock(), BELL_LASTS)
        assert not channels.claim_channel_ring(tx, waiting[0], house.clock(), BELL_LASTS)
    for slug in ("a-teams", "b-hook", "c-bot"):
        assert house.tell(slug) >= 1
        assert house.tell(slug) == 0
    assert house.unsettled() == 0


@BACK
def test_a_channel_that_paused_is_tried_again(house_on_both: House, back: timedelta) -> None:
    house = house_on_both
    keys = house.stories(6, done=5)
    house.sync()
    house.clock.pass_(minutes=15)
    for key in keys[:3]:
        house.jira.transition(key, "To Do")
    house.sync()
    house.teams.fail_next(1, 429, {"Retry-After": "30"})
    assert house.tell("a-teams") == 0
    assert house.channel("a-teams").id not in due_channels(house)
    turn(house, -back)
    assert house.channel("a-teams").id in due_channels(house)
    assert house.tell("a-teams") >= 1


@BACK
def test_the_daily_judgement_is_made_again(house_on_both: House, back: timedelta) -> None:
    house = house_on_both
    house.stories(3, done=1)
    house.sync()
    judge_all(house.store, house.clock())
    with house.store.write() as tx:
        assert okrs.claim_judge_ring(tx, house.clock(), BELL_LASTS)
    assert not is_judging_due(house.store, house.clock())
    turn(house, -back)
    assert is_judging_due(house.store, house.clock())
    with house.store.write() as tx:
        assert okrs.claim_judge_ring(tx, house.clock(), BELL_LASTS)
    judge_all(house.store, house.clock())
    assert not is_judging_due(house.store, house.clock())


@pytest.mark.parametrize("on", [timedelta(hours=1), timedelta(days=1)], ids=["an hour", "a day"])
def test_a_clock_set_forward_makes_values_stale_until_the_next_read_and_loses_nothing(
    house: House, on: timedelta
) -> None:
    keys = house.stories(6, done=5)
    house.sync()
    turn(house, on)
    assert house.key_result().freshness_at(house.clock())[0] is Freshness.STALE
    assert house.value().startswith("5 ")
    for key in keys[:3]:
        house.jira.transition(key, "To Do")
    assert house.sync(due=False).state == "done"
    assert house.value() == "2 fresh"
    assert house.key_result().freshness_at(house.clock())[0] is Freshness.FRESH
    turn(house, -on)  # and put right again
    house.clock.pass_(seconds=1)
    house.finish(keys[0])
    assert house.sync(due=False).state == "done"
    assert house.value() == "3 fresh"
    for slug in ("a-teams", "b-hook", "c-bot"):
        house.tell(slug)
    assert house.unsettled() == 0


@BACK
def test_a_webhook_is_taken_in_and_read_whatever_the_clock_says(house: House, back: timedelta) -> None:
    keys = house.stories(3, done=1)
    house.sync()
    house.ring(keys[1])
    house.sync(due=False)
    turn(house, -back)
    house.finish(keys[1])
    assert house.ring(keys[1]).ring == house.connection.id
    assert house.sync(due=False).state == "done"
    assert house.value() == "2 fresh"


def page(house: House) -> KeyResultPage:
    found = show_key_result(house.store, "ship/finished", house.clock(), Viewer("ines@northwind.test", Role.ADMIN))
    assert found is not None
    return found


def read_one_more(house: House, keys: list[str]) -> None:
    house.finish(keys.pop())
    assert house.sync().state == "done"


@BACK
def test_the_chart_goes_on_from_what_was_written_last_and_shows_nothing_of_a_time_to_come(
    house_on_both: House, back: timedelta
) -> None:
    house = house_on_both
    keys = house.stories(6, done=1)
    house.sync()
    began = house.clock()
    for _ in range(2):
        house.clock.pass_(hours=2)
        read_one_more(house, keys)
    house.clock.pass_(minutes=30)
    turn(house, -back)
    read_one_more(house, keys)  # the fourth is done, at a time before that of the third
    again = house.clock()
    for hours in (0, 3, 30):
        house.clock.at = again + timedelta(hours=hours)
        shown = page(house)
        steps = [(one.at, one.value) for one in shown.series.steps if not one.is_approximate]
        known = [(began, Decimal(1)), (began + timedelta(hours=2), Decimal(2))]
        assert steps == [*(known if back < timedelta(hours=2) else []), (again, Decimal(4))]
        assert shown.readings[0].value == "4"
        marks, lane = shown.series.changes, shown.series.lane
        assert [one.at for one in marks] == sorted(one.at for one in marks)
        assert all(one.at <= again for one in marks)
        assert all(one.until == after.since for one, after in pairwise(lane))
        if hours:
            assert (lane[-1].since, lane[-1].until, lane[-1].words) == (again, house.clock(), "On track")


def test_a_value_written_in_a_time_to_come_stands_on_the_chart_at_once(house: House) -> None:
    house.stories(3, done=2)
    house.clock.pass_(hours=5)
    house.sync()
    turn(house, -timedelta(hours=1))
    (step,) = [one for one in page(house).series.steps if not one.is_approximate]
    assert (step.at, step.value) == (house.clock(), Decimal(2))


def test_a_clock_that_was_put_right_leaves_the_later_values_where_they_are(house: House) -> None:
    keys = house.stories(4, done=1)
    house.sync()
    house.clock.pass_(hours=2)
    turn(house, -timedelta(hours=1))
    read_one_more(house, keys)
    wrong = house.clock()
    turn(house, timedelta(hours=1))
    house.clock.pass_(hours=2)
    read_one_more(house, keys)
    steps = [(one.at, one.value) for one in page(house).series.steps if not one.is_approximate]
    assert [value for _, value in steps] == [1, 2, 3]
    assert [at for at, _ in steps][1:] == [wrong, house.clock()]
