"""What moves by time alone: the daily judgement, and changes held back as flaps."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hub.flows.judge import is_judging_due, judge_all
from hub.model.kinds import Status
from hub.store import outbox
from hub.store.changes import changes_of
from tests.flows.house import FINISHED, FINISHED_RULE, HUB, OKRS, House


@pytest.fixture
def house(house: House) -> House:
    house.apply((FINISHED_RULE,), (FINISHED,))
    return house


def letters(house: House) -> int:
    with house.store.read() as tx:
        return outbox.unsettled_count(tx)


def status(house: House) -> Status:
    return house.key_result().standing.status


def test_a_status_moves_with_time_alone_and_is_told(house: House) -> None:
    house.stories(10, done=4)
    house.sync()
    assert status(house) is Status.ON_TRACK
    house.clock.pass_(days=20)
    (outcome,) = judge_all(house.store, house.clock())
    assert (outcome.before, outcome.after) == (Status.ON_TRACK, Status.AT_RISK)
    assert len(outcome.channels) == 3
    assert house.tell("b-hook") == 1
    (post,) = house.slack.posts
    assert "At risk, was on track" in str(post.payload)
    assert "no change in the value; 40 % of the way, 72 % due" in str(post.payload).replace("\u202f", " ").replace(
        "\u00a0", " "
    )


def test_judging_twice_tells_once(house: House) -> None:
    house.stories(10, done=4)
    house.sync()
    house.clock.pass_(days=20)
    judge_all(house.store, house.clock())
    judge_all(house.store, house.clock())
    assert letters(house) == 3
    with house.store.read() as tx:
        assert [one.cause for one in changes_of(tx, house.key_result().id)] == ["measurement", "time"]


def test_judging_is_due_once_a_day_in_the_workspaces_zone(house: House) -> None:
    house.apply((FINISHED_RULE,), (FINISHED,), hub=HUB.replace("time_zone: UTC", "time_zone: America/New_York"))
    assert is_judging_due(house.store, house.clock())
    judge_all(house.store, house.clock())  # 19:00 in New York
    assert not is_judging_due(house.store, house.clock() + timedelta(hours=4, minutes=59))
    assert is_judging_due(house.store, house.clock() + timedelta(hours=5))


def test_nothing_is_judged_before_there_is_a_workspace(house: House) -> None:
    from hub.store.tables_okr import workspace

    with house.store.write() as tx:
        tx.execute(workspace.delete())
    assert not is_judging_due(house.store, house.clock())
    assert judge_all(house.store, house.clock()) == []


def flap(house: House) -> None:
    """Let a status be told and come back within the hour."""
    keys = house.stories(10, done=4)
    house.sync()
    house.clock.pass_(minutes=5)
    house.jira.transition(keys[0], "In Progress")
    house.sync()
    assert (status(house), letters(house)) == (Status.AT_RISK, 3)
    house.clock.pass_(minutes=5)
    house.jira.transition(keys[0], "Done")
    house.sync()
    assert status(house) is Status.ON_TRACK


def test_a_status_that_comes_back_within_the_hour_is_held_back(house: House) -> None:
    flap(house)
    assert letters(house) == 3
    judge_all(house.store, house.clock())
    assert not is_judging_due(house.store, house.clock())
    assert is_judging_due(house.store, house.clock() + timedelta(minutes=55))


def test_a_change_held_back_is_told_when_it_stands(house: House) -> None:
    flap(house)
    house.clock.pass_(minutes=55)
    told = [one for one in judge_all(house.store, house.clock()) if one.channels]
    assert len(told) == 1
    assert letters(house) == 6
    judge_all(house.store, house.clock())
    assert letters(house) == 6
    assert house.tell("b-hook") == 2
    assert "On track, was at risk" in str(house.slack.posts[-1].payload)


def test_a_change_held_back_that_flaps_away_again_is_never_told(house: House) -> None:
    flap(house)
    house.clock.pass_(minutes=5)
    house.jira.transition(next(iter(house.jira.by_key)), "In Progress")
    house.sync()
    assert status(house) is Status.AT_RISK
    house.clock.pass_(hours=2)
    judge_all(house.store, house.clock())
    assert letters(house) == 3


def test_a_key_result_of_a_closed_cycle_is_left_alone(house: House) -> None:
    from hub.store.tables_okr import cycles

    house.stories(10, done=4)
    house.sync()
    with house.store.write() as tx:
        tx.execute(cycles.update().values(closed_at=house.clock()))
    house.clock.pass_(days=20)
    assert judge_all(house.store, house.clock()) == []
    assert status(house) is Status.ON_TRACK


def test_a_milestone_that_its_file_dates_ahead_counts_from_its_day(house: House) -> None:
    feeds = (
        "{key_result: feeds, title: Two feeds, kind: milestones, milestones: [{name: A, done_on: 2026-11-10}, "
        "{name: B, done_on: 2026-11-20}]}"
    )
    house.apply((FINISHED_RULE,), (FINISHED, feeds))
    assert house.key_result("feeds").standing.value == 1
    house.clock.pass_(days=4, hours=1)
    judge_all(house.store, house.clock())
    assert house.key_result("feeds").standing.value == 2
    assert OKRS.count("2026-12-31") == 1


def test_old_journals_are_swept_out(house: House) -> None:
    from hub.store.reads import reads_after

    (key,) = house.stories(1)
    house.sync()
    house.ring(key, identifier="old")
    house.clock.pass_(days=31)
    judge_all(house.store, house.clock())
    with house.store.read() as tx:
        assert reads_after(tx) == []
    assert house.ring(key, identifier="old").ring is not None  # forgotten: no tool repeats one for so long
