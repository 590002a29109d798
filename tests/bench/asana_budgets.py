"""What reading Asana costs: the wire's count through the whole sync, over HTTP on loopback."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from connectors.sandbox.asana import AsanaSandbox
from connectors.sandbox.server import serve
from hub.flows.plan import apply
from hub.store import Store
from hub.store.migrate import upgrade
from hub.workspace import read_workspace
from tests.bench.main_job import LONG_AGO, now, sync_now
from tests.bench.row import Row

_PICKERS = ("", ", section: To do", ", section: Doing", ", subtasks: 'no'")


def asana_budgets() -> Iterator[Row]:
    """Asana: reads of a project of 5,000 tasks on which four key results stand."""
    with _installed(5000) as (asana, store, connection_id):
        first, seconds = sync_now(store, connection_id)
        yield Row(
            "Asana: first read of a 5,000-task project, three selections",
            f"{first.requests} requests, {first.items:,} bodies, {seconds:.1f} s",
            "",
        )
        again, seconds = sync_now(store, connection_id)
        yield Row(
            "Asana: re-read of an unchanged 5,000-task project",
            f"{again.requests} request{'s' * (again.requests > 1)}, {again.items} bodies, {seconds:.2f} s",
            "1 request",
            again.requests <= 1,
        )
        gids = list(asana.tasks)
        for gid in gids[:50]:
            asana.complete(gid)
        changed, seconds = sync_now(store, connection_id)
        yield Row(
            "Asana: the same after 50 tasks changed (50 events)",
            f"{changed.requests} requests, {changed.items} bodies, {seconds:.2f} s",
            "1 + 5 requests",
            changed.requests <= 6,
        )
        for number in range(250):
            asana.edit(gids[100 + number % 50], name=f"Renamed {number}")
        busy, seconds = sync_now(store, connection_id)
        yield Row(
            "Asana: the same after 50 tasks changed five times each (250 events)",
            f"{busy.requests} requests, {busy.items} bodies, {seconds:.2f} s",
            "3 + 5 requests",
            busy.requests <= 8,
        )
        asana.streams.forget_tokens()
        lost, seconds = sync_now(store, connection_id)
        yield Row(
            "Asana: the same when Asana knows the token no more",
            f"{lost.requests} requests, {lost.items:,} bodies, {seconds:.1f} s",
            "",
        )


@contextmanager
def _installed(tasks: int) -> Iterator[tuple[AsanaSandbox, Store, int]]:
    asana = AsanaSandbox(now=now, token="bench-token")
    project = asana.add_project("Roadmap", sections=["To do", "Doing"])
    sections = asana.projects[project].sections
    for number in range(tasks):
        asana.create(project, name=f"Task {number}", section=sections[number % 2], created=LONG_AGO)
    with serve(asana) as server, tempfile.TemporaryDirectory() as folder:
        store, connection_id = _install(Path(folder), server.url)
        yield asana, store, connection_id
        store.close()
    asana.close()


def _install(folder: Path, url: str) -> tuple[Store, int]:
    os.environ["BENCH_ASANA_TOKEN"] = "bench-token"
    (folder / "okrs").mkdir()
    (folder / "mappings").mkdir()
    (folder / "hub.yaml").write_text(
        "workspace: Bench\nconnections:\n  asana: {kind: asana, token: '${BENCH_ASANA_TOKEN}', "
        f"base_url: '{url}', allow_private: [127.0.0.0/8]}}\n",
        encoding="utf-8",
    )
    named = [f"kr-{number}" for number in range(len(_PICKERS))]
    (folder / "okrs" / "all.yaml").write_text(
        "cycles: {now: {starts: 2026-10-01, ends: 2030-12-31}}\nteams: {all: {name: All}}\nobjectives:\n"
        "  - objective: one\n    title: One\n    team: all\n    cycle: now\n    key_results:\n"
        + "".join(f"      - {{key_result: {name}, title: {name}, kind: reach, target: 5000}}\n" for name in named),
        encoding="utf-8",
    )
    (folder / "mappings" / "all.yaml").write_text(
        "mappings:\n"
        + "".join(
            f"  - {{key_result: one/{name}, from: asana, select: {{project: Roadmap{picker}}}, "
            "where: [{state: done}], measure: count}\n"
            for name, picker in zip(named, _PICKERS, strict=True)
        ),
        encoding="utf-8",
    )
    reading = read_workspace(folder)
    assert reading.declaration is not None, reading.problems
    store = Store(f"sqlite:///{folder / 'hub.db'}")
    upgrade(store)
    return store, apply(store, reading.declaration, now=now(), who="bench", environ=os.environ).connections[0]
