"""From what a rule selects to gids, and what there is to pick from."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connectors.asana.queries import read_query
from connectors.errors import Misconfigured
from connectors.shapes import Scope, Select, seen_by
from tests.connectors.asana_office import Office, open_office


@pytest.fixture
def office() -> Iterator[Office]:
    with open_office() as made:
        yield made


@pytest.mark.parametrize(
    ("text", "canonical", "key"),
    [
        ("project=12", "project=12", "project:12"),
        (" subtasks=yes & project = 12\n", "project=12&subtasks=yes", "project:12+subtasks"),
        ("project=12&subtasks=no", "project=12", "project:12"),
        ("section=5&project=12", "project=12&section=5", "section:5"),
        ("tag=3", "tag=3", "tag:3"),
        ("portfolio=9", "portfolio=9", "portfolio:9"),
        ("goal=7", "goal=7", "goal:7"),
        ("project=12&count=num_tasks", "project=12&count=num_tasks", "progress:12:num_tasks"),
        ("search=1&tags.any=3&text=a", "search=1&tags.any=3&text=a", "search=1&tags.any=3&text=a"),
        ("text=a&tags.any=3&search=1", "search=1&tags.any=3&text=a", "search=1&tags.any=3&text=a"),
        ("search=1&text=new%20shop", "search=1&text=new+shop", "search=1&text=new+shop"),
    ],
)  # fmt: skip
def test_what_means_the_same_is_written_the_same(text: str, canonical: str, key: str) -> None:
    query = read_query(text)
    assert (query.text, query.key) == (canonical, key)
    assert read_query(query.text) == query


@pytest.mark.parametrize(
    "text",
    [
        "", "project", "project=", "project=Launch", "project=12&project=13", "project=12&tag=3",
        "tag=3&completed=false", "colour=red",
        "search=1", "search=1&limit=5", "completed=false&sort_by=likes", "search=x&completed=true",
        "project=12&opt_fields=name", "../users/me", "project=12/tasks", "search=1&completed=false&subtasks=yes",
    ],
)  # fmt: skip
def test_a_query_that_is_none_is_misconfigured(text: str) -> None:
    with pytest.raises(Misconfigured) as raised:
        read_query(text)
    assert raised.value.field == "select"


def test_names_become_gids_and_a_query_by_gid_is_the_same_scope(office: Office) -> None:
    by_name = office.scope(project="launch")
    assert by_name == office.connector.resolve(Select(query=f"project={office.project}"))
    assert (by_name.kind, by_name.name, by_name.key) == ("project", "Launch", f"project:{office.project}")
    doing = office.asana.projects[office.project].sections[1]
    section = office.scope(project="Launch", section="doing")
    assert section == office.connector.resolve(Select(query=f"section={doing}"))
    assert section.query == f"project={office.project}&section={doing}"
    assert section.name == "Launch, Doing"


def test_a_search_belongs_to_the_connections_workspace(office: Office) -> None:
    scope = office.connector.resolve(Select(query="completed=false & tags.any=3"))
    assert scope.query == f"search={office.asana.workspace}&completed=false&tags.any=3"


@pytest.mark.parametrize(
    ("picker", "said"),
    [
        ({"project": "Lunch"}, "did you mean 'Launch'"),
        ({"project": "999"}, "Unknown object"),
        ({"project": "Launch", "section": "Doin"}, "did you mean 'Doing'"),
        ({"tag": "Launch"}, "no tag named"),
        ({"board": "x"}, "does not know board"),
        ({"project": "Launch", "tag": "x"}, "names one of"),
        ({"section": "Doing"}, "names one of"),
        ({"project": "Launch", "subtasks": "all"}, "yes or no"),
        ({"project": "Launch", "count": "num_wishes"}, "num_tasks"),
        ({"project": ""}, "names one of"),
    ],
)
def test_a_picker_that_leads_nowhere_says_why(office: Office, picker: dict[str, str], said: str) -> None:
    with pytest.raises(Misconfigured, match=said) as raised:
        office.connector.resolve(Select(picker=picker))
    assert raised.value.field == "select"


def test_two_of_one_name_are_an_error_with_both_gids(office: Office) -> None:
    second = office.asana.add_project("Launch")
    with pytest.raises(Misconfigured, match=f"{office.project}, {second}"):
        office.scope(project="Launch")


def test_of_several_workspaces_the_setting_says_which(office: Office) -> None:
    office.asana.add_workspace("Southwind")
    with pytest.raises(Misconfigured, match="2 workspaces: Northwind, Southwind") as raised:
        office.scope(project="Launch")
    assert raised.value.field == "workspace"
    assert office.connect(workspace="northwind").resolve(Select(picker={"project": "Launch"})).name == "Launch"


def test_custom_fields_are_found_by_name_and_a_field_of_one_name_in_each_project_of_a_portfolio(office: Office) -> None:
    one = office.asana.add_field("Effort", to=[office.project])
    two = office.asana.add_field("Effort", to=[office.other])
    office.asana.create(office.project, name="a", values={one: 3})
    office.asana.create(office.other, name="b", values={two: 5})
    office.asana.add_portfolio("Growth", office.project, office.other)
    launch = {"status": f"section@{office.project},completion@"}
    assert office.scope("effort", project="Launch").fields == {"effort": one} | launch
    scope = office.scope("Effort", "Projects", portfolio="Growth")
    sections = f"section@{office.project},section@{office.other},completion@"
    assert scope.fields == {"Effort": f"{one},{two}", "Projects": "Projects", "status": sections}
    items = [seen_by(item, scope.fields) for page in office.read(scope) for item in page.items]
    assert {item.title: str(item.fields["Effort"]) for item in items} == {"a": "3", "b": "5"}


def test_names_are_looked_up_once_for_all_rules(office: Office) -> None:
    office.asana.add_field("Effort", to=[office.project])
    for section in ("Doing", "To do"):
        office.counter.take()
        picker = {"project": "Launch", "section": section}
        office.connector.resolve(Select(picker=picker, fields=frozenset({"Effort"})))
    assert office.counter.take()["requests"] == 1  # the section itself


def test_an_unknown_or_ambiguous_field_is_an_error_and_its_gid_always_works(office: Office) -> None:
    first = office.asana.add_field("Effort", to=[office.project])
    with pytest.raises(Misconfigured, match="did you mean 'Effort'"):
        office.scope("Efort", project="Launch")
    office.asana.add_field("Effort", to=[office.project])
    with pytest.raises(Misconfigured, match="2 custom fields for 'Effort'"):
        office.scope("Effort", project="Launch")
    assert office.scope(first, project="Launch").fields[first] == first


def test_points_are_the_field_called_so_or_the_one_that_the_setting_names(office: Office) -> None:
    with pytest.raises(Misconfigured, match="no number field for points") as raised:
        office.scope("points", project="Launch")
    assert raised.value.field == "points_field"
    points = office.asana.add_field("Story points", to=[office.project])
    effort = office.asana.add_field("Effort", to=[office.project])
    assert office.scope("points", project="Launch").fields["points"] == points
    chosen = office.connect(points_field="effort").resolve(
        Select(picker={"project": "Launch"}, fields=frozenset({"points"}))
    )
    assert chosen.fields["points"] == effort


def test_what_can_be_picked_is_listed_and_what_the_plan_lacks_is_left_out(office: Office) -> None:
    office.asana.add_tag("launch-risk")
    office.asana.add_portfolio("Launches")
    office.asana.add_goal("Launch on time", metric={})

    def names(query: str) -> list[tuple[str, str]]:
        return [(scope.kind, scope.name) for scope in office.connector.scopes(query)]

    assert names("launch") == [
        ("project", "Launch"), ("tag", "launch-risk"), ("portfolio", "Launches"), ("goal", "Launch on time"),
    ]  # fmt: skip
    assert names(office.project) == [("section", "To do"), ("section", "Doing")]
    office.asana.reads.is_paid = False
    assert names("launch") == [("project", "Launch"), ("tag", "launch-risk")]


def test_whatever_is_offered_resolves_to_itself(office: Office) -> None:
    office.asana.add_tag("okr")
    office.asana.add_goal("Revenue", metric={})
    offered: list[Scope] = [*office.connector.scopes(), *office.connector.scopes(office.project)]
    assert len(offered) == 6
    for scope in offered:
        assert office.connector.resolve(Select(query=scope.query)).key == scope.key


def test_the_check_says_whom_it_speaks_for_and_what_is_missing(office: Office) -> None:
    found = office.connector.check()
    assert (found.name, found.sees, found.missing) == ("hub@northwind.test", "Northwind: 2 projects", ())
    office.asana.reads.is_paid = False
    office.asana.app.scoped = True
    missing = office.connector.check().missing
    assert [one.scope for one in missing] == ["default", "goals"]
    assert all(one.why for one in missing)
