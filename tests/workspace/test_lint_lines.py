"""Every problem of a workspace is one line: where, what is wrong, and what probably was meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.workspace import read_workspace
from tests.workspace.files import write
from tests.workspace.mistakes import HUB, MAPPINGS, OKRS, ONE_PROBLEM, Change


def lines(folder: Path, monkeypatch: pytest.MonkeyPatch, *changes: Change, **more: str) -> list[str]:
    """Write a workspace and return what lint says, from within its folder."""
    monkeypatch.chdir(write(folder, *changes, **more))
    reading = read_workspace(Path())
    said = [str(problem) for problem in reading.problems]
    assert (reading.declaration is None) == any("warning: " not in line for line in said)
    return said


@pytest.mark.parametrize(("change", "line"), ONE_PROBLEM)
def test_one_mistake_is_one_line_at_its_place(
    change: Change, line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert lines(tmp_path, monkeypatch, change) == [line]


def test_a_workspace_without_a_mistake_says_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert lines(tmp_path, monkeypatch) == []


def test_all_problems_of_all_files_are_said_at_once_in_the_order_of_the_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = lines(
        tmp_path,
        monkeypatch,
        (HUB, "every: 15", "every: 15 x"),
        (HUB, '"${JIRA_TOKEN}"', "plain"),
        (HUB, "time_zone: Europe/Berlin\n", ""),
        (OKRS, "kind: reach", "kind: reaches"),
        (OKRS, "target: 1.2", "target: many"),
        (MAPPINGS, "measure: count", "mesure: count"),
    )
    assert [line.split("  ")[0] for line in found] == [
        "hub.yaml:7:12",
        "hub.yaml:8:12",
        "mappings/pay.yaml:2:5",
        "mappings/pay.yaml:8:5",
        "okrs/company.yaml:16:15",
        "okrs/company.yaml:23:17",
    ]


def test_names_that_lead_nowhere_are_all_said_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = lines(
        tmp_path,
        monkeypatch,
        (HUB, "{to: okrs, team: payments}", "{to: [okr, okrs, teams], team: growth}"),
        (OKRS, "    cycle: q4", "    cycle: q3"),
        (MAPPINGS, "from: jira-main", "from: jira-man"),
    )
    assert found == [
        "hub.yaml:14:11  there is no channel 'okr' (did you mean 'okrs'?)  [unknown-channel]",
        "hub.yaml:14:22  there is no channel 'teams'  [unknown-channel]",
        "hub.yaml:14:36  there is no team 'growth'  [unknown-team]",
        "mappings/pay.yaml:4:11  there is no connection 'jira-man': there are jira-main (jira) "
        "(did you mean 'jira-main'?)  [unknown-connection]",
        "okrs/company.yaml:11:12  there is no cycle 'q3'  [unknown-cycle]",
    ]


MORE = """\
cycles:
  q4: {starts: 2026-10-01, ends: 2026-12-31}
teams:
  payments: {name: Pay}
objectives:
  - {objective: pay, title: T, team: payments, cycle: q4, owner: a@acme.test}
