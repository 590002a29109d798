"""Who a connection to Microsoft 365 speaks for, what it lacks, and the settings that lead there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from connectors.errors import Misconfigured, Unauthorized
from connectors.fields import OAuth2
from connectors.microsoft import Microsoft
from connectors.microsoft.settings import DESCRIPTION, read_settings
from connectors.oauth import LoginServer
from connectors.wire import open_wire
from tests.connectors.conftest import LOOPBACK
from tests.connectors.microsoft_tenant import Tenant, open_tenant


@pytest.fixture
def tenant() -> Iterator[Tenant]:
    with open_tenant() as made:
        made.planner.add_plan(made.team, "Launch")
        yield made


def test_an_app_is_told_by_its_id_and_a_person_by_the_address(tenant: Tenant) -> None:
    assert tenant.connector.check().name == "app 00001111-aaaa-2222-bbbb-3333cccc4444"
    tenant.office.add_list(tenant.mira, "Errands")
    found = tenant.connect(user=tenant.mira).check()
    assert (found.name, found.sees, found.missing) == ("mira@northwind.test", "1 team, 1 plan, 1 To Do list", ())


def test_checking_takes_two_requests(tenant: Tenant) -> None:
    tenant.counter.take()
    tenant.connector.check()
    assert tenant.counter.take()["requests"] == 2


@pytest.mark.parametrize(
    ("is_person", "revoked", "named"),
    [
        (False, "Tasks.Read.All", "Tasks.Read.All"),
        (False, "Group.Read.All", "Group.Read.All"),
        (False, "User.ReadBasic.All", "User.ReadBasic.All"),
        (False, "Sites.Read.All", "Sites.Read.All"),
        (False, "Sites.Read.All Files.Read.All", "Sites.Read.All Files.Read.All"),
        (False, "Files.Read.All", ""),  # Sites.Read.All reads the files of sites as well
        (False, "TeamsTab.Read.All", ""),  # and Group.Read.All the tabs
        (True, "Tasks.Read", "Tasks.Read"),  # Group.Read.All reads a person's plans, and no lists of To Do
        (True, "Tasks.Read Group.Read.All", "Tasks.Read Group.Read.All"),
        (True, "Files.ReadWrite Sites.Read.All", "Files.ReadWrite Sites.Read.All"),
    ],
)
def test_each_permission_that_is_missing_is_named_with_what_does_not_work(
    tenant: Tenant, is_person: bool, revoked: str, named: str
) -> None:
    (tenant.graph.login.consented if is_person else tenant.graph.login.roles).difference_update(revoked.split())
    found = tenant.connect(user=tenant.mira if is_person else "").check()
    assert {one.scope for one in found.missing} == set(named.split())
    assert all(one.why for one in found.missing)


def test_a_sign_in_that_is_not_accepted_asks_for_a_person(tenant: Tenant) -> None:
    wire = open_wire(hosts=(), base_url=tenant.url, allow_private=LOOPBACK, sleep=tenant.naps.append)
    wire.headers["Authorization"] = "Bearer nothing"
    with pytest.raises(Unauthorized, match=r"sign-in|401"):
        Microsoft({"tenant": "a.test", "client_id": "1", "base_url": tenant.url}, wire).check()


def _login(tenant: Tenant, grant: str) -> LoginServer:
    way = next(one for one in DESCRIPTION.auth if isinstance(one, OAuth2) and one.grant == grant)
    login = tenant.graph.login
    held = {"tenant": login.tenant, "client_id": login.client_id, "client_secret": login.client_secret}
    return LoginServer(way, {**held, "login_url": tenant.url}, allow_private=LOOPBACK)


def test_an_app_is_given_a_token_that_reads(tenant: Tenant) -> None:
    found = _login(tenant, "client_credentials").grant(now=tenant.clock())
    held = tenant.graph.login.find(found.access)
    assert held is not None and (held.user, held.permissions) == ("", frozenset(tenant.graph.login.roles))
    assert (found.refresh, found.expires_at) == (None, tenant.clock() + timedelta(seconds=3599))


def test_a_person_signs_in_with_a_code_and_stays_signed_in_by_refresh_tokens_that_serve_once(tenant: Tenant) -> None:
    login, back = _login(tenant, "authorization_code"), "https://hub.test/connections/back"
    tenant.graph.login.person = tenant.mira
    tenant.graph.login.consented.discard("Group.Read.All")  # what an administrator has to agree to
    begun = login.begin(back)
    came = requests.get(begun.url, allow_redirects=False, timeout=5)
    assert came.status_code == 302
    params = dict(parse_qsl(urlsplit(came.headers["Location"]).query))
    given = login.finish(back, params, begun, now=tenant.clock())
    held = tenant.graph.login.find(given.access)
    assert held is not None and held.user == tenant.mira
    assert {"Tasks.Read", "User.Read"} <= set(given.scopes)
    assert not login.missing(given)  # Group.Read.All is not needed
    with pytest.raises(Unauthorized):
        login.finish(back, params, begun, now=tenant.clock())  # a code serves once
    assert given.refresh is not None
    renewed = login.refresh(given.refresh, given.scopes, now=tenant.clock())
    assert renewed.refresh not in {None, given.refresh}
    with pytest.raises(Unauthorized, match="sign-in has ended"):
        login.refresh(given.refresh, given.scopes, now=tenant.clock())


def test_without_what_is_needed_a_sign_in_says_what_does_not_work(tenant: Tenant) -> None:
    login, back = _login(tenant, "authorization_code"), "https://hub.test/connections/back"
    tenant.graph.login.person = tenant.mira
    tenant.graph.login.consented.discard("Tasks.Read")
    begun = login.begin(back)
    came = requests.get(begun.url, allow_redirects=False, timeout=5)
    params = dict(parse_qsl(urlsplit(came.headers["Location"]).query))
    missing = login.missing(login.finish(back, params, begun, now=tenant.clock()))
    assert [(one.scope, one.why) for one in missing] == [("Tasks.Read", "Planner plans and To Do lists cannot be read")]


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({}, "tenant"),
        ({"tenant": "a.test"}, "client_id"),
        ({"tenant": "a/../b", "client_id": "1"}, "tenant"),
        ({"tenant": "a.test", "client_id": "1 2"}, "client_id"),
        ({"tenant": "a.test", "client_id": "1", "base_url": "graph"}, "base_url"),
        ({"tenant": "a.test", "client_id": "1", "base_url": "https://graph.microsoft.com/beta"}, "base_url"),
        ({"tenant": "a.test", "client_id": "1", "user": "mira/../noor"}, "user"),
    ],
)
def test_a_setting_that_cannot_be_right_is_named(settings: dict[str, str], field: str) -> None:
    with pytest.raises(Misconfigured) as raised:
        read_settings(settings)
    assert raised.value.field == field
