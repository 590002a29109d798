"""The supervisor starts, restarts and ends; nothing stays behind whichever way it goes."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlencode

import pytest

from hub.processes.installation import AlreadyRunning, child_environ, only_one, programs
from hub.processes.queue_server import NoQueueServer, server_command, wait_for_server
from hub.processes.supervisor import Program, StartFailed, Supervisor
from hub.queue import Bell
from hub.settings import Settings
from tests.processes.living import children_of, is_alive, wait_for

SLEEP = ["/bin/sleep", "300"]

# The hub's own programs without the pages, under a supervisor of their own.
UP = """
import json, signal, sys
from hub.processes.installation import programs
from hub.processes.queue_server import clear_runtime
from hub.processes.supervisor import Supervisor
from hub.settings import Settings
settings = Settings()
keeper = Supervisor(programs(settings, sync_workers=1, with_web=False), say=lambda line: None, quiet=True)
signal.signal(signal.SIGTERM, lambda *_: keeper.stopping.set())
keeper.start()
print(json.dumps(keeper.pids()), flush=True)
keeper.run(0.05)
keeper.stop()
clear_runtime(settings)
"""


class Said(list[str]):
    def __call__(self, line: str) -> None:
        self.append(line)


def test_programs_start_in_order_each_after_the_one_before_is_ready(tmp_path: Path) -> None:
    seen: list[str] = []
    keeper = Supervisor(
        [Program(name, SLEEP, ready=lambda name=name: seen.append(name) is None) for name in ("a", "b", "c")],
        say=Said(),
    )
    keeper.start()
    try:
        assert seen == ["a", "b", "c"]
        assert list(keeper.pids()) == ["a", "b", "c"]
    finally:
        keeper.stop()


def test_a_program_that_dies_is_started_again(tmp_path: Path) -> None:
    said = Said()
    keeper = Supervisor([Program("worker", SLEEP), Program("clock", SLEEP)], say=said)
    keeper.start()
    try:
        before = keeper.pids()
        os.kill(before["worker"], signal.SIGKILL)
        wait_for(lambda: not is_alive(before["worker"]), "the end of the worker")

        def is_back() -> bool:
            keeper.look()
            return keeper.pids().get("worker", before["worker"]) != before["worker"]

        wait_for(is_back, "another worker")
        assert keeper.pids()["clock"] == before["clock"]
        assert said == ["worker ended with signal SIGKILL, starting it again"]
    finally:
        keeper.stop()


def test_a_program_that_always_dies_is_started_ever_less_often(monkeypatch: pytest.MonkeyPatch) -> None:
    from hub.processes import supervisor

    class Time:
        at = 1000.0

        def monotonic(self) -> float:
            return self.at

        def sleep(self, seconds: float) -> None:
            self.at += seconds

    time = Time()
    monkeypatch.setattr(supervisor, "time", time)
    keeper = Supervisor([Program("odd", ["/bin/sh", "-c", "exit 3"])], say=Said())
    starts: list[float] = []
    spawn = keeper._spawn

    def note(program: Program) -> None:
        starts.append(time.at)
        spawn(program)

    monkeypatch.setattr(keeper, "_spawn", note)
    keeper.start()
    while len(starts) < 5:
        child = keeper._children["odd"]
        child.wait(20)
        keeper.look()
        time.at = round(time.at + 0.1, 1)
    gaps = [after - before for before, after in pairwise(starts)]
    waits = [0.4, 0.8, 1.6, 3.2]  # and up to two looks on top: one that sees the death, one that starts it again
    assert all(wait - 0.01 <= gap < wait + 0.25 for wait, gap in zip(waits, gaps, strict=True)), gaps
    keeper.stop()


def test_what_outlives_the_others_is_stopped_after_them(tmp_path: Path) -> None:
    order = tmp_path / "order"
    made = []
    for name in "abc":
        code = (
            "import signal, sys, time\n"
            "def stop(*_):\n"
            f"    with open({str(order)!r}, 'a') as order: order.write({name!r})\n"
            "    sys.exit()\n"
            "signal.signal(signal.SIGTERM, stop)\n"
            f"open({str(tmp_path / name)!r}, 'w').close()\n"
            "time.sleep(300)"
        )
        made.append(Program(name, [sys.executable, "-c", code], outlives=name == "a"))
    keeper = Supervisor(made, say=Said())
    keeper.start()
    pids = list(keeper.pids().values())
    wait_for(lambda: all((tmp_path / name).exists() for name in "abc"), "three programs")
    keeper.stop()
    assert sorted(order.read_text()) == ["a", "b", "c"]
    assert order.read_text()[-1] == "a"
    assert not any(is_alive(pid) for pid in pids)
    assert keeper.pids() == {}


def test_a_program_that_does_not_listen_is_killed_with_its_group(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hub.processes import supervisor

    monkeypatch.setattr(supervisor, "STOP_SECONDS", 0.2)
    code = (
        "import signal, subprocess, sys, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(300)'])\n"
        f"open({str(tmp_path / 'pid')!r}, 'w').write(str(child.pid) + '.')\n"
        "time.sleep(300)"
    )
    keeper = Supervisor([Program("deaf", [sys.executable, "-c", code])], say=Said())
    keeper.start()
    wait_for(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text().endswith("."), "its child")
    pid = int((tmp_path / "pid").read_text().rstrip("."))
    keeper.stop()
    wait_for(lambda: not is_alive(pid), "the end of its child")


def test_a_program_that_cannot_be_started_says_so() -> None:
    keeper = Supervisor([Program("web", ["/nowhere/okrhub"])], say=Said())
    with pytest.raises(StartFailed, match="web could not be started"):
        keeper.start()


def up(settings: Settings) -> tuple[subprocess.Popen[str], dict[str, int]]:
    (settings.workspace).mkdir(exist_ok=True)
    environ = {**os.environ, **child_environ(settings), "OKRHUB_REDIS_URL": ""}
    keeper = subprocess.Popen([sys.executable, "-c", UP], env=environ, stdout=subprocess.PIPE, text=True)
    assert keeper.stdout is not None
    pids: dict[str, int] = json.loads(keeper.stdout.readline())
    return keeper, pids


@pytest.mark.slow
def test_the_whole_hub_stops_and_leaves_no_process_and_no_runtime_folder(settings: Settings) -> None:
    keeper, pids = up(settings)
    assert list(pids) == ["queue server", "sync worker 1", "tell worker 1", "tell worker 2", "clock"]
    assert settings.runtime_dir.is_dir()
    keeper.send_signal(signal.SIGTERM)
    assert keeper.wait(30) == 0
    keeper.stdout.close()  # type: ignore[union-attr]
    assert [name for name, pid in pids.items() if is_alive(pid)] == []
    assert not settings.runtime_dir.exists()


@pytest.mark.slow
def test_when_the_supervisor_is_killed_the_kernel_ends_its_children(settings: Settings) -> None:
    keeper, pids = up(settings)
    grandchildren = [pid for parent in pids.values() for pid in children_of(parent)]
    keeper.kill()
    keeper.wait(10)
    keeper.stdout.close()  # type: ignore[union-attr]
    wait_for(lambda: not any(is_alive(pid) for pid in [*pids.values(), *grandchildren]), "the end of all children")


@pytest.mark.slow
def test_after_a_kill_the_hub_starts_again_on_the_same_folder(settings: Settings) -> None:
    keeper, pids = up(settings)
    bell = Bell(settings.redis)
    bell.redis.set("kept", "yes")
    bell.redis.close()
    keeper.kill()
    keeper.wait(10)
    keeper.stdout.close()  # type: ignore[union-attr]
    wait_for(lambda: not any(is_alive(pid) for pid in pids.values()), "the end of all children")
    again, _ = up(settings)
    bell = Bell(settings.redis)
    assert bell.redis.get("kept") == b"yes"
    bell.redis.close()
    again.send_signal(signal.SIGTERM)
    assert again.wait(30) == 0
    again.stdout.close()  # type: ignore[union-attr]


def test_a_second_start_on_the_same_data_folder_is_refused(settings: Settings) -> None:
    with only_one(settings), pytest.raises(AlreadyRunning, match="is in use"), only_one(settings):
        pass
    with only_one(settings):
        pass  # the lock ends with the block


def test_okrhub_up_is_refused_while_another_runs(settings: Settings) -> None:
    settings.workspace.mkdir()
    (settings.workspace / "hub.yaml").write_text("workspace: Test\n")
    environ = {**os.environ, "OKRHUB_WORKSPACE": str(settings.workspace), "OKRHUB_DATA": str(settings.data_dir)}
    with only_one(settings):
        done = subprocess.run(
            [sys.executable, "-m", "hub.cli", "up"],
            env=environ,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 1
    assert "the hub is running there already" in " ".join(done.stderr.split())
    assert not settings.runtime_dir.exists()


def test_the_queue_server_works_from_a_deep_data_folder(tmp_path: Path, settings: Settings) -> None:
    deep = tmp_path.joinpath(*["a-folder-with-a-long-name"] * 8)
    found = Settings(workspace=tmp_path, data=deep, database_url="", redis_url="")
    assert len(str(deep)) > 200
    assert len(found.redis.removeprefix("unix://")) <= 107
    server = subprocess.Popen(server_command(found), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for_server(found.redis)
        assert (found.runtime_dir.stat().st_mode & 0o777, (deep / "queue").stat().st_mode & 0o777) == (0o700, 0o700)
        assert (found.runtime_dir / "queue.sock").stat().st_mode & 0o777 == 0o600
    finally:
        server.terminate()
        server.wait(10)


def test_the_queue_server_listens_to_no_port(settings: Settings, bell: Bell) -> None:
    assert bell.redis.config_get("port")["port"] == "0"
    assert bell.redis.config_get("appendonly")["appendonly"] == "yes"


def test_a_runtime_folder_that_others_may_enter_is_refused(settings: Settings) -> None:
    settings.runtime_dir.mkdir(mode=0o755)
    settings.runtime_dir.chmod(0o755)
    with pytest.raises(NoQueueServer, match="belongs to somebody else"):
        server_command(settings)


def test_a_server_that_does_not_answer_is_given_up(settings: Settings) -> None:
    with pytest.raises(NoQueueServer, match="did not answer within 0 s"):
        wait_for_server(settings.redis, seconds=0.0)


def test_with_a_queue_server_of_ones_own_none_is_started(settings: Settings) -> None:
    own = Settings(workspace=settings.workspace, data=settings.data, database_url="", redis_url="redis://elsewhere")
    assert [one.name for one in programs(own)] == [
        "sync worker 1",
        "sync worker 2",
        "tell worker 1",
        "tell worker 2",
        "clock",
        "web",
    ]
    assert programs(settings)[0].name == "queue server"


def become_admin(link: str) -> str:
    """Open a set-up link as a browser does, fill in its form, and return the page that this leads to."""
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    with browser.open(link, timeout=10) as answer:
        token = re.search(r'name="csrf_token" value="([^"]+)"', answer.read().decode())
    assert token is not None
    password = "four words in a row"
    form = {"csrf_token": token[1], "email": "ines@acme.test", "name": "Ines", "password": password, "again": password}
    with browser.open(link, data=urlencode(form).encode(), timeout=10) as answer:
        return str(answer.read().decode())


@pytest.mark.slow
def test_okrhub_up_serves_the_pages_of_the_workspace_it_stands_in(tmp_path: Path) -> None:
    """The workspace's own folder named mappings must not be taken for the package of that name."""
    folder = tmp_path / "new"
    okrhub = [sys.executable, "-P", "-m", "hub.cli"]
    subprocess.run([*okrhub, "init", str(folder)], check=True, capture_output=True, timeout=60)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("OKRHUB_")}
    with subprocess.Popen(
        [*okrhub, "up"], cwd=folder, env={**clean, "OKRHUB_PORT": str(port)}, stderr=subprocess.PIPE, text=True
    ) as up:
        assert up.stderr is not None
        said = next((line for line in up.stderr if "OKR Hub is up" in line or "okrhub:" in line), "")
        link = next((line.strip() for line in up.stderr if "/set-up/" in line), "")
        page = become_admin(link)
        up.send_signal(signal.SIGINT)
        up.stderr.read()
    assert f"http://127.0.0.1:{port}" in said
    assert link.startswith(f"http://127.0.0.1:{port}/set-up/")
    assert "My Company" in page
    assert up.returncode == 0
    assert (folder / ".okrhub").stat().st_mode & 0o077 == 0
