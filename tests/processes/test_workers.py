"""Real workers, a real queue server and tools that answer over HTTP: killed, doubled and interrupted."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable
from itertools import pairwise

import pytest

from hub.queue import SYNC_QUEUE, TELL_QUEUE
from hub.settings import Settings
from tests.flows.house import House
from tests.processes.crew import Crew
from tests.processes.living import wait_for

pytestmark = pytest.mark.slow
# What a kill leaves half done is a matter of the database, and tried on both. The rest is about processes and the
# queue: here on one of them, what it does to the store on both in tests/flows.
on_sqlite = pytest.mark.parametrize("store", ["sqlite"], indirect=True)
on_postgres = pytest.mark.parametrize("store", ["postgres"], indirect=True)


def posts(house: House) -> int:
    return len(house.slack.posts) + len(house.teams.posts)


def settled(house: House) -> Callable[[], bool]:
    return lambda: house.unsettled() == 0


EXPECTED = [(slug, "at_risk", "achieved", False) for slug in ("a-teams", "b-hook", "c-bot")]


def test_a_worker_killed_in_its_first_read_leaves_the_rest_to_the_next(crew: Crew) -> None:
    house = crew.house
    house.stories(250, done=4)
    house.jira.delay = 0.4
    worker = crew.hire()
    crew.tick()
    wait_for(lambda: house.jira.count("search/jql") >= 1, "the read to begin")
    crew.kill(worker)
    assert house.connection.leased_until is not None
    assert house.value() == "None waiting"
    house.jira.delay = 0.0
    crew.let_leases_run_out()
    crew.hire()
    crew.tick()
    crew.wait_for_value("4 fresh")
    assert [one.outcome for one in crew.reads()] == ["ok"]
    assert [one.value for one in house.measurements() if not one.is_approximate] == [4]


def test_a_worker_killed_while_it_reads_a_change_posts_nothing_twice(crew: Crew) -> None:
    house = crew.house
    keys = house.stories(10, done=3)
    worker = crew.hire()
    crew.tick()
    crew.wait_for_value("3 fresh")
    house.finish(*keys[3:])
    house.jira.delay = 0.5
    asked = house.jira.count("jql/match")
    for key in keys[3:]:
        crew.ring(key)
    wait_for(lambda: house.jira.count("jql/match") > asked, "the read of the change")
    crew.kill(worker)
    assert len(house.touched()) == 7
    house.jira.delay = 0.0
    crew.let_leases_run_out()
    crew.hire()
    crew.hire(TELL_QUEUE)
    crew.tick()
    crew.wait_for_value("10 fresh")
    crew.tick()
    wait_for(lambda: posts(house) >= 3 and house.unsettled() == 0, "three posts")
    assert crew.told() == EXPECTED
    assert posts(house) == 3


@on_postgres
def test_two_workers_and_ten_rings_read_one_after_the_other(crew: Crew) -> None:
    house = crew.house
    keys = house.stories(10, done=3)
    house.jira.delay = 0.05
    crew.hire()
    crew.hire()
    for _ in range(10):
        crew.bell.ring_sync(house.connection.id)
    crew.wait_for_value("3 fresh")
    house.finish(*keys[3:])
    for key in keys[3:]:
        house.ring(key)
    for _ in keys:
        crew.bell.ring_sync(house.connection.id)
    crew.wait_for_value("10 fresh")
    reads = sorted(crew.reads(), key=lambda one: one.started_at)
    assert all(one.ended_at <= after.started_at for one, after in pairwise(reads))
    assert sum(one.items for one in reads if one.reason == "first") == 10
    # A read may come between two of the seven webhooks: then the status passes through what stood in between.
    assert set(crew.chains()) == {"a-teams", "b-hook", "c-bot"}
    assert all(
        told in (["at_risk", "achieved"], ["at_risk", "on_track", "achieved"]) for told in crew.chains().values()
    )


@on_sqlite
def test_three_workers_for_each_queue_and_two_clocks_do_nothing_twice(crew: Crew) -> None:
    house = crew.house
    keys = house.stories(10, done=3)
    house.jira.delay = 0.02
    for queue in (SYNC_QUEUE, TELL_QUEUE):
        for _ in range(3):
            crew.hire(queue)
    crew.wind_clock()
    crew.wind_clock()
    crew.wait_for_value("3 fresh")
    for key in keys[3:]:
        house.finish(key)
        crew.ring(key)
    crew.wait_for_value("10 fresh")
    wait_for(lambda: house.unsettled() == 0 and crew.ends_achieved(), "every letter")
    reads = sorted(crew.reads(), key=lambda one: one.started_at)
    assert all(one.ended_at <= after.started_at for one, after in pairwise(reads))
    assert not any(is_ambiguous for *_, is_ambiguous in crew.told())
    assert posts(house) == len(crew.told())


@on_sqlite
def test_a_redelivered_webhook_reads_and_posts_once(crew: Crew) -> None:
    house = crew.house
    keys = house.stories(10, done=9)
    crew.hire(SYNC_QUEUE)
    crew.hire(TELL_QUEUE)
    crew.tick()
    crew.wait_for_value("9 fresh")
    house.finish(keys[9])
    crew.ring(keys[9], identifier="the event")
    crew.wait_for_value("10 fresh")
    reads = len(crew.reads())
    for _ in range(3):
        crew.ring(keys[9], identifier="the event")
    assert house.touched() == {}
    crew.tick()
    wait_for(lambda: posts(house) >= 3 and house.unsettled() == 0, "three posts")
    assert len(crew.reads()) == reads
    assert crew.told() == [(slug, "on_track", "achieved", False) for slug in ("a-teams", "b-hook", "c-bot")]
    assert posts(house) == 3


@on_postgres
def test_a_webhook_during_a_read_is_read_right_after_it(crew: Crew) -> None:
    house = crew.house
    keys = house.stories(10, done=3)
    crew.hire()
    crew.tick()
    crew.wait_for_value("3 fresh")
    house.jira.delay = 0.4
    asked = house.jira.count("bulkfetch")
    house.finish(keys[3])
    crew.ring(keys[3])
    wait_for(lambda: house.jira.count("bulkfetch") > asked, "the bodies being read")
    house.finish(keys[4])
    crew.ring(keys[4])
    house.jira.delay = 0.0
    crew.wait_for_value("5 fresh")


@on_sqlite
def test_an_emptied_queue_loses_nothing(crew: Crew) -> None:
    house = crew.house
    keys = house.stories(10, done=3)
    crew.tick()
    crew.bell.redis.flushall()
    crew.hire()
    crew.let_leases_run_out()
    crew.tick()
    crew.wait_for_value("3 fresh")
    house.finish(*keys[3:])
    for key in keys[3:]:
        crew.ring(key)
    crew.bell.redis.flushall()
    crew.let_leases_run_out()
    crew.tick()
    crew.wait_for_value("10 fresh")


@on_postgres
def test_a_sender_killed_before_it_heard_the_answer_posts_once_more_and_says_so(crew: Crew) -> None:
    house = crew.house
    keys = house.stories(10, done=3)
    house.sync()
    house.finish(*keys[3:])
    house.sync()
    house.tell("a-teams")
    house.tell("c-bot")
    before = posts(house)
    may_answer = threading.Event()

    def hold() -> bool:
        may_answer.wait(20)
        return False

    answered = house.slack.faults.loses
    house.slack.faults.loses = hold  # type: ignore[method-assign]
    worker = crew.hire(TELL_QUEUE)
    crew.tick()
    wait_for(lambda: posts(house) == before + 1, "the post")
    crew.kill(worker)
    house.slack.faults.loses = answered  # type: ignore[method-assign]
    may_answer.set()
    assert house.unsettled() == 1
    crew.let_leases_run_out()
    crew.hire(TELL_QUEUE)
    crew.tick()
    wait_for(settled(house), "the letter to be settled")
    assert posts(house) == before + 2
    assert crew.told() == sorted(
        [(slug, "at_risk", "achieved", slug == "b-hook") for slug in ("a-teams", "b-hook", "c-bot")]
    )


@on_sqlite
def test_a_killed_queue_server_that_comes_back_loses_no_job(crew: Crew, queue_server: subprocess.Popen[bytes]) -> None:
    from hub.processes.queue_server import server_command, wait_for_server

    house = crew.house
    house.stories(10, done=3)
    crew.bell.ring_sync(house.connection.id)
    crew.bell.redis.waitaof(1, 0, 2000)
    queue_server.kill()
    queue_server.wait(10)
    owner = Settings(workspace=crew.settings.workspace, data=crew.settings.data, database_url="", redis_url="")
    again = subprocess.Popen(server_command(owner), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for_server(crew.settings.redis)
        crew.hire()
        crew.wait_for_value("3 fresh")
    finally:
        crew.dismiss()
        again.terminate()
        again.wait(10)
