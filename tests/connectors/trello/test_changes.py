"""What a sweep finds, what it costs, and how it tells apart why a card is not there any more."""

from __future__ import annotations

import json

import pytest

from connectors.errors import Misconfigured, Unauthorized, Unexpected
from connectors.shapes import Absence, Cursor, State
from tests.connectors.trello.conftest import Place


def test_a_board_of_900_unchanged_cards_is_read_again_in_one_request(place: Place) -> None:
    for number in range(900):
        place.desk.create(place.todo, f"card {number}")
    reader = place.reader()
    reader.sweep()
    assert (place.counter.requests, reader.read) == (1, 0)
    assert len(reader.titles()) == 900


def test_only_what_changed_is_brought(place: Place) -> None:
    cards = [place.desk.create(place.todo, f"card {number}") for number in range(20)]
    reader = place.reader()
    place.clock.pass_(minutes=5)
    place.desk.edit(cards[3], name="another name")
    place.desk.move(cards[4], place.done)
    reader.sweep()
    assert reader.read == 2
    assert reader.items[cards[3]].title == "another name"
    assert reader.items[cards[4]].state is State.DONE
    assert reader.items[cards[4]].done == place.clock()
    assert place.counter.requests == 2  # the board, and when the done one became so
    reader.sweep()
    assert reader.read == 0


def test_a_label_that_no_action_tells_of_is_seen(place: Place) -> None:
    okr = place.desk.add_label(place.board, "okr")
    card = place.desk.create(place.todo, "a card")
    reader = place.reader(place.scope(), place.scope(label="okr"))
    assert reader.titles(1) == set()
    place.desk.label(card, okr)
    assert place.desk.actions[-1].type == "createCard"
    reader.sweep()
    assert reader.titles(1) == {"a card"}
    assert reader.items[card].labels == {"okr"}


def test_a_renamed_list_and_a_renamed_label_change_all_their_cards(place: Place) -> None:
    okr = place.desk.add_label(place.board, "okr")
    cards = [place.desk.create(place.todo, f"card {number}", labels=(okr,)) for number in range(3)]
    place.desk.create(place.doing, "another")
    reader = place.reader()
    place.desk.edit_list(place.todo, name="Next")
    reader.sweep()
    assert reader.read == 3
    assert {reader.items[card].status for card in cards} == {"Next"}
    place.desk.rename_label(okr, "goal")
    reader.sweep()
    assert reader.read == 3
    assert {reader.items[card].labels for card in cards} == {frozenset({"goal"})}
    place.desk.delete_label(okr)
    reader.sweep()
    assert {reader.items[card].labels for card in cards} == {frozenset()}


def test_an_archived_list_takes_its_cards_out_and_brings_them_back(place: Place) -> None:
    place.desk.create(place.todo, "one")
    place.desk.create(place.doing, "two")
    reader = place.reader(place.scope(), place.scope(archived="only"), place.scope(archived="yes"))
    place.desk.edit_list(place.todo, closed=True)
    reader.sweep()
    assert (reader.titles(0), reader.titles(1), reader.titles(2)) == ({"two"}, {"one"}, {"one", "two"})
    place.desk.edit_list(place.todo, closed=False)
    reader.sweep()
    assert (reader.titles(0), reader.titles(1)) == ({"one", "two"}, set())


def test_deleted_and_moved_out_of_sight_and_moved_elsewhere_are_told_apart(place: Place) -> None:
    other = place.desk.add_board("Elsewhere")
    secret = place.desk.add_board("Secret")
    deleted, hidden, moved, archived = (place.desk.create(place.todo, name) for name in ("d", "h", "m", "a"))
    place.desk.boards[secret].hidden = True
    reader = place.reader()
    place.desk.delete(deleted)
    place.desk.move(hidden, place.desk.list_of(secret, "To Do"))
    place.desk.move(moved, place.desk.list_of(other, "To Do"))
    place.desk.edit(archived, closed=True)
    reader.sweep()
    assert reader.gone == {deleted: Absence.DELETED, hidden: Absence.HIDDEN}
    assert reader.titles() == set()
    assert place.counter.requests == 2


def test_a_card_that_moved_between_two_boards_of_the_connection_moves_in_one_sweep(place: Place) -> None:
    other = place.desk.add_board("Elsewhere")
    card = place.desk.create(place.todo, "wanders")
    reader = place.reader(place.scope(), place.scope(board="Elsewhere"))
    place.desk.move(card, place.desk.list_of(other, "To Do"))
    reader.sweep()
    assert (reader.titles(0), reader.titles(1)) == (set(), {"wanders"})
    assert place.counter.requests == 2


def test_a_list_that_moved_to_another_board_takes_its_cards_along(place: Place) -> None:
    other = place.desk.add_board("Elsewhere")
    for number in range(12):
        place.desk.create(place.doing, f"card {number}")
    reader = place.reader(place.scope(), place.scope(board="Elsewhere"))
    place.desk.move_list(place.doing, other)
    reader.sweep()
    assert (len(reader.titles(0)), len(reader.titles(1))) == (0, 12)


