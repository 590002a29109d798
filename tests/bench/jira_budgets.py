"""What a Jira with a hundred key results costs in requests: the budgets of the connector, at full size."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from connectors.sandbox.jira import JiraSandbox
from connectors.sandbox.server import serve
from hub.flows.plan import apply
from hub.flows.sync import Synced, sync
from hub.store import Store, connections, touched
from hub.store.migrate import upgrade
from hub.workspace import read_workspace
from tests.bench.row import Row

QUERIES = 100
PROJECTS = ("PAY", "WEB", "OPS")
ISSUES = 10_000
CHANGED = 50


class _Clock:
    def __init__(self) -> None:
        self.at = datetime(2026, 11, 16, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at


def jira_budgets() -> Iterator[Row]:
    """A hundred key results with a hundred different JQL queries over the same 10,000 issues of three projects."""
    clock = _Clock()
    jira = JiraSandbox(email="bench@example.test", token="bench-token", now=clock)
    for project in PROJECTS:
        jira.add_project(project, project)
    for number in range(ISSUES):
        label = f"team-{number % QUERIES:02}"
        long_ago = clock() - timedelta(days=30)
        jira.create(PROJECTS[number % 3], summary=f"Issue {number}", labels=[label], created=long_ago)
    with serve(jira) as server, tempfile.TemporaryDirectory() as folder:
        store, connection_id = _installed(Path(folder), server.url, clock)
        first = _sync(store, connection_id, clock, server.url)
        yield Row(
            f"Jira: first read of {QUERIES} key results over {first.items:,} issues", f"{first.requests} requests", ""
        )
        keys = [issue.key for issue in list(jira.by_id.values())[:CHANGED]]
        for key in keys:
            jira.transition(key, "Done")
        again = _sync(store, connection_id, clock, server.url)
        yield Row(
            f"Jira: {QUERIES} key results with {QUERIES} different JQLs, all bounded by {len(PROJECTS)} projects, "
            f"over the same {ISSUES:,} issues, re-read after {CHANGED} issues changed",
            f"{again.requests} requests, {again.items} bodies, {len(again.recorded)} values",
            "6 requests",
            again.requests <= 6 and again.items == CHANGED and len(again.recorded) == CHANGED,
        )
        jira.transition(keys[0], "In Progress")
        with store.write() as tx:
            touched.touch(tx, connection_id, [str(jira.by_key[keys[0]].id)], clock())
        rung = _sync(store, connection_id, clock, server.url, due=False)
        yield Row(
            f"Jira: webhook for 1 issue, {QUERIES} selections on the connection",
            f"{rung.requests} requests, {rung.items} bodies",
            "2 requests",
            rung.requests <= 2 and rung.items == 1,
        )
        store.close()
    jira.close()


def _installed(folder: Path, url: str, clock: _Clock) -> tuple[Store, int]:
    files = {
        "hub.yaml": "workspace: Bench\nconnections:\n  jira-main:\n    kind: jira\n"
        f"    base_url: {url}\n    email: bench@example.test\n    token: ${{BENCH_TOKEN}}\n"
        "    allow_private: [127.0.0.0/8]\n",
        "okrs/all.yaml": "cycles: {quarter: {starts: 2026-10-01, ends: 2026-12-31}}\nteams: {all: {name: All}}\n"
        "objectives:\n  - {objective: ship, title: Ship, team: all, cycle: quarter, key_results: [\n"
        + "".join(f"      {{key_result: kr-{n:02}, title: KR {n}, kind: reach, target: 9}},\n" for n in range(QUERIES))
        + "    ]}\n",
        "mappings/all.yaml": "mappings:\n"
        + "".join(
            f"  - {{key_result: ship/kr-{n:02}, from: jira-main, select: 'project in ({', '.join(PROJECTS)}) AND "
            f"labels = team-{n:02}', measure: count, where: [{{state: done}}], owner: b@example.test}}\n"
            for n in range(QUERIES)
        ),
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    read = read_workspace(folder)
    assert read.declaration is not None, [str(one) for one in read.problems]
    store = Store(f"sqlite:///{folder / 'bench.db'}")
    upgrade(store)
    apply(store, read.declaration, now=clock(), who="bench", environ=_environ())
    with store.read() as tx:
        row = connections.connection_by_slug(tx, "jira-main")
    assert row is not None
    return store, row.id


def _sync(store: Store, connection_id: int, clock: _Clock, url: str, *, due: bool = True) -> Synced:
    clock.at += timedelta(minutes=15 if due else 1)
    if due:
        with store.write() as tx:
            connections.make_due(tx, connection_id, clock())
    done = sync(store, connection_id, owner="bench", now=clock, environ=_environ())
    assert done.state == "done", done.problem
    return done


def _environ() -> dict[str, str]:
    return {**os.environ, "BENCH_TOKEN": "bench-token"}
