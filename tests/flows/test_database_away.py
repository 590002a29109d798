"""The hub's own database is full, locked or stopped: nothing is half applied, and afterwards one read is right."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import OperationalError
from werkzeug.wrappers import Response

from hub.store import Store, contributions, key_results, measurements
from hub.store.engine import BUSY, why_away
from hub.store.migrate import upgrade
from tests.flows.house import FINISHED, FINISHED_RULE, House, open_house
from tests.store.postgres import NOBODY, programs, running_postgres

LOST_LEASE = 121  # seconds after which the connection of a reader that could not let go is free
NO_LIMIT = 4294967294  # pages: what SQLite itself allows at most


def check_whole(house: House) -> None:
    """What stands is the last measurement, and its parts add up to it: no transaction is there by halves."""
    with house.store.read() as tx:
        for one in key_results.all_key_results(tx):
            last = measurements.last_measurement(tx, one.id)
            if last is None:
                assert one.standing.value is None
                continue
            parts = contributions.contributions_now(tx, one.id)
            assert last.value == one.standing.value == sum((part.amount or 0) * part.credit for part in parts.values())


def attempt(house: House) -> str:
    """Read, and return what the database had against it, if anything."""
    try:
        house.sync()
    except OperationalError as problem:
        return why_away(problem)
    return ""


class Disk:
    """How much the disk of a SQLite store still takes, in pages; None is no limit."""

    def __init__(self, store: Store) -> None:
        self.room: int | None = None
        self.busy: int | None = None

        @event.listens_for(store.engine, "checkout")
        def _limit(raw: Any, _record: Any, _proxy: Any) -> None:
            now = raw.execute("PRAGMA page_count").fetchone()[0]
            most = NO_LIMIT if self.room is None else max(now, self.full)
            raw.execute(f"PRAGMA max_page_count = {most}")
            raw.execute(f"PRAGMA busy_timeout = {BUSY if self.busy is None else self.busy}")

        self._store = store
        self.full = 0

    def leave(self, pages: int) -> None:
        with self._store.read() as tx:
            self.full = int(tx.execute(text("PRAGMA page_count")).scalar_one()) + pages
        self.room = pages


@pytest.fixture
def house(sqlite_house: House) -> House:
    return sqlite_house


@pytest.fixture
def disk(house: House) -> Disk:
    return Disk(house.store)


def test_a_full_disk_at_any_point_of_a_read_leaves_nothing_by_halves(house: House, disk: Disk) -> None:
    house.apply((FINISHED_RULE,), (FINISHED,))
    keys = house.stories(120, done=10)
    house.sync()
    failures: list[tuple[str, bool]] = []
    for round_, room in enumerate((0, 1, 2, 4, 6)):
        house.clock.pass_(minutes=15)
        before = house.value().split()[0]
        house.finish(*keys[10 + round_ * 10 : 20 + round_ * 10])
        house.jira.create("PAY", summary="x" * 250, labels=["okr"], status="Done")
        for number in range(40):
            house.jira.create("PAY", summary=f"{number} " + "y" * 240, labels=["okr"])
        disk.leave(room)
        said = attempt(house)
        if said:
            assert said == "the hub's database cannot be used: database or disk is full"
            assert house.value().split()[0] == before
            failures.append((house.connection.problem, house.connection.leased_until is None))
        check_whole(house)
        disk.room = None
        house.clock.pass_(seconds=LOST_LEASE)
        assert house.sync().state == "done"
        done = sum(one["fields"]["status"]["statusCategory"]["key"] == "done" for one in house.jira.issues())
        assert house.value() == f"{done} fresh"
        check_whole(house)
    assert len(failures) >= 3  # the largest ones had enough
    # where there was room for that much, the connection itself says what is wrong, and is free at once
    assert ("the hub's database cannot be used: database or disk is full", True) in failures


def test_a_full_disk_refuses_a_webhook_so_that_it_is_sent_again(house: House, disk: Disk) -> None:
    keys = house.stories(3, done=1)
    house.sync()
    disk.leave(0)
    wide = {"x-atlassian-webhook-identifier": "w" * 200}
    for number in range(30):  # what little room the last pages have
        with suppress(OperationalError):
            house.ring_id(str(number), identifier=f"{number:0>200}")
    with pytest.raises(OperationalError):
        house.receive(json.dumps({"webhookEvent": "jira:issue_updated", "issue": {"id": "1"}}).encode(), wide)
    disk.room = None
    house.finish(keys[1])
    assert house.ring(keys[1]).status == 204
    assert house.sync(due=False).state == "done"
    assert house.value() == "2 fresh"


def test_a_locked_database_sends_no_letter_that_could_not_be_settled(house: House, disk: Disk) -> None:
    keys = house.stories(6, done=5)
    house.sync()
    house.clock.pass_(minutes=15)
    for key in keys[:3]:
        house.jira.transition(key, "To Do")
    house.sync()
    posted = len(house.teams.posts)
    disk.busy = 1
    with locked(house.store), pytest.raises(OperationalError):
        house.tell("a-teams")
    disk.busy = None
    assert len(house.teams.posts) == posted
    assert house.tell("a-teams") >= 1
    assert house.tell("a-teams") == 0


@contextmanager
def locked(store: Store) -> Iterator[None]:
    """Hold the write lock of a SQLite store from another connection, as a stuck process would."""
    other = Store(store.url)
    try:
        with other.write() as tx:
            tx.execute(text("UPDATE workspace SET judged_at = judged_at"))
            yield
    finally:
        other.close()


@pytest.mark.parametrize("path", ["search/jql", "bulkfetch"])
def test_a_database_locked_for_longer_than_anyone_waits_stops_the_read_and_loses_nothing(
    house: House, disk: Disk, path: str
) -> None:
    keys = house.stories(5, done=3)
    house.sync()
    house.clock.pass_(minutes=15)
    house.finish(keys[3])
    disk.busy = 20  # milliseconds in place of fifteen seconds
    held: list[Any] = []

    def hold(truly: Callable[[], Response]) -> Response:
        held.append(locked(house.store))
        held[0].__enter__()
        return truly()

    house.jira.faults.order(1, hold, path=path)
    with pytest.raises(OperationalError) as raised:
        house.sync()
    assert why_away(raised.value) == "the hub's database cannot be used: database is locked"
    assert house.value() == "3 fresh"  # who only reads is not held up
    held[0].__exit__(None, None, None)
    check_whole(house)
    disk.busy = None
    house.clock.pass_(seconds=LOST_LEASE)
    assert house.sync().state == "done"
    assert house.value() == "4 fresh"


def test_a_locked_database_is_waited_for_fifteen_seconds(sqlite_store: Store) -> None:
    with sqlite_store.read() as tx:
        assert tx.execute(text("PRAGMA busy_timeout")).scalar_one() == 15_000


class Server:
    """A PostgreSQL of its own that can be stopped at once, as by a power cut, and started again."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.folder = Path(url.partition("host=")[2])
        self._user = NOBODY if os.geteuid() == 0 else None

    def stop(self) -> None:
        self._control("stop", "-m", "immediate")

    def start(self) -> None:
        self._control("start", "-l", str(self.folder / "log"), "-o", f"-k {self.folder} -h ''")

    def _control(self, *words: str) -> None:
        command = [str(programs() / "pg_ctl"), "-D", str(self.folder / "data"), "-w", *words]
        subprocess.run(command, user=self._user, cwd="/", check=True, stdout=subprocess.DEVNULL, timeout=30)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running_postgres() as url:
        found = Server(url)
        found.stop()
        found.start()  # without the settings that trade a crash for speed
        made = Store(url)
        upgrade(made)
        made.close()
        yield found
        found.stop()


