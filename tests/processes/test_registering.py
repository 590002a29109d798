"""Webhooks registered by a real worker, while the real door answers the tool's handshake."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from connectors.sandbox.server import serve
from hub.clock import tick
from hub.processes.installation import child_environ
from hub.queue import TELL_QUEUE, Bell
from hub.settings import Settings
from hub.store import Store
from hub.vault import open_vault
from hub.web import create_app
from tests.flows.house import OKRS, Clock
from tests.hooks.chimes import Hook, reach_over_http
from tests.hooks.house import HookHouse, open_hook_house
from tests.processes.crew import now
from tests.processes.living import children_of, is_alive, wait_for

pytestmark = pytest.mark.slow


class RealClock(Clock):
    """The machine's own time."""

    def __call__(self) -> datetime:
        return now()


class Crew:
    """A house in real time with its door, and the workers that register."""

    def __init__(self, house: HookHouse, settings: Settings, bell: Bell) -> None:
        self.house, self.settings, self.bell = house, settings, bell
        self.workers: list[subprocess.Popen[bytes]] = []

    def hire(self) -> subprocess.Popen[bytes]:
        root = str(Path(__file__).parents[2])
        environ = {**os.environ, **child_environ(self.settings), **self.house.environ, "PYTHONPATH": root}
        command = [sys.executable, "-P", "-m", "tests.hooks.working", "worker", "--queue", TELL_QUEUE]
        made = subprocess.Popen(command, env={**environ, "OKRHUB_LOG": "error"}, start_new_session=True)
        self.workers.append(made)
        return made

    def kill(self, worker: subprocess.Popen[bytes]) -> None:
        jobs = children_of(worker.pid)
        worker.kill()
        worker.wait(10)
        wait_for(lambda: not any(is_alive(pid) for pid in jobs), "the end of the job")

    def tick(self) -> int:
        return tick(self.house.store, self.bell, now()).listeners


@pytest.fixture
def crew(
    tmp_path: Path, settings: Settings, bell: Bell, sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Crew]:
    """A house whose key result reads one list, read once, with nothing registered and nobody at work yet."""
    folder = tmp_path / "workspace"
    folder.mkdir()
    today = now().date()
    okrs = OKRS.replace("2026-10-01", str(today - timedelta(days=45))).replace("2026-12-31", str(today + timedelta(45)))
    with open_hook_house(folder, sqlite_store, RealClock()) as house:
        for name, value in house.environ.items():
            monkeypatch.setenv(name, value)
        where = {"workspace": folder, "data": settings.data, "database_url": sqlite_store.url}
        inside = Settings(**where, redis_url=settings.redis)  # type: ignore[arg-type]
        house.chimes.reach = reach_over_http
        house.chimes.makes_secret = True
        house.apply("a", okrs=okrs)
        house.chimes.add("a")
        assert house.sync().state == "done"
        with serve(create_app(inside)) as door:
            house.vault = open_vault(inside)
            made = Crew(house, inside.model_copy(update={"public_url": door.url}), bell)
            try:
                yield made
            finally:
                for worker in made.workers:
                    with suppress(ProcessLookupError):
                        worker.kill()
                    worker.wait(10)


def test_a_worker_registers_while_the_door_answers_the_handshake(crew: Crew) -> None:
    crew.hire()
    assert crew.tick() == 1
    wait_for(lambda: bool(crew.house.registered("live")), "the webhook")
    (hook,) = crew.house.chimes.hooks.values()
    assert crew.house.vault.unseal(crew.house.registered("live")[0].secret) == hook.secret
    assert crew.house.chimes.ring("C-1") == [204]
    assert crew.house.touched() == {"C-1"}
    wait_for(lambda: crew.house.listener.leased_until is None, "the end of the look")
    assert crew.tick() == 0


def test_a_worker_killed_while_the_tool_answers_leaves_one_webhook_in_the_end(crew: Crew) -> None:
    reached, goes_on = threading.Event(), threading.Event()

    def wait(_hook: Hook) -> None:
        reached.set()
        goes_on.wait(30)

    crew.house.chimes.before_answer = wait
    worker = crew.hire()
    crew.tick()
    assert reached.wait(30)
    crew.kill(worker)
    crew.house.chimes.before_answer = None
    goes_on.set()
    assert [one.state for one in crew.house.registered()] == ["pending"]
    crew.hire()
    assert crew.tick() == 1, "the clock frees what the dead one held, and rings"
    wait_for(lambda: bool(crew.house.registered("live")), "another webhook")
    assert len(crew.house.chimes.hooks) == 2
    assert sorted(crew.house.chimes.ring("C-1")) == [204, 410]
    assert crew.house.chimes.ring("C-1") == [204]
    assert len(crew.house.chimes.hooks) == 1
