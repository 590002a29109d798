"""Sites that are not like the ones that the connector was written against, and issues that hold odd things."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from connectors.errors import Misconfigured, Unexpected
from connectors.sandbox.jira.issues import ABSENT
from connectors.shapes import Page, Scope, Select, State, WorkItem, seen_by
from tests.connectors.conftest import Site, id_of, read_once

POINTS = frozenset({"points"})


def _scope(site: Site, query: str, *fields: str) -> Scope:
    return site.connector.resolve(Select(query=query, fields=frozenset(fields)))


def _items(pages: Iterable[Page], scope: Scope) -> dict[str, WorkItem]:
    """Return the items of a read as one scope sees them, by what people call them."""
    return {
        item.ref: seen_by(item, scope.fields)
        for page in pages
        for item in page.items
        if scope.key in page.memberships[item.key]
    }


def _sum(items: dict[str, WorkItem]) -> Decimal:
    return sum((item.points or Decimal(0) for item in items.values()), Decimal(0))


@pytest.fixture
def mixed(site: Site) -> Site:
    """A site with both fields for points: 75 in a company-managed project, 15 in a team-managed one."""
    site.jira.add_team_points()
    site.jira.add_project("TEAM", "Team-managed", is_team_managed=True)
    for n in range(5):
        site.jira.create("PAY", summary=f"Company {n}", points=15)
        site.jira.create("TEAM", summary=f"Team {n}", fields={"customfield_10031": 3})
    return site


def test_each_scope_keeps_its_own_field_for_points_in_a_shared_read(mixed: Site) -> None:
    company, team = _scope(mixed, "project = PAY", "points"), _scope(mixed, "project = TEAM", "points")
    assert (_sum(_items(mixed.connector.fetch(company), company)), _sum(_items(mixed.connector.fetch(team), team))) == (
        75,
        15,
    )
    cursor = read_once(mixed, [company, team])
    mixed.clock.pass_(minutes=10)
    for key in [f"PAY-{n}" for n in range(1, 6)] + [f"TEAM-{n}" for n in range(1, 6)]:
        mixed.jira.edit(key, summary="only the time of its last change")
    pages = list(mixed.connector.changes([company, team], cursor))
    assert (_sum(_items(pages, company)), _sum(_items(pages, team))) == (75, 15)


def test_an_issue_that_two_scopes_hold_keeps_a_value_for_each(mixed: Site) -> None:
    mixed.jira.add_field(10077, "Merchants")
    mixed.jira.edit("PAY-1", fields={"Merchants": 7})
    points, merchants = (
        site.resolve(Select(query=query, fields=POINTS))
        for site, query in (
            (mixed.connector, "project = PAY"),
            (mixed.connect(points_field="Merchants"), "key = PAY-1"),
        )
    )
    pages = list(mixed.connector.changes([points, merchants], None, [id_of(mixed, "PAY-1")]))
    assert [_items(pages, scope)["PAY-1"].points for scope in (points, merchants)] == [15, 7]


@pytest.mark.parametrize("query", ["project in (PAY, TEAM)", "labels = okr"])
def test_a_scope_over_both_styles_takes_the_field_in_which_an_issue_holds_its_points(mixed: Site, query: str) -> None:
    for key in ("PAY-1", "TEAM-1"):
        mixed.jira.edit(key, labels=["okr"])
    scope = _scope(mixed, query, "points")
    assert scope.fields == {"points": "customfield_10016,customfield_10031"}
    items = _items(mixed.connector.fetch(scope), scope)
    assert (items["PAY-1"].points, items["TEAM-1"].points) == (15, 3)


def test_fields_of_one_name_that_team_managed_projects_made_each_for_itself_are_told_apart(site: Site) -> None:
    for project in ("ONE", "TWO"):
        site.jira.add_project(project, project, is_team_managed=True)
    site.jira.add_field(10081, "Severity", project="ONE")
    site.jira.add_field(10082, "Severity", project="TWO")
    site.jira.create("ONE", summary="a", fields={"customfield_10081": 1})
    site.jira.create("TWO", summary="b", fields={"customfield_10082": 2})
    assert _scope(site, "project = ONE", "Severity").fields == {"Severity": "customfield_10081"}
    both = _scope(site, "project in (ONE, TWO)", "Severity")
    assert {ref: item.fields["Severity"] for ref, item in _items(site.connector.fetch(both), both).items()} == {
        "ONE-1": 1,
        "TWO-1": 2,
    }
    with pytest.raises(Misconfigured, match="this selection does not hold"):
        _scope(site, "project = PAY", "Severity")


def test_a_projects_own_field_comes_before_the_one_of_that_name_that_all_share(site: Site) -> None:
    site.jira.add_project("ONE", "One", is_team_managed=True)
    site.jira.add_field(10081, "Size")
    site.jira.add_field(10082, "Size", project="ONE")
    assert _scope(site, "project = ONE", "Size").fields == {"Size": "customfield_10082,customfield_10081"}
    assert _scope(site, "project = PAY", "Size").fields == {"Size": "customfield_10081"}


def test_two_fields_of_one_name_that_all_projects_share_are_asked_back(site: Site) -> None:
    site.jira.add_field(10081, "Size")
    site.jira.add_field(10082, "Size")
    with pytest.raises(Misconfigured, match="2 fields named 'Size': customfield_10081, customfield_10082"):
        _scope(site, "project = PAY", "Size")


def test_timetracking_is_refused_with_the_fields_to_name_instead(site: Site) -> None:
    with pytest.raises(Misconfigured, match="name timespent, timeestimate or timeoriginalestimate") as raised:
        _scope(site, "project = PAY", "timetracking")
    assert raised.value.field == "select"


# -- when an issue was done


def test_without_a_date_an_issue_was_done_when_its_history_says(either: Site) -> None:
    closed = either.jira.create("PAY", summary="Closed without a resolution")
    either.jira.transition(closed, "In Progress", at=datetime(2026, 10, 18, 9, tzinfo=UTC))
    either.jira.transition(closed, "Done", at=datetime(2026, 10, 20, 9, tzinfo=UTC), resolution=None)
    reopened = either.jira.create("PAY", summary="Closed twice")
    for day, status in ((1, "Done"), (5, "In Progress"), (25, "Done")):
        either.jira.transition(reopened, status, at=datetime(2026, 10, day, 9, tzinfo=UTC), resolution=None)
    for key in (closed, reopened):
        either.jira.distort(key, {"statuscategorychangedate": None})
    scope = _scope(either, "project = PAY")
    items = _items(either.connector.fetch(scope), scope)
    assert {ref: (item.state, item.done) for ref, item in items.items()} == {
        closed: (State.DONE, datetime(2026, 10, 20, 9, tzinfo=UTC)),
        reopened: (State.DONE, datetime(2026, 10, 25, 9, tzinfo=UTC)),
    }


def test_an_issue_that_began_as_done_has_no_date_and_is_done_all_the_same(server: Site) -> None:
    server.jira.create("PAY", summary="Imported", status="Done")
    server.jira.distort("PAY-1", {"resolutiondate": None, "resolution": None})
    scope = _scope(server, "project = PAY")
    (item,) = _items(server.connector.fetch(scope), scope).values()
    assert (item.state, item.done, item.unreadable) == (State.DONE, None, {})


def test_only_issues_that_are_done_without_a_date_cost_a_look_at_their_history(server: Site) -> None:
    for n in range(60):
        key = server.jira.create("PAY", summary=f"Task {n}")
        if n < 55:
            server.jira.transition(key, "Done", resolution=None if n < 3 else "Done")
    scope = _scope(server, "project = PAY")
    before = len(server.jira.requests)
    list(server.connector.fetch(scope))
    assert len(server.jira.requests) - before == 5  # ids, fields, bodies, histories, what statuses stand for


# -- odd things


def test_an_odd_issue_is_read_and_says_what_is_odd_and_the_others_are_as_ever(either: Site) -> None:
    for n in range(4):
        either.jira.create("PAY", summary=f"Task {n}", points=5)
    either.jira.distort(
        "PAY-2",
        {
            "summary": None,
            "status": {"name": "Lost"},
            "labels": "okr",
            "created": "9999-12-31T23:59:59.000-1100",
            "customfield_10016": "five",
            "issuetype": ABSENT,
        },
    )
    either.jira.distort("PAY-3", {"customfield_10016": "3"})
    scope = _scope(either, "project = PAY", "points")
    items = _items(either.connector.fetch(scope), scope)
    assert items["PAY-2"].unreadable.keys() == {"title", "state", "labels", "created", "points", "type"}
    assert {ref: item.points for ref, item in items.items()} == {"PAY-1": 5, "PAY-2": None, "PAY-3": 3, "PAY-4": 5}
    assert all(items[ref].unreadable == {} for ref in ("PAY-1", "PAY-3", "PAY-4"))


def test_an_issue_whose_last_change_cannot_be_read_is_looked_at_in_every_sweep(either: Site) -> None:
    for n in range(3):
        either.jira.create("PAY", summary=f"Task {n}")
    either.jira.distort("PAY-2", {"updated": "yesterday"})
    scope = _scope(either, "project = PAY")
    cursor = read_once(either, [scope])
    either.clock.pass_(minutes=1)
    pages = list(either.connector.changes([scope], cursor))
    assert "PAY-2" in {item.ref for page in pages for item in page.items}
    assert pages[-1].cursor is not None


# -- languages


@pytest.mark.parametrize("language", ["en", "de"])
def test_names_do_not_depend_on_the_language_of_the_account(site: Site, language: str) -> None:
    site.jira.create("PAY", summary="Checkout", priority="High")
    site.jira.create("PAY", summary="Draw", type="Sub-task", parent="PAY-1", status="In Progress")
    site.jira.transition("PAY-1", "Done", resolution="Won't Do")
    site.jira.language = language
    scope = _scope(site, "project = PAY", "Priority")
    items = _items(site.connector.fetch(scope), scope)
    assert (items["PAY-2"].type, items["PAY-2"].status) == ("Sub-task", "In Progress")
    assert (items["PAY-1"].state, items["PAY-1"].fields["Priority"]) == (State.DROPPED, "High")


def test_a_company_that_writes_its_rules_in_german_says_so(site: Site) -> None:
    site.jira.create("PAY", summary="Draw", type="Task")
    scope = site.connect(language="de").resolve(Select(query="project = PAY"))
    items = _items(site.connect(language="de").fetch(scope), scope)
    assert (items["PAY-1"].type, items["PAY-1"].status) == ("Aufgabe", "Zu erledigen")


def test_a_language_that_is_none_is_refused(site: Site) -> None:
    with pytest.raises(Misconfigured, match="is not a language") as raised:
        site.connect(language="the King's")
    assert raised.value.field == "language"


# -- answers that lie


def _strange(body: bytes) -> bytes:
    return body.replace(b'"id": "10002"', b'"id": "77777"')


def test_issues_that_nobody_asked_for_are_no_members_and_nobody_is_gone(either: Site) -> None:
    for n in range(3):
        either.jira.create("PAY", summary=f"Task {n}")
    scope = _scope(either, "project = PAY")
    # at Data Center the first search is for ids
    either.jira.faults.bend_next(1, _strange, path="/issue/bulkfetch")
    either.jira.faults.bend_next(1, lambda body: body, path="/rest/api/2/search")
    either.jira.faults.bend_next(1, _strange, path="/rest/api/2/search")
    with pytest.raises(Unexpected, match="1 issues came that nobody asked for, such as 77777"):
        list(either.connector.fetch(scope))


def test_an_issue_that_comes_twice_is_no_answer(site: Site) -> None:
    for n in range(2):
        site.jira.create("PAY", summary=f"Task {n}")
    scope = _scope(site, "project = PAY")
    site.jira.faults.bend_next(
        1, lambda body: body.replace(b'"id": "10002"', b'"id": "10001"'), path="/issue/bulkfetch"
    )
    with pytest.raises(Unexpected, match="one issue came twice"):
        list(site.connector.fetch(scope))


def test_a_match_of_issues_that_nobody_asked_about_is_no_answer(site: Site) -> None:
    site.jira.create("PAY", summary="Task")
    scope = _scope(site, "project = PAY")
    site.jira.faults.bend_next(1, lambda body: body.replace(b"10001", b"10099"), path="/jql/match")
    with pytest.raises(Unexpected, match="that nobody asked for, such as 10099"):
        list(site.connector.changes([scope], None, ["10001"]))


def test_a_history_of_issues_that_nobody_asked_about_is_no_answer(either: Site) -> None:
    key = either.jira.create("PAY", summary="Task")
    either.jira.transition(key, "Done")
    path = "/changelog/bulkfetch" if either.jira.is_cloud else "/search"
    either.jira.faults.bend_next(1, lambda body: body.replace(b'"10001"', b'"10099"'), path=path)
    with pytest.raises(Unexpected, match="that nobody asked for, such as 10099"):
        list(either.connector.histories(["10001"]))


def test_a_time_in_a_history_that_cannot_be_read_is_passed_over(site: Site) -> None:
    key = site.jira.create("PAY", summary="Task")
    site.jira.transition(key, "In Progress", at=datetime(2026, 11, 1, tzinfo=UTC))
    site.jira.transition(key, "Done", at=datetime(2026, 11, 1, tzinfo=UTC) + timedelta(hours=1))
    site.jira.faults.bend_next(
        1, lambda body: body.replace(b"2026-10-31T20:00:00.000-0400", b"yesterday", 1), path="/changelog/bulkfetch"
    )
    assert [one.now for one in site.connector.histories(["10001"])][-1] == "Done"
