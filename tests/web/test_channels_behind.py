"""A channel whose messages wait: who hears of it, and what they read."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from hub.store import Store, channels
from hub.store.tables_okr import key_results
from hub.store.tables_told import outbox, status_changes
from tests.web.company import NOW
from tests.web.reading import part, words
from tests.web.rights import Doors

PLAYBOOKS = "invoices/playbooks"
LEDGER = "invoices/ledger-bugs"  # #payments was told of it twice
DOWN = "slack: webhook: 503"


def hold_up(
    store: Store, key: str, slug: str, *, since: datetime, due_at: datetime, problem: str = DOWN, state: str = "due"
) -> None:
    """Have a channel wait for every letter about a key result, of two for the first longer than for the second."""
    with store.write() as tx:
        channel = next(one for one in channels.all_channels(tx) if one.slug == slug)
        changes = (
            select(status_changes.c.id)
            .join(key_results, key_results.c.id == status_changes.c.key_result_id)
            .where(key_results.c.key == key)
        )
        done = tx.execute(
            update(outbox)
            .where(outbox.c.channel_id == channel.id, outbox.c.change_id.in_(changes))
            .values(state=state, created_at=since, due_at=due_at, problem=problem, settled_at=None)
        )
        assert done.rowcount == (2 if key == LEDGER else 1)
        if key == LEDGER:
            of_it = (outbox.c.channel_id == channel.id, outbox.c.change_id.in_(changes))
            second = tx.execute(select(func.max(outbox.c.id)).where(*of_it)).scalar_one()
            tx.execute(update(outbox).where(outbox.c.id == second).values(due_at=since, problem=""))
        channels.note_channel(tx, channel.id, problem=problem, problem_at=since)


def need(client: FlaskClient) -> str:
    return part(client.get("/").get_data(as_text=True), "<h2>Needs attention</h2>", "Reading the bars")


def test_it_says_since_when_how_many_wait_when_the_next_try_is_and_why(client: FlaskClient, store: Store) -> None:
    since, next_try = NOW - timedelta(hours=1, minutes=10), NOW + timedelta(minutes=50)
    hold_up(store, PLAYBOOKS, "payments-slack", since=since, due_at=next_try)
    assert (
        "#payments One message waits, the next try is at 10:20. Slack: webhook: 503. "
        "behind since 08:20 See what it was told"
    ) in need(client)
    assert 'href="/channels?channel=payments-slack"' in client.get("/").get_data(as_text=True)
    wall = words(client.get("/channels").get_data(as_text=True))
    assert "One message for #payments is still to be sent. Slack: webhook: 503." in wall


@pytest.mark.parametrize(("minutes", "is_said"), [(4, False), (6, True)])
def test_what_waits_for_less_than_five_minutes_is_nobodys_business(
    client: FlaskClient, store: Store, minutes: int, is_said: bool
) -> None:
    hold_up(store, PLAYBOOKS, "payments-slack", since=NOW - timedelta(minutes=minutes), due_at=NOW)
    assert ("behind since" in need(client)) is is_said


def test_letters_that_are_due_and_that_nobody_sends_are_said_without_a_next_try(
    client: FlaskClient, store: Store
) -> None:
    since = NOW - timedelta(minutes=20)
    hold_up(store, PLAYBOOKS, "payments-slack", since=since, due_at=since, problem="")
    assert "#payments One message waits. behind since 09:10" in need(client)


def test_the_next_try_is_not_before_the_channel_has_paused(client: FlaskClient, store: Store) -> None:
    since = NOW - timedelta(minutes=20)
    hold_up(store, PLAYBOOKS, "payments-slack", since=since, due_at=since, problem="")
    hold_up(store, LEDGER, "payments-slack", since=since, due_at=NOW + timedelta(hours=5))
    with store.write() as tx:
        channel = next(one for one in channels.all_channels(tx) if one.slug == "payments-slack")
        channels.note_channel(tx, channel.id, paused_until=NOW + timedelta(minutes=10))
    said = "#payments 3 messages wait, the next try is at 09:40. Slack: webhook: 503. behind since 09:10"
    assert said in need(client)


def test_the_next_try_is_that_of_the_letter_which_a_key_results_others_wait_for(
    client: FlaskClient, store: Store
) -> None:
    hold_up(store, LEDGER, "payments-slack", since=NOW - timedelta(hours=2), due_at=NOW + timedelta(hours=5))
    assert "#payments 2 messages wait, the next try is at 14:30. Slack: webhook: 503." in need(client)


def test_a_channel_that_is_off_is_said_to_be_off_and_no_more(client: FlaskClient, store: Store) -> None:
    since = NOW - timedelta(hours=1)
    hold_up(store, PLAYBOOKS, "payments-slack", since=since, due_at=since)
    with store.write() as tx:
        channel = next(one for one in channels.all_channels(tx) if one.slug == "payments-slack")
        channels.note_channel(tx, channel.id, state="off", problem="The address is gone.", problem_at=since)
    assert "behind since" not in need(client)
    assert "The address is gone." in need(client)


def test_of_a_private_team_only_those_who_see_it_hear_that_a_message_waits(doors: Doors) -> None:
    since = NOW - timedelta(hours=1)
    hold_up(doors.store, "takeover/shares", "okrs-slack", since=since, due_at=NOW + timedelta(hours=1))
    try:
        said = {who: need(doors.browsers[who]) for who in ("viewer", "member", "lead", "wanda", "admin")}
        walls = {who: words(doors.browsers[who].get("/channels").get_data(as_text=True)) for who in said}
    finally:
        hold_up(doors.store, "takeover/shares", "okrs-slack", since=since, due_at=since, problem="", state="sent")
    hears = {who: "behind since" in page for who, page in said.items()}
    assert hears == {"viewer": False, "member": False, "lead": False, "wanda": True, "admin": True}
    assert {who: "still to be sent" in page for who, page in walls.items()} == hears
