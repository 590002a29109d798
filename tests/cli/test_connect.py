"""Connecting a tool, listing what can be picked, and new keys, from the hub's own machine."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click
import pytest

from connectors.sandbox.jira import JiraSandbox
from hub.store import Store, connections
from hub.vault import is_sealed
from tests.cli.command import TOKEN, Command

ANSWERS = {"Email": "hub@acme.test", "Token": TOKEN}


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, bool]]:
    """What is asked, and whether the answer is typed unseen; each question gets its answer."""
    asked: list[tuple[str, bool]] = []

    def answer(label: str, *, default: Any = None, hide_input: bool = False, **_more: object) -> str:
        asked.append((label, hide_input))
        given = {**ANSWERS, "Address": os.environ.get("JIRA_URL", "")}
        return given.get(label, default or "")

    monkeypatch.setattr(click, "prompt", answer)
    return asked


def test_a_tool_is_connected_by_what_is_typed_and_its_projects_can_be_picked(
    okrhub: Command, here: Path, jira: JiraSandbox, typed: list[tuple[str, bool]]
) -> None:
    said = okrhub("connect", "jira", "--name", "jira-new", "--allow-private", "127.0.0.0/8", "--yes")
    assert (said.code, said.out) == (0, "jira-new is connected. What can be picked: okrhub scopes jira-new\n")
    assert "It works: hub@acme.test" in said.err
    assert TOKEN not in said.all
    assert dict(typed)["Token"] is True and dict(typed)["Email"] is False
    said = okrhub("scopes", "jira-new")
    assert said.out == "Payments (PAY, 4 issues)  project\n    select: project = PAY\n"
    assert okrhub("scopes", "jira-new", "nothing-like-it").out == ""
    assert okrhub("scopes", "jira-new", "--json").json[0]["kind"] == "project"
    listed = okrhub("connections", "--json").json
    assert [(one["slug"], one["account"], one["is_provided"]) for one in listed] == [
        ("jira-new", "hub@acme.test", False)
    ]
    assert okrhub("connections").code == 0


def test_a_check_that_does_not_go_well_saves_nothing(
    okrhub: Command, here: Path, jira: JiraSandbox, typed: list[tuple[str, bool]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ANSWERS, "Token", "a-wrong-token")
    said = okrhub("connect", "jira", "--allow-private", "127.0.0.0/8", "--yes")
    assert said.code == 1
    assert "nothing was saved" in said.err and "a-wrong-token" not in said.all
    assert okrhub("connections", "--json").json == []


def test_wrong_names_are_told_with_what_there_is(okrhub: Command, here: Path) -> None:
    assert "jira" in okrhub("connect").out
    assert okrhub("connect", "jura").code == 1
    assert "okrhub connections" in okrhub("scopes", "nowhere").err


def test_a_new_key_seals_every_secret_anew_and_all_of_them_open(
    okrhub: Command, here: Path, jira: JiraSandbox, typed: list[tuple[str, bool]]
) -> None:
    okrhub("connect", "jira", "--name", "jira-new", "--allow-private", "127.0.0.0/8", "--yes")

    def sealed() -> str:
        store = Store(f"sqlite:///{here / '.okrhub' / 'hub.db'}")
        with store.read() as tx:
            found = connections.connection_by_slug(tx, "jira-new")
        store.close()
        assert found is not None and is_sealed(found.settings["token"])
        return found.settings["token"]

    before, keys = sealed(), (here / ".okrhub" / "vault.key").read_text()
    said = okrhub("secrets", "rotate")
    assert (said.code, said.out) == (0, "1 secret sealed anew.\n")
    assert "1 older key kept for an hour" in said.err
    assert sealed() != before
    assert (here / ".okrhub" / "vault.key").read_text() != keys
    assert "Payments" in okrhub("scopes", "jira-new").out
