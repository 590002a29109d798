"""A house in real time, and real workers that serve it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta

from sqlalchemy import select, update

from hub.clock import tick
from hub.processes.installation import child_environ
from hub.queue import SYNC_QUEUE, Bell
from hub.settings import Settings
from hub.store import tables_told, tables_work
from hub.store.reads import Read, reads_after
from tests.flows.house import House
from tests.processes.living import children_of, is_alive, wait_for


def now() -> datetime:
    return datetime.now(UTC)


class Crew:
    """A house in real time, and the workers that serve it."""

    def __init__(self, house: House, settings: Settings, bell: Bell) -> None:
        self.house, self.settings, self.bell = house, settings, bell
        self.workers: list[subprocess.Popen[bytes]] = []

    def hire(self, queue: str = SYNC_QUEUE) -> subprocess.Popen[bytes]:
        """Start `okrhub worker` on a queue."""
        return self._start("worker", "--queue", queue)

    def wind_clock(self) -> subprocess.Popen[bytes]:
        """Start `okrhub clock`."""
        return self._start("clock")

    def _start(self, *arguments: str) -> subprocess.Popen[bytes]:
        environ = {**os.environ, **child_environ(self.settings), **self.house.environ, "OKRHUB_LOG": "error"}
        made = subprocess.Popen(
            [sys.executable, "-P", "-m", "hub.cli", *arguments], env=environ, start_new_session=True
        )
        self.workers.append(made)
        return made

    def kill(self, worker: subprocess.Popen[bytes]) -> None:
        """Kill a worker with its job, as a machine that loses power does; the kernel ends the job with it."""
        jobs = children_of(worker.pid)
        worker.kill()
        worker.wait(10)
        wait_for(lambda: not any(is_alive(pid) for pid in jobs), "the end of the job")

    def dismiss(self) -> None:
        for worker in self.workers:
            if worker.poll() is None:
                worker.send_signal(signal.SIGTERM)
        for worker in self.workers:
            try:
                worker.wait(10)
            except subprocess.TimeoutExpired:
                self.kill(worker)

    def ring(self, key: str, *, identifier: str = "") -> None:
        """Take a webhook in and ring as the web does."""
        answer = self.house.ring(key, identifier=identifier)
        assert answer.status == 204
        if answer.ring is not None:
            self.bell.ring_sync(answer.ring)

    def tick(self) -> None:
        tick(self.house.store, self.bell, now())

    def let_leases_run_out(self) -> None:
        """Do in the store what two minutes do."""
        past = now() - timedelta(seconds=1)
        for table in (tables_work.connections, tables_told.channels):
            with self.house.store.write() as tx:
                tx.execute(update(table).where(table.c.leased_until.is_not(None)).values(leased_until=past))
                tx.execute(update(table).values(rung_until=None))

    def reads(self) -> list[Read]:
        with self.house.store.read() as tx:
            return reads_after(tx)

    def told(self) -> list[tuple[str, str, str, bool]]:
        """Return every letter: channel, from, to, and whether it is marked ambiguous."""
        box, named = tables_told.outbox, tables_told.channels
        with self.house.store.read() as tx:
            found = tx.execute(select(box, named.c.slug).join(named, named.c.id == box.c.channel_id).order_by(box.c.id))
            return sorted((row.slug, row.before, row.after, row.is_ambiguous) for row in found)

    def chains(self) -> dict[str, list[str]]:
        """Return for each channel the statuses it was told, one after the other; each letter begins where one ended."""
        box, named = tables_told.outbox, tables_told.channels
        found: dict[str, list[str]] = {}
        with self.house.store.read() as tx:
            for row in tx.execute(
                select(box, named.c.slug).join(named, named.c.id == box.c.channel_id).order_by(box.c.id)
            ):
                told = found.setdefault(row.slug, [row.before])
                assert told[-1] == row.before
                told.append(row.after)
        return found

    def ends_achieved(self) -> bool:
        """Whether every channel was told last that it is achieved."""
        chains = self.chains()
        return len(chains) == 3 and all(told[-1] == "achieved" for told in chains.values())

    def is_idle(self) -> bool:
        return self.house.connection.leased_until is None and not self.house.touched()

    def wait_for_value(self, value: str) -> None:
        wait_for(lambda: self.house.value() == value and self.is_idle(), f"the value {value}")
