"""The command line as a shell would run it, a workspace to stand in, and a Jira."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import structlog
import time_machine

from connectors.sandbox.jira import JiraSandbox
from connectors.sandbox.server import serve
from hub.cli import main
from tests.cli.command import TOKEN, Command, Said
from tests.workspace.files import write


@pytest.fixture(autouse=True)
def _own_log() -> Iterator[None]:
    """Logs go to the standard error of one test: what comes after it must not write there."""
    yield
    structlog.reset_defaults()


@pytest.fixture
def okrhub(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], now: datetime) -> Command:
    """Run the command line in this process as a shell would: its arguments, its streams, its exit code."""
    for name in list(os.environ):
        if name.startswith("OKRHUB_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("OKRHUB_USER", "mira")

    def run(*arguments: str) -> Said:
        monkeypatch.setattr("sys.argv", ["okrhub", *arguments])
        capsys.readouterr()
        with time_machine.travel(now, tick=False), pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return Said(ended.value.code, out, err)

    return run


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The example files of the tests, with this folder as the current one."""
    folder = write(tmp_path / "workspace")
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def jira(now: datetime, monkeypatch: pytest.MonkeyPatch) -> Iterator[JiraSandbox]:
    """A Jira with three finished issues of four, and the environment that leads to it."""
    at = [now - timedelta(days=5)]
    site = JiraSandbox(email="hub@acme.test", token=TOKEN, now=lambda: at[0])
    site.add_project("PAY", "Payments")
    for number in range(4):
        key = site.create("PAY", summary=f"Pay [bold]by[/bold] card {number}")
        if number:
            site.transition(key, "Done")
    at[0] = now
    with serve(site) as server:
        monkeypatch.setenv("JIRA_URL", server.url)
        monkeypatch.setenv("JIRA_TOKEN", TOKEN)
        yield site
    site.close()
