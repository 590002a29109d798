"""Who may do what when: leases, bells, touched keys, deliveries, and counters that many write."""

from __future__ import annotations

import threading
from datetime import timedelta
from multiprocessing import get_context

import pytest

from hub.store import Store, channels, connections, counts, okrs, touched
from tests.store.builders import NOW, add_channel, add_connection, found_company

LASTS = timedelta(minutes=1)
SECOND = timedelta(seconds=1)


@pytest.fixture
def connection(store: Store) -> int:
    with store.write() as tx:
        return add_connection(tx)


def test_of_two_readers_one_gets_the_connection(store: Store, connection: int) -> None:
    with store.write() as tx:
        assert connections.lease(tx, connection, owner="a", now=NOW, lasts=LASTS)
    with store.write() as tx:
        assert not connections.lease(tx, connection, owner="b", now=NOW, lasts=LASTS)
        assert not connections.lease(tx, connection, owner="a", now=NOW, lasts=LASTS)


def test_of_many_readers_at_the_same_moment_one_gets_the_connection(store: Store, connection: int) -> None:
    start = threading.Barrier(4)
    got: list[str] = []

    def take(owner: str) -> None:
        start.wait()
        with store.write() as tx:
            if connections.lease(tx, connection, owner=owner, now=NOW, lasts=LASTS):
                got.append(owner)

    readers = [threading.Thread(target=take, args=(str(number),)) for number in range(4)]
    for one in readers:
        one.start()
    for one in readers:
        one.join()
    assert len(got) == 1


def test_whoever_looked_at_the_clock_a_moment_earlier_and_waited_for_the_row_takes_no_lease_away(
    store: Store, connection: int
) -> None:
    before = NOW - SECOND  # also the clock of another machine
    with store.write() as tx:
        channel = add_channel(tx, "told")
        assert connections.lease(tx, connection, owner="a", now=NOW, lasts=LASTS)
        assert channels.lease_channel(tx, channel, owner="a", now=NOW, lasts=LASTS)
    with store.write() as tx:
        assert not connections.lease(tx, connection, owner="b", now=before, lasts=LASTS)
        assert not channels.lease_channel(tx, channel, owner="b", now=before, lasts=LASTS)


def test_a_lease_runs_out_and_another_reader_takes_over(store: Store, connection: int) -> None:
    with store.write() as tx:
        assert connections.lease(tx, connection, owner="a", now=NOW, lasts=LASTS)
        assert not connections.lease(tx, connection, owner="b", now=NOW + LASTS, lasts=LASTS)
        assert connections.lease(tx, connection, owner="b", now=NOW + LASTS + SECOND, lasts=LASTS)
        assert not connections.renew_lease(tx, connection, owner="a", now=NOW + LASTS + SECOND, lasts=LASTS)
        assert connections.renew_lease(tx, connection, owner="b", now=NOW + LASTS + SECOND, lasts=LASTS)


def test_a_reader_that_lost_its_lease_does_not_let_the_other_go(store: Store, connection: int) -> None:
    later = NOW + LASTS + SECOND
    with store.write() as tx:
        connections.lease(tx, connection, owner="a", now=NOW, lasts=LASTS)
        connections.lease(tx, connection, owner="b", now=later, lasts=LASTS)
        connections.release(tx, connection, owner="a", state="broken", problem="a lie")
        assert not connections.lease(tx, connection, owner="c", now=later, lasts=LASTS)
        row = connections.connection_by_id(tx, connection)
        assert row is not None
        assert (row.state, row.problem) == ("ok", "")
        connections.release(tx, connection, owner="b", last_ok_at=later)
        assert connections.lease(tx, connection, owner="c", now=later, lasts=LASTS)


def test_an_archived_connection_is_not_read(store: Store, connection: int) -> None:
    with store.write() as tx:
        connections.archive_connection(tx, "jira-main", NOW)
        assert not connections.lease(tx, connection, owner="a", now=NOW, lasts=LASTS)
        assert connections.due_connections(tx, NOW) == []
        assert connections.connection_by_slug(tx, "jira-main") is None


