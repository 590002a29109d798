"""The command line: exit codes, what is said, and what is never said."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from click.testing import CliRunner

from connectors.sandbox.jira import JiraSandbox
from connectors.sandbox.server import serve
from hub.cli import COMMANDS, main
from hub.store import Store, connections
from hub.workspace import read_workspace
from tests.workspace.files import write

TOKEN = "hunter2-sandbox-token"


class Said:
    """What a command printed, and its exit code."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def all(self) -> str:
        return self.out + self.err

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Command = Callable[..., Said]


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


def edit(folder: Path, name: str, old: str, new: str) -> None:
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


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


def test_lint_says_that_a_good_workspace_is_ready(okrhub: Command, here: Path) -> None:
    said = okrhub("lint")
    assert (said.code, said.out) == (0, "3 files, 2 key results, 1 mapping: ready to apply\n")


def test_lint_prints_each_problem_with_the_word_under_a_caret(okrhub: Command, here: Path) -> None:
    edit(here, "hub.yaml", "team: payments", "team: paymnets")
    said = okrhub("lint")
    assert said.code == 1
    assert said.err == (
        "hub.yaml:14:22  there is no team 'paymnets' (did you mean 'payments'?)  [unknown-team]\n"
        "  14 |   - {to: okrs, team: paymnets}\n"
        "     |                      ^^^^^^^^\n"
        "1 error, 0 warnings\n"
    )


def test_lint_prints_json_for_programs(okrhub: Command, here: Path) -> None:
    edit(here, "hub.yaml", "team: payments", "team: paymnets")
    said = okrhub("lint", "--json")
    assert said.code == 1
    assert said.json == [
        {
            "path": "hub.yaml",
            "line": 14,
            "column": 22,
            "severity": "error",
            "code": "unknown-team",
            "message": "there is no team 'paymnets'",
            "suggestion": "payments",
        }
    ]


def test_lint_prints_the_schema_without_a_workspace(okrhub: Command, tmp_path: Path) -> None:
    said = okrhub("lint", "--schema", "-w", str(tmp_path))
    assert said.code == 0
    assert "$defs" in said.json


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


def test_examples_are_run_and_a_wrong_one_fails(okrhub: Command, here: Path) -> None:
    said = okrhub("test")
    assert (said.code, said.out) == (0, "ok    pay/merchants: what is done counts\n1 of 1 examples hold\n")
    edit(here, "mappings/pay.yaml", "gives: 1", "gives: 2")
    said = okrhub("test", "pay/merchants")
    assert said.code == 1
    assert said.out.startswith("FAIL  pay/merchants: what is done counts\n      ")
    assert okrhub("test", "--json").json[0]["passed"] is False


def test_plan_exits_with_2_while_something_is_pending_and_with_0_afterwards(okrhub: Command, here: Path) -> None:
    said = okrhub("plan")
    assert said.code == 2
    assert "+ key result pay/failed\n" in said.out
    assert said.out.endswith("12 changes would be applied.\n")
    assert okrhub("plan").code == 2  # planning kept nothing
    said = okrhub("apply")
    assert said.code == 0
    assert said.out.endswith("\n12 changes applied.\n")
    said = okrhub("plan")
    assert said.code == 0
    assert said.out.endswith("Files and hub say the same: nothing to change.\n")


def test_plan_exits_with_1_when_the_files_have_errors(okrhub: Command, here: Path) -> None:
    edit(here, "hub.yaml", "kind: jira", "kind: jria")
    for command in ("plan", "apply"):
        said = okrhub(command)
        assert said.code == 1
        assert "there is no tool of kind 'jria' (did you mean 'jira'?)" in said.err


def test_plan_shows_the_old_and_the_new_status_of_a_changed_target(okrhub: Command, here: Path) -> None:
    okrhub("apply")
    edit(here, "okrs/company.yaml", "target: 1.2", "target: 2.2")
    said = okrhub("plan")
    assert said.code == 2
    assert "~ key result pay/failed\n    target: 1.2 → 2.2\n" in said.out
    assert "  pay/failed: 2.3 → 2.3, Off track → On track\n" in said.out
    assert "1 change would be applied.\n" in said.out
    found = okrhub("plan", "--json").json
    assert found["changes"] == [
        {
            "verb": "change",
            "noun": "key result",
            "slug": "pay/failed",
            "fields": [{"field": "target", "before": "1.2", "after": "2.2"}],
        }
    ]
    assert {
        "key": "pay/failed",
        "value": 2.3,
        "new_value": 2.3,
        "status": "off_track",
        "new_status": "on_track",
        "note": "",
    } in found["key_results"]


def test_apply_and_plan_print_json(okrhub: Command, here: Path) -> None:
    assert len(okrhub("apply", "--json").json["changes"]) == 12
    assert okrhub("plan", "--json").json["changes"] == []


