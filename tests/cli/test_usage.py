"""Exit codes, help, and where the command line looks for things."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.cli import COMMANDS
from hub.store.migrate import newest_revision
from tests.cli.command import Command
from tests.workspace.files import write


@pytest.mark.parametrize(
    "arguments",
    [
        ("nonsense",),
        ("lint", "--nonsense"),
        ("plan", "extra"),
        ("explain",),
        ("init",),
        ("worker", "--queue", "nonsense"),
        ("test", "no/such"),
        ("sync", "no/such"),
        (),
    ],
)
def test_wrong_usage_exits_with_64(okrhub: Command, here: Path, arguments: tuple[str, ...]) -> None:
    assert okrhub(*arguments).code == 64


@pytest.mark.parametrize("command", [None, *COMMANDS])
def test_every_command_has_help_that_says_what_it_does(okrhub: Command, command: str | None) -> None:
    said = okrhub(*([command] if command else []), "-h")
    assert said.code == 0
    assert said.out.startswith("Usage: okrhub")
    assert len(said.out.splitlines()) > 3


def test_the_version_is_said(okrhub: Command) -> None:
    assert okrhub("--version").out == "okrhub, version 0.1.0\n"


@pytest.mark.parametrize("command", ["lint", "plan", "apply", "test"])
def test_a_folder_without_a_workspace_is_a_problem_with_a_way_out(
    okrhub: Command, tmp_path: Path, command: str
) -> None:
    said = okrhub(command, "-w", str(tmp_path))
    assert said.code == 1
    assert "`okrhub init DIR` makes a workspace to start from" in said.err
    assert not (tmp_path / ".okrhub").exists()


def test_the_workspace_may_be_named_by_the_environment(
    okrhub: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OKRHUB_WORKSPACE", str(write(tmp_path / "there")))
    assert okrhub("lint").code == 0


def test_the_database_is_upgraded_by_name(okrhub: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OKRHUB_DATABASE_URL", f"sqlite:///{tmp_path}/x/hub.db")
    said = okrhub("db", "upgrade")
    assert (said.code, said.out) == (0, f"the database is at revision {newest_revision()}\n")


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("OKRHUB_PORT", "many", "okrhub: OKRHUB_PORT"),
        ("OKRHUB_TICK", "0", "okrhub: OKRHUB_TICK"),
        ("OKRHUB_DATABASE_URL", "nonsense", "okrhub: OKRHUB_DATABASE_URL"),
    ],
)
def test_a_setting_of_the_environment_that_makes_no_sense_is_named(
    okrhub: Command, here: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, problem: str
) -> None:
    monkeypatch.setenv(name, value)
    said = okrhub("plan")
    assert said.code == 64
    assert said.err.startswith(problem)
    assert "Traceback" not in said.all


@pytest.mark.parametrize("command", ["web", "up"])
def test_pages_beyond_this_machine_need_the_address_that_people_open(
    okrhub: Command, here: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setenv("OKRHUB_HOST", "0.0.0.0")
    said = okrhub(command)
    assert said.code == 1
    assert "set OKRHUB_PUBLIC_URL to the address that people open" in said.err


@pytest.mark.parametrize("command", ["web", "up"])
def test_pages_without_a_sign_in_are_for_this_machine_alone(
    okrhub: Command, here: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setenv("OKRHUB_HOST", "0.0.0.0")
    monkeypatch.setenv("OKRHUB_PUBLIC_URL", "https://okrs.acme.test")
    monkeypatch.setenv("OKRHUB_OPEN_AS", "ines@acme.test")
    said = okrhub(command)
    assert said.code == 1
    assert "OKRHUB_OPEN_AS opens the pages without a sign-in" in said.err


@pytest.mark.parametrize("command", [("web",), ("clock",), ("worker",), ("db", "upgrade")])
def test_a_folder_that_is_no_workspace_is_left_as_it_is(
    okrhub: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    said = okrhub(*command)
    assert said.code == 1
    assert f"there is no hub.yaml in {tmp_path}: go to your workspace" in said.err
    assert list(tmp_path.iterdir()) == []