def test_a_bell_is_rung_once_until_it_is_answered(store: Store, connection: int) -> None:
    with store.write() as tx:
        assert connections.due_connections(tx, NOW) == [connection]
        assert connections.claim_ring(tx, connection, NOW)
        assert not connections.claim_ring(tx, connection, NOW)
        assert connections.due_connections(tx, NOW) == []
        connections.lease(tx, connection, owner="a", now=NOW, lasts=LASTS)
        assert connections.claim_ring(tx, connection, NOW)


def test_a_bell_that_nobody_answers_is_rung_again(store: Store, connection: int) -> None:
    later = NOW + connections.BELL_LASTS + SECOND
    with store.write() as tx:
        assert connections.claim_ring(tx, connection, NOW)
        assert connections.due_connections(tx, later) == [connection]
        assert connections.claim_ring(tx, connection, later)


def test_a_connection_is_due_when_its_time_has_come_or_something_was_touched(store: Store, connection: int) -> None:
    later = NOW + timedelta(hours=1)
    with store.write() as tx:
        connections.lease(tx, connection, owner="a", now=NOW, lasts=LASTS)
        assert connections.due_connections(tx, NOW) == []
        connections.release(tx, connection, owner="a", next_due_at=later)
        assert connections.due_connections(tx, NOW) == []
        touched.touch(tx, connection, ["PAY-1"], NOW)
        assert connections.due_connections(tx, NOW) == [connection]
        touched.clear_touched(tx, connection, touched.touched_keys(tx, connection))
        assert connections.due_connections(tx, NOW) == []
        assert connections.due_connections(tx, later) == [connection]


def test_a_paused_connection_waits_even_when_it_is_touched(store: Store, connection: int) -> None:
    later = NOW + timedelta(hours=1)
    with store.write() as tx:
        connections.lease(tx, connection, owner="a", now=NOW, lasts=LASTS)
        connections.release(tx, connection, owner="a", paused_until=later)
        touched.touch(tx, connection, ["PAY-1"], NOW)
        assert connections.due_connections(tx, later - SECOND) == []
        assert connections.due_connections(tx, later) == [connection]
        connections.make_due(tx, connection, NOW)
        assert connections.due_connections(tx, NOW) == []  # a wait that the tool asked for stays


def test_what_a_person_had_to_mend_gets_another_chance(store: Store, connection: int) -> None:
    with store.write() as tx:
        add_connection(tx, "jira-other")
        connections.lease(tx, connection, owner="a", now=NOW, lasts=LASTS)
        connections.release(tx, connection, owner="a", state="broken", problem="sign in again", next_due_at=None)
        assert connections.give_another_chance(tx, NOW) == [connection]
        assert connections.give_another_chance(tx, NOW) == []
        assert connection in connections.due_connections(tx, NOW)
        channel, other = add_channel(tx, "one"), add_channel(tx, "two")
        channels.note_channel(tx, channel, state="off", problem="gone")
        assert channels.give_channels_another_chance(tx) == [channel]
        row = channels.channel_by_id(tx, channel)
        assert row is not None
        assert (row.state, row.problem, other) == ("on", "", channel + 1)


def test_a_touch_during_a_read_outlives_the_read(store: Store, connection: int) -> None:
    with store.write() as tx:
        touched.touch(tx, connection, ["PAY-1", "PAY-2", "PAY-1"], NOW)
        read = touched.touched_keys(tx, connection)
    assert read == {"PAY-1": 1, "PAY-2": 1}
    with store.write() as tx:
        touched.touch(tx, connection, ["PAY-2", "PAY-3"], NOW)
    with store.write() as tx:
        touched.clear_touched(tx, connection, read)
        assert touched.touched_keys(tx, connection) == {"PAY-2": 2, "PAY-3": 1}
        assert touched.has_touched(tx, connection)
        touched.clear_touched(tx, connection, touched.touched_keys(tx, connection))
        assert not touched.has_touched(tx, connection)


