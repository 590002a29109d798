"""`okrhub up` itself: refused, killed, stopped at any time, started again."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path
from urllib.parse import urlencode

import pytest

from hub.processes.installation import only_one
from hub.settings import Settings
from tests.processes.living import children_of, is_alive, wait_for

OKRHUB = [sys.executable, "-P", "-m", "hub.cli"]


class RealUp:
    """`okrhub up` in a new workspace."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        subprocess.run([*OKRHUB, "init", str(folder)], check=True, capture_output=True, timeout=60)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        clean = {name: value for name, value in os.environ.items() if not name.startswith("OKRHUB_")}
        self.environ = {**clean, "OKRHUB_PORT": str(self.port), "OKRHUB_LOG": "error"}

    def start(self) -> subprocess.Popen[str]:
        return subprocess.Popen([*OKRHUB, "up"], cwd=self.folder, env=self.environ, stderr=subprocess.PIPE, text=True)

    def wait_until_up(self, up: subprocess.Popen[str]) -> str:
        """Return the line that says so."""
        assert up.stderr is not None
        said = []
        for line in up.stderr:
            said.append(line)
            if "OKR Hub is up" in line:
                return line
        raise AssertionError("".join(said))

    def crew(self, up: subprocess.Popen[str]) -> list[int]:
        """Return every process below the supervisor."""
        found = children_of(up.pid)
        for pid in found:
            found.extend(children_of(pid))
        return found


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
def test_okrhub_up_serves_its_workspace_and_killed_leaves_nothing_and_starts_again_and_ends_on_sigterm(
    tmp_path: Path,
) -> None:
    """The workspace's own folder named mappings must not be taken for the package of that name."""
    real = RealUp(tmp_path / "new")
    with real.start() as up:
        said = real.wait_until_up(up)
        assert up.stderr is not None
        link = next((line.strip() for line in up.stderr if "/set-up/" in line), "")
        assert f"http://127.0.0.1:{real.port}" in said
        assert link.startswith(f"http://127.0.0.1:{real.port}/set-up/")
        assert "My Company" in become_admin(link)
        assert (real.folder / ".okrhub").stat().st_mode & 0o077 == 0
        crew = real.crew(up)
        assert len(crew) >= 8  # queue server, four workers, clock, web and web's child
        up.kill()
    with real.start() as again:  # at once: it waits for what is still ending
        real.wait_until_up(again)
        assert [pid for pid in crew if is_alive(pid)] == []
        crew = real.crew(again)
        again.send_signal(signal.SIGTERM)
        assert again.wait(30) == 0
    assert [pid for pid in crew if is_alive(pid)] == []


@pytest.mark.slow
def test_okrhub_up_stopped_while_it_starts_leaves_nothing(tmp_path: Path) -> None:
    real = RealUp(tmp_path / "new")
    with real.start() as up:
        wait_for(lambda: bool(children_of(up.pid)), "its first child")
        crew = real.crew(up)
        up.send_signal(signal.SIGHUP)
        assert up.stderr is not None
        said = up.stderr.read()
        assert up.wait(30) == 0
    assert "OKR Hub is up" not in said
    assert "stopped" in said
    assert [pid for pid in crew if is_alive(pid)] == []


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
