"""Lists of To Do: read by delta."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest

from connectors.errors import Gone, Misconfigured
from connectors.microsoft import answers
from connectors.microsoft.items import todo_work_item
from connectors.shapes import Absence, Page, State
from tests.connectors.microsoft_tenant import Tenant, cursor_of, items, open_tenant


@pytest.fixture
def tenant() -> Iterator[Tenant]:
    """A tenant with a list of seven errands, in pages of three, and its owner signed in."""
    with open_tenant() as made:
        made.graph.office_routes.page = 3
        made.connector = made.connect(user=made.mira)
        made.errands = made.office.add_list(made.mira, "Errands")  # type: ignore[attr-defined]
        for number in range(7):
            made.office.add_todo(made.errands, f"Errand {number}")  # type: ignore[attr-defined]
        yield made


def test_a_task_of_to_do_becomes_a_work_item(tenant: Tenant) -> None:
    errands = tenant.office.add_list(tenant.mira, "Other")
    at = tenant.clock.pass_(hours=3)
    task = tenant.office.add_todo(
        errands,
        "Call the bank",
        status="completed",
        importance="high",
        due=datetime(2026, 11, 9, tzinfo=UTC),
        categories=("okr", "money"),
    )
    item = items(tenant.read(tenant.scope(todo="Other")))[f"todo:{task}"]
    assert (item.title, item.state, item.status) == ("Call the bank", State.DONE, "completed")  # type: ignore[attr-defined]
    assert (item.done, item.updated, item.due) == (at, at, date(2026, 11, 9))  # type: ignore[attr-defined]
    assert (item.labels, item.fields) == ({"okr", "money"}, {"importance": "high"})  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("notStarted", State.TODO),
        ("inProgress", State.DOING),
        ("completed", State.DONE),
        ("waitingOnOthers", State.DOING),
        ("deferred", State.TODO),
    ],
)
def test_every_status_of_to_do_has_a_state(tenant: Tenant, status: str, state: State) -> None:
    task = next(iter(tenant.office.lists[tenant.errands].items))  # type: ignore[attr-defined]
    tenant.office.edit_todo(tenant.errands, task, status=status)  # type: ignore[attr-defined]
    found = items(tenant.read(tenant.scope(todo="Errands")))[f"todo:{task}"]
    assert (found.state, found.status) == (state, status)  # type: ignore[attr-defined]


def test_a_status_nobody_knows_is_the_items_own_trouble() -> None:
    item = todo_work_item(answers.TodoItem("a", status="paused"), datetime(2026, 11, 2, tzinfo=UTC))
    assert item.unreadable["state"] == "'paused' is no status we know"


@pytest.mark.parametrize(
    ("zone", "gives"), [("UTC", date(2026, 11, 9)), ("Europe/Berlin", date(2026, 11, 8)), ("Nowhere/At All", None)]
)
def test_a_due_day_is_read_in_the_zone_it_names(zone: str, gives: date | None) -> None:
    item = answers.TodoItem(
        "a",
        title="Report",
        status="notStarted",
        created_date_time=datetime(2026, 11, 2, tzinfo=UTC),
        last_modified_date_time=datetime(2026, 11, 2, tzinfo=UTC),
        due_date_time=answers.ZonedTime("2026-11-09T00:00:00.0000000", zone),
    )
    found = todo_work_item(item, datetime(2026, 11, 2, tzinfo=UTC))
    assert found.due == gives
    assert found.unreadable == ({} if gives else {"due": "found no time with a zone that is known"})


def test_an_unchanged_list_is_looked_at_with_one_request(tenant: Tenant) -> None:
    scope = tenant.scope(todo="Errands")
    pages = tenant.read(scope)
    assert len(pages[-1].rolls[0].keys) == 7
    tenant.counter.take()
    again = list(tenant.connector.changes([scope], cursor_of(pages)))
    assert tenant.counter.take()["requests"] == 1
    assert not any(page.items or page.gone for page in again)


def test_what_changed_came_and_went_is_told_by_the_delta(tenant: Tenant) -> None:
    scope = tenant.scope(todo="Errands")
    since = cursor_of(tenant.read(scope))
    errands = tenant.errands  # type: ignore[attr-defined]
    changed, gone = list(tenant.office.lists[errands].items)[:2]
    tenant.office.edit_todo(errands, changed, title="Another")
    tenant.office.delete_todo(errands, gone)
    new = tenant.office.add_todo(errands, "New")
    pages = list(tenant.connector.changes([scope], since))
    assert items(pages).keys() == {f"todo:{changed}", f"todo:{new}"}
    assert {key: why for page in pages for key, why in page.gone_because.items()} == {f"todo:{gone}": Absence.DELETED}
    tenant.counter.take()
    assert not items(list(tenant.connector.changes([scope], cursor_of(pages))))


def test_a_link_that_is_too_old_has_the_list_read_anew_with_its_roll(tenant: Tenant) -> None:
    scope = tenant.scope(todo="Errands")
    since = cursor_of(tenant.read(scope))
    errands = tenant.errands  # type: ignore[attr-defined]
    tenant.office.delete_todo(errands, next(iter(tenant.office.lists[errands].items)))
    tenant.graph.office_routes.keeps = 0
    pages = list(tenant.connector.changes([scope], since))
    assert len(items(pages)) == 6
    assert pages[-1].rolls[0].keys == items(pages).keys()
    tenant.graph.office_routes.keeps = None
    assert not items(list(tenant.connector.changes([scope], cursor_of(pages))))


def test_a_task_deleted_in_the_middle_of_a_first_read_is_not_on_the_roll(tenant: Tenant) -> None:
    scope = tenant.scope(todo="Errands")
    pages = []
    for page in tenant.connector.fetch(scope):
        pages.append(page)
        if len(pages) == 1:
            gone = page.items[0].key
            tenant.office.delete_todo(tenant.errands, gone.removeprefix("todo:"))  # type: ignore[attr-defined]
    assert gone not in pages[-1].rolls[0].keys
    assert len(pages[-1].rolls[0].keys) == 6


def test_a_list_that_is_read_again_hides_nothing_that_moved_between(tenant: Tenant) -> None:
    scope = tenant.scope(todo="Errands")
    held = cursor_of(tenant.read(scope))
    task = tenant.office.add_todo(tenant.errands, "Between")  # type: ignore[attr-defined]
    read = cursor_of(tenant.read(scope))
    again = list(tenant.connector.changes([scope], tenant.connector.merge(held, read)))
    assert items(again).keys() == {f"todo:{task}"}


def test_touched_tasks_are_found_whatever_list_they_are_in(tenant: Tenant) -> None:
    other = tenant.office.add_list(tenant.mira, "Other")
    task = tenant.office.add_todo(other, "There")
    scopes = [tenant.scope(todo="Errands"), tenant.scope(todo="Other")]
    tenant.counter.take()
    pages = list(tenant.connector.changes(scopes, None, [f"todo:{task}", "todo:AAMkNever="]))
    assert pages[0].memberships == {f"todo:{task}": frozenset({scopes[1].key})}
    assert pages[0].gone_because == {"todo:AAMkNever=": Absence.UNKNOWN}
    assert tenant.counter.take()["requests"] == 1


def test_an_app_reads_the_lists_of_the_person_it_is_told_to(tenant: Tenant) -> None:
    app = tenant.connect_app("mira@northwind.test")
    scope = next(one for one in app.scopes("errands"))
    assert scope.query.startswith("users/mira@northwind.test/todo/lists/")
    assert len(items(list(app.fetch(scope)))) == 7


def test_a_list_that_was_deleted_is_gone_in_its_own_read_and_to_blame_in_a_sweep(tenant: Tenant) -> None:
    scope = tenant.scope(todo="Errands")
    since = cursor_of(tenant.read(scope))
    del tenant.office.lists[tenant.errands]  # type: ignore[attr-defined]
    with pytest.raises(Gone, match="does not exist any more"):
        tenant.read(scope)
    with pytest.raises(Misconfigured, match="does not exist any more"):
        list(tenant.connector.changes([scope], since))


@pytest.mark.parametrize("seed", range(4))
def test_after_any_history_with_rings_lost_doubled_and_shuffled_the_reader_holds_what_the_list_holds(
    tenant: Tenant, seed: int
) -> None:
    dice = random.Random(seed)
    errands = tenant.errands  # type: ignore[attr-defined]
    scope = tenant.scope(todo="Errands")
    titles: dict[str, str] = {}
    members: set[str] = set()

    def store(page: Page) -> None:
        titles.update((item.key, f"{item.title} {item.state}") for item in page.items)
        for key, held in page.memberships.items():
            (members.add if held else members.discard)(key)
        members.difference_update(page.gone)
        for roll in page.rolls:
            members.intersection_update(roll.keys)

    pages = tenant.read(scope)
    for page in pages:
        store(page)
    since = cursor_of(pages)
    for _ in range(12):
        rung = []
        for _ in range(dice.randrange(6)):
            alive = [key for key, item in tenant.office.lists[errands].items.items() if not item.removed]
            deed = dice.choice(["add", "title", "status", "delete"]) if alive else "add"
            task = dice.choice(alive) if alive else ""
            if deed == "add":
                task = tenant.office.add_todo(errands, "new")
            elif deed == "title":
                tenant.office.edit_todo(errands, task, title=f"title {dice.random():.6f}")
            elif deed == "status":
                tenant.office.edit_todo(errands, task, status=dice.choice(["notStarted", "inProgress", "completed"]))
            else:
                tenant.office.delete_todo(errands, task)
            rung += [f"todo:{task}"] * dice.randrange(3)
            tenant.clock.pass_(seconds=dice.randrange(30))
        dice.shuffle(rung)
        if rung and dice.random() < 0.5:
            for page in tenant.connector.changes([scope], None, rung):
                store(page)
        tenant.graph.office_routes.keeps = dice.choice([None, None, None, 1])
        for number, page in enumerate(tenant.connector.changes([scope], since, rung)):
            store(page)
            if page.cursor is not None:
                since = page.cursor
            if number == 0 and dice.random() < 0.2:
                break  # the worker was killed here
    for page in tenant.connector.changes([scope], since):
        store(page)
    states = {"notStarted": "todo", "inProgress": "doing", "completed": "done"}
    truth = {
        f"todo:{key}": f"{item.title} {states[item.status]}"
        for key, item in tenant.office.lists[errands].items.items()
        if not item.removed
    }
    assert {key: titles[key] for key in members} == truth
