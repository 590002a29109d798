"""Settings, the account, what can be picked, and how a selection becomes a scope."""

from __future__ import annotations

import pytest
import responses

from connectors.errors import Misconfigured, TryLater, Unauthorized, Unexpected
from connectors.jira import Jira
from connectors.shapes import Cursor, Select
from connectors.wire import open_wire
from tests.connectors.conftest import Site

GOOD = {"base_url": "https://acme.atlassian.net", "email": "bot@acme.example", "token": "tok-123456"}


def _jira(**settings: str) -> Jira:
    wire = open_wire(hosts=["atlassian.net"], secrets=["tok-123456"], sleep=lambda _: None)
    return Jira(GOOD | settings, wire)


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"base_url": ""}, "base_url"),
        ({"base_url": "acme.atlassian.net"}, "base_url"),
        ({"base_url": "ftp://acme.atlassian.net"}, "base_url"),
        ({"base_url": "https://acme.atlassian.net/?x=1"}, "base_url"),
        ({"base_url": "https://[oops"}, "base_url"),
        ({"email": " "}, "email"),
        ({"email": "bot"}, "email"),
        ({"email": "bot@acme:x"}, "email"),
        ({"token": ""}, "token"),
        ({"site_url": "acme"}, "site_url"),
    ],
)
def test_a_setting_that_cannot_be_right_is_named(settings: dict[str, str], field: str) -> None:
    with pytest.raises(Misconfigured) as raised:
        _jira(**settings)
    assert raised.value.field == field
    assert "tok-123456" not in str(raised.value) + raised.value.hint


def test_the_check_says_whose_account_it_is(site: Site) -> None:
    found = site.connector.check()
    assert (found.name, found.sees, found.missing) == ("hub@northwind.test", "2 projects", ())
    assert site.counter.take()["requests"] == 3


def test_an_account_that_may_browse_nothing_is_told_which_right_it_lacks(site: Site) -> None:
    site.jira.may_browse = False
    (lack,) = site.connector.check().missing
    assert (lack.scope, lack.why) == (
        "BROWSE_PROJECTS",
        "the account may see no project, so every selection is empty",
    )


def _rest_of_the_check() -> None:
    root = "https://acme.atlassian.net/rest/api/3"
    responses.get(f"{root}/project/search", json={"total": 1, "values": []})
    responses.get(f"{root}/mypermissions", json={"permissions": {"BROWSE_PROJECTS": {"havePermission": True}}})


@responses.activate
def test_an_account_that_hides_its_address_is_called_by_name() -> None:
    responses.get(
        "https://acme.atlassian.net/rest/api/3/myself",
        json={"accountId": "5b10", "emailAddress": "", "displayName": "OKR bot"},
    )
    _rest_of_the_check()
    assert _jira().check().name == "OKR bot"
    assert responses.calls[0].request.headers["Authorization"].startswith("Basic ")


@responses.activate
def test_a_wrong_token_asks_to_sign_in_again_and_is_not_shown() -> None:
    responses.get("https://acme.atlassian.net/rest/api/3/myself", status=401, body="no tok-123456")
    with pytest.raises(Unauthorized, match="jira: myself: 401") as raised:
        _jira().check()
    assert "tok-123456" not in str(raised.value)
    assert raised.value.__cause__ is None
    assert len(responses.calls) == 1


@pytest.mark.parametrize("reason", ["AUTHENTICATED_FAILED", "AUTHENTICATION_DENIED", "OUT"])
@responses.activate
def test_an_expired_token_does_not_pass_for_an_empty_project(reason: str) -> None:
    # Jira answers 200 to anybody here, and finds nothing that is public
    said = {"X-Seraph-LoginReason": reason, "Date": "Mon, 02 Nov 2026 09:00:00 GMT"}
    root = "https://acme.atlassian.net/rest/api/3"
    responses.post(f"{root}/search/jql", json={"issues": [], "isLast": True}, headers=said)
    responses.get(f"{root}/field", json=[], headers=said)
    jira = _jira()
    scope = jira.resolve(Select(query="project = PAY"))
    with pytest.raises(Unauthorized, match="does not accept the token"):
        list(jira.fetch(scope))
    with pytest.raises(Unauthorized, match="does not accept the token"):
        list(jira.changes([scope], Cursor('{"v":1,"since":"2026-11-02T10:00:00+00:00"}')))
    with pytest.raises(Unauthorized, match="does not accept the token"):
        jira.resolve(Select(query="project = PAY", fields=frozenset({"points"})))


