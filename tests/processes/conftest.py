"""A real queue server in a folder of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from hub.flows.judge import judge_all
from hub.processes.queue_server import clear_runtime, server_command, wait_for_server
from hub.queue import Bell
from hub.settings import Settings
from hub.store import Store
from tests.flows.house import FINISHED, FINISHED_RULE, OKRS, House, open_house
from tests.processes.crew import Crew, now


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """The settings of an installation whose folders belong to this test alone, whatever the environment says."""
    for name in [name for name in os.environ if name.startswith("OKRHUB_")]:
        monkeypatch.delenv(name)
    runtime = tempfile.mkdtemp(prefix="okr-")  # a socket's path must be short, and a test's own folder is deep
    monkeypatch.setenv("TMPDIR", runtime)
    monkeypatch.setattr(tempfile, "tempdir", runtime)
    yield Settings(workspace=tmp_path / "workspace", data=tmp_path / "data", database_url="", redis_url="", tick=0.2)
    shutil.rmtree(runtime, ignore_errors=True)


@pytest.fixture
def queue_server(settings: Settings) -> Iterator[subprocess.Popen[bytes]]:
    """A running Valkey or Redis, ended with the test."""
    server = subprocess.Popen(server_command(settings), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for_server(settings.redis)
        yield server
    finally:
        server.terminate()
        server.wait(10)
        clear_runtime(settings)


@pytest.fixture
def bell(settings: Settings, queue_server: subprocess.Popen[bytes]) -> Iterator[Bell]:
    """A bell on that server."""
    made = Bell(settings.redis)
    yield made
    made.redis.close()


@pytest.fixture
def house(tmp_path: Path, store: Store) -> Iterator[House]:
    """A house with one key result that was judged today, on each database in turn."""
    folder = tmp_path / "workspace"
    folder.mkdir()
    with open_house(folder, store) as made:
        made.apply((FINISHED_RULE,), (FINISHED,))
        judge_all(made.store, made.clock())
        yield made


@contextmanager
def _house(folder: Path, store: Store) -> Iterator[House]:
    class Now:
        def __call__(self) -> datetime:
            return now()

    with ExitStack() as tools:
        yield House(folder, store, Now(), tools)  # type: ignore[arg-type]


@pytest.fixture
def crew(tmp_path: Path, settings: Settings, bell: Bell, store: Store) -> Iterator[Crew]:
    """A house in real time with nobody at work yet, on each database in turn."""
    folder = tmp_path / "workspace"
    folder.mkdir()
    here = Settings(workspace=folder, data=settings.data, database_url=store.url, redis_url=settings.redis, tick=0.2)
    today = now().date()
    okrs = OKRS.replace("2026-10-01", str(today - timedelta(days=45))).replace("2026-12-31", str(today + timedelta(45)))
    with _house(folder, store) as house:
        house.apply((FINISHED_RULE,), (FINISHED,), okrs=okrs)
        made = Crew(house, here, bell)
        try:
            yield made
        finally:
            house.jira.delay = 0.0
            made.dismiss()