def test_more_keys_than_a_statement_takes_are_touched_and_cleared(store: Store, connection: int) -> None:
    keys = [f"PAY-{number}" for number in range(1501)]
    with store.write() as tx:
        touched.touch(tx, connection, keys, NOW)
        assert len(touched.touched_keys(tx, connection)) == 1501
        touched.clear_touched(tx, connection, touched.touched_keys(tx, connection))
        assert not touched.has_touched(tx, connection)


def test_touched_keys_belong_to_one_connection(store: Store, connection: int) -> None:
    with store.write() as tx:
        other = add_connection(tx, "jira-other")
        touched.touch(tx, other, ["PAY-1"], NOW)
        touched.clear_touched(tx, connection, {"PAY-1": 1})
        assert touched.touched_keys(tx, connection) == {}
        assert touched.touched_keys(tx, other) == {"PAY-1": 1}


def test_a_delivery_is_taken_once_by_each_connection(store: Store, connection: int) -> None:
    with store.write() as tx:
        other = add_connection(tx, "jira-other")
        assert touched.see_delivery(tx, connection, "hook-1", ["PAY-1"], NOW)
        assert not touched.see_delivery(tx, connection, "hook-1", ["PAY-1"], NOW)
        assert touched.see_delivery(tx, other, "hook-1", [], NOW)
        assert touched.forget_deliveries(tx, NOW) == 0
        assert touched.forget_deliveries(tx, NOW + SECOND) == 2


def test_one_sender_at_a_time_has_a_channel(store: Store) -> None:
    with store.write() as tx:
        found_company(tx)
        channel = add_channel(tx, "okrs")
        assert channels.lease_channel(tx, channel, owner="a", now=NOW, lasts=LASTS)
        assert not channels.lease_channel(tx, channel, owner="b", now=NOW, lasts=LASTS)
        channels.release_channel(tx, channel, "b")
        assert not channels.lease_channel(tx, channel, owner="b", now=NOW, lasts=LASTS)
        channels.release_channel(tx, channel, "a")
        assert channels.lease_channel(tx, channel, owner="b", now=NOW, lasts=LASTS)
        assert channels.lease_channel(tx, channel, owner="c", now=NOW + LASTS + SECOND, lasts=LASTS)
        assert channels.claim_channel_ring(tx, channel, NOW, LASTS)
        assert not channels.claim_channel_ring(tx, channel, NOW, LASTS)
        assert channels.claim_channel_ring(tx, channel, NOW + LASTS + SECOND, LASTS)


def test_the_daily_judgement_is_rung_once(store: Store) -> None:
    with store.write() as tx:
        found_company(tx)
        assert okrs.claim_judge_ring(tx, NOW, LASTS)
        assert not okrs.claim_judge_ring(tx, NOW, LASTS)
        okrs.note_judged(tx, NOW)
        assert okrs.claim_judge_ring(tx, NOW, LASTS)


def test_counts_of_four_threads_add_up(store: Store) -> None:
    problems: list[BaseException] = []

    def count_many() -> None:
        own = Store(store.url)
        try:
            for _ in range(25):
                with own.write() as tx:
                    counts.count(tx, "requests", "jira-main", 2)
        except BaseException as problem:
            problems.append(problem)
        finally:
            own.close()

    threads = [threading.Thread(target=count_many) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert problems == []
    with store.read() as tx:
        assert counts.counted(tx, "requests") == {"jira-main": 200}
        assert counts.counted(tx, "throttled") == {}


def test_processes_that_read_before_they_write_take_turns(store: Store) -> None:
    with store.write() as tx:
        counts.count(tx, "requests", "jira-main", 1)  # the parent's own connection is open when it forks

    def count_many() -> None:
        for _ in range(20):
            with store.write() as tx:
                known = counts.counted(tx, "requests")["jira-main"]
                counts.count(tx, "requests", "jira-main", 1)
                assert counts.counted(tx, "requests")["jira-main"] > known
        store.close()

    forked = [get_context("fork").Process(target=count_many) for _ in range(4)]
    for one in forked:
        one.start()
    for one in forked:
        one.join(60)
    assert [one.exitcode for one in forked] == [0, 0, 0, 0]
    with store.read() as tx:
        assert counts.counted(tx, "requests") == {"jira-main": 81}
