"""okrhub init: a workspace to start from, clean on every day."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest
import time_machine
from click.testing import CliRunner

from hub.workspace import read_workspace
from tests.cli.command import Command


@pytest.mark.parametrize(
    "today",
    [date(2026, 1, 1), date(2026, 3, 31), date(2026, 4, 1), date(2026, 7, 1), date(2026, 10, 1), date(2026, 12, 31),
     date(2028, 2, 29)],
)  # fmt: skip
def test_init_writes_a_workspace_that_is_clean_on_the_first_and_last_day_of_every_quarter(
    today: date, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner = CliRunner()
    folder = tmp_path / "new"
    with time_machine.travel(datetime(today.year, today.month, today.day, 12), tick=False):
        from hub.cli import group

        assert runner.invoke(group, ["init", str(folder)], standalone_mode=False).return_value == 0
        reading = read_workspace(folder)
        assert [str(problem) for problem in reading.problems] == []
        tested = runner.invoke(group, ["test", "-w", str(folder)], standalone_mode=False)
        assert tested.return_value == 0, tested.output
        assert "1 of 1 examples hold" in tested.output
    assert reading.declaration is not None
    cycle = reading.declaration.cycles[0]
    assert cycle.starts <= today <= cycle.ends
    assert cycle.name == f"Q{(today.month + 2) // 3} {today.year}"


def test_init_overwrites_nothing(okrhub: Command, tmp_path: Path) -> None:
    folder = tmp_path / "new"
    assert okrhub("init", str(folder)).code == 0
    (folder / "hub.yaml").write_text("mine", encoding="utf-8")
    said = okrhub("init", str(folder))
    assert said.code == 1
    assert "hub.yaml is there already: choose an empty folder" in said.err
    assert (folder / "hub.yaml").read_text(encoding="utf-8") == "mine"


def test_init_keeps_secrets_and_data_out_of_git(okrhub: Command, tmp_path: Path) -> None:
    said = okrhub("init", str(tmp_path / "new"))
    assert (tmp_path / "new" / ".gitignore").read_text(encoding="utf-8").split() == [".okrhub/", ".env"]
    assert [line.split("/")[-1] for line in said.out.splitlines() if line.startswith("wrote ")] == [
        "hub.yaml",
        "company.yaml",
        "first.yaml",
        ".env.example",
        ".gitignore",
    ]
