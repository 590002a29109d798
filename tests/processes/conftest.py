"""A real queue server in a folder of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.flows.judge import judge_all
from hub.processes.queue_server import clear_runtime, server_command, wait_for_server
from hub.queue import Bell
from hub.settings import Settings
from hub.store import Store
from tests.flows.house import FINISHED, FINISHED_RULE, House, open_house


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
