"""Who a connection to Microsoft 365 speaks for, what it lacks, and the settings that lead there."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from authlib.integrations.requests_client import OAuth2Session

from connectors.errors import Misconfigured, Unauthorized
from connectors.fields import OAuth2
from connectors.microsoft import Microsoft
from connectors.microsoft.settings import DESCRIPTION, read_settings
from connectors.wire import adapter_of, mount, open_wire
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


def _way(grant: str) -> OAuth2:
    return next(one for one in DESCRIPTION.auth if isinstance(one, OAuth2) and one.grant == grant)


def _session(tenant: Tenant, way: OAuth2) -> OAuth2Session:
    login = tenant.graph.login
    session = OAuth2Session(
        login.client_id,
        login.client_secret,
        scope=" ".join(one.name for one in way.permissions),
        token_endpoint_auth_method=way.client_auth,
        redirect_uri="https://hub.test/back",
        code_challenge_method="S256" if way.uses_pkce else None,
    )
    mount(session, adapter_of(open_wire(hosts=(), base_url=tenant.url, allow_private=LOOPBACK)))
    return session


def _address(tenant: Tenant, template: str) -> str:
    return template.replace("{login_url}", tenant.url).replace("{tenant}", tenant.graph.login.tenant)


def test_the_described_ways_in_are_what_the_login_server_takes(tenant: Tenant) -> None:
    app = _way("client_credentials")
    found = _session(tenant, app).fetch_token(_address(tenant, app.token_url), grant_type="client_credentials")
    assert tenant.graph.login.find(found["access_token"]) is not None and "refresh_token" not in found
    person = _way("authorization_code")
    tenant.graph.login.person = tenant.mira
    session = _session(tenant, person)
    verifier = "v" * 48
    url, _ = session.create_authorization_url(
        _address(tenant, person.authorize_url), code_verifier=verifier, **dict(person.asks)
    )
    back = session.get(url, allow_redirects=False, withhold_token=True)
    assert back.status_code == 302
    code = tenant.graph.login._codes
    assert len(code) == 1
    given = session.fetch_token(
        _address(tenant, person.token_url),
        grant_type="authorization_code",
        code=next(iter(code)),
        code_verifier=verifier,
    )
    assert {"Tasks.Read", "User.Read"} <= set(given["scope"].split())
    renewed = session.refresh_token(_address(tenant, person.token_url), refresh_token=given["refresh_token"])
    assert renewed["refresh_token"] != given["refresh_token"]
    assert parse_qs(urlsplit(url).query)["code_challenge_method"] == ["S256"]


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