@pytest.fixture
def house_on_server(tmp_path: Path, server: Server) -> Iterator[House]:
    store = Store(server.url)
    with store.write() as tx:
        names = tx.execute(text("SELECT string_agg(tablename, ', ') FROM pg_tables WHERE schemaname = 'public'"))
        wanted = ", ".join(name for name in names.scalar_one().split(", ") if name != "alembic_version")
        tx.execute(text(f"TRUNCATE {wanted} RESTART IDENTITY CASCADE"))
    folder = tmp_path / "workspace"
    folder.mkdir()
    with open_house(folder, store) as house:
        house.apply((FINISHED_RULE,), (FINISHED,))
        yield house
    store.close()


def test_postgresql_stopped_in_the_middle_of_a_transaction_leaves_nothing_by_halves(
    house_on_server: House, server: Server
) -> None:
    house = house_on_server
    keys = house.stories(5, done=3)
    house.sync()
    house.clock.pass_(minutes=15)
    house.finish(keys[3])

    def stop(*_: Any) -> None:  # called within the transaction that stores a page
        server.stop()

    with pytest.raises(OperationalError) as raised:
        house.sync(progress=stop)
    assert why_away(raised.value).startswith("the hub's database cannot be used: ")
    assert "hub_" not in why_away(raised.value)
    server.start()
    assert house.value() == "3 fresh"
    check_whole(house)
    house.clock.pass_(seconds=LOST_LEASE)
    assert house.sync().state == "done"
    assert house.value() == "4 fresh"


def test_postgresql_that_restarts_between_two_pages_does_not_stop_the_read(
    house_on_server: House, server: Server
) -> None:
    house = house_on_server
    house.stories(5, done=3)

    def restart(truly: Callable[[], Response]) -> Response:
        server.stop()
        server.start()
        return truly()

    house.jira.faults.order(1, restart, path="bulkfetch")
    assert house.sync().state == "done"
    assert house.value() == "3 fresh"


def test_postgresql_that_is_away_is_said_in_a_line_without_a_password(house_on_server: House, server: Server) -> None:
    away = Store(f"postgresql://okr:hunter2-secret@/postgres?host={server.folder}/nowhere")
    with pytest.raises(OperationalError) as raised, away.read():
        pass
    told = why_away(raised.value)
    assert told.startswith("the hub's database cannot be used: ")
    assert "hunter2-secret" not in told + str(raised.value)
    away.close()


def test_other_failures_are_not_blamed_on_the_database() -> None:
    assert why_away(ZeroDivisionError()) == why_away(None) == ""
