"""Coming back from an issuer: each sign-in lets somebody in once, whoever comes at the same time or later."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from connectors.oidc import Begun, Identity, Provider
from hub.flows import people
from hub.flows.people import ON_THE_WAY, Admission, Opened, Refused, finish_foreign
from hub.model.rights import Role
from hub.store import Store
from hub.store.tables_okr import audit
from hub.store.tables_people import links, sessions
from tests.people.house import join

MIRA = "mira@northwind.test"


class Vouching(Provider):
    """An issuer that vouches for Mira, whoever asks; `meanwhile` happens while it is asked."""

    def __init__(self) -> None:
        self.meanwhile: Callable[[], object] = lambda: None

    def finish(self, *_args: Any, **_more: Any) -> Identity:
        meanwhile, self.meanwhile = self.meanwhile, lambda: None
        meanwhile()
        return Identity("https://id.test", "248289761001", MIRA, True, "Mira")


def comes_back(store: Store, issuer: Provider, now: datetime, state: str = "a state") -> Opened:
    begun = Begun("", state, "nonce", "verifier")
    return finish_foreign(
        store, issuer, "https://hub.test/back", {"state": state}, begun, Admission(), agent="a browser", now=now
    )


def number_of(store: Store, table: Any) -> int:
    with store.read() as tx:
        return int(tx.execute(select(func.count()).select_from(table)).scalar_one())


def test_of_two_ways_back_at_once_one_lets_in(store: Store, now: datetime) -> None:
    join(store, MIRA, Role.MEMBER, now)
    issuer, before = Vouching(), number_of(store, sessions)
    issuer.meanwhile = lambda: comes_back(store, issuer, now)
    with pytest.raises(Refused, match="used already"):
        comes_back(store, issuer, now)
    assert number_of(store, sessions) == before + 1


def test_a_way_back_that_has_served_is_refused_before_the_issuer_is_asked(store: Store, now: datetime) -> None:
    join(store, MIRA, Role.MEMBER, now)
    issuer = Vouching()
    comes_back(store, issuer, now)
    asked: list[bool] = []
    issuer.meanwhile = lambda: asked.append(True)
    with pytest.raises(Refused, match="used already"):
        comes_back(store, issuer, now + ON_THE_WAY)
    assert asked == []
    comes_back(store, issuer, now, "another state")


def test_what_is_kept_of_ways_back_is_forgotten_when_they_would_have_expired(store: Store, now: datetime) -> None:
    join(store, MIRA, Role.MEMBER, now)
    issuer, before = Vouching(), number_of(store, links)
    for number in range(4):
        comes_back(store, issuer, now + number * (ON_THE_WAY + timedelta(seconds=1)), f"state {number}")
    assert number_of(store, links) == before + 1


class Other(Vouching):
    """What vouches for Mira after the company changed its issuer."""

    def finish(self, *_args: Any, **_more: Any) -> Identity:
        return Identity("https://new.test", "7", MIRA, True, "Mira")


def test_after_a_change_of_issuer_accounts_are_found_by_their_address_once_they_are_unbound(
    store: Store, now: datetime
) -> None:
    join(store, MIRA, Role.MEMBER, now)
    comes_back(store, Vouching(), now)
    with pytest.raises(Refused, match=r"signs in by another issuer, https://id\.test\. Ask an admin"):
        comes_back(store, Other(), now, "second")
    assert people.unbind_all(store, issuer="https://id.test", who="an admin", now=now) == 1
    assert number_of(store, sessions) == 0
    comes_back(store, Other(), now, "third")
    assert number_of(store, sessions) == 1
    with pytest.raises(Refused, match=r"signs in by another issuer, https://new\.test"):
        comes_back(store, Vouching(), now, "fourth")


def test_what_is_not_bound_is_not_unbound_and_it_is_said_what_is(store: Store, now: datetime) -> None:
    join(store, MIRA, Role.MEMBER, now)
    with pytest.raises(Refused, match=f"{MIRA} is bound to no issuer"):
        people.unbind(store, email=MIRA, who="an admin", now=now)
    with pytest.raises(Refused, match="no account is bound to any"):
        people.unbind_all(store, issuer="https://id.test", who="an admin", now=now)
    comes_back(store, Vouching(), now)
    with pytest.raises(Refused, match=r"bound to https://id\.test/: those are bound to https://id\.test\."):
        people.unbind_all(store, issuer="https://id.test/", who="an admin", now=now)
    people.unbind(store, email=MIRA.upper(), who="an admin", now=now)
    with store.read() as tx:
        said = tx.execute(select(audit).where(audit.c.what == "unbind issuer")).one()
    assert (said.who, said.subject, said.detail["issuer"]) == ("an admin", MIRA, "https://id.test")


def test_somebody_who_is_not_let_in_leaves_nothing_behind(store: Store, now: datetime) -> None:
    join(store, "ines@northwind.test", Role.ADMIN, now)
    before = number_of(store, links)
    with pytest.raises(Refused, match="is not invited"):
        comes_back(store, Vouching(), now)
    assert number_of(store, links) == before