"""


def test_what_two_files_both_declare_is_named_with_its_first_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = lines(tmp_path, monkeypatch, **{"okrs/more.yaml": MORE})
    assert [line for line in found if "warning" not in line] == [
        "okrs/more.yaml:2:3  the cycle 'q4' is already at okrs/company.yaml:2  [duplicate]",
        "okrs/more.yaml:4:3  the team 'payments' is already at okrs/company.yaml:6  [duplicate]",
        "okrs/more.yaml:6:17  the objective 'pay' is already at okrs/company.yaml:8  [duplicate]",
    ]


def test_two_key_results_of_one_name_are_found_even_on_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    twice = "[{key_result: a, title: A, kind: baseline}, {key_result: a, title: B, kind: baseline}]"
    change = (
        OKRS,
        "objectives:\n",
        f"objectives:\n  - {{objective: x, title: X, team: payments, cycle: q4, key_results: {twice}}}\n",
    )
    found = [line for line in lines(tmp_path, monkeypatch, change) if "warning" not in line]
    assert found == ["okrs/company.yaml:8:127  the key result 'x/a' is already at okrs/company.yaml:8  [duplicate]"]


def test_a_key_result_that_two_mappings_claim_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    claim = "{key_result: pay/merchants, owner: a@acme.test, from: jira-main, select: project = X, measure: count}"
    again = f"mappings:\n  - {claim}\n"
    found = [line for line in lines(tmp_path, monkeypatch, **{"mappings/zz.yaml": again}) if "warning" not in line]
    assert found == [
        "mappings/zz.yaml:2:18  'pay/merchants' already has a mapping at mappings/pay.yaml:2  [duplicate-mapping]"
    ]


@pytest.mark.parametrize(
    ("change", "warning"),
    [
        pytest.param(
            (OKRS, "        target: 40", "        target: 10\n        baseline: 50"),
            f"{OKRS}:17:17  warning: this goal goes down, from 50 to 10: write kind: decrease, or correct the "
            "target  [goes-down]",
            id="a goal to reach that lies below where it begins",
        ),
        pytest.param(
            (OKRS, "        target: 40", "        target: -10"),
            f"{OKRS}:17:17  warning: this goal goes down, from 0 to \u221210: write kind: decrease, or correct "
            "the target  [goes-down]",
            id="a goal to reach that lies below 0, where it begins unless told",
        ),
        pytest.param(
            (OKRS, "target: 40", "target: 10.000"),
            f"{OKRS}:17:17  warning: '10.000' is read as 10: write 10000 if thousands are meant, or 10 if not  "
            "[thousands]",
            id="a target of ten, or ten thousand",
        ),
        pytest.param(
            (OKRS, "target: 40", "target: 1.234"),
            f"{OKRS}:17:17  warning: '1.234' is read as 1.234: write 1234 if thousands are meant, or 1.2340 if "
            "not  [thousands]",
            id="a target of thousandths, or above a thousand",
        ),
        pytest.param(
            (OKRS, "value: 2.3,", "value: 2.300,"),
            f"{OKRS}:27:37  warning: '2.300' is read as 2.3: write 2300 if thousands are meant, or 2.3 if not  "
            "[thousands]",
            id="a check-in of per cent with zeros at its end",
        ),
        pytest.param(
            (OKRS, "        target: 1.2", "        target: 1.2\n        phased_targets: {2026-11-15: 1.800}"),
            f"{OKRS}:24:38  warning: '1.800' is read as 1.8: write 1800 if thousands are meant, or 1.8 if not  "
            "[thousands]",
            id="a phased target with zeros at its end",
        ),
        pytest.param(
            (MAPPINGS, "    owner: mira@acme.test\n", ""),
            "mappings/pay.yaml:2:5  warning: nobody owns this mapping: add owner: with an e-mail  [no-owner]",
            id="a mapping that nobody owns",
        ),
        pytest.param(
            (OKRS, "    owner: mira@acme.test\n", ""),
            "okrs/company.yaml:18:21  warning: nobody owns this key result: add owner:  [no-owner]",
            id="a key result that nobody owns",
        ),
    ],
)
def test_a_pitfall_is_a_warning_and_does_not_stop_the_workspace(
    change: Change, warning: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert lines(tmp_path, monkeypatch, change) == [warning]


def test_an_objective_without_and_one_with_too_many_key_results_are_pitfalls(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = "".join(
        f"      - {{key_result: k{n}, title: K, kind: baseline, check_ins: [{{on: 2026-10-02, value: 1}}]}}\n"
        for n in range(6)
    )
    text = (
        "objectives:\n"
        "  - {objective: none, title: N, team: payments, cycle: q4}\n"
        "  - {objective: above, title: A, team: payments, cycle: q4}\n"
        "  - objective: many\n    title: M\n    team: payments\n    cycle: q4\n    owner: a@acme.test\n"
        f"    supports: above\n    key_results:\n{many}"
    )
    assert lines(tmp_path, monkeypatch, **{"okrs/more.yaml": text}) == [
        "okrs/more.yaml:2:17  warning: nothing measures this objective yet  [no-key-results]",
        "okrs/more.yaml:4:16  warning: 6 key results: more than 5 are hard to keep in mind  [many-key-results]",
    ]


def test_a_missing_setting_says_what_it_is_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = lines(tmp_path, monkeypatch, (HUB, '    token: "${JIRA_TOKEN}"\n', ""))
    assert len(found) == 1
    assert found[0].startswith("hub.yaml:4:3  token is missing: ")
    assert found[0].endswith("  [missing-field]")


def test_a_folder_without_a_workspace_says_how_to_make_one(tmp_path: Path) -> None:
    reading = read_workspace(tmp_path)
    assert reading.declaration is None
    assert [problem.code for problem in reading.problems] == ["no-workspace"]
    assert "`okrhub init DIR` makes a workspace to start from" in str(reading.problems[0])


@pytest.mark.parametrize(
    "change",
    [
        pytest.param((OKRS, "baseline: 2.4", "baseline: 99.995"), id="per cent are never thousands"),
        pytest.param((OKRS, "baseline: 2.4", "baseline: 2.125"), id="three decimals of per cent"),
        pytest.param((OKRS, "target: 40", "target: 0.125"), id="nothing before the point"),
        pytest.param((OKRS, "title: 40 merchants live", "title: 10.000"), id="a title is no number"),
    ],
)
def test_decimals_that_are_clear_are_not_asked_about(
    change: Change, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert lines(tmp_path, monkeypatch, change) == []


def test_two_numbers_split_by_commas_on_one_line_are_both_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = "{key_result: churn, title: Churn, kind: decrease, baseline: 3,4, target: 2,4}"
    change = (OKRS, "    key_results:\n", f"    key_results:\n      - {entry}\n")
    assert [line.split("  ")[1] for line in lines(tmp_path, monkeypatch, change)] == [
        "the comma splits the number 3,4 in two: write 3.4",
        "the comma splits the number 2,4 in two: write 2.4",
    ]


SHARES = """\
mappings:
  - key_result: pay/merchants
    owner: mira@acme.test
    from: jira-main
    select: project = PAY
    measure: {%s: {field: Rate}}
    examples:
      - says: as the field holds it
        items: [{fields: {Rate: %s}}]
        gives: %s
"""


@pytest.mark.parametrize(
    ("fold", "rate", "gives", "is_doubted"),
    [
        ("average", "0.42", "0.42", True),
        ("sum", "0.42", "0.42", True),
        ("average", "42", "42", False),
        ("average", "1", "1", False),  # nothing but 0 and 1 tells nothing
        ("average", "0.000", "0.000", False),
    ],
)
def test_examples_that_give_shares_for_a_goal_in_per_cent_are_pointed_out(
    fold: str, rate: str, gives: str, is_doubted: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    per_cent = (OKRS, "        unit: merchants", '        unit: "%"')
    found = lines(tmp_path, monkeypatch, per_cent, **{MAPPINGS: SHARES % (fold, rate, gives)})
    said = (
        "mappings/pay.yaml:8:5  warning: values look like shares (0 to 1), target 40: a cell or field shown as 42 % "
        "holds 0.42, so read one that holds the number in per cent (in Excel a cell such as =B4*100)  [shares]"
    )
    assert found == ([said] if is_doubted else [])
