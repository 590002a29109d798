"""Selecting by filter, board, active sprint and epic: found by name or number, and followed as they change."""

from __future__ import annotations

import pytest

from connectors.errors import Misconfigured, Unauthorized
from connectors.shapes import Scope, Select
from tests.connectors.conftest import Site, id_of, read_once


def pick(site: Site, **picker: str) -> Scope:
    return site.connector.resolve(Select(picker=picker))


def held(site: Site, scope: Scope) -> set[str]:
    """Return the keys of what a first read finds, and see that its roll says the same."""
    pages = list(site.connector.fetch(scope))
    items = {item.key: item.ref for page in pages for item in page.items}
    (roll,) = pages[-1].rolls
    assert roll.exact
    assert roll.keys == items.keys()
    return set(items.values())


@pytest.fixture
def busy(either: Site) -> Site:
    """A Jira with a board, two sprints and an epic with work in three levels."""
    jira = either.jira
    jira.create("PAY", summary="Checkout", type="Epic")
    jira.create("PAY", summary="Invoice", parent="PAY-1")
    jira.create("PAY", summary="Form", type="Sub-task", parent="PAY-2")
    jira.create("WEB", summary="Elsewhere", parent="PAY-1")
    jira.create("PAY", summary="Alone", labels=["okr"])
    either.clock.pass_(hours=1)
    return either


def test_a_filter_is_found_by_name_and_by_number(busy: Site) -> None:
    number = busy.jira.add_filter("Labelled", "labels = okr")
    scope = pick(busy, filter="labelled")
    assert (scope.query, scope.name, scope.kind) == (f"filter = {number}", "Labelled", "filter")
    assert pick(busy, filter=str(number)).key == scope.key
    assert held(busy, scope) == {"PAY-4"}


def test_two_filters_of_one_name_are_named_with_their_numbers(busy: Site) -> None:
    numbers = [busy.jira.add_filter("Labelled", "labels = okr"), busy.jira.add_filter("Labelled", "labels = x")]
    with pytest.raises(Misconfigured, match=rf"jira has 2 filters named 'Labelled': {numbers[0]}, {numbers[1]}"):
        pick(busy, filter="Labelled")


@pytest.mark.parametrize(
    "picker", [{"filter": "none"}, {"board": "none"}, {"epic": "PAY-99"}, {"board": "77"}, {"filter": "9"}]
)
def test_what_is_not_there_is_misconfigured_and_says_how_to_look(busy: Site, picker: dict[str, str]) -> None:
    with pytest.raises(Misconfigured) as raised:
        pick(busy, **picker)
    assert raised.value.field == "select"
    assert "okrhub scopes" in raised.value.hint


def test_a_board_is_its_filter_and_what_its_sub_query_leaves(busy: Site) -> None:
    number = busy.jira.add_filter("Payments", "project = PAY")
    board = busy.jira.add_board("Payments flow", number, type="kanban", sub_query="type = Epic")
    scope = pick(busy, board="Payments flow")
    assert scope.query == f"filter = {number} AND (type = Epic)"
    assert pick(busy, board=str(board)).key == scope.key
    assert held(busy, scope) == {"PAY-1"}


def test_a_board_whose_filter_is_private_is_read_by_its_own_list(busy: Site) -> None:
    number = busy.jira.add_filter("Private", "project = PAY", shared=False)
    busy.jira.add_board("Secret board", number)
    scope = pick(busy, board="Secret board")
    assert scope.query == "listed by board 1"
    assert held(busy, scope) == {"PAY-1", "PAY-2", "PAY-3", "PAY-4"}
    cursor = read_once(busy, [scope])
    busy.clock.pass_(minutes=10)
    busy.jira.move("PAY-4", "WEB")
    busy.jira.edit("PAY-2", summary="Pay by invoice")
    pages = list(busy.connector.changes([scope], cursor))
    assert [item.title for page in pages for item in page.items] == ["Pay by invoice"]
    (roll,) = pages[-1].rolls
    assert (len(roll.keys), roll.exact, roll.scopes) == (3, True, frozenset({scope.key}))


def test_a_board_whose_set_up_may_not_be_seen_is_read_by_its_own_list(busy: Site) -> None:
    busy.jira.add_board("Board", busy.jira.add_filter("All", "project = PAY"))
    busy.jira.may_configure = False
    scope = busy.connector.resolve(Select(picker={"board": "Board"}, fields=frozenset({"points"})))
    assert (scope.query, scope.fields) == ("listed by board 1", {"points": "customfield_10016"})
    assert held(busy, scope) == {"PAY-1", "PAY-2", "PAY-3", "PAY-4"}


def test_a_site_without_the_new_addresses_is_read_by_the_old_ones(site: Site) -> None:
    site.jira.create("PAY", summary="One")
    site.jira.agile.has_software = False
    site.jira.add_board("Secret board", site.jira.add_filter("Private", "project = PAY", shared=False))
    assert held(site, pick(site, board="Secret board")) == {"PAY-1"}
    assert site.jira.count("/rest/agile/1.0/board/1/issue") == 2


def test_the_active_sprint_is_followed_from_one_to_the_next(busy: Site) -> None:
    board = busy.jira.add_board("Sprints", busy.jira.add_filter("All", "project = PAY"))
    first = busy.jira.add_sprint(board, "Sprint 1")
    second = busy.jira.add_sprint(board, "Sprint 2", state="future")
    busy.jira.edit("PAY-2", sprint=first)
    busy.jira.edit("PAY-4", sprint=second)
    scope = pick(busy, board="Sprints", sprint="active")
    assert held(busy, scope) == {"PAY-2"}
    cursor = read_once(busy, [scope])
    busy.jira.set_sprint(first, "closed")
    assert busy.connector is not None
    busy.clock.pass_(minutes=10)
    between = list(busy.connector.changes([scope], cursor))
    assert between[0].resting.keys() == {scope.key}
    assert "no active sprint" in between[0].resting[scope.key]
    assert [roll for page in between for roll in page.rolls] == []
    (only,) = busy.connector.fetch(scope)
    assert only.resting == between[0].resting
    busy.jira.set_sprint(second, "active")
    pages = list(busy.connector.changes([scope], cursor))
    assert [roll.keys for roll in pages[-1].rolls] == [frozenset({id_of(busy, "PAY-4")})]
    assert held(busy, scope) == {"PAY-4"}


