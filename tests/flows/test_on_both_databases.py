"""What must hold on SQLite and on PostgreSQL alike: the store does the locking, and the two lock differently."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select

from hub.flows.sync import Synced, flow
from hub.model.kinds import Freshness
from hub.store import Store, connections
from hub.store.tables_told import outbox
from tests.flows.house import FINISHED, FINISHED_RULE, House


def test_a_quarter_from_the_first_read_to_the_post(house: House) -> None:
    keys = house.stories(10, done=3)
    house.bugs(1)
    assert house.sync().state == "done"
    assert (house.value(), house.value("points"), house.value("open-bugs")) == ("3 fresh", "9 fresh", "1 fresh")
    house.clock.pass_(minutes=5)
    house.finish(*keys[3:])
    for key in keys[3:]:
        house.ring(key)
    assert house.sync(due=False).requests <= 2
    assert (house.value(), house.value("points")) == ("10 fresh", "30 fresh")
    assert [house.tell(slug) for slug in ("a-teams", "b-hook", "c-bot")] == [2, 2, 2]
    assert house.unsettled() == 0


def test_an_interrupted_read_resumes(house: House) -> None:
    house.apply((FINISHED_RULE,), (FINISHED,))
    house.stories(250, done=7)
    house.jira.app.unreadable.add(house.jira.by_key["PAY-150"].id)
    assert house.sync().items == 100
    house.jira.app.unreadable.clear()
    house.clock.pass_(seconds=61)
    assert house.sync(due=False).items == 150
    assert house.value() == "7 fresh"


def test_a_lost_answer_is_repeated_once(house: House) -> None:
    house.apply((FINISHED_RULE,), (FINISHED,))
    keys = house.stories(10, done=3)
    house.sync()
    house.finish(*keys[3:])
    house.clock.pass_(minutes=15)
    house.sync()
    house.slack.lose_answer_next()
    house.tell("b-hook")
    house.clock.pass_(seconds=5)
    assert (house.tell("b-hook"), house.tell("b-hook")) == (1, 0)
    assert len(house.slack.posts) == 2


def test_two_readers_at_once_are_one_reader(house: House) -> None:
    house.apply((FINISHED_RULE,), (FINISHED,))
    house.stories(30, done=3)
    other = Store(house.store.url)
    start = threading.Barrier(2)
    ends: list[Synced] = []

    def read(owner: str, store: Store) -> None:
        start.wait(10)
        ends.append(
            flow.sync(
                store, house.connection.id, owner=owner, now=house.clock, environ=house.environ, opener=house.opener
            )
        )

    house.jira.delay = 0.2
    readers = [threading.Thread(target=read, args=(name, store)) for name, store in (("a", house.store), ("b", other))]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join(30)
    other.close()
    assert sorted(end.state for end in ends) == ["busy", "done"]
    assert house.jira.count("bulkfetch") == 1
    assert house.value() == "3 fresh"


def test_the_same_delivery_at_the_same_time_is_taken_once(house: House) -> None:
    (key,) = house.stories(1)
    start = threading.Barrier(4)
    rings: list[int | None] = []

    def deliver() -> None:
        start.wait(10)
        rings.append(house.ring(key, identifier="same").ring)

    threads = [threading.Thread(target=deliver) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(rings) == 4
    assert [ring for ring in rings if ring is not None] == [house.connection.id]
    assert list(house.touched().values()) == [1]


def test_two_senders_at_once_post_once(house: House) -> None:
    house.apply((FINISHED_RULE,), (FINISHED,))
    keys = house.stories(10, done=3)
    house.sync()
    house.finish(*keys[3:])
    house.clock.pass_(minutes=15)
    house.sync()
    start = threading.Barrier(2)
    sent: list[int] = []

    def send(owner: str) -> None:
        start.wait(10)
        sent.append(house.tell("b-hook", owner=owner))

    threads = [threading.Thread(target=send, args=(owner,)) for owner in ("a", "b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(sent) == [0, 1]
    assert len(house.slack.posts) == 1
    with house.store.read() as tx:
        assert [row.attempts for row in tx.execute(select(outbox)) if row.channel_id == house.channel("b-hook").id] == [
            1
        ]


@pytest.mark.parametrize("seconds", [120, 121])
def test_a_lease_runs_out_and_not_before(house: House, seconds: int) -> None:
    with house.store.write() as tx:
        connections.lease(tx, house.connection.id, owner="dead", now=house.clock(), lasts=timedelta(seconds=120))
    house.clock.pass_(seconds=seconds)
    assert house.sync().state == ("busy" if seconds == 120 else "done")
    assert house.key_result().standing.freshness in {Freshness.WAITING, Freshness.FRESH}
