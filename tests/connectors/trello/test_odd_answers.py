"""Answers that hold what nobody asked for, and addresses as people copy them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from connectors.errors import Unexpected
from connectors.shapes import ProgressNote, Select
from connectors.trello.addresses import board_in, card_in
from connectors.trello.list_names import DOING_NAMES, DONE_NAMES, as_read
from tests.connectors.trello.conftest import Place

NOTE = ProgressNote("okr-hub:ship/live", "", "comment", "Ten cards live", "At risk: 4 of 10")


def bent(change: Callable[[Any], object]) -> Callable[[bytes], bytes]:
    def bend(body: bytes) -> bytes:
        answer = json.loads(body)
        change(answer)
        return json.dumps(answer).encode()

    return bend


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda answers: answers[0]["200"].update(id="66f0a1b2c3d4e5f6000000ff"), "answered with another"),
        (lambda answers: answers.reverse(), "answered with another"),
        (lambda answers: answers.append(answers[0]), "expected a list of 2 answers"),
        (lambda answers: answers[0].update({"200": None}), "expected an object, found null"),
        (lambda answers: answers[0]["200"].pop("id"), "id: it is missing"),
        (lambda answers: answers[0]["200"].update(id=7), "id: found a number where"),
    ],
)
def test_a_batch_that_answers_with_other_cards_is_refused(
    place: Place, change: Callable[[Any], object], said: str
) -> None:
    cards = [place.desk.create(place.todo, name) for name in "ab"]
    reader = place.reader()
    place.desk.faults.bend_next(1, bent(change), path="/batch")
    with pytest.raises(Unexpected, match=said):
        reader.look(*cards)
    assert set(reader.items) == set(cards)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda board: board.update(id="66f0a1b2c3d4e5f6000000ff", shortLink="Zz345678"), "answered with another"),
        (lambda board: board["cards"].append(board["cards"][0]), "is there twice"),
        (lambda board: board["cards"][0].pop("id"), "id: it is missing"),
        (lambda board: board.update(cards={}), "expected a list, found an object"),
    ],
)
def test_another_board_and_cards_without_an_id_or_twice_are_refused(
    place: Place, change: Callable[[Any], object], said: str
) -> None:
    place.desk.create(place.todo, "a card")
    scope = place.scope()
    place.desk.faults.bend_next(1, bent(change), path=f"/boards/{place.board}")
    with pytest.raises(Unexpected, match=said):
        list(place.trello.fetch(scope))


@pytest.mark.parametrize(
    ("written", "card"),
    [
        ("https://trello.com/c/5qrgGdD5/12-title", "5qrgGdD5"),
        ("https://trello.com/c/abc123/12-title", "abc123"),
        ("https://trello.com/c/5qrgGdD5", "5qrgGdD5"),
        ("https://trello.com/c/5qrgGdD5/12-%F0%9F%91%8B-what?filter=member:mira#comment-66f0a1b2c3d4e5f600000011",
         "5qrgGdD5"),
        ("http://www.trello.com/c/5qrgGdD5#checklist", "5qrgGdD5"),
        ("trello.com/c/5qrgGdD5/12-title ", "5qrgGdD5"),
        ("https://trello.com/c/66f0a1b2c3d4e5f600000011/12-title", "66f0a1b2c3d4e5f600000011"),
        ("https://api.trello.com/1/cards/66f0a1b2c3d4e5f600000011", "66f0a1b2c3d4e5f600000011"),
        ("5qrgGdD5", "5qrgGdD5"),
        ("66f0a1b2c3d4e5f600000011", "66f0a1b2c3d4e5f600000011"),
        ("https://trello.com/b/iqXXzYEj/roadmap", ""),
        ("https://eviltrello.com/c/5qrgGdD5", ""),
        ("#12", ""),
        ("PAY-1", ""),
        ("", ""),
    ],
)  # fmt: skip
def test_a_card_is_found_in_what_people_copy(written: str, card: str) -> None:
    assert card_in(written) == card


@pytest.mark.parametrize(
    ("written", "board"),
    [
        ("https://trello.com/b/iqXXzYEj/roadmap", "iqXXzYEj"),
        ("https://trello.com/b/iqXXzYEj", "iqXXzYEj"),
        ("https://trello.com/b/iqXXzYEj/roadmap?filter=label:okr&menu=filter#top", "iqXXzYEj"),
        ("https://trello.com/b/iqXXzYEj/roadmap/calendar-view", "iqXXzYEj"),
        ("trello.com/b/iqXXzYEj/", "iqXXzYEj"),
        ("https://trello.com/board/roadmap/66f0a1b2c3d4e5f600000001", "66f0a1b2c3d4e5f600000001"),
        ("https://trello.com/c/5qrgGdD5/12-title", ""),
        ("Roadmap", ""),
        ("", ""),
    ],
)
def test_a_board_is_found_in_its_address(written: str, board: str) -> None:
    assert board_in(written) == board


def test_a_note_and_a_selection_go_by_the_address_with_all_that_hangs_on_it(place: Place) -> None:
    card = place.desk.create(place.todo, "Objective: ship")
    short = place.desk.cards[card].short_link
    for target in (f"https://trello.com/c/{short}/1-ship?a=b#comment-1", short, card):
        place.trello.write(replace(NOTE, target=target))
    assert [one.data["text"] for one in place.desk.actions if one.type == "commentCard"] != []
    board = place.desk.boards[place.board].short_link
    address = f"https://trello.com/b/{board}/roadmap?filter=label:okr#top"
    assert place.trello.resolve(Select(picker={"board": address})).key == f"board:{place.board}"
    assert place.trello.resolve(Select(query=address)).key == f"board:{place.board}"


def test_no_word_means_done_and_in_progress_at_once() -> None:
    assert not DONE_NAMES & DOING_NAMES
    assert all(name == as_read(name) for name in DONE_NAMES | DOING_NAMES)


def test_names_are_compared_as_people_read_them() -> None:
    assert as_read("Done \u2705") == as_read("\u2728DONE!!") == as_read(" done ") == as_read("\uff24one.") == "done"
    assert as_read("In  Progress \u2014 team") == "in progress team"
    assert as_read("\u2705") == as_read("\u2705\ufe0f") != as_read("\u274c")
    assert as_read("Termin\u00e9") == as_read("termine\u0301") == "termine"
    assert as_read("\u0939\u093f\u0928\u094d\u0926\u0940") != as_read("\u0939\u0928\u0926")  # vowels are letters here
