"""The main job: requests and time of reads and of whole syncs, and the speed of rules.

Everything runs against the simulated Jira over real HTTP on loopback. Counts are exact; seconds depend on the
machine and on what else it does.
"""

from __future__ import annotations

import os
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from math import ceil
from pathlib import Path

import requests

from connectors.registry import open_connector
from connectors.sandbox.jira import JiraSandbox
from connectors.sandbox.server import serve
from connectors.shapes import Select, State, WorkItem
from connectors.wire import Counter
from hub.flows.plan import apply
from hub.flows.sync import Synced, sync
from hub.store import Store, connections
from hub.store.migrate import upgrade
from hub.workspace import read_workspace
from mappings import evaluate, read_mappings
from tests.bench.row import Row

LATENCY = 0.15
PRIVATE = ["127.0.0.0/8"]
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=30)


def now() -> datetime:
    return datetime.now(UTC)


@contextmanager
def site(issues: int, *, delay: float = 0.0) -> Iterator[tuple[JiraSandbox, str]]:
    """Serve a Jira with so many issues in one project."""
    jira = JiraSandbox(email="bench@example.test", token="bench-token", now=now)
    jira.add_project("BIG", "Big")
    for number in range(issues):
        status = "Done" if number % 3 == 0 else "To Do"
        jira.create("BIG", summary=f"Issue {number}", status=status, points=number % 8, created=LONG_AGO)
    jira.delay = delay
    with serve(jira) as server:
        yield jira, server.url
    jira.close()


def first_reads() -> Iterator[Row]:
    """First read of N issues, resolve included."""
    for issues in (1, 1000, 5001):
        with site(issues) as (_, url):
            counter = Counter()
            read = _fetch(url, counter)
            allowed = ceil(issues / 5000) + ceil(issues / 100) + 3
            yield Row(
                f"Jira: first read of {issues:,} issues",
                f"{counter.requests} requests, {read:,} items",
                f"{allowed} requests",
                counter.requests <= allowed,
            )


def ten_thousand() -> Iterator[Row]:
    """First read of 10,000 issues at 150 ms a request, against one page after the other."""
    with site(10_000, delay=LATENCY) as (_, url):
        counter = Counter()
        before = _memory()
        started, cpu = time.perf_counter(), time.process_time()
        _fetch(url, counter)
        seconds, used = time.perf_counter() - started, time.process_time() - cpu
        yield Row(
            "Jira: first read of 10,000 issues at 150 ms a request",
            f"{seconds:.1f} s, {used:.1f} s CPU with the simulated Jira, {counter.requests} requests, "
            f"{_memory() - before:.0f} MB more at the peak",
            "4 s",
            seconds < 4,
        )
        started = time.perf_counter()
        pages = _one_after_the_other(url)
        yield Row("the same, one page after the other", f"{time.perf_counter() - started:.1f} s, {pages} requests", "")


def installation() -> Iterator[Row]:
    """The whole sync: store, evaluation and judgement included."""
    with site(5000) as (jira, url), tempfile.TemporaryDirectory() as folder:
        store, connection_id = install(Path(folder), url)
        first = sync_now(store, connection_id)
        yield Row(
            "hub: first sync of 5,000 issues, two key results on one selection, past included",
            f"{first[0].requests} requests, {first[1]:.1f} s",
            f"{1 + 50 + 3} requests",
            first[0].requests <= 54,
        )
        again = sync_now(store, connection_id)
        yield Row(
            "hub: re-read of 5,000 unchanged issues",
            f"{again[0].requests} requests, {again[0].items} bodies, {again[1]:.2f} s",
            "2 requests",
            again[0].requests <= 2,
        )
        for number in range(1, 51):
            jira.transition(f"BIG-{number * 3}", "Done")
        changed = sync_now(store, connection_id)
        yield Row(
            "hub: re-read after 50 of 5,000 changed",
            f"{changed[0].requests} requests, {changed[0].items} bodies, {changed[1]:.2f} s",
            "6 requests",
            changed[0].requests <= 6,
        )
        store.close()


