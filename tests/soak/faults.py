"""Syncs over a bad line: 429, 503, answers cut off, cut short or slow, against the same syncs over a good one."""

from __future__ import annotations

import multiprocessing
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from random import Random

from connectors.sandbox.company import live_changes
from hub.demo.quarter import quarter_around, write_workspace
from hub.demo.stage import ZONE
from hub.demo.tools import open_tools
from hub.flows.plan import apply
from hub.flows.sync import sync
from hub.store import Store, connections, key_results
from hub.store.migrate import upgrade
from hub.store.reads import reads_after
from hub.vault import Vault
from hub.workspace import read_workspace
from tests.flows.company_oracle import ORACLE, Books
from tests.soak.installation import Failed, now, twelve_places
from tests.soak.proxy import CLEAR, FaultProxy, Weather

BAD = Weather(throttled=0.05, unavailable=0.02, cut=0.005, truncated=0.005, jitter=2.0)
MOST_REQUESTS = 1.2  # times those of a clean run
PATIENCE = 120.0  # seconds for one sync, waits that the tool asked for included


@dataclass(frozen=True, slots=True)
class Syncs:
    """What a number of syncs of one installation came to."""

    syncs: int
    right: int
    requests: int
    faults: dict[str, int]
    undercut: int
    waits: int  # answers that asked for one
    resumed: int  # syncs that the tool put off, and that were taken up again after its wait
    on_their_way: int  # requests that had left when another one was asked to wait
    wrong: tuple[str, ...] = ()  # what was not right, in words


def run_syncs(syncs: int, weather: Weather, seed: int) -> Syncs:
    """Change some work and sync, so many times; after each, every value is compared with what the tools hold.

    The bad line is the one to Jira."""
    right = resumed = 0
    wrong: list[str] = []
    random = Random(seed)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="okr-soak-", ignore_cleanup_errors=True)))
        first, last = quarter_around(datetime.now(ZONE).date())
        tools = stack.enter_context(open_tools(first, last, now))
        proxy = stack.enter_context(FaultProxy(tools.addresses["jira"], weather, seed=seed))
        environ = {**tools.environ, "JIRA_URL": proxy.url, "OKRHUB_PUBLIC_URL": "http://127.0.0.1:8080"}
        write_workspace(folder / "workspace", first)
        declaration = read_workspace(folder / "workspace").declaration
        if declaration is None:
            raise Failed("the example workspace has errors")
        store = Store(f"sqlite:///{folder / 'hub.db'}")
        stack.callback(store.close)
        upgrade(store)
        apply(store, declaration, now=now(), who="soak", environ=environ)
        vault = Vault(folder / "vault.key")
        with store.read() as tx:
            ids = [row.id for row in connections.all_connections(tx)]
        work = live_changes(tools.sites, random)
        for number in range(syncs):
            resumed += sum(_sync(store, one, environ, vault) for one in ids)
            books = Books(tools.sites, now())
            shown = _shown(store)
            true = {key: twelve_places(recompute(books)) for key, recompute in ORACLE.items()}
            right += shown == true
            if shown != true:
                wrong.append(_say(store, number, {key: (shown.get(key), true[key]) for key in true}, books))
            for _ in range(random.randint(1, 6)):
                next(work).apply()
        log = proxy.log
        for waits, early in log.undercut():
            wrong.append(
                f"{early.came - waits.answered:.3f} s after a wait of {waits.quiet_until - waits.answered:.1f} s was "
                f"asked for ({waits.fault})"
            )
        return Syncs(
            syncs,
            right,
            len(log.asked),
            {fault: log.count(fault) for fault in ("throttled", "unavailable", "cut", "truncated")},
            len(log.undercut()),
            sum(one.quiet_until > 0 for one in log.asked),
            resumed,
            log.on_their_way(),
            tuple(wrong),
        )


def _sync(store: Store, connection_id: int, environ: dict[str, str], vault: Vault) -> bool:
    """Sync as the clock has it done: what the tool puts off is taken up again when its wait is over."""
    with store.write() as tx:
        connections.make_due(tx, connection_id, now())
    deadline = time.monotonic() + PATIENCE
    was_put_off = False
    while True:
        done = sync(store, connection_id, owner="soak", now=now, environ=environ, vault=vault)
        if done.state == "done":
            return was_put_off
        if done.state != "waiting" or time.monotonic() > deadline:
            raise Failed(f"a sync ended {done.state}: {done.problem}")
        was_put_off = True
        with store.read() as tx:
            row = connections.connection_by_id(tx, connection_id)
        assert row is not None
        pause = (row.paused_until or now()) - now()
        time.sleep(max(0.0, min(pause.total_seconds(), PATIENCE)) + 0.01)


