"""The tools that register, shake hands, probe and sign as their vendors do, each through the hub's own door."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from connectors.sandbox.asana import AsanaSandbox
from connectors.sandbox.server import serve
from connectors.sandbox.trello import TrelloSandbox
from hub.flows.write_back import write_back
from hub.settings import Settings
from hub.store import Store, write_backs
from hub.web import create_app
from tests.canaries import canary
from tests.flows.house import Clock
from tests.hooks.chimes import ChimesSandbox
from tests.hooks.house import HUB, HookHouse, rule

TOKEN = canary("of-a-tool")


@contextmanager
def at_the_door(folder: Path, store: Store, url: str, clock: Clock, hub: str) -> Iterator[HookHouse]:
    """Open a house for another tool than Chimes, with its door on loopback."""
    house = HookHouse(folder, store, clock, ChimesSandbox(clock), url)
    house.hub = hub
    house.environ["CHIMES_TOKEN"] = TOKEN
    settings = Settings(workspace=folder, data=folder, database_url=store.url, redis_url="redis://127.0.0.1:1")
    with serve(create_app(settings, now=clock)) as door:
        house.public_url = door.url
        yield house


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    made = tmp_path / "workspace"
    made.mkdir()
    monkeypatch.setenv("CHIMES_TOKEN", TOKEN)
    return made


def write(house: HookHouse) -> str:
    """Write what is due, as a worker does."""
    with house.store.read() as tx:
        (due,) = write_backs.due_write_backs(tx, house.clock())
    wanted = {"now": house.clock, "environ": house.environ, "vault": house.vault, "opener": house.opener}
    return write_back(house.store, due, owner="writer", **wanted).state  # type: ignore[arg-type]


def test_asana_shakes_hands_rings_and_is_written_to(
    folder: Path, sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    asana = AsanaSandbox(now=clock, token=TOKEN)
    project, other = asana.add_project("Launch", sections=["To do"]), asana.add_project("Web", sections=["Open"])
    epic = asana.create(other, name="The epic")
    task = asana.create(project, name="A task")
    clock.pass_(hours=1)
    with serve(asana) as tool:
        monkeypatch.setenv("CHIMES_URL", tool.url)
        hub = HUB.replace("kind: chimes", "kind: asana")
        with at_the_door(folder, sqlite_store, tool.url, clock, hub) as house:
            told = rule("a", write_back=f"{{to: '{epic}', by: comment}}").replace("list: a", f"project: '{project}'")
            house.apply("a", rules=[told])
            assert house.sync().state == "done"
            done = house.look()
            assert (done.problem, done.live) == ("", 1)
            asana.complete(task)
            assert asana.drain()
            assert {status for sent in asana.deliveries for status in sent.statuses} == {204}
            assert house.touched() == {task}
            assert house.sync(due=False).state == "done"
            assert house.key_result("a").standing.value == 1
            assert write(house) == "written"
            asana.postman.heartbeat()
            assert asana.drain()
            assert asana.deliveries[-1].statuses == [204]
            hook = next(iter(asana.postman.hooks.values()))
            house.apply("a", rules=[told.replace(project, other)])
            house.sync()
            assert (house.look().removed, hook.gid in asana.postman.hooks) == (1, False)
    asana.close()


def test_trello_probes_signs_over_the_address_and_is_written_to(
    folder: Path, sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    desk = TrelloSandbox(now=clock, token=TOKEN, secret=canary("trello-app"))
    monkeypatch.setenv("CHIMES_KEY", desk.api_key)
    monkeypatch.setenv("CHIMES_HOOK", canary("trello-app"))
    board = next(iter(desk.boards), "") or desk.add_board("Roadmap", "Doing", "Done")
    other = desk.add_board("Epics", "Open")
    epic = desk.create(desk.list_of(other, "Open"), "The epic")
    lists = sorted(one.name for one in desk.columns.values() if one.board == board)
    card = desk.create(desk.list_of(board, lists[0]), "A card")
    with serve(desk) as tool:
        monkeypatch.setenv("CHIMES_URL", tool.url)
        hub = HUB.replace("kind: chimes", "kind: trello").replace(
            "    every:", '    api_key: "${CHIMES_KEY}"\n    webhook_secret: "${CHIMES_HOOK}"\n    every:'
        )
        with at_the_door(folder, sqlite_store, tool.url, clock, hub) as house:
            house.environ.update(CHIMES_KEY=desk.api_key, CHIMES_HOOK=canary("trello-app"))
            name = desk.boards[board].name
            told = rule("a", write_back=f"{{to: '{epic}', by: comment}}").replace("list: a", f"board: {name}")
            house.apply("a", rules=[told])
            assert house.sync().state == "done"
            done = house.look()
            assert (done.problem, done.live) == ("", 1)
            desk.edit(card, due_complete=True)
            assert desk.post.drain()
            assert [sent.statuses for sent in desk.post.deliveries][-1] == [204]
            assert house.touched() == {card}
            assert house.sync(due=False).state == "done"
            assert write(house) == "written"
            (hook,) = desk.post.hooks.values()
            hook.active = False
            clock.pass_(days=1)
            again = house.look()
            assert (again.made, again.live) == (1, 1), "one that Trello switched off is made anew"
    desk.close()
