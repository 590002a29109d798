"""What a card becomes: state, dates, names, checklists and custom fields."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from connectors.errors import Misconfigured
from connectors.shapes import State, Transition, seen_by
from connectors.trello.answers import Board
from connectors.trello.items import names_of, work_item
from connectors.trello.settings import read_settings
from connectors.wire import open_wire
from tests.connectors.trello.conftest import Place

FIXTURES = Path(__file__).parents[2] / "fixtures/trello"


def test_a_card_is_an_item_with_all_its_names(place: Place) -> None:
    desk = place.desk
    mira = desk.add_member("Mira Okafor", "mira")
    okr, red = desk.add_label(place.board, "okr"), desk.add_label(place.board, "", "red")
    card = desk.create(
        place.doing, "Pay by invoice", labels=(okr, red), due=datetime(2026, 12, 1, 17, 0, tzinfo=UTC), members=[mira]
    )
    desk.add_check_item(card, "ask legal", done=True)
    desk.add_check_item(card, "ask sales")
    desk.add_check_item(card, "tell all")
    place.clock.pass_(hours=2)
    desk.comment(card, "Legal agreed.")
    item = place.reader().items[card]
    assert (item.key, item.ref, item.title, item.type) == (card, "#1", "Pay by invoice", "card")
    assert (item.state, item.status, item.assignee) == (State.DOING, "Doing", "Mira Okafor")
    assert item.url == f"https://trello.com/c/{desk.cards[card].short_link}"
    assert item.created == datetime(2026, 11, 2, 9, tzinfo=UTC)
    assert item.updated == place.clock()
    assert (item.due, item.done) == (datetime(2026, 12, 1, 17, tzinfo=UTC), None)
    assert item.labels == {"okr", "red"}
    assert item.fields == {
        "list": "Doing",
        "board": "Roadmap",
        "archived": False,
        "due_complete": False,
        "checklist_done": Decimal(1),
        "checklist_total": Decimal(3),
        "checklist_percent": Decimal("33.33"),
    }


def test_a_board_as_trello_sends_it_becomes_items(place: Place) -> None:
    board = msgspec.json.decode((FIXTURES / "items/board.json").read_bytes(), type=Board)
    account = read_settings({"api_key": "k" * 32, "token": "t" * 64}, open_wire(hosts=()))
    fields = {"Effort": "66f0a1b2c3d4e5f600000041", "Size": "66f0a1b2c3d4e5f600000042"}
    found = [work_item(card, names_of(board), account, fields.values(), None) for card in board.cards]
    items = [seen_by(item, fields | {"checklist_percent": "checklist_percent"}) for item in found]
    assert [(item.ref, item.state, item.status, item.assignee) for item in items] == [
        ("#1", State.TODO, "To Do", "Mira Okafor"),
        ("#2", State.DONE, "Done", None),
        ("#3", State.DROPPED, "Last year", None),
        ("#4", State.DROPPED, "Mirror", None),  # it shows a card of another board; its member has left this one
    ]
    assert [sorted(item.labels) for item in items] == [["okr"], ["red_dark"], [], []]
    assert (items[0].fields["Effort"], items[0].fields["Size"]) == (Decimal("2.5"), "L")
    assert items[0].fields["checklist_percent"] == Decimal(25)
    assert items[3].updated == items[3].created == datetime(2024, 9, 22, 23, 1, 6, tzinfo=UTC)  # 0x66f0a1b2


def test_a_card_touched_alone_becomes_the_same_item_as_within_its_board(place: Place) -> None:
    desk = place.desk
    okr = desk.add_label(place.board, "okr")
    size = desk.add_field(place.board, "Size", "list", "S", "L")
    card = desk.create(place.done, "a card", labels=(okr,), members=[desk.add_member("Mira Okafor", "mira")])
    desk.add_check_item(card, "a line")
    desk.set_value(card, size, {"idValue": desk.fields[size].options[1][0]})
    reader = place.reader(place.scope("Size", "list"))
    whole = reader.items.pop(card)
    reader.look(card)
    assert reader.items[card] == whole
    assert whole.fields[size] == "L"


@pytest.mark.parametrize(
    ("column", "complete", "closed", "state"),
    [
        ("To Do", False, False, State.TODO),
        ("Doing", False, False, State.DOING),
        ("Done", False, False, State.DONE),
        ("To Do", True, False, State.DONE),
        ("To Do", True, True, State.DONE),
        ("Done", False, True, State.DONE),
        ("Doing", False, True, State.DROPPED),
    ],
)
def test_the_list_and_the_check_mark_say_where_a_card_stands(
    place: Place, column: str, complete: bool, closed: bool, state: State
) -> None:
    card = place.desk.create(place.desk.list_of(place.board, column), "a card", closed=closed, due_complete=complete)
    assert place.reader(place.scope(archived="yes")).items[card].state is state


def test_the_settings_name_the_lists_that_mean_done_and_doing(place: Place) -> None:
    shipped, review = (place.desk.add_list(place.board, name) for name in ("Shipped", "In Review"))
    cards = [place.desk.create(column, "a card") for column in (shipped, review, place.done)]
    trello = place.connect(done_lists="shipped, released", doing_lists="in review")
    items = place.reader(trello=trello).items
    assert [items[card].state for card in cards] == [State.DONE, State.DOING, State.TODO]
    with pytest.raises(Misconfigured) as raised:
        place.connect(done_lists="Doing")
    assert raised.value.field == "doing_lists"


def test_a_card_is_done_since_it_was_marked_or_came_into_its_list_whichever_was_first(place: Place) -> None:
    marked, moved, both, born, again = (place.desk.create(place.todo, name) for name in ("a", "b", "c", "d", "e"))
    place.desk.cards[born].column = place.done  # no move is known: it was so before anybody noted
    first = place.clock.pass_(hours=1)
    place.desk.edit(marked, due_complete=True)
    place.desk.move(moved, place.done)
    place.desk.edit(both, due_complete=True)
    place.desk.move(again, place.done)
    second = place.clock.pass_(hours=1)
    place.desk.move(both, place.done)
    place.desk.edit(moved, name="renamed since")
    place.desk.move(again, place.doing)
    third = place.clock.pass_(hours=1)
    place.desk.move(again, place.done)
    items = place.reader().items
    assert second > first
    assert [items[card].done for card in (marked, moved, both, born, again)] == [first, first, first, None, third]


def test_the_day_a_card_was_done_is_the_same_from_its_own_actions_and_from_the_boards(place: Place) -> None:
    cards = [place.desk.create(place.todo, f"card {number}") for number in range(60)]
    for card in cards:
        place.clock.pass_(minutes=1)
        place.desk.move(card, place.done)
    reader = place.reader()  # 60 done cards: the board's actions
    whole = {card: reader.items[card].done for card in cards}
    assert place.desk.count("/actions") == 1
    for card in cards[:3]:
        place.desk.edit(card, name="renamed")
    reader.sweep()
    assert {card: reader.items[card].done for card in cards} == whole
    assert None not in whole.values()


def test_custom_fields_have_the_type_their_board_gives_them(place: Place) -> None:
    desk = place.desk
    kinds = {"Effort": "number", "Note": "text", "Live on": "date", "Signed": "checkbox", "Size": "list"}
    ids = {
        name: desk.add_field(place.board, name, kind, *(("S", "L") if kind == "list" else ()))
        for name, kind in kinds.items()
    }
    full, empty = desk.create(place.todo, "full"), desk.create(place.todo, "empty")
    desk.set_value(full, ids["Effort"], {"value": {"number": "3.50"}})
    desk.set_value(full, ids["Note"], {"value": {"text": "2026-12-01"}})
    desk.set_value(full, ids["Live on"], {"value": {"date": "2026-12-01T09:30:00.000Z"}})
    desk.set_value(full, ids["Signed"], {"value": {"checked": "true"}})
    desk.set_value(full, ids["Size"], {"idValue": desk.fields[ids["Size"]].options[0][0]})
    reader = place.reader(place.scope(*kinds))
    assert reader.seen(full).fields == {
        "Effort": Decimal("3.50"),
        "Note": "2026-12-01",
        "Live on": datetime(2026, 12, 1, 9, 30, tzinfo=UTC),
        "Signed": True,
        "Size": "S",
    }
    assert reader.seen(empty).fields == {
        "Effort": None, "Note": None, "Live on": None, "Signed": False, "Size": None,
    }  # fmt: skip


def test_a_custom_field_that_was_deleted_is_absent_and_not_empty(place: Place) -> None:
    effort = place.desk.add_field(place.board, "Effort", "number")
    card, empty = place.desk.create(place.todo, "a card"), place.desk.create(place.todo, "without a value")
    place.desk.set_value(card, effort, {"value": {"number": "3"}})
    reader = place.reader(place.scope("Effort"))
    assert reader.seen(empty).fields == {"Effort": None}
    place.desk.delete_field(effort)
    reader.sweep()
    assert reader.seen(card).fields == reader.seen(empty).fields == {}


def test_points_are_in_the_field_of_that_name_or_in_the_one_the_settings_name(place: Place) -> None:
    with pytest.raises(Misconfigured) as raised:
        place.scope("points")
    assert raised.value.field == "points_field"
    points = place.desk.add_field(place.board, "Story points", "number")
    effort = place.desk.add_field(place.board, "Effort", "number")
    card = place.desk.create(place.todo, "a card")
    place.desk.set_value(card, points, {"value": {"number": "5"}})
    place.desk.set_value(card, effort, {"value": {"number": "8"}})
    item = place.reader(place.scope("points")).seen(card)
    assert (item.points, item.fields["points"]) == (Decimal(5), Decimal(5))
    place.trello = place.connect(points_field="effort")
    assert place.reader(place.scope("points")).seen(card).points == Decimal(8)


def test_a_board_of_more_than_a_thousand_cards_is_read_by_pages(place: Place) -> None:
    for number in range(2100):
        place.desk.create(place.todo, f"card {number}", created=place.clock() - timedelta(minutes=number))
    scope = place.scope()
    place.counter.take()
    pages = list(place.trello.fetch(scope))
    assert len({item.title for page in pages for item in page.items}) == 2100
    assert pages[-1].total == 2100
    assert place.counter.requests == 1 + 3  # the board, and three pages of cards


def test_cards_made_in_one_second_are_not_lost_between_two_pages(place: Place, small_pages: int) -> None:
    """A board that was copied or imported: the page ends in the middle of a second."""
    for second in range(6):
        for number in range(small_pages * 2 // 5):
            at = place.clock() - timedelta(seconds=second)
            place.desk.create(place.todo, f"card {second}/{number}", created=at)
    assert len(place.reader().titles()) == 6 * small_pages * 2 // 5


def test_the_history_of_a_card_is_its_way_through_the_lists(place: Place) -> None:
    begun = place.clock()
    card = place.desk.create(place.todo, "a card")
    moved = place.clock.pass_(hours=1)
    place.desk.move(card, place.doing)
    place.desk.edit(card, due_complete=True)
    ended = place.clock.pass_(hours=1)
    place.desk.move(card, place.done)
    assert list(place.trello.histories([card, card])) == [
        Transition(card, begun, "", "To Do", State.TODO),
        Transition(card, moved, "To Do", "Doing", State.DOING),
        Transition(card, ended, "Doing", "Done", State.DONE),
    ]


def test_a_card_done_longer_ago_than_the_boards_actions_reach_is_asked_for_by_itself(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.trello.completions.PAGES", 1)
    cards = [place.desk.create(place.todo, f"card {number}") for number in range(51)]
    place.clock.pass_(hours=1)
    for card in cards:
        place.desk.move(card, place.done)
    ended = place.clock()
    busy = place.desk.create(place.todo, "busy")
    for _ in range(500):
        place.clock.pass_(minutes=1)
        place.desk.move(busy, place.doing)
        place.desk.move(busy, place.todo)
    items = place.reader().items
    assert {items[card].done for card in cards} == {ended}


def test_a_board_of_which_trello_will_not_nest_the_cards_is_read_by_pages(place: Place) -> None:
    card = place.desk.create(place.todo, "a card")
    refused = (
        '{"error": "API_TOO_MANY_CARDS_REQUESTED", "message": "Requested too many cards, please split your requests"}'
    )
    scope = place.scope()
    place.desk.faults.fail_next(1, 403, body=refused, path=f"/boards/{place.board}")
    assert set(place.reader(scope).items) == {card}
