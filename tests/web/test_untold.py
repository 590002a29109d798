"""A change that a channel was not told: who hears of it, for how long, and what they read."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from hub.store import Store, channels, outbox
from hub.store.tables_okr import key_results
from hub.store.tables_told import outbox as letters
from hub.store.tables_told import status_changes
from tests.web.company import NOW
from tests.web.reading import part
from tests.web.rights import Doors

PLAYBOOKS = "invoices/playbooks"
TITLE = "12 reconciliation playbooks published"
REFUSED = "slack: webhook: invalid_blocks"
YESTERDAY = NOW - timedelta(days=1)


def give_up(
    store: Store,
    key: str,
    *slugs: str,
    problem: str = REFUSED,
    at: datetime = YESTERDAY,
    is_ambiguous: bool = False,
) -> None:
    """Drop the letters about a key result's last told change, to these channels or to all."""
    with store.write() as tx:
        ids = [one.id for one in channels.all_channels(tx) if not slugs or one.slug in slugs]
        rows = tx.execute(
            select(letters.c.id, letters.c.change_id)
            .join(status_changes, status_changes.c.id == letters.c.change_id)
            .join(key_results, key_results.c.id == status_changes.c.key_result_id)
            .where(key_results.c.key == key, letters.c.channel_id.in_(ids))
        ).all()
        newest = max(row.change_id for row in rows)
        for row in rows:
            if row.change_id == newest:
                outbox.settle(tx, row.id, state="dropped", now=at, problem=problem, is_ambiguous=is_ambiguous)


def page_of(client: FlaskClient, path: str = "/") -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.get_data(as_text=True).replace("\u00a0", " ")


def need(client: FlaskClient) -> str:
    return part(page_of(client), "<h2>Needs attention</h2>", "Reading the bars")


def test_it_says_which_change_was_not_told_to_whom_and_why_and_leads_to_the_activity(
    client: FlaskClient, store: Store
) -> None:
    assert "not told" not in need(client).lower()
    give_up(store, PLAYBOOKS, "payments-slack")
    said = need(client)
    assert (
        f"{TITLE} Not told to #payments: the status changed to achieved on 18 Nov. Slack: webhook: invalid_blocks. "
        "not told See what happened"
    ) in said
    assert f'href="/key-results/{PLAYBOOKS}#activity"' in page_of(client)


def test_a_change_of_today_is_said_with_its_time(client: FlaskClient, store: Store) -> None:
    with store.write() as tx:
        tx.execute(update(status_changes).values(at=NOW - timedelta(minutes=18)))
    give_up(store, PLAYBOOKS, "payments-slack")
    assert "the status changed to achieved at 09:12." in need(client)


def test_channels_that_were_not_told_for_the_same_reason_share_a_line(client: FlaskClient, store: Store) -> None:
    give_up(store, PLAYBOOKS)
    give_up(store, PLAYBOOKS, "okrs-slack", problem="given up after three days")
    said = need(client)
    assert "Not told to Payments and #payments: the status" in said or "Not told to #payments and Payments:" in said
    assert "Not told to #okrs: the status changed to achieved on 18 Nov. Given up after three days." in said


def test_what_may_stand_there_all_the_same_is_said_in_doubt(client: FlaskClient, store: Store) -> None:
    problem = "6 answers were lost; not sent again. The last: slack: webhook: 500"
    give_up(store, PLAYBOOKS, "payments-slack", problem=problem, is_ambiguous=True)
    said = need(client)
    assert "Perhaps not told to #payments: the status changed to achieved on 18 Nov. 6 answers were lost; not" in said
    told = part(page_of(client, f"/key-results/{PLAYBOOKS}"), 'id="activity"', "</section>")
    assert f"Perhaps not told to #payments: {problem}." in told


@pytest.mark.parametrize(("days", "is_said"), [(6.9, True), (7.1, False)])
def test_it_is_said_for_a_week(client: FlaskClient, store: Store, days: float, is_said: bool) -> None:
    give_up(store, PLAYBOOKS, "payments-slack", at=NOW - timedelta(days=days))
    assert ("Not told to #payments" in need(client)) is is_said


def test_it_is_still_said_when_later_letters_went_through(client: FlaskClient, store: Store) -> None:
    give_up(store, PLAYBOOKS, "payments-slack")
    with store.write() as tx:
        for channel in channels.all_channels(tx):
            channels.note_channel(tx, channel.id, problem="", problem_at=None)
    assert "Not told to #payments" in need(client)


def test_nothing_is_said_of_an_archived_key_result_or_a_channel_that_was_taken_away(
    client: FlaskClient, store: Store
) -> None:
    give_up(store, PLAYBOOKS, "payments-slack", problem=outbox.ARCHIVED)
    give_up(store, PLAYBOOKS, "okrs-slack")
    with store.write() as tx:
        channels.archive_channel(tx, "okrs-slack", NOW)
    assert "not told" not in need(client).lower()


def test_many_that_were_not_told_do_not_hide_a_goal_in_trouble(client: FlaskClient, store: Store) -> None:
    with store.write() as tx:
        tx.execute(update(letters).values(state="dropped", settled_at=YESTERDAY, problem=REFUSED))
    said = need(client)
    assert said.count("Not told to") >= 3
    assert said.index("Failed payments") < said.index("Not told to", said.index("Failed payments"))
    assert "12 % of the way, 58 % expected." in said


def test_the_activity_says_who_was_told_and_who_was_not_and_why(client: FlaskClient, store: Store) -> None:
    give_up(store, PLAYBOOKS, "payments-slack")
    told = part(page_of(client, f"/key-results/{PLAYBOOKS}"), 'id="activity"', "</section>")
    assert f"Told #okrs and Payments. Could not tell #payments: {REFUSED}." in told


def test_a_letter_that_is_given_up_shows_on_pages_that_are_open(client: FlaskClient, store: Store) -> None:
    before = client.get("/changes").get_data()
    give_up(store, PLAYBOOKS, "payments-slack", problem="given up after three days")
    assert client.get("/changes").get_data() != before


def test_of_a_private_team_only_those_who_see_it_read_what_was_not_told(doors: Doors) -> None:
    give_up(doors.store, "takeover/shares", "okrs-slack", problem="the channel was archived")
    try:
        said = {who: need(doors.browsers[who]) for who in ("viewer", "member", "lead", "wanda", "admin")}
    finally:
        with doors.store.write() as tx:
            tx.execute(update(letters).where(letters.c.state == "dropped").values(state="sent"))
    for who in ("viewer", "member", "lead"):
        assert "not told" not in said[who].lower(), who
        assert "Half of the shares" not in said[who], who
    for who in ("wanda", "admin"):
        assert "Half of the shares Not told to #okrs: the status changed to off track at 07:30." in said[who], who
