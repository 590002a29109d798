"""What reading Trello costs: the wire's count through the whole sync, over HTTP on loopback."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from connectors.sandbox.server import serve
from connectors.sandbox.trello import TrelloSandbox
from hub.flows.plan import apply
from hub.store import Store, connections
from hub.store.migrate import upgrade
from hub.workspace import read_workspace
from tests.bench.main_job import LONG_AGO, now, sync_now
from tests.bench.row import Row

_PICKERS = ("", ", archived: 'yes'", ", list: Done", ", list: To Do", ", label: okr")


def trello_budgets() -> Iterator[Row]:
    """Trello: reads of a board of 900 cards and of one of 5,000, five selections on each."""
    for cards, unchanged, changed in ((900, 1, 7), (5000, 8, 14)):
        with _installed(cards) as (desk, store, connection_id):
            first, seconds = sync_now(store, connection_id)
            resolved = 2 * len(_PICKERS)
            yield Row(
                f"Trello: first read of a {cards:,}-card board, five selections",
                f"{first.requests} requests ({resolved} to find names), {first.items:,} bodies, {seconds:.1f} s",
                "",
            )
            again, seconds = sync_now(store, connection_id)
            size = len((_cursor(store, connection_id) or "").encode())
            yield Row(
                f"Trello: re-read of an unchanged {cards:,}-card board",
                f"{again.requests} request{'s' * (again.requests > 1)}, {again.items} bodies, {seconds:.2f} s, "
                f"cursor of {size / 1024:.0f} KB",
                f"{unchanged} request{'s' * (unchanged > 1)}",
                again.requests <= unchanged,
            )
            for card in sorted(desk.cards)[:50]:
                desk.edit(card, due_complete=True)
            moved, seconds = sync_now(store, connection_id)
            yield Row(
                "Trello: the same after 50 cards were completed",
                f"{moved.requests} requests, {moved.items} bodies, {seconds:.2f} s",
                f"{changed} requests",
                moved.requests <= changed,
            )


def _cursor(store: Store, connection_id: int) -> str | None:
    with store.read() as tx:
        return connections.cursor_of(tx, connection_id)


@contextmanager
def _installed(cards: int) -> Iterator[tuple[TrelloSandbox, Store, int]]:
    desk = TrelloSandbox(now=now, send=lambda *_: 200)
    board = desk.add_board("Roadmap")
    okr = desk.add_label(board, "okr")
    lists = [desk.list_of(board, name) for name in ("To Do", "Doing", "Done")]
    for number in range(cards):
        labels = (okr,) if number % 4 == 0 else ()
        made = LONG_AGO + timedelta(seconds=number)
        desk.create(lists[number % 3], f"Card {number}", labels=labels, created=made)
    with serve(desk) as server, tempfile.TemporaryDirectory() as folder:
        store, connection_id = _install(Path(folder), server.url, desk)
        yield desk, store, connection_id
        store.close()
    desk.close()


def _install(folder: Path, url: str, desk: TrelloSandbox) -> tuple[Store, int]:
    os.environ["BENCH_TRELLO_KEY"], os.environ["BENCH_TRELLO_TOKEN"] = desk.api_key, desk.token
    (folder / "okrs").mkdir()
    (folder / "mappings").mkdir()
    (folder / "hub.yaml").write_text(
        "workspace: Bench\nconnections:\n  trello: {kind: trello, api_key: '${BENCH_TRELLO_KEY}', "
        f"token: '${{BENCH_TRELLO_TOKEN}}', base_url: '{url}', allow_private: [127.0.0.0/8]}}\n",
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
            f"  - {{key_result: one/{name}, from: trello, select: {{board: Roadmap{picker}}}, "
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
