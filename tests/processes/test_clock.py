"""The clock rings what is due, once, and heals what got lost."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import structlog
from redis import Redis

from hub.clock import Tick, forget_lost_rings, run_clock, tick
from hub.flows.judge import judge_all
from hub.jobs import ring_connection
from hub.log import set_up_logs
from hub.queue import SYNC_QUEUE, TELL_QUEUE, Bell
from hub.store import Store, connections, touched
from hub.store.channels import lease_channel, note_channel
from hub.store.migrate import upgrade
from tests.flows.house import House


def jobs(bell: Bell, queue: str) -> list[str]:
    """Return what waits in a queue, as it stands on the server."""
    redis: Redis = bell.redis
    ids = redis.lrange(f"rq:queue:{queue}", 0, -1)
    return [str(redis.hget(f"rq:job:{id.decode()}", "description").decode()) for id in ids]  # type: ignore[union-attr]


def test_a_connection_that_is_due_is_rung_once(house: House, bell: Bell) -> None:
    at = house.clock()
    assert tick(house.store, bell, at) == Tick(1, 0, False)
    assert tick(house.store, bell, at + timedelta(seconds=15)) == Tick(0, 0, False)
    assert jobs(bell, SYNC_QUEUE) == [f"hub.jobs.sync({house.connection.id},)"]


def test_two_clocks_at_once_ring_once(house: House, bell: Bell) -> None:
    other = Store(house.store.url)
    other_bell = Bell(bell.url)
    rung = [tick(house.store, bell, house.clock()), tick(other, other_bell, house.clock())]
    assert sum(one.connections for one in rung) == 1
    assert len(jobs(bell, SYNC_QUEUE)) == 1
    other_bell.redis.close()
    other.close()


def test_a_ring_that_nobody_answered_is_rung_again_after_thirty_seconds(house: House, bell: Bell) -> None:
    at = house.clock()
    tick(house.store, bell, at)
    assert tick(house.store, bell, at + timedelta(seconds=30)).connections == 0
    assert tick(house.store, bell, at + timedelta(seconds=31)).connections == 1
    assert len(jobs(bell, SYNC_QUEUE)) == 2


def test_a_ring_that_was_lost_with_its_queue_is_rung_again_at_the_next_look(house: House, bell: Bell) -> None:
    at = house.clock()
    tick(house.store, bell, at)
    bell.redis.flushall()
    assert tick(house.store, bell, at + timedelta(seconds=4)).connections == 0  # it may be on its way
    assert tick(house.store, bell, at + timedelta(seconds=5)).connections == 1
    assert tick(house.store, bell, at + timedelta(seconds=15)).connections == 0
    assert len(jobs(bell, SYNC_QUEUE)) == 1


@pytest.mark.parametrize("place", ["rq:queue:okrhub-sync:intermediate", "rq:wip:okrhub-sync"])
def test_a_ring_whose_job_is_in_a_workers_hands_is_not_taken_for_lost(house: House, bell: Bell, place: str) -> None:
    at = house.clock()
    tick(house.store, bell, at)
    (job,) = bell.redis.lrange("rq:queue:okrhub-sync", 0, -1)  # type: ignore[misc]
    bell.redis.delete("rq:queue:okrhub-sync")
    if place.endswith("intermediate"):
        bell.redis.rpush(place, job)
    else:
        bell.redis.zadd(place, {job: 4_000_000_000})
    assert tick(house.store, bell, at + timedelta(seconds=25)).connections == 0


def test_a_ring_is_not_taken_for_lost_while_its_reader_reads(house: House, bell: Bell) -> None:
    at = house.clock()
    with house.store.write() as tx:
        assert connections.lease(tx, house.connection.id, owner="a-reader", now=at, lasts=timedelta(minutes=2))
        assert connections.claim_ring(tx, house.connection.id, at)  # a webhook comes meanwhile
    assert forget_lost_rings(house.store, bell, at + timedelta(seconds=20)) == 0


def test_letters_whose_ring_was_lost_are_rung_for_again(house: House, bell: Bell) -> None:
    keys = house.stories(10, done=3)
    house.sync()
    house.clock.pass_(minutes=15)
    house.finish(*keys[3:])
    house.sync()
    at = house.clock()
    rung = tick(house.store, bell, at).channels
    assert rung > 0
    bell.redis.flushall()
    assert tick(house.store, bell, at + timedelta(seconds=5)).channels == rung
    assert len(jobs(bell, TELL_QUEUE)) >= rung


def test_a_connection_that_is_not_due_is_left_alone(house: House, bell: Bell) -> None:
    house.sync()
    assert tick(house.store, bell, house.clock() + timedelta(minutes=14, seconds=59)) == Tick()
    assert tick(house.store, bell, house.clock() + timedelta(minutes=15)).connections == 1


def test_a_touched_issue_that_nobody_rang_for_is_rung_for(house: House, bell: Bell) -> None:
    (key,) = house.stories(1)
    house.sync()
    with house.store.write() as tx:
        touched.touch(tx, house.connection.id, [str(house.jira.by_key[key].id)], house.clock())
    assert tick(house.store, bell, house.clock()).connections == 1


def test_a_connection_that_is_being_read_is_not_rung_for(house: House, bell: Bell) -> None:
    at = house.clock()
    with house.store.write() as tx:
        connections.lease(tx, house.connection.id, owner="reader", now=at, lasts=timedelta(seconds=120))
    assert tick(house.store, bell, at + timedelta(seconds=120)).connections == 0
    assert tick(house.store, bell, at + timedelta(seconds=121)).connections == 1


def change_a_status(house: House) -> None:
    keys = house.stories(10, done=3)
    house.sync()
    house.clock.pass_(minutes=5)
    house.finish(*keys[3:])
    house.sync()


def test_channels_with_letters_are_rung_once(house: House, bell: Bell) -> None:
    change_a_status(house)
    at = house.clock()
    assert tick(house.store, bell, at).channels == 3
    assert tick(house.store, bell, at + timedelta(seconds=15)).channels == 0
    assert len(jobs(bell, TELL_QUEUE)) == 3
    bell.redis.flushall()
    assert tick(house.store, bell, at + timedelta(seconds=31)).channels == 3


def test_a_channel_that_pauses_sends_or_is_off_is_not_rung_for(house: House, bell: Bell) -> None:
    change_a_status(house)
    at = house.clock()
    with house.store.write() as tx:
        note_channel(tx, house.channel("a-teams").id, paused_until=at + timedelta(minutes=1))
        note_channel(tx, house.channel("b-hook").id, state="off")
        lease_channel(tx, house.channel("c-bot").id, owner="sender", now=at, lasts=timedelta(seconds=90))
    assert tick(house.store, bell, at).channels == 0
    assert tick(house.store, bell, at + timedelta(minutes=1)).channels == 1


def test_the_daily_judgement_is_rung_once_a_day(house: House, bell: Bell) -> None:
    tomorrow = datetime(2026, 11, 17, tzinfo=UTC)
    assert not tick(house.store, bell, tomorrow - timedelta(seconds=1)).judged
    assert tick(house.store, bell, tomorrow).judged
    assert not tick(house.store, bell, tomorrow + timedelta(seconds=15)).judged
    assert jobs(bell, TELL_QUEUE) == ["hub.jobs.judge()"]
    judge_all(house.store, tomorrow)
    assert not tick(house.store, bell, tomorrow + timedelta(hours=23)).judged


def test_an_emptied_queue_is_filled_again_with_all_that_is_due(house: House, bell: Bell) -> None:
    change_a_status(house)
    at = house.clock.pass_(days=1)
    assert tick(house.store, bell, at) == Tick(1, 3, True)
    bell.redis.flushall()
    assert tick(house.store, bell, at + timedelta(seconds=31)) == Tick(1, 3, True)
    assert (len(jobs(bell, SYNC_QUEUE)), len(jobs(bell, TELL_QUEUE))) == (1, 4)


def test_a_queue_server_that_is_away_is_left_to_the_next_tick(house: House, tmp_path: Path) -> None:
    away = Bell(f"unix://{tmp_path}/nobody.sock")
    at = house.clock()
    assert ring_connection(house.store, away, house.connection.id, at) is False
    assert away.is_up() is False
    with house.store.read() as tx:
        assert connections.due_connections(tx, at + timedelta(seconds=31)) == [house.connection.id]


def test_a_store_that_cannot_be_looked_at_is_said_once_in_words_and_again_when_it_is_back(
    tmp_path: Path, bell: Bell, capsys: pytest.CaptureFixture[str]
) -> None:
    store = Store(f"sqlite:///{tmp_path}/empty.db")
    looks = 0

    class Stop(threading.Event):
        """Lets four looks pass, the last two at a database that is set up."""

        def wait(self, timeout: float | None = None) -> bool:
            nonlocal looks
            looks += 1
            if looks == 2:
                upgrade(store)
            if looks == 4:
                self.set()
            return True

    set_up_logs()
    try:
        run_clock(store, bell, 15, Stop())
    finally:
        structlog.reset_defaults()
    store.close()
    said = capsys.readouterr().err.splitlines()
    assert (looks, len(said)) == (4, 2)
    assert "was never set up: run `okrhub db upgrade`" in said[0]
    assert "SELECT" not in said[0]
    assert "the store can be looked at again" in said[1]


def test_a_failed_ring_is_not_counted_as_rung(house: House, tmp_path: Path) -> None:
    away = Bell(f"unix://{tmp_path}/nobody.sock")
    assert tick(house.store, away, house.clock()) == Tick()