def rule_speed() -> Iterator[Row]:
    """A rule over 10,000 items, with a filter and partial credit."""
    text = (
        "mappings:\n  - key_result: a/b\n    from: jira\n    select: project = A\n"
        "    where: [{type: {not: Sub-task}}, {any: [{labels: {has: x}}, {points: {gte: 5}}]}]\n"
        "    measure: {percent: points, credit: {doing: 0.5}}\n"
    )
    (rule,), _ = read_mappings(text, "bench.yaml")
    items = [_item(number) for number in range(10_000)]
    best = min(_timed(lambda: evaluate(rule, items, now=NOW, zone=UTC, cycle=None)) for _ in range(5))
    yield Row("mappings: one rule over 10,000 items", f"{best * 1000:.0f} ms, best of 5", "")


def _fetch(url: str, counter: Counter) -> int:
    settings = {"base_url": url, "email": "bench@example.test", "token": "bench-token"}
    source = open_connector("jira", settings, allow_private=PRIVATE, counter=counter)
    scope = source.resolve(Select(query="project = BIG", fields=frozenset({"points"})))  # type: ignore[attr-defined]
    return sum(len(page.items) for page in source.fetch(scope))  # type: ignore[attr-defined]


def _one_after_the_other(url: str) -> int:
    """Read as a plain script does: 100 issues with fields a page, each after the one before."""
    pages, token = 0, None
    with requests.Session() as session:
        session.auth = ("bench@example.test", "bench-token")
        while True:
            query = {"jql": "project = BIG", "maxResults": 100, "fields": "summary,status,updated,customfield_10016"}
            answer = session.get(
                f"{url}/rest/api/3/search/jql", params={**query, "nextPageToken": token} if token else query, timeout=30
            ).json()
            pages, token = pages + 1, answer.get("nextPageToken")
            if token is None:
                return pages


def install(folder: Path, url: str) -> tuple[Store, int]:
    os.environ["BENCH_TOKEN"] = "bench-token"
    (folder / "okrs").mkdir()
    (folder / "mappings").mkdir()
    (folder / "hub.yaml").write_text(
        "workspace: Bench\nconnections:\n  jira: {kind: jira, email: bench@example.test, "
        f'token: "${{BENCH_TOKEN}}", base_url: "{url}", allow_private: [127.0.0.0/8]}}\n',
        encoding="utf-8",
    )
    (folder / "okrs" / "all.yaml").write_text(
        "cycles: {now: {starts: 2026-10-01, ends: 2030-12-31}}\nteams: {all: {name: All}}\nobjectives:\n"
        "  - objective: one\n    title: One\n    team: all\n    cycle: now\n    key_results:\n"
        "      - {key_result: done, title: Done, kind: reach, target: 5000}\n"
        "      - {key_result: share, title: Share, kind: increase, baseline: 0, target: 100}\n",
        encoding="utf-8",
    )
    (folder / "mappings" / "all.yaml").write_text(
        "mappings:\n"
        "  - {key_result: one/done, from: jira, select: project = BIG, where: [{state: done}], measure: count}\n"
        "  - {key_result: one/share, from: jira, select: project = BIG, measure: {percent: points}}\n",
        encoding="utf-8",
    )
    reading = read_workspace(folder)
    assert reading.declaration is not None, reading.problems
    store = Store(f"sqlite:///{folder / 'hub.db'}")
    upgrade(store)
    return store, apply(store, reading.declaration, now=now(), who="bench", environ=os.environ).connections[0]


def sync_now(store: Store, connection_id: int) -> tuple[Synced, float]:
    with store.write() as tx:
        connections.make_due(tx, connection_id, now())
    started = time.perf_counter()
    done = sync(store, connection_id, owner="bench", now=now, environ=os.environ)
    assert done.state == "done", done.problem
    return done, time.perf_counter() - started


def _item(number: int) -> WorkItem:
    return WorkItem(
        key=str(number),
        ref=f"A-{number}",
        title=f"Item {number}",
        state=(State.TODO, State.DOING, State.DONE)[number % 3],
        status="Open",
        type="Sub-task" if number % 7 == 0 else "Story",
        url="",
        created=NOW,
        updated=NOW,
        points=Decimal(number % 8),
        labels=frozenset({"x"} if number % 2 else ()),
    )


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _memory() -> float:
    """Return the peak resident memory of this process in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
