from __future__ import annotations

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update

from hub.flows.show import wall
from hub.model.judge import Policy
from hub.store import Store, channels, okrs
from hub.store.okrs import Workspace
from hub.store.tables_told import outbox, receipts
from hub.web.drawings.cards import draw_card
from tests.web.company import BERLIN, NOW
from tests.web.reading import part, words


def page_of(client: FlaskClient, path: str = "/channels") -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.get_data(as_text=True).replace("\u00a0", " ")


def test_a_card_is_drawn_with_its_band_value_bar_and_facts(reader: FlaskClient) -> None:
    page = page_of(reader, "/channels?channel=payments-teams")
    card = part(page, '<div class="card-a">', "</section>")
    assert card.startswith("Achieved, was on track 12 reconciliation playbooks published 12 of 12 playbooks")
    assert "Owner Mira Okafor" in card
    assert "See why" in card
    assert '<div class="band on">' in page
    assert '<rect class="v on" y="4" width="100%" height="6" rx="3"/>' in page


def test_a_slack_message_is_drawn_with_its_bar_links_and_button(reader: FlaskClient) -> None:
    page = page_of(reader, "/channels?channel=payments-slack")
    assert '<div class="quote done">' in page
    assert "▰▰▰▰▰▰▰▰▰▰" in page
    assert '<a href="https://okr.acme.test/key-results/invoices/playbooks" rel="noreferrer">See why</a>' in page
    assert ":trophy:" not in page
    assert "*Why*" not in page


def test_channels_that_were_told_the_same_share_one_drawing(reader: FlaskClient) -> None:
    page = page_of(reader)
    assert "#okrs, #payments" in page
    assert words(page).count("Achieved , was on track") == 1


def test_the_filter_shows_one_channel(reader: FlaskClient) -> None:
    page = page_of(reader, "/channels?channel=okrs-slack")
    assert "What #okrs was told, word for word." in words(page)
    assert "Between 6 and 14 changes" in page
    assert "On track , was off track" not in words(page)


def test_what_a_channel_was_told_long_ago_is_found_however_much_others_were_told_since(
    reader: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = words(page_of(reader, "/channels?channel=payments-slack"))
    monkeypatch.setattr(wall, "LOOKED_AT", whole.count("delivered"))
    assert words(page_of(reader, "/channels?channel=payments-slack")) == whole


def test_the_head_of_a_message_says_when_it_arrived_and_after_how_many_tries(client: FlaskClient, store: Store) -> None:
    with store.write() as tx:
        tx.execute(update(outbox).values(attempts=2, is_ambiguous=True))
    page = words(page_of(client))
    assert "delivered 11:13, 2 tries" in page
    assert "An answer was lost on the way, so it may stand there more than once." in page


def test_what_could_not_be_sent_is_said(client: FlaskClient, store: Store) -> None:
    with store.write() as tx:
        channel = next(one for one in channels.all_channels(tx) if one.slug == "payments-teams")
        channels.note_channel(tx, channel.id, state="off", problem="The address is gone.", problem_at=NOW)
        tx.execute(update(outbox).where(outbox.c.channel_id == channel.id).values(state="dropped", settled_at=NOW))
    page = words(page_of(client))
    assert "Payments is off. The address is gone." in page
    assert "3 messages for Payments could not be sent in the last week." in page


def test_a_message_whose_words_were_not_kept_says_so(client: FlaskClient, store: Store) -> None:
    with store.write() as tx:
        tx.execute(update(receipts).values(payload=None))
    assert "What was said was not kept." in words(page_of(client))


def test_nothing_told_yet_teaches_when_a_channel_hears(empty: FlaskClient) -> None:
    with empty.application.extensions["okrhub"].store.write() as tx:
        okrs.put_workspace(tx, Workspace("Acme", "", BERLIN, "", Policy()))
    assert "No channel is set up." in words(page_of(empty))
    with empty.application.extensions["okrhub"].store.write() as tx:
        channels.put_channel(
            tx, slug="a", name="#a", kind="slack", settings={}, allow_private=(), owner="mira@acme.test"
        )
    assert "The first status of a key result is silent" in words(page_of(empty))


def test_a_message_cannot_bring_markup_or_a_script_address_into_the_page() -> None:
    evil = {
        "attachments": [
            {
                "content": {
                    "type": "AdaptiveCard",
                    "body": [{"type": "TextBlock", "text": "<img src=x> [press](javascript:alert(1)) \\[quiet\\](x)"}],
                    "actions": [{"type": "Action.OpenUrl", "title": "<b>", "url": "javascript:alert(1)"}],
                }
            }
        ]
    }
    drawn = str(draw_card(evil))
    assert "<img" not in drawn
    assert "javascript:" not in drawn
    assert "[quiet](x)" in drawn
    slack = str(
        draw_card({"blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "&lt;b&gt; <https://a.b|c>"}}]})
    )
    assert slack == '<p class="mb-1">&lt;b&gt; <a href="https://a.b" rel="noreferrer">c</a></p>'


def test_an_unknown_payload_shows_the_text_it_holds() -> None:
    assert "hello &amp; good day" in str(draw_card({"text": "hello & good day"}))
    assert "not kept" in str(draw_card(["what", timedelta(1)]))


def test_a_message_about_a_limit_says_what_should_be_and_not_what_is(reader: FlaskClient) -> None:
    said = words(reader.get("/channels").get_data(as_text=True))
    assert "4 (goal: stay below 3 bugs)" in said
    assert "16 (goal: stay within 6 to 14 changes)" in said
