"""A whole installation to be maltreated: a real `okrhub up`, and the example company in simulated tools around it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

from sqlalchemy import select, update

from hub.demo.quarter import quarter_around, write_workspace
from hub.demo.stage import ZONE, is_all_read, is_quiet
from hub.demo.tools import Tools, open_tools
from hub.settings import Settings
from hub.store import Store, connections, key_results
from hub.store.reads import Read
from hub.store.tables_okr import workspace
from tests.flows.company_oracle import ORACLE, Books
from tests.processes.living import children_of, is_alive

CHANGING = "jira-main"  # the connection that is rung for all the time: by it a recovery is measured
TICK = 1.0  # seconds between two looks of the clock: fifteen in real life
EVERY_CHANGE = "routes:\n  - {to: [payments-teams, payments-slack, company-slack]}\n"
POLICY = "policy: {on_track: 70%, at_risk: 40%}\n"

# What a process of the installation is, by what stands in its command line.
PROGRAMS = {
    "sync worker": ("worker", "okrhub-sync"),
    "tell worker": ("worker", "okrhub-tell"),
    "clock": ("clock",),
    "web": ("web",),
}


class Failed(Exception):
    """What must hold does not."""


def now() -> datetime:
    return datetime.now(UTC)


def wait_for(done: Callable[[], bool], what: str, seconds: float) -> float:
    """Wait until something holds; return the seconds it took. Raises Failed when it does not come to hold."""
    began = time.monotonic()
    while not done():
        if time.monotonic() - began > seconds:
            raise Failed(f"waited {seconds:.0f} s in vain for {what}")
        time.sleep(0.05)
    return time.monotonic() - began


class Installation:
    """The processes of one `okrhub up`, its store, and the tools."""

    def __init__(self, folder: Path, database_url: str, tools: Tools) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.folder, self.tools = folder, tools
        self.public_url = f"http://127.0.0.1:{port}"
        self.settings = Settings(
            workspace=folder / "workspace", data=folder / "data", database_url=database_url, redis_url="", port=port
        )
        self.store = Store(self.settings.database)
        self.log = folder / "log"
        self.up: subprocess.Popen[bytes] | None = None
        clean = {name: value for name, value in os.environ.items() if not name.startswith("OKRHUB_")}
        self.environ = {
            **clean,
            **tools.environ,
            "OKRHUB_WORKSPACE": str(self.settings.workspace),
            "OKRHUB_DATA": str(self.settings.data_dir),
            "OKRHUB_DATABASE_URL": database_url,
            "OKRHUB_PORT": str(port),
            "OKRHUB_TICK": str(TICK),
            "OKRHUB_LOG": "warning",
        }

    # -- the processes

    def start(self) -> None:
        """Run `okrhub up`."""
        with open(self.log, "ab") as log:
            self.up = subprocess.Popen(
                [sys.executable, "-P", "-m", "hub.cli", "up"],
                env=self.environ,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def stop(self) -> None:
        """End it as Ctrl-C does. Raises Failed when a process stays behind."""
        if self.up is None:
            return
        pids = self.all_pids()
        self.up.send_signal(signal.SIGINT)
        try:
            code = self.up.wait(40)
        except subprocess.TimeoutExpired:
            self.up.kill()
            self.up.wait(10)
            raise Failed("okrhub up did not end on Ctrl-C") from None
        self.up = None
        left = [pid for pid in pids if is_alive(pid)]
        if code or left:
            raise Failed(f"okrhub up ended with {code} and left {left} behind")

    def kill_all(self) -> None:
        """Kill the supervisor; raises Failed when what it ran does not end within seconds."""
        assert self.up is not None
        pids = self.all_pids()
        self.up.kill()
        self.up.wait(10)
        wait_for(lambda: not any(is_alive(pid) for pid in pids), "the end of a killed hub's processes", 5.0)

    def all_pids(self) -> list[int]:
        """Return every process of the installation, the supervisor first."""
        assert self.up is not None
        found, at = [self.up.pid], 0
        while at < len(found):
            found.extend(children_of(found[at]))
            at += 1
        return found

    def pids(self, kind: str) -> list[int]:
        """Return the processes of a kind; "sync job" and "tell job" are the jobs that workers run just now."""
        assert self.up is not None
        if kind.endswith(" job"):
            return [job for worker in self.pids(kind.replace("job", "worker")) for job in children_of(worker)]
        if kind == "web's child":
            return [child for web in self.pids("web") for child in children_of(web)]
        found = []
        for pid in children_of(self.up.pid):
            words = _command(pid)
            if kind == "queue server":
                is_it = "valkey-server" in words[0] or "redis-server" in words[0]  # it rewrites its command line
            else:
                is_it = "hub.cli" in words and all(word in words for word in PROGRAMS[kind])
            if is_it:
                found.append(pid)
        return found

    def said(self) -> str:
        """Return the end of what the processes have said."""
        return self.log.read_text(encoding="utf-8", errors="replace")[-3000:] if self.log.exists() else ""

    # -- the work

    def wait_until_read(self, seconds: float = 90.0) -> None:
        """Wait for the first read. From then on nothing is held back: what is judged is told at once."""
        wait_for(lambda: self.has_started() and is_all_read(self.store), "the first read", seconds)
        with self.store.write() as tx:
            held = tx.execute(select(workspace.c.policy)).scalar_one()
            tx.execute(update(workspace).values(policy={**held, "hold_seconds": 0}))

    def has_started(self) -> bool:
        """Whether `okrhub up` has brought the database up and applied the workspace."""
        if self.up is not None and self.up.poll() is not None:
            raise Failed(f"okrhub up has ended with {self.up.returncode}:\n{self.said()}")
        try:
            with self.store.read() as tx:
                return bool(connections.all_connections(tx))
        except Exception:
            return False  # its tables are not there yet; a defect shows as a time-out

    def sync_quietly(self, seconds: float = 60.0) -> None:
        """Have everything read once more while nothing changes, and wait until all is told."""
        asked = now()
        with self.store.write() as tx:
            for row in connections.all_connections(tx):
                connections.make_due(tx, row.id, asked)

        def is_done() -> bool:
            with self.store.read() as tx:
                rows = connections.all_connections(tx)
            return all(row.last_ok_at is not None and row.last_ok_at > asked for row in rows) and is_quiet(self.store)

        wait_for(is_done, "the quiet sync", seconds)

    def is_quiet(self) -> bool:
        return is_quiet(self.store)

    def wrong_values(self) -> dict[str, tuple[Decimal | None, Decimal | None]]:
        """Return what the hub shows and what the tools hold, for every key result where the two differ."""
        books = Books(self.tools.sites, now())
        with self.store.read() as tx:
            shown = {one.key: one.standing.value for one in key_results.all_key_results(tx) if not one.is_manual}
        true = {key: twelve_places(recompute(books)) for key, recompute in ORACLE.items()}
        if set(shown) != set(true):
            raise Failed("the key results are not those of the oracle")
        return {key: (shown[key], true[key]) for key in true if shown[key] != true[key]}


def _command(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8").split("\0")
    except OSError:
        return [""]


def twelve_places(number: Fraction | None) -> Decimal | None:
    return None if number is None else Decimal(round(number * 10**12)).scaleb(-12)


def overlaps(reads: Iterable[Read]) -> list[tuple[str, datetime, datetime]]:
    """Return where a connection was read by two at once: its name, the end of one read and the start of the next."""
    by_connection: dict[str, list[Read]] = {}
    for one in sorted(reads, key=lambda one: one.started_at):
        by_connection.setdefault(one.connection, []).append(one)
    return [
        (name, one.ended_at, after.started_at)
        for name, held in by_connection.items()
        for one, after in pairwise(held)
        if one.ended_at > after.started_at
    ]


@contextmanager
def open_installation(database_url: str = "") -> Iterator[Installation]:
    """Found the company and prepare an installation; `okrhub up` is yet to be started. Leaves nothing behind."""
    folder = Path(tempfile.mkdtemp(prefix="okr-soak-"))
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        first, last = quarter_around(datetime.now(ZONE).date())
        tools = stack.enter_context(open_tools(first, last, now))
        made = Installation(folder, database_url, tools)
        stack.callback(made.store.close)
        write_workspace(made.settings.workspace, first)
        _tell_everything(made.settings.workspace / "hub.yaml")
        try:
            yield made
        finally:
            if made.up is not None:
                made.kill_all()


def _tell_everything(path: Path) -> None:
    """Have every channel told every change: then each hears the whole chain of statuses."""
    text = path.read_text(encoding="utf-8")
    head, _, _ = text.partition("routes:\n")
    path.write_text(head + EVERY_CHANGE + POLICY, encoding="utf-8")
