"""What a rule may say to select something of Microsoft 365, and what there is to pick from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest

from connectors.errors import Misconfigured
from connectors.shapes import Select
from tests.connectors.microsoft_tenant import Tenant, open_tenant


@pytest.fixture
def tenant() -> Iterator[Tenant]:
    with open_tenant() as made:
        made.launch = made.planner.add_plan(made.team, "Launch", "Now", "Later")  # type: ignore[attr-defined]
        made.hiring = made.planner.add_plan(made.team, "Hiring")  # type: ignore[attr-defined]
        yield made


def test_a_plan_is_found_by_its_id_its_team_and_its_channels_tab(tenant: Tenant) -> None:
    plan = tenant.launch  # type: ignore[attr-defined]
    general = tenant.planner.groups[tenant.team].channels[0].id
    tenant.planner.add_tab(tenant.team, general, "Wiki", "https://wiki.test/")
    tenant.planner.add_tab(
        tenant.team,
        general,
        "Launch",
        f"https://tasks.teams.microsoft.com/teamsui/{{tid}}/Home/PlannerFrame?page=7&planId={plan}&x=1",
    )
    found = {
        tenant.scope(**picker).key
        for picker in (
            {"plan": plan},
            {"team": "Marketing", "plan": "Launch"},
            {"team": "marketing", "plan": "launch"},
            {"team": tenant.team, "plan": plan},
            {"team": "Marketing", "channel": "General"},
            {"team": "Marketing", "channel": "General", "tab": "Launch"},
        )
    }
    assert found == {f"plan:{plan}"}


@pytest.mark.parametrize(
    "url",
    [
        "https://tasks.office.com/northwind.test/Home/PlanViews/{plan}?Type=PlanLink",
        "https://tasks.office.com/northwind.test/Home/PlannerFrame?page=7&planId={plan}",
        "https://planner.cloud.microsoft/webui/plan/{plan}/view/board?tid=1",
    ],
)
def test_the_plan_of_a_tab_is_read_from_each_address_planner_has_used(tenant: Tenant, url: str) -> None:
    plan = tenant.launch  # type: ignore[attr-defined]
    channel = tenant.planner.add_channel(tenant.team, "Launch")
    tenant.planner.add_tab(tenant.team, channel, "Plan", url.format(plan=plan))
    assert tenant.scope(team="Marketing", channel="Launch").key == f"plan:{plan}"


def test_a_bucket_is_found_by_its_name_or_its_id(tenant: Tenant) -> None:
    plan = tenant.launch  # type: ignore[attr-defined]
    later = tenant.planner.bucket_of(plan, "Later")
    by_name = tenant.scope(team="Marketing", plan="Launch", bucket="Later")
    assert (by_name.kind, by_name.key, by_name.name) == ("bucket", f"bucket:{later}", "Launch, Later")
    assert tenant.scope(plan=plan, bucket=later) == by_name


def test_what_is_offered_can_be_written_as_a_query(tenant: Tenant) -> None:
    tenant.office.add_list(tenant.mira, "Errands")
    mine = tenant.connect(user=tenant.mira)
    offered = list(mine.scopes("launch"))
    assert [one.name for one in offered] == ["Launch (Marketing)", "Launch, Now", "Launch, Later"]
    for one in [*offered, *mine.scopes("errands")]:
        assert mine.resolve(Select(query=one.query)).key == one.key


def test_offers_need_no_names_of_teams_where_a_person_signed_in(tenant: Tenant) -> None:
    tenant.graph.login.consented.discard("Group.Read.All")
    mine = tenant.connect(user=tenant.mira)
    assert [one.name for one in mine.scopes() if one.kind == "plan"] == ["Hiring", "Launch"]


def test_forty_teams_are_looked_through_twenty_a_request(tenant: Tenant) -> None:
    for number in range(39):
        tenant.planner.add_plan(tenant.planner.add_team(f"Team {number}"), "Board")
    tenant.counter.take()
    assert sum(one.kind == "plan" for one in tenant.connector.scopes()) == 41
    assert tenant.counter.take()["requests"] == 4  # teams, two batches of plans, lists of To Do


@pytest.mark.parametrize(
    ("picker", "says"),
    [
        ({"team": "Marketing"}, "has 2 plans"),
        ({"team": "Marketing", "plan": "Lunch"}, "no plan 'Lunch'"),
        ({"team": "Sales", "plan": "Launch"}, "no team 'Sales'"),
        ({"team": "Marketing", "plan": "Launch", "bucket": "Never"}, "no bucket 'Never'"),
        ({"team": "Marketing", "channel": "General"}, "no tab shows a plan"),
        ({"team": "Marketing", "channel": "Nowhere"}, "no channel 'Nowhere'"),
        ({"plan": "Launch"}, "through their team only"),
        ({"plan": "Launch", "sheet": "Q4"}, "does not know sheet"),
        ({"bucket": "Now"}, "names no plan"),
        ({"team": "", "plan": "Launch"}, "team is empty"),
        ({"todo": "Errands"}, "no To Do lists"),
        ({"file": "OKR.xlsx"}, "one of cell, range and name"),
        ({"file": "OKR.xlsx", "cell": "B7"}, "needs its sheet"),
        ({"file": "OKR.xlsx", "sheet": "Q4", "cell": "B0"}, "no address of cells"),
        ({"file": "OKR.xlsx", "sheet": "Q4", "range": "B1:B2", "take": "mode"}, "take is 'mode'"),
        ({"file": "OKR.xlsx", "site": "a.test/s", "user": "x", "sheet": "Q4", "cell": "B7"}, "not in both"),
        ({"site": "northwind.sharepoint.com/sites/none", "list": "A", "item": "1", "column": "B"}, "no site"),
        ({"site": "northwind.sharepoint.com", "list": "A", "item": "first", "column": "B"}, "by its number"),
        ({"site": "northwind.sharepoint.com", "list": "A"}, "needs its item"),
    ],
)
def test_a_picker_that_names_nothing_says_so(tenant: Tenant, picker: Mapping[str, str], says: str) -> None:
    with pytest.raises(Misconfigured, match=says):
        tenant.scope(**picker)


def test_two_of_one_name_are_an_error_that_shows_both(tenant: Tenant) -> None:
    twin = tenant.planner.add_plan(tenant.team, "Launch")
    with pytest.raises(Misconfigured, match="2 are called 'Launch'") as raised:
        tenant.scope(team="Marketing", plan="Launch")
    assert twin in raised.value.hint and tenant.launch in raised.value.hint  # type: ignore[attr-defined]


def test_a_name_with_an_apostrophe_is_one_name(tenant: Tenant) -> None:
    team = tenant.planner.add_team("Mira's team & co")
    plan = tenant.planner.add_plan(team, "Only")
    assert tenant.scope(team="Mira's team & co").key == f"plan:{plan}"


def test_without_the_permission_a_team_is_not_found_by_name_and_says_which(tenant: Tenant) -> None:
    tenant.graph.login.roles.discard("Group.Read.All")
    with pytest.raises(Misconfigured, match="by name") as raised:
        tenant.connect().resolve(Select(picker={"team": "Marketing", "plan": "Launch"}))
    assert "Group.Read.All" in raised.value.hint


@pytest.mark.parametrize(
    "query", ["planner/plans/", "groups/1/planner/plans", "https://evil.test", "me/messages", "x' or"]
)
def test_a_query_that_is_no_address_of_a_selection_is_refused(tenant: Tenant, query: str) -> None:
    with pytest.raises(Misconfigured, match="no address"):
        tenant.connector.resolve(Select(query=query))


@pytest.mark.parametrize("select", [Select(), Select(query="planner/plans/x", picker={"plan": "x"})])
def test_a_query_and_a_picker_exclude_each_other(tenant: Tenant, select: Select) -> None:
    with pytest.raises(Misconfigured, match="one of the two"):
        tenant.connector.resolve(select)


def test_a_field_that_planner_has_not_is_named_with_those_it_has(tenant: Tenant) -> None:
    for name, says in (("points", "has no points"), ("Colour", "no field 'Colour'")):
        with pytest.raises(Misconfigured, match=says) as raised:
            tenant.connector.resolve(
                Select(picker={"plan": tenant.launch}, fields=frozenset({name}))  # type: ignore[attr-defined]
            )
        assert "percent_complete" in raised.value.hint