def test_a_sprint_is_found_by_its_name_on_its_board(busy: Site) -> None:
    board = busy.jira.add_board("Sprints", busy.jira.add_filter("All", "project = PAY"))
    first = busy.jira.add_sprint(board, "Sprint 1", state="closed")
    busy.jira.add_sprint(board, "Sprint 2")
    assert pick(busy, board="Sprints", sprint="sprint 1").query == f"sprint = {first}"
    with pytest.raises(Misconfigured, match="no sprint 'Sprint 9'"):
        pick(busy, board="Sprints", sprint="Sprint 9")


def test_an_epic_holds_all_below_it_in_whatever_project(busy: Site) -> None:
    scope = pick(busy, epic="PAY-1")
    assert (scope.kind, scope.name) == ("epic", "all below PAY-1 Checkout")
    assert busy.connector.resolve(Select(query=scope.query)) == scope
    assert held(busy, scope) == {"PAY-2", "PAY-3", "WEB-1"}


def test_an_epic_grows_and_shrinks_with_its_tree(busy: Site) -> None:
    scope = pick(busy, epic="PAY-1")
    cursor = read_once(busy, [scope])
    busy.clock.pass_(minutes=10)
    new = busy.jira.create("PAY", summary="New", type="Sub-task", parent="WEB-1")
    busy.jira.edit("PAY-2", parent=None)  # and its sub-task with it, which does not change itself
    pages = list(busy.connector.changes([scope], cursor))
    (roll,) = pages[-1].rolls
    assert roll.keys == {id_of(busy, "WEB-1"), id_of(busy, new)}
    assert roll.exact
    assert {item.ref for page in pages for item in page.items} == {new}


def test_all_epics_of_a_connection_are_read_together_level_by_level(site: Site) -> None:
    for number in range(20):
        epic = site.jira.create("PAY", summary=f"Epic {number}", type="Epic")
        site.jira.create("PAY", summary=f"Story {number}", parent=epic)
    site.clock.pass_(hours=1)
    scopes = [pick(site, epic=f"PAY-{2 * number + 1}") for number in range(20)]
    cursor = read_once(site, scopes)
    site.clock.pass_(minutes=10)
    (page,) = site.connector.changes(scopes, cursor)
    assert [len(roll.keys) for roll in page.rolls] == [1] * 20
    assert site.counter.take()["requests"] == 2


def test_a_touched_issue_is_told_to_its_epic_and_its_sprint(busy: Site) -> None:
    board = busy.jira.add_board("Sprints", busy.jira.add_filter("All", "project = PAY"))
    busy.jira.edit("PAY-3", sprint=busy.jira.add_sprint(board, "Sprint 1"))
    scopes = [pick(busy, epic="PAY-1"), pick(busy, board="Sprints", sprint="active")]
    (page,) = busy.connector.changes(scopes, None, [id_of(busy, "PAY-3"), id_of(busy, "PAY-4")])
    assert page.memberships == {
        id_of(busy, "PAY-3"): frozenset(scope.key for scope in scopes),
        id_of(busy, "PAY-4"): frozenset(),
    }


def test_an_epic_that_is_gone_is_named_and_stops_nobody_else(busy: Site) -> None:
    gone = busy.jira.create("PAY", summary="Old epic", type="Epic")
    scopes = [pick(busy, epic=gone), pick(busy, epic="PAY-1")]
    id = id_of(busy, gone)
    busy.jira.delete(gone)
    with pytest.raises(Misconfigured, match=f"jira has no issue {id} any more"):
        list(busy.connector.fetch(scopes[0]))
    assert held(busy, scopes[1]) == {"PAY-2", "PAY-3", "WEB-1"}


@pytest.mark.parametrize("status", [403, 404])
def test_a_site_without_boards_offers_the_rest(site: Site, status: int) -> None:
    number = site.jira.add_filter("Bugs", "project = PAY AND type = Bug")
    site.jira.faults.fail_next(1, status, path="/rest/agile/1.0/board")
    assert [scope.query for scope in site.connector.scopes()] == [
        "project = PAY",
        "project = WEB",
        f"filter = {number}",
    ]


def test_a_sign_in_that_has_ended_is_not_taken_for_a_site_without_boards(site: Site) -> None:
    site.jira.faults.fail_next(1, 401, path="/rest/agile/1.0/board")
    with pytest.raises(Unauthorized):
        list(site.connector.scopes())


def test_boards_sprints_and_filters_are_offered_as_a_rule_would_write_them(site: Site) -> None:
    number = site.jira.add_filter("Payments bugs", "project = PAY AND type = Bug")
    site.jira.add_board("Payments board", number)
    for scope in site.connector.scopes("payments"):
        chosen = site.connector.resolve(Select(query=scope.query))
        assert chosen.kind == {"project": "jql", "filter": "jql"}.get(scope.kind, scope.kind)
    offered = {scope.name: scope.query for scope in site.connector.scopes("payments")}
    assert offered == {
        "Payments (PAY, 0 issues)": "project = PAY",
        "Payments board (board)": "board 1",
        "Payments board (active sprint)": "active sprint of board 1",
        "Payments bugs (filter)": f"filter = {number}",
    }
