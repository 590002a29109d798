"""What each kind of selection of Asana holds, and how what enters and leaves it is found."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connectors.errors import Misconfigured
from connectors.shapes import Roll, Select
from tests.connectors.asana_office import Office, items_of, members_of, open_office


@pytest.fixture
def office() -> Iterator[Office]:
    with open_office() as made:
        yield made


def test_sections_of_a_project_are_told_apart_and_a_renamed_section_is_seen(office: Office) -> None:
    gids = office.fill(3)
    doing = office.asana.projects[office.project].sections[1]
    scopes = [office.scope(), office.scope(project="Launch", section="Doing")]
    cursor = office.begin(*scopes)
    office.asana.add_to_project(gids[0], office.project, doing)
    pages = office.changes(scopes, cursor)
    assert members_of(pages)[gids[0]] == {scopes[0].key, scopes[1].key}
    assert items_of(pages)[gids[0]].status == "Doing"
    office.asana.rename_section(doing, "In progress")
    again = office.changes(scopes, pages[-1].cursor)
    assert items_of(again)[gids[0]].status == "In progress"


def test_what_enters_and_leaves_a_tag_is_found_although_no_event_says_so(office: Office) -> None:
    gids = office.fill(3)
    tag = office.asana.add_tag("okr")
    office.asana.tag(gids[0], tag)
    scope = office.scope(tag="okr")
    cursor = office.begin(scope)
    office.asana.tag(gids[0], tag, on=False)
    office.asana.tag(gids[1], tag)
    pages = office.changes([scope], cursor)
    assert pages[-1].rolls == (Roll(frozenset({scope.key}), frozenset({gids[1]}), exact=True),)
    assert items_of(pages)[gids[1]].labels == {"okr"}


def test_a_portfolio_holds_the_tasks_of_the_projects_it_has_now(office: Office) -> None:
    mine, other = office.fill(1), office.fill(2, office.other)
    growth = office.asana.add_portfolio("Growth", office.project)
    scope = office.scope(portfolio="Growth")
    cursor = office.begin(scope)
    assert set(items_of(office.read(scope))) == set(mine)
    office.asana.portfolios[growth].items.append(office.other)
    grown = office.changes([scope], cursor)
    assert grown[-1].rolls[0].keys == {*mine, *other}
    office.asana.portfolios[growth].items.remove(office.project)
    shrunk = office.changes([scope], grown[-1].cursor)
    assert shrunk[-1].rolls[0].keys == set(other)
    office.counter.take()
    office.changes([scope], shrunk[-1].cursor)
    assert office.counter.take()["requests"] == 2


def test_subtasks_count_only_where_they_are_asked_for_and_come_and_go_with_their_parent(office: Office) -> None:
    (top,) = office.fill(1)
    child = office.asana.create(parent=top, name="child")
    grandchild = office.asana.create(parent=child, name="grandchild")
    plain, deep = office.scope(), office.scope(project="Launch", subtasks="yes")
    assert set(items_of(office.read(plain))) == {top}
    assert set(items_of(office.read(deep))) == {top, child, grandchild}
    cursor = office.begin(plain, deep)
    office.asana.complete(grandchild)
    pages = office.changes([plain, deep], cursor)
    assert members_of(pages) == {grandchild: frozenset({deep.key})}
    assert items_of(pages)[grandchild].parent == child
    office.asana.remove_from_project(top, office.project)
    left = office.changes([plain, deep], pages[-1].cursor)
    assert members_of(left) == {top: frozenset(), child: frozenset(), grandchild: frozenset()}
    office.asana.add_to_project(top, office.project)
    back = office.changes([plain, deep], left[-1].cursor)
    assert members_of(back)[grandchild] == {deep.key}
    office.asana.delete(top)
    gone = office.changes([plain, deep], back[-1].cursor)
    assert gone[-1].rolls == (Roll(frozenset({deep.key}), frozenset(), exact=True),)


def test_a_task_with_more_sub_tasks_than_a_page_holds_has_them_all(office: Office) -> None:
    (top,) = office.fill(1)
    below = {office.asana.create(parent=top, name=f"child {n}") for n in range(205)}
    scope = office.scope(project="Launch", subtasks="yes")
    office.counter.take()
    assert set(items_of(office.read(scope))) == {top, *below}
    assert office.counter.take()["requests"] == 1 + 1 + 3


def test_a_search_reads_beyond_its_hundred_and_goes_by_what_it_finds(office: Office) -> None:
    gids = []
    for number in range(205):
        gids.append(office.asana.create(office.project, name=f"Task {number}"))
        office.clock.pass_(seconds=1)
    scope = office.connector.resolve(Select(query=f"projects.any={office.project}&completed=false"))
    cursor = office.begin(scope)
    assert set(items_of(office.read(scope))) == set(gids)
    office.asana.complete(gids[7])
    office.counter.take()
    pages = office.changes([scope], cursor)
    assert office.counter.take()["requests"] == 3
    assert pages[-1].rolls[0].keys == set(gids) - {gids[7]}


def test_a_search_on_a_free_plan_says_what_it_takes(office: Office) -> None:
    scope = office.connector.resolve(Select(query="completed=false"))
    office.asana.reads.is_paid = False
    with pytest.raises(Misconfigured, match="402") as raised:
        office.read(scope)
    assert raised.value.field == "select"
