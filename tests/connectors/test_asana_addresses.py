"""Addresses as people copy them from the browser, in what is selected and in what is written to."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connectors.asana.addresses import finest, gids_in
from connectors.errors import Misconfigured
from connectors.shapes import Select
from tests.connectors.asana_office import Office, open_office


@pytest.fixture
def office() -> Iterator[Office]:
    with open_office() as made:
        yield made


@pytest.mark.parametrize(
    ("address", "found"),
    [
        # since 2025
        ("https://app.asana.com/1/999/project/1200", {"project": "1200"}),
        ("https://app.asana.com/1/999/project/1200/list/1500", {"project": "1200"}),
        ("https://app.asana.com/1/999/project/1200/board/1500?focus=true", {"project": "1200"}),
        ("https://app.asana.com/1/999/project/1200/overview", {"project": "1200"}),
        ("https://app.asana.com/1/999/project/1200/task/1300", {"project": "1200", "task": "1300"}),
        ("https://app.asana.com/1/999/project/1200/task/1300/f", {"project": "1200", "task": "1300"}),
        ("https://app.asana.com/1/999/project/1200/task/1300/comment/1400", {"project": "1200", "task": "1300"}),
        (
            "https://app.asana.com/1/999/project/1200/task/1300/comment/1400?focus=true",
            {"project": "1200", "task": "1300"},
        ),
        ("https://app.asana.com/1/999/task/1300", {"task": "1300"}),
        ("https://app.asana.com/1/999/task/1300/subtask/1310", {"task": "1310"}),
        ("https://app.asana.com/1/999/portfolio/700/list", {"portfolio": "700"}),
        ("https://app.asana.com/1/999/goal/800", {"goal": "800"}),
        ("https://app.asana.com/1/999/home", {}),
        ("https://app.asana.com/1/999/inbox/555", {}),
        # before, and for good
        ("https://app.asana.com/0/1200/1300/f", {"project": "1200", "task": "1300"}),
        ("https://app.asana.com/0/1200/1300", {"project": "1200", "task": "1300"}),
        ("https://app.asana.com/0/1200/1300/1400/f", {"project": "1200", "task": "1300"}),
        ("https://app.asana.com/0/0/1300/f", {"task": "1300"}),
        ("https://app.asana.com/0/1200", {"project": "1200"}),
        ("https://app.asana.com/0/1200/list", {"project": "1200"}),
        ("https://app.asana.com/0/1200/timeline/", {"project": "1200"}),
        ("https://app.asana.com/0/inbox/555/1300/1400", {"task": "1300"}),
        ("https://app.asana.com/0/inbox/555", {}),
        ("https://app.asana.com/0/home/555/1300", {"task": "1300"}),
        ("https://app.asana.com/0/search/555/1300", {"task": "1300"}),
        ("https://app.asana.com/0/search?q=pay&child=1300&f=true", {"task": "1300"}),
        ("https://app.asana.com/0/search/555", {}),
        ("https://app.asana.com/0/portfolio/700/list", {"portfolio": "700"}),
        ("https://app.asana.com/0/goal/800", {"goal": "800"}),
        ("app.asana.com/0/1200/list#top", {"project": "1200"}),
        ("https://app.asana.com/0/my-apps", {}),
        # of something else
        ("https://linear.example/0/1200/1300", None),
        ("https://asana.com.evil.example/0/1200/1300", None),
        ("Launch", None),
        ("1200", None),
        ("0/1200", None),
        ("", None),
    ],
)
def test_an_address_names_the_task_or_project_and_not_the_view_or_comment(
    address: str, found: dict[str, str] | None
) -> None:
    assert gids_in(address) == found


def test_a_task_is_meant_before_the_project_that_it_is_shown_in() -> None:
    assert finest(gids_in("https://app.asana.com/1/999/project/1200/task/1300/comment/1400") or {}) == "1300"
    assert finest(gids_in("https://app.asana.com/1/999/project/1200/list/1500") or {}) == "1200"
    assert finest(gids_in("https://app.asana.com/1/999/inbox/555") or {}) == ""


def test_a_project_is_selected_by_the_address_of_any_of_its_views(office: Office) -> None:
    by_name = office.scope(project="Launch")
    for address in (
        f"https://app.asana.com/1/999/project/{office.project}/list/1500",
        f"https://app.asana.com/0/{office.project}/board",
        f"{office.url}/1/999/project/{office.project}/calendar",
    ):
        assert office.scope(project=address) == by_name
        assert office.connector.resolve(Select(query=address)) == by_name
    assert office.scope(project=f"https://app.asana.com/0/{office.project}/list", section="Doing").kind == "section"


def test_a_goal_and_a_portfolio_are_selected_by_their_addresses(office: Office) -> None:
    goal = office.asana.add_goal("Revenue", metric={})
    portfolio = office.asana.add_portfolio("Growth", office.project)
    for kind, gid in (("goal", goal), ("portfolio", portfolio)):
        for address in (f"https://app.asana.com/0/{kind}/{gid}", f"https://app.asana.com/1/999/{kind}/{gid}/list"):
            assert office.scope(**{kind: address}).key == office.connector.resolve(Select(query=address)).key


@pytest.mark.parametrize("address", ["https://app.asana.com/0/goal/800", "https://app.asana.com/1/999/inbox/555"])
def test_an_address_of_something_else_is_no_project(office: Office, address: str) -> None:
    with pytest.raises(Misconfigured, match="names no project"):
        office.scope(project=address)


def test_the_address_of_a_search_says_that_searches_are_written_as_their_filters(office: Office) -> None:
    with pytest.raises(Misconfigured, match="names nothing that tasks can be read from") as raised:
        office.connector.resolve(Select(query="https://app.asana.com/0/search/555"))
    assert raised.value.field == "select"


def test_a_rule_may_name_a_parent_by_its_address(office: Office) -> None:
    address = f"https://app.asana.com/1/999/project/{office.project}/task/1300"
    scope = office.connector.resolve(Select(picker={"project": "Launch"}, refs=frozenset({address, "1301"})))
    assert scope.aliases == {address: "1300"}