def test_texts_of_files_are_printed_as_they_are(okrhub: Command, here: Path) -> None:
    okrhub("apply")
    edit(here, "okrs/company.yaml", "name: Payments", 'name: "[red]Pay[/nonsense]"')
    assert "name: Payments → [red]Pay[/nonsense]\n" in okrhub("plan").out


def test_sync_reads_and_says_what_moved(okrhub: Command, here: Path, jira: JiraSandbox) -> None:
    okrhub("apply")
    said = okrhub("sync")
    assert said.code == 0
    assert said.out.startswith("jira-main: 4 items in ")
    assert "  pay/merchants: 3, Not judged yet → Off track\n" in said.out
    assert TOKEN not in said.all


def test_sync_of_a_key_result_kept_by_hand_is_wrong_usage(okrhub: Command, here: Path) -> None:
    okrhub("apply")
    said = okrhub("sync", "pay/failed")
    assert said.code == 64
    assert "pay/failed is kept by check-ins: no tool is read for it" in said.err


def test_sync_without_a_connection_says_what_to_do(okrhub: Command, here: Path) -> None:
    said = okrhub("sync")
    assert said.code == 1
    assert "there is no connection to read: `okrhub apply` a workspace with one first" in said.err


def test_a_secret_that_is_not_set_is_named_with_its_field_and_variable(
    okrhub: Command, here: Path, jira: JiraSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    okrhub("apply")
    monkeypatch.delenv("JIRA_TOKEN")
    said = okrhub("sync")
    assert said.code == 1
    assert "token refers to ${JIRA_TOKEN}, which is not set in the environment" in said.out
    assert "Set JIRA_TOKEN where the hub is started" in said.out
    assert jira.requests == []


def test_explain_shows_the_rule_and_each_item(okrhub: Command, here: Path, jira: JiraSandbox) -> None:
    okrhub("apply")
    okrhub("sync")
    said = okrhub("explain", "pay/merchants")
    assert said.code == 0
    assert said.out.startswith("40 merchants live\n3 merchants, off track, fresh\n\nRule, revision 1, by mira on 23 Nov 2026\n")
    assert "  1  key_result: pay/merchants\n" in said.out
    assert "Counted (3)" in said.out
    assert "Pay [bold]by[/bold] card 1" in said.out
    assert said.out.endswith("Value: 3\n")
    assert TOKEN not in said.all


def test_explain_prints_json(okrhub: Command, here: Path, jira: JiraSandbox) -> None:
    okrhub("apply")
    okrhub("sync")
    found = okrhub("explain", "pay/merchants", "--json").json
    assert (found["key"], found["value"], found["would_be"], found["status"]) == ("pay/merchants", 3, 3, "off_track")
    assert (found["freshness"], found["rule"]) == ("fresh", {"revision": 1, "connection": "jira-main"})
    assert sorted(item["group"] for item in found["items"]) == ["counted", "counted", "counted", "left_out"]
    assert [item["adds"] for item in found["items"] if item["group"] == "counted"] == [1, 1, 1]


def test_explain_of_a_key_result_kept_by_hand(okrhub: Command, here: Path) -> None:
    okrhub("apply")
    said = okrhub("explain", "pay/failed")
    assert said.code == 0
    assert "2.3\u00a0%, off track, fresh\nKept by check-ins: no mapping stands behind it.\n" in said.out


def test_explain_of_something_unknown_suggests_what_was_meant(okrhub: Command, here: Path) -> None:
    okrhub("apply")
    said = okrhub("explain", "pay/merchant")
    assert said.code == 1
    assert said.err == "okrhub: there is no key result 'pay/merchant' (did you mean 'pay/merchants'?)\n"


def test_words_in_brackets_are_only_words(okrhub: Command, here: Path) -> None:
    okrhub("apply")
    said = okrhub("explain", "[/nonsense]")
    assert said.code == 1
    assert said.err == "okrhub: there is no key result '[/nonsense]'\n"


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


def test_the_database_is_upgraded_by_name(okrhub: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OKRHUB_DATABASE_URL", f"sqlite:///{tmp_path}/x/hub.db")
    said = okrhub("db", "upgrade")
    assert (said.code, said.out) == (0, "the database is at revision 0001\n")


def test_everything_works_on_postgresql_too(
    okrhub: Command, here: Path, jira: JiraSandbox, postgres_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OKRHUB_DATABASE_URL", postgres_store.url)
    assert [okrhub(*one).code for one in (("plan",), ("apply",), ("sync",), ("plan",), ("explain", "pay/merchants"))] == [
        2,
        0,
        0,
        0,
        0,
    ]
    with postgres_store.read() as tx:
        assert [row.last_ok_at is not None for row in connections.all_connections(tx)] == [True]
    assert not (here / ".okrhub").exists()


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
def test_pages_without_accounts_are_for_this_machine_alone(
    okrhub: Command, here: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setenv("OKRHUB_HOST", "0.0.0.0")
    said = okrhub(command)
    assert said.code == 1
    assert "OKRHUB_HOST is 0.0.0.0, but there are no accounts yet" in said.err
