"""What the files of a workspace come to."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.errors import Misconfigured
from hub.demo.quarter import write_workspace
from hub.model.judge import Policy
from hub.model.kinds import Kind
from hub.model.okr import Cycle
from hub.model.references import is_reference
from hub.vault import reveal
from hub.workspace import read_workspace
from hub.workspace.tools import ToolSettings
from tests.workspace.files import FILES, declared, write


def test_the_files_are_read_into_one_declaration(tmp_path: Path) -> None:
    found = declared(tmp_path)
    assert (found.name, found.zone, found.policy) == ("Acme", ZoneInfo("Europe/Berlin"), Policy())
    assert found.cycles == (Cycle("q4", "Q4 2026", date(2026, 10, 1), date(2026, 12, 31)),)
    assert found.people == {"mira@acme.test": "Mira"}
    assert found.connections["jira-main"] == ToolSettings(
        slug="jira-main",
        kind="jira",
        name="jira-main",
        settings={"base_url": "${JIRA_URL}", "email": "hub@acme.test", "token": "${JIRA_TOKEN}"},
        allow_private=("127.0.0.0/8",),
        every=timedelta(minutes=15),
    )
    assert found.channels["okrs"].name == "#okrs"
    merchants, failed = (one.declared for one in found.key_results)
    assert (merchants.key, merchants.kind, merchants.target, merchants.owner) == (
        "pay/merchants",
        Kind.REACH,
        Decimal(40),
        "mira@acme.test",
    )
    assert (merchants.starts, merchants.due) == (date(2026, 10, 1), date(2026, 12, 31))
    assert (failed.baseline, failed.target, failed.position) == (Decimal("2.4"), Decimal("1.2"), 1)
    assert [said.value for said in found.key_results[1].check_ins] == [Decimal("2.4"), Decimal("2.3")]
    assert [rule.key_result for rule in found.rules] == ["pay/merchants"]


def test_numbers_are_read_as_they_are_written(tmp_path: Path) -> None:
    text = "0.123456789012345678901234567890"
    found = declared(tmp_path, ("okrs/company.yaml", "target: 40", f"target: {text}"))
    assert found.key_results[0].declared.target == Decimal(text)


def test_a_key_result_may_have_its_own_days_owner_and_cadence(tmp_path: Path) -> None:
    more = "unit: merchants\n        starts: 2026-10-15\n        due: 2026-11-30\n        owner: Tom@Acme.test\n"
    change = ("okrs/company.yaml", "unit: merchants\n", f"{more}        cadence: 2 weeks\n")
    one = declared(tmp_path, change).key_results[0].declared
    assert (one.starts, one.due, one.owner, one.cadence_days) == (
        date(2026, 10, 15),
        date(2026, 11, 30),
        "tom@acme.test",
        14,
    )


def test_phased_targets_stand_in_the_order_of_their_days(tmp_path: Path) -> None:
    phases = "target: 40\n        phased_targets: {2026-11-30: 25, 2026-10-31: 10}"
    one = declared(tmp_path, ("okrs/company.yaml", "target: 40", phases)).key_results[0].declared
    assert one.phased_targets == ((date(2026, 10, 31), Decimal(10)), (date(2026, 11, 30), Decimal(25)))


@pytest.mark.parametrize("first", [date(2024, 1, 1), date(2026, 10, 1), date(2027, 2, 1)])
def test_the_example_workspace_is_read_without_an_error_on_any_day(first: date, tmp_path: Path) -> None:
    write_workspace(tmp_path, first)
    reading = read_workspace(tmp_path)
    assert [str(problem) for problem in reading.problems] == []
    assert reading.declaration is not None


HOSTILE = [
    "",
    "\x00",
    "[" * 5000,
    "a: " * 3000,
    "{" * 30,
    "- " * 500,
    "&a [*a, *a]",
    "!!python/object/apply:os.system ['true']",
    "<<: {a: b}",
    "a: b\na: c",
    "---\na: 1\n---\nb: 2",
    "%TAG ! tag:x,2000:\n--- !x",
    "workspace: [a, {b: c}]\nconnections: x\nchannels: [1]\nroutes: {a: b}\npolicy: 7\n",
    "workspace: A\nconnections: {j: {kind: [jira], every: {a: b}, allow_private: {x: [y]}, base_url: [1], token: }}\n",
    "workspace: A\nconnections: {j: {kind: jira, every: [], allow_private: [[], {}, 1]}, 'J J': {}, k: }\n",
    "workspace: A\ntime_zone: ../../etc/passwd\n",
    "workspace: A\ntime_zone: " + "x" * 5000 + "\n",
    "workspace: A\npolicy: {hold: 99999999999999999999 weeks, on_track: 1e9%}\n",
    "objectives: [[[]], {objective: }, {key_results: [{kind: 1}]}]\n",
    "cycles: {q: {starts: 9999-12-31, ends: 0000-00-00}}\n",
    "cycles: {q: {starts: 2999-12-31, ends: 2999-12-31}}\nteams: {a: {name: A, parent: a}}\n",
    "objectives:\n  - {objective: a, title: A, team: a, cycle: q, weight: NaN, key_results: "
    "[{key_result: b, title: B, kind: reach, target: Infinity, phased_targets: {x: y}, cadence: 0 days}]}\n",
    "mappings: [{key_result: x}]\nobjectives: 3\n",
    "\ufeffworkspace: A\r\npurpose: \t x\r\n",
    "\ud800",
]


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_file_is_told_of_and_never_raises(name: str, text: str, tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / name).write_bytes(text.encode("utf-8", "surrogatepass"))
    reading = read_workspace(tmp_path)
    for problem in reading.problems:
        assert problem.line >= 1
        assert problem.column >= 1
        assert problem.path.endswith((*FILES,))
        assert problem.caret(reading.texts.get(problem.path, ""))
    assert (reading.declaration is None) == reading.has_errors


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(list(FILES)),
    st.integers(0, 10_000),
    st.integers(0, 12),
    st.text(alphabet="ab:-{}[]'\"#%&*!|>?@ \n\t0.~/${}é", max_size=8),
)
def test_a_file_damaged_anywhere_is_told_of_and_never_raises(
    tmp_path: Path, name: str, at: int, cut: int, put: str
) -> None:
    write(tmp_path)
    at %= len(FILES[name])
    (tmp_path / name).write_text(FILES[name][:at] + put + FILES[name][at + cut :], encoding="utf-8")
    reading = read_workspace(tmp_path)
    assert (reading.declaration is None) == reading.has_errors


def test_a_file_that_is_too_large_or_not_text_is_named(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "okrs" / "company.yaml").write_bytes(b"\xff\xfe\xff")
    (tmp_path / "mappings" / "pay.yaml").write_text("#" * (256 * 1024 + 1))
    found = {problem.code: problem.message for problem in read_workspace(tmp_path).problems}
    assert found["too-large"] == "the file is larger than 256 KB: split it"
    assert found["unreadable"].startswith("the file cannot be read: ")


def test_a_secret_is_looked_up_at_the_moment_of_use() -> None:
    settings_ = {"token": "${JIRA_TOKEN}", "base_url": "https://${SITE}.atlassian.net", "email": "hub@acme.test"}
    assert reveal(settings_, {"JIRA_TOKEN": "hunter2", "SITE": "acme"}) == {
        "token": "hunter2",
        "base_url": "https://acme.atlassian.net",
        "email": "hub@acme.test",
    }


@pytest.mark.parametrize("environ", [{}, {"JIRA_TOKEN": ""}])
def test_a_secret_that_is_not_set_names_the_field_and_the_variable(environ: dict[str, str]) -> None:
    with pytest.raises(Misconfigured) as caught:
        reveal({"token": "${JIRA_TOKEN}"}, environ)
    assert str(caught.value) == "token refers to ${JIRA_TOKEN}, which is not set in the environment"
    assert caught.value.field == "token"
    assert caught.value.hint == "Set JIRA_TOKEN where the hub is started, then start it again."


def test_a_revealed_secret_is_not_looked_into_again() -> None:
    assert reveal({"token": "${A}"}, {"A": "${B}", "B": "x"}) == {"token": "${B}"}


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("${A}", True),
        ("${A_1}", True),
        ("x${A}", False),
        ("${A}${B}", False),
        ("${a}", False),
        ("$A", False),
        ("", False),
    ],
)
def test_a_secret_in_a_file_is_one_reference_and_nothing_else(text: str, is_one: bool) -> None:
    assert is_reference(text) is is_one
