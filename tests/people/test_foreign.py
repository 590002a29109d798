"""Coming back from an issuer: each sign-in lets somebody in once, whoever comes at the same time or later."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from connectors.oidc import Begun, Identity, Provider
from hub.flows.people import ON_THE_WAY, Admission, Opened, Refused, finish_foreign
from hub.model.rights import Role
from hub.store import Store
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


def test_somebody_who_is_not_let_in_leaves_nothing_behind(store: Store, now: datetime) -> None:
    join(store, "ines@northwind.test", Role.ADMIN, now)
    before = number_of(store, links)
    with pytest.raises(Refused, match="is not invited"):
        comes_back(store, Vouching(), now)
    assert number_of(store, links) == before
