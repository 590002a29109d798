"""What can be selected and how it is said: names, addresses, ids, and who is asked for them."""

from __future__ import annotations

import pytest

from connectors.errors import Misconfigured, Unauthorized
from connectors.shapes import Identity, Select
from connectors.trello.selection import Selection, read_query
from tests.connectors.trello.conftest import Place


def test_a_picker_becomes_ids_that_no_renaming_changes(place: Place) -> None:
    okr = place.desk.add_label(place.board, "okr")
    scope = place.scope(list="done", label="okr", archived="yes")
    assert scope.query == f"board={place.board} list={place.done} label={okr} archived=yes"
    assert scope.name == "Roadmap / Done / okr / archived too"
    place.desk.boards[place.board].name = "Plan"
    place.desk.edit_list(place.done, name="Shipped")
    again = place.trello.resolve(Select(query=scope.query))
    assert (again.key, again.query) == (scope.key, scope.query)
    assert again.name == "Plan / Shipped / okr / archived too"


def test_a_board_goes_by_name_short_link_address_or_id(place: Place) -> None:
    short = place.desk.boards[place.board].short_link
    selects = [
        Select(picker={"board": "roadmap"}),
        Select(picker={"board": short}),
        Select(picker={"board": place.board}),
        Select(query=f"https://trello.com/b/{short}/roadmap"),
        Select(query=f"https://trello.com/b/{short}"),
        Select(query=f"board={place.board}"),
        Select(query="Roadmap"),
    ]
    assert {place.trello.resolve(one).key for one in selects} == {f"board:{place.board}"}


def test_several_lists_are_parted_by_commas_which_a_name_may_have_too(place: Place) -> None:
    later = place.desk.add_list(place.board, "Later, maybe")
    assert place.scope(list="Doing, Done").query == f"board={place.board} list={place.doing},{place.done}"
    assert place.scope(list="Later, maybe").query == f"board={place.board} list={later}"


def test_a_label_without_a_name_goes_by_its_colour(place: Place) -> None:
    red = place.desk.add_label(place.board, "", "red")
    assert place.scope(label="red").query == f"board={place.board} label={red}"


@pytest.mark.parametrize(
    ("picker", "says"),
    [
        ({"board": "Road map"}, "there is no board 'Road map' that the account is on (did you mean 'Roadmap'?)"),
        ({"board": "66f0a1b2c3d4e5f600000001"}, "there is no board '66f0a1b2c3d4e5f600000001'"),
        ({"board": "Zz345678"}, "there is no board 'Zz345678'"),
        ({"list": "Dome"}, "there is no list 'Dome' on the board 'Roadmap' (did you mean 'Done'?)"),
        ({"label": "okr"}, "there is no label 'okr' on the board 'Roadmap'"),
        ({"archived": "maybe"}, "archived is 'maybe'"),
        ({"lane": "Done"}, "does not know lane"),
        ({"list": " "}, "has nothing for list"),
    ],
)
def test_what_cannot_be_found_is_named_with_what_there_is(place: Place, picker: dict[str, str], says: str) -> None:
    with pytest.raises(Misconfigured) as raised:
        place.scope(**picker)
    assert says in str(raised.value)
    assert raised.value.field == "select"


def test_an_archived_list_stands_back_for_an_open_one_of_its_name(place: Place) -> None:
    place.desk.edit_list(place.done, closed=True)
    with pytest.raises(Misconfigured, match="a list 'Done' on the board 'Roadmap' is archived"):
        place.scope(list="Done")
    with pytest.raises(Misconfigured, match="a list 'Doing, Done' on the board 'Roadmap' is archived"):
        place.scope(list="Doing, Done")
    assert place.scope(list="Done", archived="yes").query.split()[1] == f"list={place.done}"
    new = place.desk.add_list(place.board, "Done")
    assert place.scope(list="Done").query.split()[1] == f"list={new}"
    with pytest.raises(Misconfigured, match="has 2 lists named 'Done'"):
        place.scope(list="Done", archived="yes")


