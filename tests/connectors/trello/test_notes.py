"""Progress written beside a card: once, and rewritten rather than repeated."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from connectors.errors import Gone, Misconfigured, TryLater, Unauthorized
from connectors.shapes import ProgressNote
from tests.connectors.trello.conftest import Place

NOTE = ProgressNote(
    key="okr-hub:ship/live",
    target="",
    by="comment",
    title="Ten cards live",
    text="At risk, was on track: 4 of 10",
    status="at_risk",
    value=Decimal("4.0"),
    link="https://hub.example/key-results/ship/live",
)


def note_on(place: Place, by: str = "comment", **more: object) -> tuple[ProgressNote, str]:
    card = place.desk.create(place.todo, "Objective: ship")
    target = f"https://trello.com/c/{place.desk.cards[card].short_link}/1-objective-ship"
    return replace(NOTE, target=target, by=by, **more), card  # type: ignore[arg-type]


def comments(place: Place) -> list[str]:
    return [one.data["text"] for one in place.desk.actions if one.type == "commentCard"]


def test_a_comment_is_written_once_and_rewritten_when_progress_changes(place: Place) -> None:
    note, _ = note_on(place)
    receipt = place.trello.write(note)
    (text,) = comments(place)
    assert text.splitlines() == [
        "**Ten cards live**", "", "At risk, was on track: 4 of 10", "",
        "https://hub.example/key-results/ship/live", "", "`okr-hub:ship/live`",
    ]  # fmt: skip
    assert place.trello.write(note).key == receipt.key
    place.trello.write(replace(note, text="On track: 5 of 10"))
    (text,) = comments(place)
    assert "On track: 5 of 10" in text
    assert receipt.at == place.clock()


def test_a_comment_says_what_was_written_and_calls_nobody(place: Place) -> None:
    note, _ = note_on(place, title="*All* of [it](https://evil.example) for @card", text="On track:\n# 5 of 10")
    place.trello.write(note)
    (text,) = comments(place)
    assert text.splitlines()[0] == r"**\*All\* of \[it\](https://evil.example) for @" + "\u200bcard**"
    assert text.splitlines()[2] == r"On track: \# 5 of 10"


def test_a_comment_under_many_others_is_still_the_one_that_is_rewritten(place: Place) -> None:
    note, card = note_on(place)
    key = place.trello.write(note).key
    for number in range(120):
        place.desk.comment(card, f"and another thing, {number}")
    assert place.trello.write(note).key == key
    assert place.desk.count(f"/cards/{card}/actions") == 2 + 3  # looked, wrote; and three pages until it was found


def test_a_comment_that_quotes_ours_is_left_alone(place: Place) -> None:
    note, card = note_on(place)
    place.desk.me, me = place.desk.add_member("Mira Okafor", "mira"), place.desk.me
    place.desk.comment(card, "see `okr-hub:ship/live`")
    place.desk.me = me
    place.trello.write(note)
    assert len(comments(place)) == 2


def test_a_comment_whose_answer_was_lost_is_found_again(place: Place) -> None:
    note, _ = note_on(place)
    place.desk.faults.lose_answer_next()
    with pytest.raises(TryLater) as raised:
        place.trello.write(note)
    assert raised.value.maybe_arrived
    place.trello.write(note)
    assert len(comments(place)) == 1


def test_the_webhook_of_our_own_writing_is_known_as_ours(place: Place) -> None:
    place.desk.post.send = lambda *_: 200
    place.desk.post.is_held = True
    place.trello.subscribe(place.trello.wants([place.scope()])[0], "https://hub.example/hooks/t", "")
    note, _ = note_on(place)
    place.trello.write(note)
    sent = place.desk.post.deliveries[-1]
    assert (sent.type, sent.headers["X-Trello-Client-Identifier"]) == ("commentCard", "okr-hub")


@pytest.mark.parametrize(
    ("kind", "more", "stands"),
    [
        ("number", {}, {"value": {"number": "4.0"}}),
        ("number", {"value": Decimal("1E+3")}, {"value": {"number": "1000"}}),
        ("text", {}, {"value": {"text": "At risk, was on track: 4 of 10"}}),
        ("checkbox", {}, {"value": {"checked": "false"}}),
        ("checkbox", {"status": "achieved"}, {"value": {"checked": "true"}}),
    ],
)
def test_a_custom_field_takes_what_its_type_can_say(
    place: Place, kind: str, more: dict[str, object], stands: object
) -> None:
    progress = place.desk.add_field(place.board, "Progress", kind)
    note, card = note_on(place, "field", field="Progress", **more)
    place.trello.write(note)
    place.trello.write(note)
    assert place.desk.cards[card].values == {progress: stands}


def test_a_list_field_takes_the_option_with_the_status_name(place: Place) -> None:
    progress = place.desk.add_field(place.board, "Progress", "list", "On track", "At risk")
    note, card = note_on(place, "field", field="Progress")
    place.trello.write(note)
    assert place.desk.cards[card].values == {progress: {"idValue": place.desk.fields[progress].options[1][0]}}
    with pytest.raises(Misconfigured, match="has no option 'achieved'"):
        place.trello.write(replace(note, status="achieved"))


@pytest.mark.parametrize(
    ("kind", "more", "says"),
    [
        ("number", {"value": None}, "there is no value yet"),
        ("date", {}, "takes a date"),
        ("text", {"field": "Progres"}, "no custom field named 'Progres'"),
        ("text", {"target": "PAY-1"}, "'PAY-1' is not a card"),
        ("text", {"by": "property"}, "nothing can be written as 'property'"),
        ("text", {"by": "link", "link": ""}, "no link to attach"),
    ],
)
def test_what_trello_cannot_be_told_says_why(place: Place, kind: str, more: dict[str, object], says: str) -> None:
    place.desk.add_field(place.board, "Progress", kind)
    note, _ = note_on(place, "field", field="Progress")
    with pytest.raises(Misconfigured) as raised:
        place.trello.write(replace(note, **more))  # type: ignore[arg-type]
    assert says in str(raised.value)


def test_a_link_is_attached_once_and_replaced_when_progress_changes(place: Place) -> None:
    note, card = note_on(place, "link")
    place.trello.write(note)
    place.trello.write(note)
    place.trello.write(replace(note, text="On track: 5 of 10"))
    (link,) = place.desk.cards[card].attachments
    assert (link.name, link.url) == ("Ten cards live: On track: 5 of 10", note.link)


def test_a_card_that_is_no_more_or_out_of_sight_is_gone_and_a_bad_token_is_not(place: Place) -> None:
    note, card = note_on(place)
    place.desk.boards[place.board].hidden = True
    with pytest.raises(Gone, match="permission requested"):
        place.trello.write(note)
    place.desk.boards[place.board].hidden = False
    place.desk.delete(card)
    with pytest.raises(Gone, match="not found"):
        place.trello.write(note)
    place.desk.token = "ATTAanother"
    with pytest.raises(Unauthorized):
        place.trello.write(note)
