"""Webhooks: the probe, proof of the sender, what each kind of event rings for, and registering them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.errors import Forged, Gone, Misconfigured
from connectors.sandbox.trello.webhooks import sign
from connectors.shapes import Delivery, Greeting
from tests.connectors.trello.conftest import SECRET, Place

OURS = Path(__file__).parents[2] / "fixtures/trello/webhooks"
CAPTURED = Path(__file__).parents[4] / "shared/fixtures/trello/webhooks"
URL = "https://hub.example/hooks/trello-main"
CARD = "66f0a1b2c3d4e5f6000000c1"


def delivery(body: bytes, *, method: str = "POST", url: str = URL, **headers: str) -> Delivery:
    sent = {"x-trello-webhook": sign(SECRET, body, url)} | {n.replace("_", "-"): v for n, v in headers.items()}
    return Delivery(method, url, sent, {}, body, datetime(2026, 11, 3, tzinfo=UTC))


def body_of(name: str) -> bytes:
    return (OURS / f"{name}.json").read_bytes()


def test_the_probe_is_answered_200_and_nothing_else_is_greeted(place: Place) -> None:
    assert place.trello.greet(delivery(b"", method="HEAD")) == Greeting(200)
    assert place.trello.greet(delivery(body_of("card_moved"))) is None


def test_a_signature_holds_over_body_and_address_byte_for_byte(place: Place) -> None:
    body = body_of("card_moved")
    by_hand = base64.b64encode(hmac.new(SECRET.encode(), body + URL.encode(), hashlib.sha1).digest()).decode()
    place.trello.verify(delivery(body, x_trello_webhook=by_hand), SECRET)
    place.trello.verify(delivery(body), SECRET)


@pytest.mark.parametrize(
    "forged",
    [
        lambda body: (delivery(body + b" ", x_trello_webhook=sign(SECRET, body, URL)), SECRET),
        lambda body: (delivery(body, url=URL + "/", x_trello_webhook=sign(SECRET, body, URL)), SECRET),
        lambda body: (delivery(body), "another secret"),
        lambda body: (delivery(body), ""),
        lambda body: (delivery(body, x_trello_webhook=""), SECRET),
        lambda body: (delivery(body, x_trello_webhook="sha256=" + "0" * 64), SECRET),
        lambda body: (delivery(body, x_trello_webhook="é" * 28), SECRET),
    ],
)
def test_anything_else_is_forged(place: Place, forged: object) -> None:
    with pytest.raises(Forged):
        place.trello.verify(*forged(body_of("card_moved")))  # type: ignore[operator]


@pytest.mark.parametrize(
    ("name", "keys", "kind"),
    [
        ("card_moved", (CARD,), "changed"),
        ("card_created", (CARD,), "changed"),
        ("card_archived", (CARD,), "changed"),
        ("card_marked_complete", (CARD,), "changed"),
        ("card_deleted", (CARD,), "deleted"),
        ("card_moved_to_another_board", (CARD,), "changed"),
        ("label_put_on_card", (CARD,), "changed"),
        ("check_item_ticked", (CARD,), "changed"),
        ("custom_field_set", (CARD,), "changed"),
        ("comment_written", (CARD,), "changed"),
        ("unknown_about_a_card", (CARD,), "changed"),
        ("list_archived", (), "board"),
        ("label_renamed", (), "board"),
    ],
)
def test_an_event_rings_for_its_card_or_for_the_boards(
    place: Place, name: str, keys: tuple[str, ...], kind: str
) -> None:
    body = body_of(name)
    (event,) = place.trello.parse(delivery(body))
    assert (event.item_keys, event.kind) == (keys, kind)
    assert event.key == json.loads(body)["action"]["id"]


@pytest.mark.parametrize("name", ["member_joined_board", "unknown_about_nothing"])
def test_what_moves_no_work_rings_for_nothing(place: Place, name: str) -> None:
    assert place.trello.parse(delivery(body_of(name))) == ()


def test_every_fixture_of_ours_is_looked_at() -> None:
    looked_at = Path(__file__).read_text()
    assert all(f'"{one.stem}"' in looked_at for one in OURS.glob("*.json"))


@pytest.mark.parametrize(
    "body", [b"", b"null", b"[]", b"{}", b'{"action":{"type":7}}', b'{"action":{"type":"updateCard"}}']
)
def test_a_body_that_cannot_be_read_rings_for_nothing(place: Place, body: bytes) -> None:
    assert place.trello.parse(delivery(body)) == ()


def test_our_own_comment_rings_for_nothing_and_our_move_would(place: Place) -> None:
    own = {"x_trello_client_identifier": "okr-hub"}
    assert place.trello.parse(delivery(body_of("comment_written"), **own)) == ()
    assert place.trello.parse(delivery(body_of("custom_field_set"), **own)) == ()
    assert place.trello.parse(delivery(body_of("card_moved"), **own)) != ()
    assert place.trello.parse(delivery(body_of("comment_written"), x_trello_client_identifier="butler")) != ()


@pytest.mark.skipif(not CAPTURED.is_dir(), reason="no captured deliveries beside the project")
def test_every_captured_delivery_rings_or_is_ignored_by_name(place: Place) -> None:
    rang = ignored = 0
    for file in sorted(CAPTURED.glob("*.json")):
        events = place.trello.parse(delivery(file.read_bytes()))
        kind = json.loads(file.read_text())["action"]["type"]
        if events:
            rang += 1
        else:
            ignored += 1
            assert kind in ("addMemberToBoard",), f"{file.name}: {kind} rings for nothing"
    print(f"captured webhooks of Trello: {rang} ring, {ignored} ignored by name")  # noqa: T201  (the count is to be seen)
    assert rang + ignored >= 20


# -- registering


def test_one_webhook_rings_for_all_selections_of_a_board(place: Place) -> None:
    place.desk.add_board("Elsewhere")
    scopes = [place.scope(), place.scope(list="Done"), place.scope(board="Elsewhere", list="To Do")]
    wanted = place.trello.wants(scopes)
    assert [(one.key, one.name) for one in wanted] == [
        (f"board:{place.board}", "Roadmap"),
        (f"board:{scopes[2].query.split()[0].removeprefix('board=')}", "Elsewhere"),
    ]


def test_a_webhook_is_probed_registered_renewed_and_removed(place: Place) -> None:
    sent: list[tuple[str, str]] = []
    place.desk.post.send = lambda method, url, body, headers: sent.append((method, url)) or 200  # type: ignore[func-returns-value]
    (board,) = place.trello.wants([place.scope()])
    made = place.trello.subscribe(board, URL, "a secret of the hub")
    assert sent == [("HEAD", URL)]
    assert (made.scope_key, made.secret) == (board.key, SECRET)
    assert place.desk.post.hooks[made.key].model == place.board
    assert place.trello.renew(made) == made
    place.trello.unsubscribe(made)
    place.trello.unsubscribe(made)
    assert place.desk.post.hooks == {}
    with pytest.raises(Gone):
        place.trello.renew(made)


def test_a_webhook_whose_removal_is_answered_with_nothing_is_removed(place: Place) -> None:
    place.desk.post.send = lambda *_: 200
    made = place.trello.subscribe(place.trello.wants([place.scope()])[0], URL, "")
    place.desk.faults.bend_next(1, lambda _body: b"", path="/webhooks/")
    place.trello.unsubscribe(made)
    assert place.desk.post.hooks == {}


def test_a_webhook_that_trello_switched_off_is_taken_away_to_be_registered_anew(place: Place) -> None:
    place.desk.post.send = lambda *_: 200
    (board,) = place.trello.wants([place.scope()])
    made = place.trello.subscribe(board, URL, "")
    place.desk.post.hooks[made.key].active = False
    with pytest.raises(Gone):
        place.trello.renew(made)
    assert place.desk.post.hooks == {}


def test_registering_twice_finds_the_one_whose_answer_was_lost(place: Place) -> None:
    place.desk.post.send = lambda *_: 200
    (board,) = place.trello.wants([place.scope()])
    first = place.trello.subscribe(board, URL, "")
    assert place.trello.subscribe(board, URL, "") == first
    assert len(place.desk.post.hooks) == 1


def test_an_address_that_trello_cannot_reach_is_told_with_its_words(place: Place) -> None:
    place.desk.post.send = lambda *_: 403
    (board,) = place.trello.wants([place.scope()])
    with pytest.raises(Misconfigured, match="did not return 200 status code, got 403"):
        place.trello.subscribe(board, URL, "")


def test_without_the_apps_secret_nothing_is_registered(place: Place) -> None:
    trello = place.connect(webhook_secret="")
    with pytest.raises(Misconfigured) as raised:
        trello.subscribe(trello.wants([place.scope()])[0], URL, "a secret of the hub")
    assert raised.value.field == "webhook_secret"


def test_what_trello_sends_is_what_we_verify(place: Place) -> None:
    place.desk.post.send = lambda *_: 200
    place.desk.post.is_held = True
    place.trello.subscribe(place.trello.wants([place.scope()])[0], URL, "")
    card = place.desk.create(place.todo, "a card")
    (sent,) = place.desk.post.deliveries
    came = Delivery(
        "POST", URL, {name.lower(): value for name, value in sent.headers.items()}, {}, sent.body, place.clock()
    )
    place.trello.verify(came, SECRET)
    assert place.trello.parse(came)[0].item_keys == (card,)
