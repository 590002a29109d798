"""Connections that were made on the page, and what files say of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from hub.flows.plan import NotAdopted
from hub.store import Store, connected, connections
from hub.store.connected import UNCONNECTED
from hub.store.connections import ConnectionRow
from hub.workspace import read_workspace
from tests.plan.company import HUB_FILE, Workspace
from tests.workspace.files import write

JIRA = """\
  jira-main:
    kind: jira
    base_url: "${JIRA_URL}"
    email: hub@acme.test
    token: "${JIRA_TOKEN}"
    every: 15 minutes
    allow_private: [127.0.0.0/8]
"""
ON_PAGE = (HUB_FILE, JIRA, "  jira-main: {kind: jira, sign_in: page}\n")


def connect(store: Store, slug: str, now: datetime) -> None:
    with store.write() as tx:
        settings = {"base_url": "https://acme.atlassian.net", "email": "ines@acme.test", "token": "sealed:x"}
        made = connected.add_connection(
            tx,
            slug=slug,
            kind="jira",
            way="token",
            settings=settings,
            allow_private=(),
            every=timedelta(minutes=5),
            owner="ines@acme.test",
            now=now,
        )
    assert made is not None


def row_of(store: Store, slug: str = "jira-main") -> ConnectionRow:
    with store.read() as tx:
        found = connections.connection_by_slug(tx, slug)
    assert found is not None
    return found


def test_apply_leaves_alone_what_was_connected_on_the_page(files: Workspace) -> None:
    connect(files.store, "jira-page", files.now)
    before = row_of(files.store, "jira-page")
    files.apply()
    assert files.plan().is_clean
    assert row_of(files.store, "jira-page") == before


def test_a_file_that_names_it_too_is_refused_unless_it_adopts_it(files: Workspace) -> None:
    connect(files.store, "jira-main", files.now)
    with pytest.raises(NotAdopted, match=r"jira-main was made on the page: write `adopt: yes`"):
        files.apply()
    assert not row_of(files.store).is_provided
    files.apply((HUB_FILE, "    kind: jira\n", "    kind: jira\n    adopt: yes\n"))
    adopted = row_of(files.store)
    assert (adopted.is_provided, adopted.settings["token"]) == (True, "${JIRA_TOKEN}")


def test_a_file_keeps_the_place_of_a_connection_that_is_made_on_the_page(files: Workspace) -> None:
    assert [(one.verb, one.slug) for one in files.plan(ON_PAGE).changes if one.noun == "connection"] == [
        ("create", "jira-main")
    ]
    files.apply(ON_PAGE)
    waiting = row_of(files.store)
    assert (waiting.is_provided, waiting.settings) == (False, {})
    with files.store.write() as tx:
        settings = {"base_url": "https://acme.atlassian.net"}
        connected.change_settings(tx, waiting.id, way="token", settings=settings, allow_private=())
    before = row_of(files.store)
    assert files.plan(ON_PAGE).is_clean
    files.apply(ON_PAGE)
    assert replace(row_of(files.store), next_due_at=None) == replace(before, next_due_at=None, state="ok")


def test_one_that_nobody_connected_yet_says_so(files: Workspace) -> None:
    with files.store.write() as tx:
        connected.expect_connection(tx, slug="jira-main", kind="jira", every=timedelta(minutes=15))
    assert (row_of(files.store).state, row_of(files.store).problem) == ("broken", UNCONNECTED)


def test_a_connection_of_a_file_may_go_on_on_the_page_with_what_it_is_set_to(files: Workspace) -> None:
    files.apply()
    held = row_of(files.store)
    files.apply(ON_PAGE)
    moved = row_of(files.store)
    assert (moved.id, moved.is_provided, moved.settings) == (held.id, False, held.settings)


@pytest.mark.parametrize(
    ("entry", "code", "told"),
    [
        ("{kind: jira, sign_in: page, email: a@acme.test}", "on-page", "email is set on the page"),
        ("{kind: jira, sign_in: pages}", "choice", "sign_in is one of token"),
        ("{kind: jira, sign_in: page, adopt: maybe}", "wrong-type", "adopt is yes or no"),
    ],
)
def test_what_a_file_cannot_say_of_it_is_told(tmp_path: Path, entry: str, code: str, told: str) -> None:
    found = read_workspace(write(tmp_path, (HUB_FILE, JIRA, f"  jira-main: {entry}\n"))).problems
    assert [(one.code, one.line) for one in found if told in one.message] == [(code, 4)]