@responses.activate
def test_a_token_that_was_accepted_is_accepted() -> None:
    responses.get(
        "https://acme.atlassian.net/rest/api/3/myself",
        json={"emailAddress": "bot@acme.example"},
        headers={"X-Seraph-LoginReason": "OK"},
    )
    _rest_of_the_check()
    assert _jira().check().name == "bot@acme.example"


@responses.activate
def test_an_account_of_another_shape_names_the_path() -> None:
    responses.get("https://acme.atlassian.net/rest/api/3/myself", json={"emailAddress": 7})
    with pytest.raises(Unexpected, match=r"jira changed shape at myself\.emailAddress: expected text, found a number"):
        _jira().check()


@responses.activate
def test_a_login_page_instead_of_json_is_unexpected() -> None:
    responses.get("https://acme.atlassian.net/rest/api/3/myself", body="<html>", content_type="text/html")
    with pytest.raises(Unexpected, match="not JSON"):
        _jira().check()


@responses.activate
def test_the_package_does_not_repeat_what_the_wire_has_repeated() -> None:
    responses.get("https://acme.atlassian.net/rest/api/3/myself", status=503)
    with pytest.raises(TryLater):
        _jira().check()
    assert len(responses.calls) == 4


def test_projects_are_offered_page_by_page_with_their_counts(site: Site) -> None:
    for number in range(60):
        site.jira.add_project(f"P{number:02}", f"Project {number}")
    site.jira.create("PAY", summary="One")
    found = [scope for scope in site.connector.scopes() if scope.kind == "project"]
    assert len(found) == 62
    assert site.jira.count("/project/search") == 2
    pay = next(scope for scope in found if scope.query == "project = PAY")
    assert (pay.kind, pay.name, pay.url) == ("project", "Payments (PAY, 1 issue)", f"{site.url}/browse/PAY")
    assert [s.query for s in site.connector.scopes("web")] == ["project = WEB"]


def test_one_query_has_one_key_however_it_is_spelt(site: Site) -> None:
    one = site.connector.resolve(Select(query="project =  PAY\n ORDER BY rank"))
    other = site.connector.resolve(Select(query="project = PAY"))
    picked = site.connector.resolve(Select(picker={"project": "PAY"}))
    assert one == other
    assert one.key == picked.key == next(s.key for s in site.connector.scopes("PAY"))
    assert one.key.startswith("jql:")
    assert len(one.key) == 20
    assert one.url == f"{site.url}/issues/?jql=project%20%3D%20PAY"


def test_a_query_alone_asks_jira_nothing(site: Site) -> None:
    site.connector.resolve(
        Select(query="project = PAY", fields=frozenset({"customfield_10042", "cf[10016]", "Priority", "duedate"}))
    )
    assert site.counter.take()["requests"] == 0


def test_a_picker_is_quoted_so_that_it_cannot_say_more_than_it_should(site: Site) -> None:
    scope = site.connector.resolve(
        Select(picker={"project": "PAY", "type": "Bug", "label": 'x" OR project = "WEB', "epic": "PAY-1"})
    )
    assert scope.query == (
        'project = PAY AND issuetype = "Bug" AND labels = "x\\" OR project = \\"WEB" AND parent = "PAY-1"'
    )


@pytest.mark.parametrize(
    "select",
    [
        Select(),
        Select(query="project = PAY", picker={"project": "PAY"}),
        Select(query="ORDER BY key"),
        Select(picker={"lane": "7"}),
        Select(picker={"board": "7", "filter": "8"}),
        Select(picker={"type": "Bug"}),
        Select(picker={"project": " "}),
        Select(picker={"project": "PAY", "label": ""}),
    ],
)
def test_a_selection_without_bounds_or_sense_is_refused(site: Site, select: Select) -> None:
    with pytest.raises(Misconfigured) as raised:
        site.connector.resolve(select)
    assert raised.value.field == "select"


def test_names_become_ids_with_one_request_for_all_selections(site: Site) -> None:
    first = site.connector.resolve(Select(query="project = PAY", fields=frozenset({"Merchants in batch"})))
    second = site.connector.resolve(Select(query="project = WEB", fields=frozenset({"merchants IN batch", "points"})))
    assert first.fields == {"Merchants in batch": "customfield_10042"}
    assert second.fields == {"merchants IN batch": "customfield_10042", "points": "customfield_10016"}
    assert site.counter.take()["requests"] == 1


