"""okrhub user: accounts from the hub's own machine."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from hub.flows import people
from hub.settings import Settings
from hub.store import Store
from tests.cli.command import Command


@pytest.fixture
def held(here: Path) -> Store:
    return Store(Settings(workspace=here).database)


def test_an_account_is_added_with_a_link_for_its_password(okrhub: Command, held: Store, now: datetime) -> None:
    said = okrhub("user", "add", "Ines@acme.test", "--role", "admin", "--name", "Ines Carvalho")
    assert said.code == 0
    assert said.out.startswith("http://127.0.0.1:8080/reset/")
    offer = people.look_at_link(held, people.Purpose.RESET, said.out.strip().rsplit("/", 1)[1], now)
    assert offer.email == "ines@acme.test"
    again = okrhub("user", "add", "ines@acme.test")
    assert (again.code, again.out) == (1, "")
    assert "ines@acme.test has an account already." in again.err


def test_accounts_and_invitations_are_listed_for_people_and_for_programs(
    okrhub: Command, held: Store, now: datetime
) -> None:
    assert "nobody has an account yet" in okrhub("user", "list").err
    okrhub("user", "add", "ines@acme.test", "--role", "admin")
    people.invite(
        held, email="tom@acme.test", role=people.list_people(held, now).persons[0].account.role, who="x", now=now
    )
    assert "admin   ines@acme.test" in okrhub("user", "list").out
    found = okrhub("user", "list", "--json").json
    assert [(one["email"], one["role"], one["is_enabled"]) for one in found["people"]] == [
        ("ines@acme.test", "admin", True)
    ]
    assert [one["email"] for one in found["invitations"]] == ["tom@acme.test"]


def test_roles_change_and_the_last_admin_stays(okrhub: Command, here: Path) -> None:
    okrhub("user", "add", "ines@acme.test", "--role", "admin")
    okrhub("user", "add", "tom@acme.test")
    for wrong in (("role", "ines@acme.test", "viewer"), ("disable", "ines@acme.test")):
        said = okrhub("user", *wrong)
        assert said.code == 1
        assert "the last admin" in said.err
    assert okrhub("user", "role", "tom@acme.test", "admin").code == 0
    assert okrhub("user", "disable", "ines@acme.test").code == 0
    assert "disabled" in okrhub("user", "link", "ines@acme.test").err
    assert okrhub("user", "enable", "ines@acme.test").code == 0


def test_without_an_account_a_link_sets_the_hub_up(okrhub: Command, held: Store, now: datetime) -> None:
    said = okrhub("user", "link")
    assert people.look_at_link(held, people.Purpose.SET_UP, said.out.strip().rsplit("/", 1)[1], now).email == ""
    okrhub("user", "add", "ines@acme.test", "--role", "admin")
    refused = okrhub("user", "link")
    assert refused.code == 1
    assert "set up already" in refused.err


def test_unbinding_takes_an_address_or_an_issuer_and_says_where_there_is_nothing_to_unbind(okrhub: Command) -> None:
    okrhub("user", "add", "ines@acme.test", "--role", "admin")
    assert "is bound to no issuer" in okrhub("user", "unbind", "ines@acme.test").err
    assert "no account is bound to any" in okrhub("user", "unbind", "--issuer", "https://id.acme.test").err
    for both_or_neither in ((), ("ines@acme.test", "--issuer", "https://id.acme.test")):
        said = okrhub("user", "unbind", *both_or_neither)
        assert said.code == 64
        assert "not both" in said.err


def test_a_token_is_made_and_printed_alone(okrhub: Command, held: Store, now: datetime) -> None:
    okrhub("user", "add", "ines@acme.test", "--role", "admin")
    said = okrhub(
        "user", "token", "ines@acme.test", "--name", "ci", "--scope", "read", "--scope", "write", "--days", "7"
    )
    found = people.find_token(held, said.out.strip(), now)
    assert found is not None
    assert sorted(found.viewer.scopes or ()) == ["read", "write"]
    assert okrhub("user", "token", "nobody@acme.test", "--name", "ci").code == 1


@pytest.mark.parametrize(
    "wrong", [("add", "nobody"), ("link", "nobody@acme.test"), ("role", "nobody@acme.test", "viewer")]
)
def test_what_is_not_there_is_said_so(okrhub: Command, here: Path, wrong: tuple[str, ...]) -> None:
    said = okrhub("user", *wrong)
    assert said.code == 1
    assert said.err.startswith("okrhub: ")
    assert "Traceback" not in said.all
