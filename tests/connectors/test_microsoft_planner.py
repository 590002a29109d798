"""Planner: whole plans, compared with what they were."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from connectors.errors import Gone, Misconfigured, TryLater, Unauthorized, Unexpected
from connectors.shapes import Absence, Cursor, Select, State
from connectors.wire import adapter_of
from tests.connectors.microsoft_tenant import Tenant, cursor_of, items, members, open_tenant


@pytest.fixture
def tenant() -> Iterator[Tenant]:
    with open_tenant() as made:
        yield made


@pytest.fixture
def plan(tenant: Tenant) -> str:
    """A plan of ten tasks in two buckets, in pages of three."""
    tenant.graph.planner_routes.page = 3
    made = tenant.planner.add_plan(tenant.team, "Launch", "Now", "Later")
    for number in range(10):
        bucket = tenant.planner.bucket_of(made, "Later" if number % 2 else "Now")
        tenant.planner.add_task(made, f"Task {number}", bucket=bucket)
    tenant.counter.take()
    return made


def test_a_task_becomes_a_work_item(tenant: Tenant) -> None:
    plan = tenant.planner.add_plan(tenant.team, "Launch", "Now")
    tenant.planner.name_label(plan, "category3", "Legal")
    task = tenant.planner.add_task(
        plan,
        "Sign the lease",
        percent=50,
        priority=1,
        due=datetime(2026, 12, 1, 10, tzinfo=UTC),
        start=datetime(2026, 11, 20, tzinfo=UTC),
        labels=["category3", "category9"],
        assigned=[tenant.mira],
        checklist=[("Call", True), ("Read", False), ("Sign", False)],
    )
    item = tenant.read(tenant.scope(plan=plan))[0].items[0]
    assert (item.key, item.ref, item.title, item.type) == (task, task[:6], "Sign the lease", "Task")
    assert (item.state, item.status, item.done) == (State.DOING, "In progress", None)
    assert (item.due, item.assignee) == (datetime(2026, 12, 1, 10, tzinfo=UTC), "Mira Okafor")
    assert item.labels == {"Legal", "category9"}
    assert item.fields == {
        "percent_complete": Decimal(50),
        "priority": Decimal(1),
        "bucket": "Now",
        "checklist_done": Decimal(1),
        "checklist_total": Decimal(3),
        "checklist_percent": Decimal("33.33"),
        "start": datetime(2026, 11, 20, tzinfo=UTC),
    }


def test_a_task_is_done_at_a_hundred_percent_and_when_it_was_completed(tenant: Tenant, plan: str) -> None:
    task = tenant.planner.tasks_of(plan)[0].id
    at = tenant.clock.pass_(hours=1)
    tenant.planner.edit_task(task, percent=100)
    found = items(tenant.read(tenant.scope(plan=plan)))[task]
    assert (found.state, found.done, found.updated) == (State.DONE, at, at)  # type: ignore[attr-defined]


def test_an_empty_page_with_a_link_is_not_the_end(tenant: Tenant, plan: str) -> None:
    tenant.graph.planner_routes.empty_pages = True
    pages = tenant.read(tenant.scope(plan=plan))
    assert len(items(pages)) == 10
    assert pages[-1].rolls[0].keys == items(pages).keys()
    assert any(not page.items for page in pages[:-1])


def test_a_link_that_comes_twice_is_a_circle(tenant: Tenant, plan: str) -> None:
    scope = tenant.scope(plan=plan)
    again = f"{tenant.url}/v1.0/planner/plans/{plan}/tasks?$skiptoken=0"

    def turn(body: bytes) -> bytes:
        return json.dumps({**json.loads(body), "@odata.nextLink": again}).encode()

    tenant.graph.faults.bend_next(9, turn, path="/tasks")
    with pytest.raises(Unexpected, match="twice"):
        tenant.read(scope)


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.test/v1.0/planner/plans/x/tasks",
        "{url}@evil.test/v1.0/planner/plans",
        "{url}/elsewhere/v1.0/planner/plans",
    ],
)
def test_a_link_that_leads_away_from_graph_is_not_followed(tenant: Tenant, plan: str, link: str) -> None:
    scope = tenant.scope(plan=plan)
    away = link.replace("{url}", tenant.url)
    tenant.graph.faults.bend_next(
        1, lambda body: json.dumps({**json.loads(body), "@odata.nextLink": away}).encode(), path="/tasks"
    )
    asked = tenant.graph.count()
    with pytest.raises(Unexpected, match="leads away"):
        tenant.read(scope)
    assert tenant.graph.count() - asked == 2  # the names and the page that had the link


def test_an_unchanged_plan_yields_nothing_but_its_roll(tenant: Tenant, plan: str) -> None:
    scope = tenant.scope(plan=plan)
    since = cursor_of(tenant.read(scope))
    tenant.counter.take()
    pages = list(tenant.connector.changes([scope], since))
    assert [page.items for page in pages] == [()]
    assert tenant.counter.take()["requests"] == 4  # ten tasks, three a page, and nothing of their names
    assert cursor_of(pages) == since


def test_deleted_moved_and_hidden_are_told_apart_in_one_request(tenant: Tenant, plan: str) -> None:
    planner = tenant.planner
    elsewhere, secret = (planner.add_plan(tenant.team, title) for title in ("Elsewhere", "Secret"))
    scope = tenant.scope(plan=plan)
    since = cursor_of(tenant.read(scope))
    gone, moved, hidden = (one.id for one in planner.tasks_of(plan)[:3])
    planner.delete_task(gone)
    planner.move_task(moved, elsewhere)
    planner.move_task(hidden, secret)
    planner.hide_plan(secret)
    tenant.counter.take()
    pages = list(tenant.connector.changes([scope], since))
    assert tenant.counter.take()["requests"] == 4
    because = {key: why for page in pages for key, why in page.gone_because.items()}
    assert because == {gone: Absence.DELETED, hidden: Absence.HIDDEN}
    assert {key for page in pages for key in page.gone} == {gone, hidden}
    assert members(pages) == {moved: frozenset()}
    assert not {gone, moved, hidden} & pages[-1].rolls[0].keys


def test_a_task_that_moves_between_two_plans_that_are_read_is_in_one_of_them(tenant: Tenant, plan: str) -> None:
    other = tenant.planner.add_plan(tenant.team, "Other")
    scopes = [tenant.scope(plan=plan), tenant.scope(plan=other)]
    since = tenant.connector.merge(*(cursor_of(tenant.read(scope)) for scope in scopes))
    task = tenant.planner.tasks_of(plan)[0].id
    tenant.planner.move_task(task, other)
    asked = len(tenant.graph.inner)
    pages = list(tenant.connector.changes(scopes, since))
    assert members(pages) == {task: frozenset({scopes[1].key})}
    assert len(tenant.graph.inner) == asked  # nothing had to be asked about it


def test_names_are_asked_for_once_a_day_and_a_new_name_reaches_every_task(tenant: Tenant, plan: str) -> None:
    scope = tenant.scope(plan=plan)
    since = cursor_of(tenant.read(scope))
    tenant.planner.rename_bucket(tenant.planner.bucket_of(plan, "Later"), "Some day")
    tenant.clock.pass_(hours=23)
    soon = list(tenant.connector.changes([scope], since))
    assert not items(soon)
    tenant.clock.pass_(hours=2)
    late = list(tenant.connector.changes([scope], cursor_of(soon)))
    assert [item.fields["bucket"] for item in items(late).values()] == ["Some day"] * 5  # type: ignore[attr-defined]


def test_a_task_in_a_bucket_made_since_says_its_name_at_once(tenant: Tenant, plan: str) -> None:
    scope = tenant.scope(plan=plan)
    since = cursor_of(tenant.read(scope))
    bucket = tenant.planner.add_bucket(plan, "New")
    task = tenant.planner.add_task(plan, "Task", bucket=bucket)
    found = items(list(tenant.connector.changes([scope], since)))
    assert {key: item.fields["bucket"] for key, item in found.items()} == {task: "New"}  # type: ignore[attr-defined]


def test_a_count_that_moves_under_an_etag_that_stands_still_is_noticed(tenant: Tenant, plan: str) -> None:
    scope = tenant.scope(plan=plan)
    since = cursor_of(tenant.read(scope))
    task = tenant.planner.tasks_of(plan)[4]
    task.checklist = [("line", True)]
    assert items(list(tenant.connector.changes([scope], since))).keys() == {task.id}


def test_a_bucket_that_joins_does_not_hide_what_moved_meanwhile_in_another(tenant: Tenant, plan: str) -> None:
    now, later = (tenant.scope(plan=plan, bucket=name) for name in ("Now", "Later"))
    held = cursor_of(tenant.read(now))
    moved = tenant.planner.tasks_of(plan)[0].id  # in Now, and changed before Later is read
    tenant.planner.edit_task(moved, percent=100)
    gone = tenant.planner.tasks_of(plan)[2].id
    tenant.planner.delete_task(gone)
    new = tenant.planner.add_task(plan, "New in Now", bucket=tenant.planner.bucket_of(plan, "Now"))
    read = cursor_of(tenant.read(later))
    pages = list(tenant.connector.changes([now, later], tenant.connector.merge(held, read)))
    assert items(pages).keys() == {moved, new}
    assert {key: why for page in pages for key, why in page.gone_because.items()} == {gone: Absence.DELETED}


def test_touched_tasks_are_read_without_a_roll(tenant: Tenant, plan: str) -> None:
    scope = tenant.scope(plan=plan, bucket="Now")
    inside, outside, gone = (one.id for one in tenant.planner.tasks_of(plan)[:3])
    tenant.planner.delete_task(gone)
    tenant.counter.take()
    pages = list(tenant.connector.changes([scope], None, [inside, outside, gone]))
    assert members(pages) == {inside: frozenset({scope.key}), outside: frozenset()}
    assert [key for page in pages for key in page.gone] == [gone]
    assert not any(page.rolls or page.cursor for page in pages)
    assert tenant.counter.take()["requests"] == 2  # the tasks, and the names of their plan


def test_descriptions_and_checklists_are_read_where_a_rule_names_them_twenty_at_once(tenant: Tenant) -> None:
    plan = tenant.planner.add_plan(tenant.team, "Launch")
    for number in range(21):
        tenant.planner.add_task(
            plan, f"Task {number}", description=f"About {number}", checklist=[("b", True), ("a", False)]
        )
    fields = frozenset({"description", "checklist"})
    scope = tenant.connector.resolve(Select(picker={"plan": plan}, fields=fields))
    tenant.counter.take()
    found = items(tenant.read(scope)).values()
    assert tenant.counter.take()["requests"] == 4  # names, tasks, and two batches
    assert {item.fields["description"] for item in found} == {f"About {number}" for number in range(21)}  # type: ignore[attr-defined]
    assert {item.fields["checklist"] for item in found} == {("b", "a")}  # type: ignore[attr-defined]


def test_a_batch_whose_answers_come_in_another_order_is_matched_by_its_ids(tenant: Tenant) -> None:
    tenant.graph.app.shuffles = True
    plan = tenant.planner.add_plan(tenant.team, "Launch")
    people = [tenant.planner.add_user(f"p{number}@northwind.test", f"Person {number}") for number in range(25)]
    for number, user in enumerate(people):
        tenant.planner.add_task(plan, f"Task {number}", assigned=[user])
    found = items(tenant.read(tenant.scope(plan=plan))).values()
    assert {(item.title, item.assignee) for item in found} == {  # type: ignore[attr-defined]
        (f"Task {number}", f"Person {number}") for number in range(25)
    }


def test_somebody_who_left_goes_by_the_id_and_is_not_asked_about_again(tenant: Tenant, plan: str) -> None:
    leaver = tenant.planner.add_user("noor@northwind.test", "Noor")
    task = tenant.planner.add_task(plan, "Task", assigned=[leaver, tenant.mira])
    tenant.planner.remove_user(leaver)
    scope = tenant.scope(plan=plan)
    pages = tenant.read(scope)
    assert items(pages)[task].assignee == f"{leaver}, Mira Okafor"  # type: ignore[attr-defined]
    asked = len(tenant.graph.inner)
    list(tenant.connector.changes([scope], cursor_of(pages)))
    assert len(tenant.graph.inner) == asked


def test_what_is_throttled_within_a_batch_is_asked_again_after_the_wait_it_names(tenant: Tenant) -> None:
    plan = tenant.planner.add_plan(tenant.team, "Launch")
    task = tenant.planner.add_task(plan, "Task")
    scope = tenant.scope(plan=plan)
    tenant.graph.limit(2, 5)
    found = list(tenant.connector.changes([scope], None, [task]))
    assert items(found).keys() == {task}
    assert max(tenant.naps) >= 1
    assert tenant.counter.take()["throttled"] >= 1


def test_a_batch_that_goes_on_being_throttled_is_put_off(tenant: Tenant) -> None:
    plan = tenant.planner.add_plan(tenant.team, "Launch")
    task = tenant.planner.add_task(plan, "Task")
    scope = tenant.scope(plan=plan)
    tenant.graph.limit(0, 3600, names_wait=False)
    tenant.graph.app.quota.taken.append(tenant.clock())  # type: ignore[union-attr]
    with pytest.raises(TryLater, match="pause"):
        list(tenant.connector.changes([scope], None, [task]))


@pytest.mark.parametrize(("deed", "says"), [("hide", "may not see the plan"), ("delete", "does not exist any more")])
def test_a_plan_that_left_is_gone_in_its_own_read_and_a_selection_to_blame_in_a_sweep(
    tenant: Tenant, plan: str, deed: str, says: str
) -> None:
    scope = tenant.scope(plan=plan)
    since = cursor_of(tenant.read(scope))
    (tenant.planner.hide_plan if deed == "hide" else tenant.planner.delete_plan)(plan)
    with pytest.raises(Gone, match=says):
        tenant.read(scope)
    with pytest.raises(Misconfigured, match=says) as raised:
        list(tenant.connector.changes([scope], since))
    assert raised.value.field == "select"


def test_a_bucket_that_was_deleted_is_gone(tenant: Tenant, plan: str) -> None:
    scope = tenant.scope(plan=plan, bucket="Later")
    del tenant.planner.buckets[tenant.planner.bucket_of(plan, "Later")]
    with pytest.raises(Gone, match="no bucket"):
        tenant.read(scope)


def test_a_token_that_lapsed_in_the_middle_of_a_read_is_renewed_once(tenant: Tenant, plan: str) -> None:
    bearer = adapter_of(tenant.connector._wire).bearer
    scope = tenant.scope(plan=plan)
    bearer.looks_ahead = False  # type: ignore[union-attr]
    pages = []
    for number, page in enumerate(tenant.connector.fetch(scope)):
        pages.append(page)
        if number == 1:
            tenant.graph.login.expire_all()
    assert len(items(pages)) == 10
    assert bearer.renewed == 1  # type: ignore[union-attr]


def test_a_permission_that_is_missing_altogether_asks_for_a_person(tenant: Tenant, plan: str) -> None:
    scope = tenant.scope(plan=plan)
    tenant.graph.login.roles.discard("Tasks.Read.All")
    with pytest.raises((Unauthorized, Gone), match=r"Tasks\.Read\.All|may not see"):
        tenant.connect().fetch(scope).__next__()


@pytest.mark.parametrize("cursor", ["", "{}", '{"v":2}', '{"v":1,"plans":{"p":{}}}', "[]", '{"v":1,"lists":{"a":1}}'])
def test_a_cursor_that_cannot_be_read_says_what_to_do(tenant: Tenant, plan: str, cursor: str) -> None:
    scope = tenant.scope(plan=plan)
    with pytest.raises(Unexpected, match="cursor cannot be read"):
        list(tenant.connector.changes([scope], Cursor(cursor)))


@pytest.mark.parametrize("key", ["../users", "a/b", "ä"])
def test_a_key_that_is_no_id_of_a_task_never_reaches_an_address(tenant: Tenant, plan: str, key: str) -> None:
    scope = tenant.scope(plan=plan)
    with pytest.raises(Unexpected, match="not the id"):
        list(tenant.connector.changes([scope], None, [key]))
