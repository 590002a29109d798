"""Sign-ins that end: told beforehand, each time once, and no more after somebody signed in again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from connectors.shapes import Identity
from hub.flows.connect import warn_of_ends
from hub.store import Store, connected

AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def connection(store: Store) -> int:
    with store.write() as tx:
        made = connected.add_connection(
            tx,
            slug="jira",
            kind="jira",
            way="token",
            settings={"email": "a@acme.test"},
            allow_private=(),
            every=timedelta(minutes=15),
            owner="ines@acme.test",
            now=AT,
        )
        assert made is not None
        sign_in(tx, made, AT + 30 * DAY)
    return made


def sign_in(tx: object, connection: int, ends: datetime) -> None:
    connected.note_sign_in(tx, connection, Identity("a"), owner="ines@acme.test", lapses_at=ends, now=AT)  # type: ignore[arg-type]


def test_it_is_told_fourteen_seven_and_one_days_before_and_when_it_ended_each_once(
    store: Store, connection: int
) -> None:
    told = [day for day in range(40) for _ in range(2) if warn_of_ends(store, AT + day * DAY + timedelta(hours=1))]
    assert told == [16, 23, 29, 30]


def test_a_hub_that_slept_tells_once_and_a_new_sign_in_begins_anew(store: Store, connection: int) -> None:
    assert warn_of_ends(store, AT + 35 * DAY) == 1
    assert warn_of_ends(store, AT + 36 * DAY) == 0
    with store.write() as tx:
        sign_in(tx, connection, AT + 100 * DAY)
    assert warn_of_ends(store, AT + 37 * DAY) == 0
    assert warn_of_ends(store, AT + 90 * DAY) == 1


def test_a_check_that_finds_the_same_end_does_not_tell_it_again(store: Store, connection: int) -> None:
    assert warn_of_ends(store, AT + 29 * DAY) == 1
    for ends, said in ((AT + 30 * DAY, 0), (AT + 29 * DAY + timedelta(hours=12), 1)):
        with store.write() as tx:
            connected.note_identity(tx, connection, Identity("a", expires_at=ends), AT + 29 * DAY)
        assert warn_of_ends(store, AT + 29 * DAY) == said
