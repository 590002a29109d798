"""Small steps that the tests about people share."""

from __future__ import annotations

from datetime import datetime

from hub.flows import people
from hub.model.rights import Role
from hub.store import Store, accounts

GOOD = "four words in a row"
OTHER = "another four words here"
ADDRESS = "203.0.113.9"
INES, TOM = "ines@acme.test", "tom@acme.test"


def bearer_of(path: str) -> str:
    return path.rsplit("/", 1)[1]


def join(store: Store, email: str, role: Role, now: datetime, password: str = GOOD) -> people.Opened:
    """Make an account by invitation, as people do, and return its first session."""
    path = people.invite(store, email=email, role=role, who="test", now=now)
    return people.use_link(store, people.Purpose.INVITE, bearer_of(path), password=password, agent="Firefox", now=now)


def enter(
    store: Store, now: datetime, *, email: str = INES, password: str = GOOD, address: str = ADDRESS, browser: str = ""
) -> people.Opened:
    return people.sign_in(
        store, email=email, password=password, address=address, agent="Firefox", now=now, browser=browser
    )


def role_of(store: Store, email: str) -> Role | None:
    with store.read() as tx:
        found = accounts.account_by_email(tx, email)
    return None if found is None else found.role