@pytest.mark.parametrize("loss", ["hidden", "closed"])
def test_a_board_that_is_lost_is_the_fault_of_its_selections_alone(place: Place, loss: str) -> None:
    other = place.desk.add_board("Elsewhere")
    place.desk.create(place.todo, "one")
    reader = place.reader(place.scope(), place.scope(board="Elsewhere"))
    setattr(place.desk.boards[other], loss, True)
    with pytest.raises(Misconfigured) as raised:
        reader.sweep()
    assert raised.value.field == "select"
    assert loss in raised.value.told or "may not see the board" in raised.value.told
    assert reader.titles(0) == {"one"}


def test_a_revoked_token_is_a_matter_of_the_sign_in(place: Place) -> None:
    reader = place.reader()
    place.desk.token = "ATTAanother"
    with pytest.raises(Unauthorized, match="invalid token"):
        reader.sweep()


def test_a_touched_card_costs_one_request_and_a_done_one_two(place: Place) -> None:
    card = place.desk.create(place.todo, "a card")
    reader = place.reader()
    place.desk.edit(card, name="renamed")
    reader.look(card)
    assert (place.counter.take()["requests"], reader.read) == (1, 1)
    place.desk.move(card, place.done)
    reader.look(card)
    assert place.counter.requests == 2
    assert reader.items[card].done == place.clock()


def test_a_touched_card_that_was_deleted_is_gone_and_one_out_of_sight_waits_for_the_sweep(place: Place) -> None:
    deleted, kept = place.desk.create(place.todo, "d"), place.desk.create(place.todo, "k")
    reader = place.reader()
    place.desk.delete(deleted)
    place.desk.boards[place.board].hidden = True
    reader.look(deleted, kept)
    assert reader.gone == {deleted: Absence.DELETED}
    assert reader.titles() == {"k"}  # the board as a whole cannot be seen: its cards are not counted out


def test_a_key_that_is_no_card_is_refused(place: Place) -> None:
    with pytest.raises(Unexpected, match="not the id of a card"):
        list(place.trello.changes([place.scope()], None, ["PAY-1"]))


@pytest.mark.parametrize(
    "text", ["", "{}", '{"v":2,"boards":{}}', '{"v":1,"boards":{"a":"x"}}', '{"v":1,"boards":{"a":"AAAA"}}']
)
def test_a_cursor_of_another_make_is_refused(place: Place, text: str) -> None:
    with pytest.raises(Unexpected, match="the stored cursor cannot be read"):
        list(place.trello.changes([place.scope()], Cursor(text)))


def test_a_sweep_that_was_cut_short_begins_again_where_it_had_begun(place: Place) -> None:
    cards = [place.desk.create(place.todo, f"card {number}") for number in range(450)]
    reader = place.reader()
    for card in cards:
        place.desk.edit(card, name="renamed")
    reader.sweep(pages=1)
    reader.sweep()
    assert reader.titles() == {"renamed"}


def test_a_change_that_only_a_joining_scope_saw_is_taken_back_with_the_next_sweep(place: Place) -> None:
    """The label was put on and taken off between two sweeps, and a first read in between stored the card with it."""
    okr = place.desk.add_label(place.board, "okr")
    card = place.desk.create(place.todo, "a card")
    reader = place.reader(place.scope())
    joining = place.scope(label="okr")
    place.desk.label(card, okr)
    reader.scopes.append(joining)
    reader.members[joining.key] = set()
    held, reader.cursor = reader.cursor, None
    reader.first()
    assert reader.items[card].labels == {"okr"}
    assert held is not None and reader.cursor is not None
    reader.cursor = place.trello.merge(held, reader.cursor)
    place.desk.label(card, okr, on=False)
    reader.sweep()
    assert reader.items[card].labels == frozenset()
    assert reader.titles(1) == set()


def test_a_scope_that_joins_hides_no_change_from_the_others(place: Place) -> None:
    """The card moved between the sweep and the first read of the second selection, which saw it in its new list."""
    card = place.desk.create(place.todo, "a card")
    todo, doing = place.scope(list="To Do"), place.scope(list="Doing")
    reader = place.reader(todo)
    place.desk.move(card, place.doing)
    reader.scopes.append(doing)
    reader.members[doing.key] = set()
    (*_, last) = place.trello.fetch(doing)
    assert reader.cursor is not None and last.cursor is not None
    reader.cursor = place.trello.merge(reader.cursor, last.cursor)
    reader.sweep()
    assert (reader.titles(0), reader.titles(1)) == (set(), {"a card"})


def test_a_board_that_was_read_in_part_loses_no_card(place: Place) -> None:
    cards = [place.desk.create(place.todo, f"card {number}") for number in range(5)]
    reader = place.reader()

    def in_part(body: bytes) -> bytes:
        board = json.loads(body)
        board["cards"] = board["cards"][:2]
        return json.dumps(board).encode()

    place.desk.faults.bend_next(1, in_part, path=f"/boards/{place.board}")
    reader.sweep()
    assert len(reader.titles()) == 5
    place.desk.edit(cards[4], name="renamed")
    reader.sweep()
    assert "renamed" in reader.titles()
