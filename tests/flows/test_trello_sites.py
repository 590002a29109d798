"""Trello as real boards have it: lines and mirrors among the cards, lists in any language, values nobody can read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.sandbox.oddities import ABSENT
from hub.store import Store
from tests.flows.trello_house import TrelloHouse, open_trello_house


@pytest.fixture
def house(tmp_path: Path, store: Store) -> Iterator[TrelloHouse]:
    with open_trello_house(tmp_path, store) as made:
        yield made


# What is no work.


def test_lines_mirrors_links_boards_and_templates_are_no_work(house: TrelloHouse) -> None:
    done, todo = house.list("Done"), house.list("To Do")
    card = house.desk.create(done, "Pay by card")
    house.desk.create(todo, "- - -")
    house.desk.create(todo, "\u2014\u2014\u2014")
    house.desk.create(todo, "This week", role="separator")
    house.desk.create(todo, "https://trello.com/c/abcd1234/1-a", role="mirror", source=card)
    house.desk.create(todo, "https://trello.com/b/abcd1234/b", role="board")
    house.desk.create(todo, "https://example.com/", role="link")
    house.desk.create(todo, "Copy me", is_template=True)
    house.apply({"share": "{board: Roadmap}"}, measure="{percent: items}")
    assert house.sync().state == "done"
    assert house.value("share") == "100 fresh"
    assert sorted(line.reason for line in house.explain("share").lines if line.group == "dropped") == [
        "Board, dropped", "Link, dropped", "Mirror, dropped", "Separator, dropped", "Separator, dropped",
        "Separator, dropped", "Template, dropped",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["A - B", "-", "--", "Done - really", "-1-", "___x___"])
def test_a_card_that_has_a_dash_in_its_name_is_work(house: TrelloHouse, name: str) -> None:
    house.desk.create(house.list("To Do"), name)
    house.apply({"cards": "{board: Roadmap}"})
    house.sync()
    assert house.value("cards") == "1 fresh"


def test_a_template_that_becomes_a_card_counts_from_then_on(house: TrelloHouse) -> None:
    card = house.desk.create(house.list("To Do"), "Pay by card", is_template=True)
    house.apply({"cards": "{board: Roadmap}"})
    house.sync()
    assert house.value("cards") == "0 fresh"
    house.desk.edit(card, is_template=False)
    house.clock.pass_(minutes=15)
    house.sync()
    assert house.value("cards") == "1 fresh"


# Which list.


@pytest.mark.parametrize(
    "name",
    ["Done", "DONE", "Done \u2705", "\u2714\ufe0f Done", "Done!", " done. ", "\U0001f389 Done \U0001f389", "Erledigt",
     "Termin\u00e9", "TERMINE\u0301", "Hecho", "Conclu\u00eddo", "Fatto", "\u0413\u043e\u0442\u043e\u0432\u043e",
     "\u5b8c\u4e86", "\uff24\uff4f\uff4e\uff45"],
)  # fmt: skip
def test_a_list_that_reads_as_done_means_done(house: TrelloHouse, name: str) -> None:
    house.rename("Done", name)
    house.desk.create(house.list(name), "a card")
    house.apply({"share": "{board: Roadmap}"}, measure="{percent: items}")
    house.sync()
    assert house.value("share") == "100 fresh"
    assert house.explain("share").notes == ()


@pytest.mark.parametrize("name", ["Not done", "Done?Later", "Undone", "Ready", "Bereit", "Almost done"])
def test_a_list_that_reads_otherwise_does_not_and_the_hub_says_which_lists_there_are(
    house: TrelloHouse, name: str
) -> None:
    house.rename("Done", name)
    house.desk.create(house.list(name), "a card")
    house.apply({"share": "{board: Roadmap}"}, measure="{percent: items}")
    house.sync()
    assert house.value("share") == "0 fresh"
    (said,) = house.explain("share").notes
    assert said.startswith(f"no list of the board Roadmap means done (To Do, Doing, {name})")
    assert house.notes("share") == (said,)  # what the page of the key result shows


def test_what_is_said_goes_when_a_list_is_renamed_so_that_it_means_done(house: TrelloHouse) -> None:
    house.rename("Done", "Fin.")
    house.desk.create(house.list("Fin."), "a card")
    house.apply({"share": "{board: Roadmap}"}, measure="{percent: items}")
    house.sync()
    assert (house.value("share"), len(house.explain("share").notes)) == ("0 fresh", 1)
    house.rename("Fin.", "Fini")
    house.clock.pass_(minutes=15)
    house.sync()
    assert (house.value("share"), house.explain("share").notes, house.notes("share")) == ("100 fresh", (), ())


def test_the_setting_wins_over_what_names_usually_mean(house: TrelloHouse) -> None:
    live = house.desk.add_list(house.board, "Live \U0001f680")
    house.desk.create(live, "a card")
    house.desk.create(house.list("Done"), "another")
    house.apply({"done": "{board: Roadmap}"}, where="{state: done}", settings="done_lists: live")
    house.sync()
    assert [line.title for line in house.explain("done").lines if line.group == "counted"] == ["a card"]


# Which day.


@pytest.mark.parametrize(
    ("zone", "told"), [("America/Los_Angeles", "due 31 Oct 2026"), ("Europe/Berlin", "due 1 Nov 2026")]
)
def test_a_due_time_is_on_the_day_of_the_workspace(house: TrelloHouse, zone: str, told: str) -> None:
    house.desk.create(house.list("To Do"), "a card", due=datetime(2026, 11, 1, tzinfo=UTC))
    house.apply({"late": "{board: Roadmap}"}, where="{due: {after: 2026-11-30}}", zone=zone)
    house.sync()
    assert [line.reason.partition(",")[0] for line in house.explain("late").lines] == [told]


# Fields of one name.


def test_two_boards_with_points_fields_of_their_own_keep_them_when_the_cards_are_read_together(
    house: TrelloHouse,
) -> None:
    fields = [house.desk.add_field(board, "Points", "number") for board in (house.board, house.other)]
    cards = []
    for board, field, number in zip((house.board, house.other), fields, (25, 5), strict=True):
        for title in "abc":
            values = {field: {"value": {"number": str(number)}}}
            cards.append(house.desk.create(house.list("Done", board), title, values=values))
    selects = {"mine": "{board: Roadmap}", "theirs": "{board: Elsewhere}"}
    house.apply(selects, where="{state: done}", measure="{sum: points}")
    house.sync()
    assert (house.value("mine"), house.value("theirs")) == ("75 fresh", "15 fresh")
    for card in cards:
        house.desk.comment(card, "nothing that the rules are about")
    house.clock.pass_(minutes=15)
    house.sync()
    assert (house.value("mine"), house.value("theirs")) == ("75 fresh", "15 fresh")


def test_a_card_that_moves_to_another_board_counts_there_with_the_field_of_that_board(house: TrelloHouse) -> None:
    fields = [house.desk.add_field(board, "Points", "number") for board in (house.board, house.other)]
    card = house.desk.create(house.list("Done"), "a card", values={fields[0]: {"value": {"number": "25"}}})
    house.desk.create(house.list("Done"), "stays", values={fields[0]: {"value": {"number": "1"}}})
    house.desk.create(house.list("Done", house.other), "was there", values={fields[1]: {"value": {"number": "2"}}})
    house.apply({"mine": "{board: Roadmap}", "theirs": "{board: Elsewhere}"}, measure="{sum: points}")
    house.sync()
    house.desk.move(card, house.list("Done", house.other))
    house.desk.set_value(card, fields[1], {"value": {"number": "5"}})
    house.clock.pass_(minutes=15)
    house.sync()
    assert (house.value("mine"), house.value("theirs")) == ("1 fresh", "7 fresh")


# What nobody can read.

ODD: dict[str, Any] = {
    "name": [7, None, [], ABSENT, "\ud800"],
    "idShort": ["one", None, ABSENT],
    "shortUrl": [7, "javascript:alert(1)", ABSENT],
    "shortLink": [7],
    "dateLastActivity": ["yesterday", 7, "9999-12-31T23:59:59.000Z", {}, ABSENT],
    "due": ["soon", 7, "9999-12-31T23:59:59.000Z", "0001-01-01", ABSENT],
    "dueComplete": [None, "yes", 1, ABSENT],
    "closed": [None, "no", ABSENT],
    "idLabels": [None, "okr", [7], ABSENT],
    "idMembers": [None, {}, [{}], ABSENT],
    "idList": [None, 7, "66f0a1b2c3d4e5f6000000ff", ABSENT],
    "idBoard": [None, 7, ABSENT],
    "badges": [None, 7, {"checkItems": "3"}, {"checkItems": 1, "checkItemsChecked": 3}, ABSENT],
    "cardRole": [7, {}, "something new"],
    "isTemplate": [None, "no"],
    "customFieldItems": [None, {}, [7], [{"value": {"number": "2"}}], ABSENT],
}


@pytest.mark.parametrize("name", ODD)
def test_odd_values_are_each_one_cards_own_and_every_other_rule_goes_on(house: TrelloHouse, name: str) -> None:
    for board in (house.board, house.other):
        field = house.desk.add_field(board, "Points", "number")
        for title in "ab":
            values = {field: {"value": {"number": "3"}}}
            house.desk.create(house.list("Done", board), title, values=values)
    points = next(id for id, field in house.desk.fields.items() if field.board == house.board)
    values = {points: {"value": {"number": "2"}}}
    odd = [house.desk.create(house.list("Done"), "odd", values=dict(values)) for _ in ODD[name]]
    house.desk.odd.update({card: {name: value} for card, value in zip(odd, ODD[name], strict=True)})
    selects = {"mine": "{board: Roadmap}", "theirs": "{board: Elsewhere}"}
    house.apply(selects, where="{state: done}", measure="{sum: points}")
    _holds(house, odd)
    house.touch(*odd)  # now they are asked for by themselves
    _holds(house, odd, due=False)
    house.desk.odd.clear()
    house.clock.pass_(minutes=15)
    house.sync()
    assert (house.explain("mine").value, house.explain("theirs").value) == (6 + 2 * len(odd), 6)


def _holds(house: TrelloHouse, odd: list[str], *, due: bool = True) -> None:
    """Every odd card is counted, or set aside and named; the other rule has its value."""
    assert house.sync(due=due).state == "done"
    assert house.value("theirs") == "6 fresh"
    found = house.explain("mine")
    assert {line.key for line in found.lines} >= set(odd)
    assert found.value == 6 + 2 * (len(odd) - len(found.set_aside))


@pytest.mark.parametrize(
    ("kind", "value", "read"),
    [
        ("number", {"value": {"number": "3"}}, "3"),
        ("number", {"value": {"number": 3}}, "3"),
        ("number", {"value": {"number": "three"}}, None),
        ("number", {"value": {"number": "NaN"}}, None),
        ("number", {"value": {"number": "1e400"}}, None),
        ("number", {"value": {"number": True}}, None),
        ("number", {"value": {"text": "3"}}, None),
        ("number", {"value": "3"}, None),
        ("number", {"value": [3]}, None),
    ],
)
def test_an_odd_number_is_set_aside_by_the_rule_that_adds_it_up_and_named(
    house: TrelloHouse, kind: str, value: dict[str, Any], read: str | None
) -> None:
    field = house.desk.add_field(house.board, "Points", kind)
    house.desk.create(house.list("To Do"), "plain", values={field: {"value": {"number": "2"}}})
    house.desk.create(house.list("To Do"), "odd", values={field: value})
    house.apply({"points": "{board: Roadmap}"}, measure="{sum: points}")
    house.sync()
    found = house.explain("points")
    assert (found.value, found.set_aside) == ((5, ()) if read else (2, ("#2",)))
    assert any("#2" in note for note in found.notes) is not bool(read)


def test_a_list_and_a_label_that_nobody_can_read_are_of_the_cards_that_have_them(house: TrelloHouse) -> None:
    okr = house.desk.add_label(house.board, "okr")
    house.desk.create(house.list("Doing"), "odd", labels=(okr,))
    house.desk.create(house.list("Done"), "plain")
    house.apply({"done": "{board: Roadmap}", "labelled": "{board: Roadmap}"}, where="{state: done}")
    house.desk.faults.bend_next(9, lambda body: body.replace(b'"name": "Doing"', b'"name": 7')
                                .replace(b'"name": "okr"', b'"name": {}'), path="/boards/")  # fmt: skip
    assert house.sync().state == "done"
    found = house.explain("done")
    assert (found.value, found.set_aside) == (1, ("#1",))


def test_a_move_that_nobody_can_read_makes_the_date_of_its_card_unknown_and_of_no_other(house: TrelloHouse) -> None:
    odd, plain = (house.desk.create(house.list("To Do"), name) for name in ("odd", "plain"))
    house.clock.pass_(hours=1)
    for card in (odd, plain):
        house.desk.move(card, house.list("Done"))
    move = next(one for one in house.desk.actions if one.card == odd and one.type == "updateCard")
    move.data = {**move.data, "listAfter": 7}
    house.apply({"done": "{board: Roadmap}"}, where="{state: done}, {done: {after: cycle start}}")
    assert house.sync().state == "done"
    found = house.explain("done")
    assert (found.value, found.set_aside) == (1, ("#1",))
