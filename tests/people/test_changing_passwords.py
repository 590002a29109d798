"""Changing one's own password: what somebody at a borrowed browser cannot do."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from hub import passwords
from hub.flows import people
from hub.flows.people import NotYet, Refused
from hub.model.rights import Role
from hub.store import Store
from tests.people.house import GOOD, INES, OTHER, bearer_of, enter, join


@pytest.fixture
def signed(store: Store, now: datetime) -> people.Signed:
    """Ines, at a browser where she signed in."""
    found = people.find_session(store, join(store, INES, Role.ADMIN, now).bearer, now)
    assert found is not None
    return found


def test_at_an_open_browser_the_present_password_is_guessed_as_slowly_as_at_the_sign_in(
    store: Store, now: datetime, signed: people.Signed
) -> None:
    for _ in range(5):
        with pytest.raises(Refused, match="present password is another one"):
            people.change_password(store, signed, old="wrong", new=OTHER, now=now)
    with pytest.raises(NotYet, match=r"Too many wrong passwords\. Try again in 4 seconds\."):
        people.change_password(store, signed, old=GOOD, new=OTHER, now=now)
    assert enter(store, now).email == INES  # who signs in is not kept out by it
    people.change_password(store, signed, old=GOOD, new=OTHER, now=now + timedelta(seconds=4))
    people.change_password(store, signed, old=OTHER, new=GOOD, now=now + timedelta(seconds=4))


def test_a_reset_while_the_old_password_is_changed_elsewhere_has_the_last_word(
    store: Store, now: datetime, signed: people.Signed, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = bearer_of(people.make_reset_link(store, email=INES, who="test", now=now))
    hash_password = passwords.hash_password

    def hash_late(password: str) -> str:
        people.use_link(store, people.Purpose.RESET, link, password=OTHER, agent="Firefox", now=now)
        return hash_password(password)

    monkeypatch.setattr("hub.flows.people.accounts.hash_password", hash_late)
    with pytest.raises(Refused, match="present password is another one"):
        people.change_password(store, signed, old=GOOD, new="what a stranger would like", now=now)
    enter(store, now, password=OTHER)
