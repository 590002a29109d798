"""okrhub sync and explain: what was read, and why a value is what it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.sandbox.jira import JiraSandbox
from hub.store import Store, connections
from tests.cli.command import TOKEN, Command
from tests.flows.test_database_away import locked


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
    assert "This command lacks it: run it where the hub's settings are set. Nothing was changed." in said.out
    assert jira.requests == []


def test_a_wait_that_jira_asked_for_is_said_with_its_end(okrhub: Command, here: Path, jira: JiraSandbox) -> None:
    okrhub("apply")
    jira.fail_next(1, 429, {"Retry-After": "600"})
    told = "jira-main: put off until 13:10 (Europe/Berlin): 127.0.0.1 asked for a pause (429)\n"
    for _ in range(2):  # the second time nobody is asked
        said = okrhub("sync")
        assert (said.code, said.out) == (1, told)
    assert jira.count() == 1
    (one,) = okrhub("sync", "--json").json
    assert (one["state"], one["put_off_until"]) == ("waiting", "2026-11-23T13:10:00+01:00")


def test_a_database_that_is_locked_is_said_in_a_line(
    okrhub: Command, here: Path, jira: JiraSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    okrhub("apply")
    monkeypatch.setattr("hub.store.engine.BUSY", 10)
    with locked(Store(f"sqlite:///{here}/.okrhub/hub.db")):
        said = okrhub("sync")
    assert said.code == 1
    assert said.err == "okrhub: the hub's database cannot be used: database is locked\n"


def test_explain_shows_the_rule_and_each_item(okrhub: Command, here: Path, jira: JiraSandbox) -> None:
    okrhub("apply")
    okrhub("sync")
    said = okrhub("explain", "pay/merchants")
    assert said.code == 0
    assert said.out.startswith(
        "40 merchants live\n3 merchants, off track, fresh\n\nRule, revision 1, by mira on 23 Nov 2026\n"
    )
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


def test_everything_works_on_postgresql_too(
    okrhub: Command, here: Path, jira: JiraSandbox, postgres_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OKRHUB_DATABASE_URL", postgres_store.url)
    assert [
        okrhub(*one).code for one in (("plan",), ("apply",), ("sync",), ("plan",), ("explain", "pay/merchants"))
    ] == [
        2,
        0,
        0,
        0,
        0,
    ]
    with postgres_store.read() as tx:
        assert [row.last_ok_at is not None for row in connections.all_connections(tx)] == [True]
    assert not (here / ".okrhub").exists()
