"""okrhub lint, test, plan and apply."""

from __future__ import annotations

from pathlib import Path

from tests.cli.command import Command, edit


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


def test_a_corrected_check_in_is_said_not_to_be_taken(okrhub: Command, here: Path) -> None:
    okrhub("apply")
    edit(here, "okrs/company.yaml", "value: 2.3", "value: 2.1")
    said = okrhub("plan")
    assert said.code == 0
    assert "not taken: pay/failed: the check-in of 2026-11-19 was taken as 2.3, and the file now says 2.1." in said.out
    assert len(okrhub("plan", "--json").json["not_taken"]) == 1
