"""The ways to sign in to Jira: on the site, through the gateway, as a service account, as an app, at Data Center."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qsl, urlsplit

import pytest
from werkzeug.test import Client

from connectors.errors import Misconfigured, Unauthorized
from connectors.fields import OAuth2
from connectors.jira import Jira
from connectors.oauth import Granted, LoginServer
from connectors.sandbox.atlassian_login import CLOUD_ID, App, AtlassianLogin, Place
from connectors.sandbox.server import serve
from connectors.shapes import Missing, Select
from connectors.shapes import Site as Reached
from connectors.wire import open_wire
from tests.connectors.conftest import APP, LOOPBACK, SCOPES, SERVICE, Site


class Held:
    """Tokens of a service account, as a vault would hold them."""

    def __init__(self, login: AtlassianLogin, app: App) -> None:
        self.login, self.app = login, app
        self.renewed = 0
        self._token = self._ask()

    def _ask(self) -> str:
        form = {
            "grant_type": "client_credentials",
            "client_id": self.app.client_id,
            "client_secret": self.app.client_secret,
        }
        found: str = Client(self.login).post("/oauth/token", data=form).get_json()["access_token"]
        return found

    identity = "bot"

    def token(self) -> str:
        return self._token

    def renew(self, refused: str) -> str:
        self.renewed += 1
        self._token = self._ask()
        return self._token


class Person:
    """Tokens of somebody who signed in, renewed at the login server."""

    identity = "a person"

    def __init__(self, server: LoginServer, granted: Granted, site: Site) -> None:
        self.server, self.granted, self.site = server, granted, site
        self.renewed = 0

    def token(self) -> str:
        return self.granted.access

    def renew(self, refused: str) -> str:
        self.renewed += 1
        self.granted = self.server.refresh(self.granted.refresh or "", now=self.site.clock())
        return self.granted.access


def _read(connector: Jira) -> set[str]:
    scope = connector.resolve(Select(query="project = PAY"))
    return {item.url for page in connector.fetch(scope) for item in page.items}


def test_a_scoped_token_works_through_the_gateway_alone(gated: Site) -> None:
    gated.jira.create("PAY", summary="One")
    assert _read(gated.connect(**gated.through_gateway, token="scoped-token")) == {f"{gated.url}/browse/PAY-1"}
    with pytest.raises(Unauthorized):
        _read(gated.connect(token="scoped-token"))
    with pytest.raises(Unauthorized):
        _read(gated.connect(**gated.through_gateway))


def test_a_service_account_is_signed_in_by_the_wire_and_needs_no_token_of_its_own(
    gated: Site, login: AtlassianLogin
) -> None:
    gated.jira.create("PAY", summary="One")
    held = Held(login, SERVICE)
    connector = gated.connect(held, **gated.through_gateway, email="", token="")
    assert _read(connector) == {f"{gated.url}/browse/PAY-1"}
    assert connector.check().missing == ()
    gated.clock.pass_(minutes=61)
    assert len(_read(connector)) == 1
    assert held.renewed == 1


def test_a_scope_that_was_not_agreed_to_is_named_with_what_does_not_work(gated: Site, login: AtlassianLogin) -> None:
    few = App("few", "few-secret", scopes=SCOPES - {"write:jira-work"}, service_account="few@sa.test")
    login.register(few)
    found = gated.connect(Held(login, few), **gated.through_gateway).check()
    assert found.missing == (Missing("write:jira-work", "nothing can be written back to issues"),)


def test_what_the_check_has_just_done_is_not_said_to_be_missing(gated: Site, login: AtlassianLogin) -> None:
    # a service account may have finer scopes, of which the classic ones are made up
    login.places[0] = Place(CLOUD_ID, gated.url, "Northwind", SCOPES - {"read:jira-work", "read:jira-user"})
    assert gated.connect(Held(login, SERVICE), **gated.through_gateway).check().missing == ()


def test_a_sign_in_that_is_told_no_list_of_sites_is_checked_all_the_same(gated: Site, login: AtlassianLogin) -> None:
    connector = gated.connect(Held(login, SERVICE), **gated.through_gateway)
    login.faults.fail_next(2, 401, path="/accessible-resources")
    assert (connector.check().name, connector.check().missing) == ("hub@northwind.test", ())
    login.places.clear()
    assert connector.check().missing == ()


def test_a_request_beyond_its_scopes_says_so(gated: Site, login: AtlassianLogin) -> None:
    few = App("few", "few-secret", scopes=frozenset({"read:jira-user"}), service_account="few@sa.test")
    login.register(few)
    with pytest.raises(Unauthorized, match="scope does not match"):
        _read(gated.connect(Held(login, few), **gated.through_gateway))


def test_the_sites_of_a_sign_in_lead_to_their_settings(gated: Site, login: AtlassianLogin) -> None:
    login.places.append(Place("c-2", "https://wiki.atlassian.net", "Wiki", frozenset({"read:confluence-content.all"})))
    wide = App("wide", "wide-secret", scopes=SCOPES | {"read:confluence-content.all"}, service_account="wide@sa.test")
    login.register(wide)
    wire = open_wire(hosts=(), base_url=gated.url, allow_private=LOOPBACK, bearer=Held(login, wide))
    found = Jira.sites({"gateway_url": gated.url}, wire)
    assert found == (Reached("Northwind", {"base_url": f"{gated.url}/ex/jira/{CLOUD_ID}", "site_url": gated.url}),)
    assert len(_read(gated.connect(Held(login, wide), **found[0].settings, gateway_url=gated.url))) == 0


def test_data_center_is_signed_in_to_by_a_personal_token(server: Site) -> None:
    server.jira.create("PAY", summary="One")
    assert _read(server.connector) == {f"{server.url}/browse/PAY-1"}
    assert server.connector.check().name == "hub@northwind.test"
    with pytest.raises(Unauthorized):
        _read(server.connect(personal_token="another"))
    assert _read(server.connect(deployment="")) == {f"{server.url}/browse/PAY-1"}
    with pytest.raises(Misconfigured) as raised:
        server.connect(personal_token=" ")
    assert raised.value.field == "personal_token"


@pytest.mark.parametrize("name", ["deployment", "gateway_url", "site_url"])
def test_a_wrong_setting_of_any_way_is_named(gated: Site, name: str) -> None:
    with pytest.raises(Misconfigured) as raised:
        gated.connect(**gated.through_gateway | {name: "nonsense"})
    assert raised.value.field == name


def test_the_sign_in_of_a_person_asks_for_what_atlassian_wants() -> None:
    (way,) = [w for w in Jira.describe().auth if isinstance(w, OAuth2) and w.grant == "authorization_code"]
    assert dict(way.asks) == {"audience": "api.atlassian.com", "prompt": "consent"}
    assert (way.rotates, way.idle_days) == (True, 90)
    assert {p.name for p in way.permissions} == SCOPES | {"offline_access"}
    assert way.authorize_url == "{login_url}/authorize"


def test_a_person_signs_in_once_and_every_renewal_replaces_the_refresh_token(
    gated: Site, login: AtlassianLogin
) -> None:
    gated.jira.create("PAY", summary="One")
    (way,) = [w for w in Jira.describe().auth if isinstance(w, OAuth2) and w.grant == "authorization_code"]
    with serve(login) as served:
        settings = {"client_id": APP.client_id, "client_secret": APP.client_secret, "login_url": served.url}
        server = LoginServer(way, settings, allow_private=LOOPBACK)
        begun = server.begin("https://hub.test/oauth")
        asked = urlsplit(begun.url)
        back = urlsplit(Client(login).get(asked.path, query_string=asked.query).headers["Location"])
        granted = server.finish("https://hub.test/oauth", dict(parse_qsl(back.query)), begun, now=gated.clock())
        assert server.missing(granted) == ()

        person = Person(server, granted, gated)
        connector = gated.connect(person, **gated.through_gateway, client_secret=APP.client_secret)
        assert connector.check().missing == ()
        gated.clock.pass_(minutes=61)
        assert len(_read(connector)) == 1
        assert person.renewed == 1
        with pytest.raises(Unauthorized):
            server.refresh(granted.refresh or "", now=gated.clock())  # the first one served its turn


def test_no_way_to_sign_in_shows_its_secret(gated: Site, login: AtlassianLogin) -> None:
    made: list[Callable[[], Jira]] = [
        gated.connect,
        lambda: gated.connect(Held(login, SERVICE), **gated.through_gateway, client_secret="app-secret-of-length"),
    ]
    for make in made:
        shown = repr(make()._account)
        assert "sandbox-token" not in shown
        assert "app-secret-of-length" not in shown