def test_two_of_one_name_are_an_error_that_shows_both(place: Place) -> None:
    other = place.desk.add_board("Roadmap")
    with pytest.raises(Misconfigured) as raised:
        place.scope()
    assert all(place.desk.boards[id].short_link in str(raised.value) for id in (place.board, other))
    ids = [place.desk.add_list(other, "Later"), place.desk.add_list(other, "Later")]
    with pytest.raises(Misconfigured) as raised:
        place.scope(board=other, list="Later")
    assert all(id in str(raised.value) for id in ids)
    fields = [place.desk.add_field(other, "Effort", "number") for _ in range(2)]
    with pytest.raises(Misconfigured, match="2 custom fields named 'Effort'"):
        place.scope("Effort", board=other)
    assert place.scope(fields[0], board=other).fields == {fields[0]: fields[0]}


@pytest.mark.parametrize(
    "select", [Select(), Select(query="Roadmap", picker={"board": "Roadmap"}), Select(picker={"list": "Done"})]
)
def test_a_selection_needs_a_board_said_in_one_way(place: Place, select: Select) -> None:
    with pytest.raises(Misconfigured):
        place.trello.resolve(select)


def test_a_board_that_the_account_may_not_see_says_what_to_do(place: Place) -> None:
    place.desk.boards[place.board].hidden = True
    with pytest.raises(Misconfigured) as raised:
        place.scope(board=place.board)
    assert "may not see" in str(raised.value)
    assert "invite the account" in raised.value.hint


@pytest.mark.parametrize(
    "query",
    [
        "",
        "board=x",
        "list=66f0a1b2c3d4e5f600000001",
        "project = PAY",
        "board=66f0a1b2c3d4e5f600000001 archived=perhaps",
    ],
)
def test_only_the_canonical_text_is_read_as_one(query: str) -> None:
    assert read_query(query) is None


def test_a_query_reads_back_as_what_it_was_written_from() -> None:
    one = Selection("a" * 24, frozenset({"b" * 24, "c" * 24}), frozenset({"d" * 24}), "only")
    assert read_query(one.query()) == one


def test_boards_and_their_lists_are_offered_in_one_request(place: Place) -> None:
    place.desk.add_board("Ads", "Ideas")
    closed = place.desk.add_board("Closed")
    place.desk.boards[closed].closed = True
    place.desk.edit_list(place.doing, closed=True)
    place.counter.take()
    offered = list(place.trello.scopes())
    assert [one.name for one in offered] == [
        "Ads (1 list)", "Ads / Ideas", "Roadmap (2 lists)", "Roadmap / To Do", "Roadmap / Done",
    ]  # fmt: skip
    assert place.counter.requests == 1
    assert [one.name for one in place.trello.scopes("done")] == ["Roadmap / Done"]
    assert all(place.trello.resolve(Select(query=one.query)).key == one.key for one in offered)


def test_a_check_says_who_we_are_and_what_that_account_sees(place: Place) -> None:
    assert place.trello.check() == Identity("OKR Hub (@okrhub)", "1 board, 3 lists")
    assert place.counter.requests == 2


@pytest.mark.parametrize(
    ("settings", "words"), [({"token": "ATTAanother"}, "invalid token"), ({"api_key": "f" * 32}, "invalid key")]
)
def test_a_wrong_key_or_token_says_to_sign_in_again(place: Place, settings: dict[str, str], words: str) -> None:
    with pytest.raises(Unauthorized) as raised:
        place.connect(**settings).check()
    assert words in str(raised.value)
    assert "sign in again" in raised.value.hint


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"api_key": ""}, "api_key"),
        ({"token": ""}, "token"),
        ({"token": 'x", oauth_token="y'}, "token"),
        ({"base_url": "not an address"}, "base_url"),
    ],
)
def test_a_setting_that_cannot_be_right_is_named(place: Place, settings: dict[str, str], field: str) -> None:
    with pytest.raises(Misconfigured) as raised:
        place.connect(**settings)
    assert raised.value.field == field
