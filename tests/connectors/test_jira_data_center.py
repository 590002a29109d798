"""Jira Data Center: the same contract over version 2 of the API and pages that count."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
import responses

from connectors.errors import Misconfigured, TryLater, Unexpected
from connectors.jira import Jira
from connectors.shapes import Absence, Select, State, seen_by
from connectors.wire import open_wire
from tests.connectors.conformance import FIXTURES
from tests.connectors.conftest import Site, id_of, members, read_once, scopes_of


def _issues(server: Site, number: int, *, project: str = "PAY", **more: object) -> list[str]:
    return [server.jira.create(project, summary=f"Work {n}", **more) for n in range(number)]  # type: ignore[arg-type]


def test_a_scope_is_read_page_by_page_by_the_servers_own_cap(server: Site) -> None:
    server.jira.server.page_most = 7
    _issues(server, 30)
    (scope,) = scopes_of(server, "project = PAY")
    pages = list(server.connector.fetch(scope))
    assert sorted(item.ref for page in pages for item in page.items) == sorted(f"PAY-{n}" for n in range(1, 31))
    (roll,) = pages[-1].rolls
    assert (len(roll.keys), roll.exact) == (30, True)


def test_an_issue_that_leaves_between_two_pages_does_not_hide_another(server: Site) -> None:
    server.jira.server.page_most = 10
    keys = _issues(server, 30)
    leaving = iter(keys[:3])

    def leave() -> None:
        if (key := next(leaving, None)) is not None:
            server.jira.move(key, "WEB")

    (scope,) = scopes_of(server, "project = PAY")
    server.jira.server.between_pages = leave
    held, _ = server.connector._calls.ids(scope.query)
    assert held == {server.jira.by_key[key].id for key in keys[3:]}


def test_a_list_that_never_stands_still_is_tried_later(server: Site) -> None:
    server.jira.server.page_most = 10
    keys = iter(_issues(server, 60))
    server.jira.server.between_pages = lambda: server.jira.delete(next(keys))
    with pytest.raises(TryLater, match="moved 5 times"):
        server.connector._calls.ids("project = PAY")


def test_a_page_of_one_cannot_be_read_by_and_says_what_to_raise(server: Site) -> None:
    server.jira.server.page_most = 1
    _issues(server, 3)
    with pytest.raises(Misconfigured) as raised:
        server.connector._calls.ids("project = PAY")
    assert "jira.search.views.default.max" in raised.value.hint


def test_a_page_that_is_not_the_one_asked_for_is_unexpected(server: Site) -> None:
    _issues(server, 3)
    server.jira.faults.bend_next(1, lambda body: body.replace(b'"startAt": 0', b'"startAt": 1'), path="/search")
    with pytest.raises(Unexpected, match="startAt"):
        server.connector._calls.ids("project = PAY")


def test_changes_are_matched_against_every_selection_and_what_left_is_told(server: Site) -> None:
    keys = _issues(server, 6, labels=["okr"])
    server.clock.pass_(hours=1)
    scopes = scopes_of(server, "project = PAY AND labels = okr", "project = PAY AND statusCategory = Done")
    cursor = read_once(server, scopes)
    server.clock.pass_(minutes=10)
    server.jira.transition(keys[0], "Done")
    server.jira.edit(keys[1], labels=[])
    server.jira.delete(keys[2])
    pages = list(server.connector.changes(scopes, cursor, [id_of(server, keys[3])]))
    okr, done = (scope.key for scope in scopes)
    assert members(pages) == {
        id_of(server, keys[0]): frozenset({okr, done}),
        id_of(server, keys[1]): frozenset(),
        id_of(server, keys[3]): frozenset({okr}),
    }
    (roll,) = pages[-1].rolls
    assert len(roll.keys) == 5
    assert server.jira.count("/rest/api/3") == 0


def test_a_server_tells_a_deleted_issue_from_a_hidden_one(server: Site) -> None:
    keys = _issues(server, 3)
    ids = [id_of(server, key) for key in keys]
    scopes = scopes_of(server, "project = PAY")
    read_once(server, scopes)
    server.jira.delete(keys[0])
    server.jira.hide(keys[1])
    (page,) = server.connector.changes(scopes, None, ids)
    assert set(page.gone) == set(ids[:2])
    assert page.gone_because == {ids[0]: Absence.DELETED, ids[1]: Absence.HIDDEN}


def test_no_more_than_a_hundred_are_asked_about_one_by_one(server: Site) -> None:
    keys = _issues(server, 130)
    ids = [id_of(server, key) for key in keys]
    scopes = scopes_of(server, "project = PAY")
    for key in keys:
        server.jira.delete(key)
    pages = list(server.connector.changes(scopes, None, ids))
    assert sum(len(page.gone) for page in pages) == 130
    assert sum(len(page.gone_because) for page in pages) == 100


def test_the_cloud_answers_the_same_for_both_and_so_nothing_is_said(site: Site) -> None:
    keys = _issues(site, 2)
    ids = [id_of(site, key) for key in keys]
    scopes = scopes_of(site, "project = PAY")
    site.jira.delete(keys[0])
    site.jira.hide(keys[1])
    (page,) = site.connector.changes(scopes, None, ids)
    assert (set(page.gone), page.gone_because) == (set(ids), {})


def test_a_query_that_stopped_working_is_named(server: Site) -> None:
    _issues(server, 1)
    scopes = scopes_of(server, "project = PAY AND cf[10099] = 1")
    with pytest.raises(Misconfigured) as raised:
        list(server.connector.changes(scopes, None, ["10001"]))
    assert raised.value.field == "select"
    assert "cf[10099]" in str(raised.value)


def test_a_story_belongs_to_its_epic_by_the_epic_link(server: Site) -> None:
    server.jira.create("PAY", summary="Checkout", type="Epic")
    server.jira.create("PAY", summary="Pay by invoice", parent="PAY-1", points=5, status="In Progress")
    server.jira.create("PAY", summary="Draw the form", type="Sub-task", parent="PAY-2")
    scope = server.connector.resolve(Select(query="project = PAY", fields=frozenset({"points"})))
    items = {item.ref: seen_by(item, scope.fields) for page in server.connector.fetch(scope) for item in page.items}
    assert {ref: item.parent for ref, item in items.items()} == {"PAY-1": None, "PAY-2": "PAY-1", "PAY-3": "PAY-2"}
    assert (items["PAY-2"].points, items["PAY-2"].state) == (Decimal(5), State.DOING)


def test_projects_and_favourite_filters_are_offered(server: Site) -> None:
    number = server.jira.add_filter("Payments bugs", "project = PAY AND type = Bug")
    assert [(s.kind, s.name) for s in server.connector.scopes("pay")] == [
        ("project", "Payments (PAY)"),
        ("filter", "Payments bugs (filter)"),
    ]
    assert server.connector.resolve(Select(picker={"filter": "payments BUGS"})).query == f"filter = {number}"


@responses.activate
def test_issues_as_a_german_server_sends_them_become_work_items() -> None:
    root = "https://jira.acme.example/rest/api/2"
    kept = json.loads((FIXTURES / "jira/items/data_center_search.json").read_bytes())
    responses.post(f"{root}/search", json=kept, headers={"Date": "Mon, 02 Nov 2026 09:00:00 GMT"})
    responses.get(
        f"{root}/field",
        json=[
            {
                "id": "customfield_10014",
                "name": "Epos-Link",
                "schema": {"custom": "com.pyxis.greenhopper.jira:gh-epic-link"},
            },
            {"id": "customfield_10106", "name": "Story Points", "schema": {"custom": "a:float"}},
        ],
    )
    wire = open_wire(hosts=["jira.acme.example"], sleep=lambda _: None)
    connector = Jira({"base_url": "https://jira.acme.example", "personal_token": "a-token-of-length"}, wire)
    scope = connector.resolve(Select(query="project = SHOP", fields=frozenset({"points"})))
    story, task = (seen_by(item, scope.fields) for page in connector.fetch(scope) for item in page.items)
    assert (story.ref, story.state, story.parent, story.points) == ("SHOP-17", State.DONE, "SHOP-3", Decimal(5))
    assert (story.assignee, story.status) == ("Mira Okafor", "Geschlossen")
    assert story.done == datetime(2026, 10, 30, 16, 2, 11, tzinfo=UTC)
    assert (task.state, task.parent, task.points, task.due) == (State.TODO, "SHOP-17", None, date(2026, 12, 24))
    assert task.url == "https://jira.acme.example/browse/SHOP-21"
    sent = responses.calls[-1].request
    assert sent.headers["Authorization"] == "Bearer a-token-of-length"
