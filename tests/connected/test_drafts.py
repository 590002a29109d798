"""What is filled in and not saved yet: sealed, of one browser and person, for an hour, back from the tool once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from connectors.oauth import Begun, Granted
from connectors.shapes import Identity, Missing, Site
from hub.bearers import digest_of
from hub.flows.connect import Desk, Draft, NotThere, Refused, find_draft, keep_draft, save
from hub.store import Store, connections, drafts, tokens
from hub.store.tables_signed import drafts as table
from hub.vault import Vault
from tests.canaries import MARK, canary

AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
INES = "ines@acme.test"


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(tmp_path / "vault.key")


def a_draft(**more: object) -> Draft:
    given: dict[str, object] = {
        "kind": "jira",
        "way": "token",
        "slug": "jira-new",
        "settings": {"token": canary("token"), "email": "a@acme.test", "base_url": "https://acme.atlassian.net"},
        "allow_private": ("10.1.0.0/16",),
        "every": timedelta(minutes=15),
        "who": INES,
        "fresh": frozenset({"token"}),
        "identity": Identity("a", "2 projects", (Missing("x", "y"),), AT + timedelta(days=9)),
    }
    return Draft(**{**given, **more})  # type: ignore[arg-type]


def test_a_draft_is_found_again_as_it_was_and_lies_sealed(store: Store, vault: Vault) -> None:
    draft = a_draft(
        begun=Begun("https://login.test/?state=s", "s", canary("verifier")),
        granted=Granted(canary("access"), canary("refresh"), AT, ("a", "b")),
        sites=(Site("Acme", {"base_url": "https://acme.test"}),),
        lapses_on=AT.date(),
    )
    bearer = keep_draft(store, vault, draft, AT)
    assert find_draft(store, vault, bearer, INES, AT)[1] == draft
    with store.read() as tx:
        assert MARK not in str(tx.execute(select(table)).all())
    assert MARK not in repr(draft)


def test_it_is_there_for_its_browser_and_person_alone_and_for_an_hour(store: Store, vault: Vault) -> None:
    bearer = keep_draft(store, vault, a_draft(), AT)
    for given, who, at in ((bearer, "tom@acme.test", AT), ("", INES, AT), (bearer, INES, AT + timedelta(hours=1))):
        with pytest.raises(NotThere):
            find_draft(store, vault, given, who, at)
    keep_draft(store, vault, a_draft(slug="other"), AT + timedelta(hours=2))
    with store.read() as tx:
        assert len(tx.execute(select(table)).all()) == 1  # what expired is forgotten


def at_once(store: Store, work: Callable[[int], bool], number: int = 6) -> int:
    """Do it several times at the same moment; return how often it was done."""
    start, done = threading.Barrier(number), []

    def run(one: int) -> None:
        start.wait()
        if work(one):
            done.append(one)

    threads = [threading.Thread(target=run, args=(one,)) for one in range(number)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    return len(done)


def test_of_many_that_come_back_at_once_one_is_taken_in(store: Store, vault: Vault) -> None:
    bearer = keep_draft(store, vault, a_draft(begun=Begun("https://login.test", "s", "v")), AT)
    number = find_draft(store, vault, bearer, INES, AT)[0]

    def come_back(_number: int) -> bool:
        with store.write() as tx:
            return drafts.claim_return(tx, number, digest_of("s"))

    assert at_once(store, come_back) == 1


def test_of_many_that_save_one_draft_at_once_one_makes_the_connection(store: Store, vault: Vault) -> None:
    granted = Granted(canary("access"), canary("refresh"), AT, ())
    bearer = keep_draft(store, vault, a_draft(granted=granted), AT)
    desk = Desk(store, vault, {}, INES)

    def save_it(_number: int) -> bool:
        try:
            save(desk, bearer, AT)
        except (NotThere, Refused):
            return False
        return True

    assert at_once(store, save_it) == 1
    with store.read() as tx:
        row = connections.connection_by_slug(tx, "jira-new")
        assert row is not None
        assert (row.account, row.missing, row.lapses_at) == ("a", (("x", "y"),), AT + timedelta(days=9))
        held = tokens.tokens_of(tx, row.id)
    assert held is not None and vault.unseal(held.access) == canary("access")


def test_of_two_people_who_choose_one_name_at_once_one_is_refused(store: Store, vault: Vault) -> None:
    bearers = [keep_draft(store, vault, a_draft(who=f"{number}@acme.test"), AT) for number in range(4)]

    told: list[str] = []

    def save_it(number: int) -> bool:
        try:
            save(Desk(store, vault, {}, f"{number}@acme.test"), bearers[number], AT)
        except Refused as problem:
            told.append(str(problem))
            return False
        return True

    assert at_once(store, save_it, 4) == 1
    assert told == ["There is a connection called jira-new by now: choose another name."] * 3