def _say(store: Store, number: int, values: dict[str, tuple[Decimal | None, Decimal | None]], books: Books) -> str:
    """Say which values differ after which sync, and how the reads before it went, for whoever reads a failure."""
    with store.read() as tx:
        reads = [(f"{one.started_at:%H:%M:%S}", one.outcome, one.requests, one.items) for one in reads_after(tx)[-3:]]
        notes = {one.key: one.standing.freshness_note for one in key_results.all_key_results(tx)}
    found = [f"{key} shows {a} and is {b} ({notes[key]})" for key, (a, b) in values.items() if a != b]
    return f"sync {number + 1} at {books.now:%H:%M:%S}: {'; '.join(found)}; reads {reads}"


def _shown(store: Store) -> dict[str, Decimal | None]:
    with store.read() as tx:
        return {one.key: one.standing.value for one in key_results.all_key_results(tx) if not one.is_manual}


@dataclass(frozen=True, slots=True)
class Compared:
    """A bad run beside a clean one with the same changes."""

    seed: int
    bad: Syncs
    clean: Syncs
    seconds: float

    @property
    def share(self) -> float:
        return self.bad.requests / self.clean.requests

    def problems(self) -> list[str]:
        """Return in words what does not hold."""
        found = []
        for name, run in (("bad", self.bad), ("clean", self.clean)):
            if run.right != run.syncs:
                found.append(f"over the {name} line {run.right} of {run.syncs} syncs were right: {run.wrong}")
        if self.bad.undercut:
            found.append(f"Retry-After was undercut {self.bad.undercut} times: {self.bad.wrong}")
        if self.share > MOST_REQUESTS:
            found.append(f"{self.share:.2f} times the requests of a clean run")
        return found

    def row(self) -> str:
        """Return the run as a line of the table."""
        faults = ", ".join(f"{number} {fault}" for fault, number in self.bad.faults.items())
        return (
            f"| {self.bad.syncs} syncs over a bad line (5 % 429, 2 % 503, 1 % cut or cut short, 0 to 2 s of jitter), "
            f"seed {self.seed} | {self.bad.right} of {self.bad.syncs} right; {self.bad.requests} requests ({faults}), "
            f"{self.share:.2f} times the {self.clean.requests} of a clean run; of {self.bad.waits} waits asked for "
            f"{self.bad.undercut} undercut ({self.bad.on_their_way} requests were on their way); "
            f"{self.bad.resumed} syncs taken up again; {self.seconds:.0f} s | "
            f"all right, {MOST_REQUESTS} times, 0 undercut |"
        )


def run_faults(*, syncs: int, seed: int, weather: Weather = BAD, houses: int = 10) -> Compared:
    """Run the syncs in several installations at once, over a bad line and then over a clear one."""
    began = time.monotonic()
    each = [syncs // houses + (number < syncs % houses) for number in range(houses)]

    def run(kind: Weather, width: int) -> Syncs:
        with ProcessPoolExecutor(width, multiprocessing.get_context("spawn")) as pool:
            runs = [pool.submit(run_syncs, number, kind, seed + at) for at, number in enumerate(each)]
            return _sum([one.result() for one in runs])

    bad = run(weather, houses)
    print(f"bad line: {bad}", file=sys.stderr)
    clean = run(CLEAR, 1)
    return Compared(seed, bad, clean, time.monotonic() - began)


def _sum(runs: list[Syncs]) -> Syncs:
    faults: dict[str, int] = {}
    for run in runs:
        for name, number in run.faults.items():
            faults[name] = faults.get(name, 0) + number
    return Syncs(
        sum(run.syncs for run in runs),
        sum(run.right for run in runs),
        sum(run.requests for run in runs),
        faults,
        sum(run.undercut for run in runs),
        sum(run.waits for run in runs),
        sum(run.resumed for run in runs),
        sum(run.on_their_way for run in runs),
        tuple(wrong for run in runs for wrong in run.wrong),
    )
