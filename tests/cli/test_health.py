"""Health that is true on the command line: exit codes, connections, explain, and what a bare shell writes."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.sandbox.jira import JiraSandbox
from hub.model.kinds import Freshness
from hub.record import hold
from hub.store import Store, connections, key_results
from tests.cli.command import Command, edit

NOPE = """\
  - key_result: pay/failed
    owner: mira@acme.test
    from: jira-main
    select: project = NOPE
    measure: count
"""


def stored(here: Path) -> Store:
    return Store(f"sqlite:///{here}/.okrhub/hub.db")


def add_nope(here: Path) -> None:
    path = here / "mappings" / "pay.yaml"
    path.write_text(path.read_text() + NOPE)
    okrs = here / "okrs" / "company.yaml"
    okrs.write_text(okrs.read_text().partition("        check_ins:")[0])  # a tool moves it from now on


def test_a_selection_that_cannot_be_read_beside_a_good_rule_is_named_and_exits_with_1(
    okrhub: Command, here: Path, jira: JiraSandbox
) -> None:
    add_nope(here)
    assert okrhub("apply").code == 0
    for _ in range(2):  # the second time nothing moves
        said = okrhub("sync")
        assert said.code == 1
        assert "jira-main: " in said.out
        assert "pay/failed: broken, " in said.out and "NOPE" in said.out
    (one,) = okrhub("sync", "--json").json
    assert (one["state"], one["problem"]) == ("done", "not up to date: pay/failed. Each says why below.")
    (held,) = [told for told in one["key_results"] if told["key"] == "pay/failed"]
    assert held["freshness"] == "broken"
    assert "NOPE" in held["reason"]
    assert held["value"] == held["value_before"]


def test_a_read_after_which_all_is_good_exits_with_0_and_says_fresh(
    okrhub: Command, here: Path, jira: JiraSandbox
) -> None:
    okrhub("apply")
    said = okrhub("sync", "--json")
    assert said.code == 0
    assert [(one["key"], one["freshness"], one["reason"]) for one in said.json[0]["key_results"]] == [
        ("pay/merchants", "fresh", "")
    ]


def test_an_address_that_is_refused_is_told_everywhere_as_the_connections(
    okrhub: Command, here: Path, jira: JiraSandbox
) -> None:
    edit(here, "hub.yaml", "    allow_private: [127.0.0.0/8]\n", "")
    okrhub("apply")
    said = okrhub("sync")
    assert said.code == 1
    assert "allow_private" in said.out
    listed = okrhub("connections")
    assert listed.code == 1
    assert "broken, never read" in listed.out


def test_the_only_selection_that_cannot_be_read_makes_no_connection_that_is_ok(
    okrhub: Command, here: Path, jira: JiraSandbox
) -> None:
    edit(here, "mappings/pay.yaml", "project = PAY", "project = NOPE")
    okrhub("apply")
    assert okrhub("sync").code == 1
    listed = okrhub("connections")
    assert (listed.code, "broken, never read" in listed.out) == (1, True)


def test_a_shell_that_lacks_a_setting_writes_nothing(
    okrhub: Command, here: Path, jira: JiraSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    okrhub("apply")
    okrhub("sync")
    with stored(here).read() as tx:
        before = connections.connection_by_slug(tx, "jira-main")
    monkeypatch.delenv("JIRA_TOKEN")
    said = okrhub("sync")
    assert said.code == 1
    assert "JIRA_TOKEN" in said.out and "Nothing was changed." in said.out
    (one,) = okrhub("sync", "--json").json
    assert one["state"] == "unresolved"
    with stored(here).read() as tx:
        assert connections.connection_by_slug(tx, "jira-main") == before
        one_of_it = key_results.key_result_by_key(tx, "pay/merchants")
        assert one_of_it is not None and one_of_it.standing.freshness is Freshness.FRESH
    assert okrhub("connections").code == 0


def test_a_rule_that_was_never_read_is_not_explained_by_nothing(okrhub: Command, here: Path, jira: JiraSandbox) -> None:
    okrhub("apply")
    okrhub("sync")
    edit(here, "mappings/pay.yaml", "project = PAY", "project = NOPE")
    okrhub("apply")
    okrhub("sync")
    said = okrhub("explain", "pay/merchants")
    assert "3 merchants, off track, broken" in said.out
    assert "Not read yet. The value shown is revision 1's." in said.out
    assert "no items match" not in said.out and "Value: 0" not in said.out
    told = okrhub("explain", "pay/merchants", "--json").json
    assert (told["unread"], told["would_be"], told["items"]) == (
        "Not read yet. The value shown is revision 1's.",
        None,
        [],
    )


def test_a_rule_without_any_value_says_that_it_was_not_read(okrhub: Command, here: Path, jira: JiraSandbox) -> None:
    okrhub("apply")
    said = okrhub("explain", "pay/merchants")
    assert "Not read yet." in said.out
    assert "Value:" not in said.out


def test_a_selection_that_is_set_aside_is_explained_by_its_last_good_read(
    okrhub: Command, here: Path, jira: JiraSandbox
) -> None:
    okrhub("apply")
    okrhub("sync")
    with stored(here).write() as tx:
        tx.exec_driver_sql("UPDATE selections SET joined_at = NULL, problem = 'it is gone'")
    said = okrhub("explain", "pay/merchants")
    assert "Not read now. The value shown is that of the last good read." in said.out
    assert "Value: 3" in said.out
    with stored(here).write() as tx:
        tx.exec_driver_sql("DELETE FROM memberships")
    said = okrhub("explain", "pay/merchants")
    assert "Not read now." in said.out and "Value:" not in said.out


def test_what_is_held_back_is_taken_by_a_command(okrhub: Command, here: Path, jira: JiraSandbox) -> None:
    okrhub("apply")
    okrhub("sync")
    refused = okrhub("accept", "pay/merchants")
    assert (refused.code, refused.err) == (1, "okrhub: Nothing is held back: the value is what was read last.\n")
    for key in list(jira.by_key):
        jira.delete(key)
    said = okrhub("sync")
    assert said.code == 1
    assert (
        "pay/merchants: suspect, stays at 3: no items match now, and 3 did at the last reading. Held back: 0 merchants."
        in (" ".join(said.out.split()))
    )
    said = okrhub("accept", "pay/merchants")
    assert (said.code, said.out) == (0, "pay/merchants: 0, off track\n")
    assert okrhub("accept", "pay/merchants").code == 1
    assert okrhub("sync").code == 0


def test_explain_says_what_is_held_back_and_both_ways_out(okrhub: Command, here: Path, jira: JiraSandbox) -> None:
    okrhub("apply")
    okrhub("sync")
    for key in list(jira.by_key):
        jira.delete(key)
    okrhub("sync")
    said = " ".join(okrhub("explain", "pay/merchants").out.split())
    assert "Held back: 0 merchants. The next read on schedule that agrees takes it, or take it now." in said


def test_a_key_result_that_a_read_before_broke_is_still_named(okrhub: Command, here: Path, jira: JiraSandbox) -> None:
    okrhub("apply")
    okrhub("sync")
    store = stored(here)
    with store.write() as tx:
        one = key_results.key_result_by_key(tx, "pay/merchants")
        assert one is not None
        hold(tx, one.id, Freshness.BROKEN, "it could not be read", one.standing.checked_at)  # type: ignore[arg-type]
    said = okrhub("sync")  # and a good read mends it
    assert (said.code, "pay/merchants" in said.out) == (0, False)