def test_two_fields_of_one_name_are_an_error_that_names_both(site: Site) -> None:
    site.jira.add_field(10050, "Merchants in batch")
    with pytest.raises(Misconfigured, match=r"customfield_10042, customfield_10050") as raised:
        site.connector.resolve(Select(query="project = PAY", fields=frozenset({"Merchants in batch"})))
    assert raised.value.field == "select"


def test_an_unknown_field_is_an_error_with_a_suggestion(site: Site) -> None:
    with pytest.raises(Misconfigured, match=r"'Merchant in batch' \(did you mean 'Merchants in batch'\?\)"):
        site.connector.resolve(Select(query="project = PAY", fields=frozenset({"Merchant in batch"})))


def test_two_fields_for_points_ask_for_the_setting_and_the_setting_decides(site: Site) -> None:
    site.jira.add_field(10060, "Story point estimate")
    wanted = Select(query="project = PAY", fields=frozenset({"points"}))
    with pytest.raises(Misconfigured, match=r"customfield_10016.*customfield_10060") as raised:
        site.connector.resolve(wanted)
    assert raised.value.field == "points_field"
    by_name = site.connect(points_field="Story point estimate").resolve(wanted)
    by_id = site.connect(points_field="customfield_10060").resolve(wanted)
    assert by_name.fields == by_id.fields == {"points": "customfield_10060"}


def test_a_site_without_points_says_so(site: Site) -> None:
    site.jira.remove_field("customfield_10016")
    with pytest.raises(Misconfigured, match="no field for story points") as raised:
        site.connector.resolve(Select(query="project = PAY", fields=frozenset({"points"})))
    assert raised.value.field == "points_field"


@responses.activate
def test_the_estimate_of_a_team_managed_project_is_known_by_its_type() -> None:
    responses.get(
        "https://acme.atlassian.net/rest/api/3/field",
        json=[
            {"id": "summary", "name": "Summary"},
            {
                "id": "customfield_10031",
                "name": "Aufwand",
                "schema": {"type": "number", "custom": "com.pyxis.greenhopper.jira:jsw-story-points"},
            },
        ],
    )
    scope = _jira().resolve(Select(query="project = PAY", fields=frozenset({"points"})))
    assert scope.fields == {"points": "customfield_10031"}


POINTS = frozenset({"points"})


def test_the_two_fields_for_points_of_most_sites_are_told_apart_by_the_projects(site: Site) -> None:
    site.jira.add_team_points()
    site.jira.add_project("TEAM", "Team-managed", is_team_managed=True)
    classic, team = (
        site.connector.resolve(Select(query=query, fields=POINTS)).fields["points"]
        for query in ("project in (PAY, WEB)", 'project = "TEAM" AND labels = okr')
    )
    assert (classic, team) == ("customfield_10016", "customfield_10031")
    for query in ("project in (PAY, TEAM)", "labels = okr"):
        both = site.connector.resolve(Select(query=query, fields=POINTS)).fields["points"]
        assert both == "customfield_10016,customfield_10031"


def test_a_board_says_which_field_it_estimates_with(site: Site) -> None:
    site.jira.add_team_points()
    board = site.jira.add_board("Board", site.jira.add_filter("All", "project = PAY"))
    site.jira.boards[board].estimation = "customfield_10031"
    for picker in ({"board": "Board"}, {"board": "1", "sprint": "active"}):
        found = site.connector.resolve(Select(picker=picker, fields=POINTS))
        assert found.fields == {"points": "customfield_10031"}
    named = site.connect(points_field="Story Points").resolve(Select(picker={"board": "1"}, fields=POINTS))
    assert named.fields == {"points": "customfield_10016"}


def test_a_field_is_found_by_its_type(site: Site) -> None:
    site.jira.add_team_points()
    kind = "com.pyxis.greenhopper.jira:jsw-story-points"
    found = site.connector.resolve(Select(query="project = PAY", fields=frozenset({kind})))
    assert found.fields == {kind: "customfield_10031"}
    number = "com.atlassian.jira.plugin.system.customfieldtypes:float"
    with pytest.raises(Misconfigured, match="customfield_10016, customfield_10042"):
        site.connector.resolve(Select(query="project = PAY", fields=frozenset({number})))
