"""Every tool and every way to sign in to it, from the page's form to what can be picked."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

from connectors.contract import Source
from connectors.registry import KINDS, load
from connectors.sandbox.asana import AsanaSandbox
from connectors.sandbox.atlassian_login import CLOUD_ID, App, AtlassianLogin, Place
from connectors.sandbox.jira import JiraSandbox
from connectors.sandbox.microsoft import MicrosoftSandbox
from connectors.sandbox.server import serve
from connectors.sandbox.trello import TrelloSandbox
from connectors.shapes import Select
from hub.flows.connect import Desk, draw_form, list_tools, pick
from hub.opening import open_connection
from hub.store import tokens
from tests.canaries import canary
from tests.connected.login import LoginSandbox
from tests.web.company import INES, NOW
from tests.web.connecting import BACK, Page
from tests.web.reading import words

WAYS = [(tool.kind, way) for tool in list_tools() for way, _ in tool.ways]
SECRET = canary("app-secret")


@dataclass
class Tool:
    """A simulated tool: what its form takes, and what makes its access tokens lapse."""

    form: Mapping[str, str]
    lapse: Callable[[], None] = lambda: None


@pytest.fixture
def page(make_app: Callable[..., Flask], seeded: Path, tmp_path: Path) -> Page:
    shutil.copy(seeded, tmp_path / "hub.db")
    app = make_app()
    return Page(app, app.test_client(), LoginSandbox(now=lambda: NOW), "")


@pytest.fixture
def tool(kind: str, way: str) -> Iterator[Tool]:
    opening = {"jira": _jira, "asana": _asana, "trello": _trello, "microsoft": _microsoft}[kind]
    with opening(way) as made:
        yield made


class _Clock:
    def __init__(self) -> None:
        self.at = NOW

    def __call__(self) -> object:
        return self.at


def _atlassian(kind: str, clock: _Clock, stack: ExitStack, audience: str) -> tuple[AtlassianLogin, str]:
    """Serve Atlassian's login with our app and our service account."""
    scopes = {one.name for way in load(kind).describe().auth for one in getattr(way, "permissions", ())}
    login = AtlassianLogin(now=clock, audience=audience)  # type: ignore[arg-type]
    allowed = frozenset(scopes - {"offline_access"})
    login.register(App("app", SECRET, frozenset({BACK}), allowed))
    login.register(App("bot", SECRET, frozenset(), allowed, service_account="bot@acme.test"))
    return login, stack.enter_context(serve(login)).url


@contextmanager
def _jira(way: str) -> Iterator[Tool]:
    clock = _Clock()
    with ExitStack() as stack:
        if way in {"token", "personal_token"}:
            site = JiraSandbox(email="hub@acme.test", token=SECRET, now=clock, is_cloud=way == "token")  # type: ignore[arg-type]
            url = stack.enter_context(serve(site)).url
            signs = {"email": "hub@acme.test", "token": SECRET} if way == "token" else {"personal_token": SECRET}
            more = {} if way == "token" else {"deployment": "data_center"}
            form = {**signs, **more, "base_url": url}
            lapse = _nothing
        else:
            login, login_url = _atlassian("jira", clock, stack, "api.atlassian.com")
            site = JiraSandbox(now=clock, login=login)  # type: ignore[arg-type]
            url = stack.enter_context(serve(site)).url
            scopes = next(iter(login.apps.values())).scopes
            login.places.append(Place(CLOUD_ID, url, "Northwind", scopes))
            app = "app" if way == "authorization_code" else "bot"
            form = {"client_id": app, "client_secret": SECRET, "login_url": login_url, "gateway_url": url}
            if way == "client_credentials":
                form |= {"base_url": f"{url}/ex/jira/{CLOUD_ID}", "site_url": url}
            lapse = _pass_an_hour(clock)
        stack.callback(site.close)
        site.add_project("PAY", "Payments")
        yield Tool(form, lapse)


@contextmanager
def _asana(way: str) -> Iterator[Tool]:
    clock = _Clock()
    desk = AsanaSandbox(now=clock, token=SECRET)  # type: ignore[arg-type]
    desk.login.redirect_uris.add(BACK)
    desk.add_project("Roadmap")
    with serve(desk) as server:
        app = {"client_id": desk.login.client_id, "client_secret": desk.login.client_secret, "login_url": server.url}
        signs = {"token": SECRET} if way == "token" else app
        yield Tool({**signs, "base_url": server.url}, _pass_an_hour(clock))


@contextmanager
def _trello(way: str) -> Iterator[Tool]:
    clock = _Clock()
    desk = TrelloSandbox(now=clock, token=SECRET)  # type: ignore[arg-type]
    desk.add_board("Roadmap", "To Do", "Done")
    with ExitStack() as stack:
        url = stack.enter_context(serve(desk)).url
        login, login_url = _atlassian("trello", clock, stack, "")

        def scopes_of(request: object) -> frozenset[str] | None:
            access = login.access_of(request)  # type: ignore[arg-type]
            return access.scopes if access is not None else None

        if way == "authorization_code":
            desk.scopes_of = scopes_of
        app = {"client_id": "app", "client_secret": SECRET, "login_url": login_url}
        signs = {"api_key": desk.api_key, "token": SECRET} if way == "token" else app
        yield Tool({**signs, "base_url": url}, _pass_an_hour(clock))


@contextmanager
def _microsoft(way: str) -> Iterator[Tool]:
    graph = MicrosoftSandbox(now=lambda: NOW, client_secret=SECRET)
    graph.login.person = graph.planner.add_user("mira@northwind.test", "Mira Okafor")
    graph.planner.add_plan(graph.planner.add_team("Marketing"), "Launch")
    with serve(graph) as server:
        app = {"tenant": graph.login.tenant, "client_id": graph.login.client_id, "client_secret": SECRET}
        yield Tool({**app, "login_url": server.url, "base_url": server.url}, graph.login.expire_all)


def _nothing() -> None:
    return None


def _pass_an_hour(clock: _Clock) -> Callable[[], None]:
    def go_on() -> None:
        clock.at += timedelta(minutes=61)

    return go_on


@pytest.mark.parametrize(("kind", "way"), WAYS, ids=["-".join(one) for one in WAYS])
def test_it_is_connected_read_from_picked_from_and_its_sign_in_renewed(
    page: Page, tool: Tool, kind: str, way: str
) -> None:
    status, said = page.fill(f"/connect/{kind}", slug="new", way=way, **tool.form)
    assert status == 200, said
    if way == "authorization_code":
        assert page.client.get(page.agree()).status_code == 303
        said = words(page.client.get("/connect/draft").get_data(as_text=True))
    assert "It works" in said
    assert "is connected" in page.fill("/connect/draft/save")[1]
    row = page.row("new")
    assert row.account and row.missing == ()
    house = page.app.extensions["okrhub"]
    desk = Desk(page.store, house.vault, {}, INES)
    tool.lapse()
    found = pick(desk, "new", "", lambda: NOW)
    assert found
    connector = open_connection(page.store, row, vault=house.vault, environ={}, now=lambda: NOW, opener=desk.opener)
    assert isinstance(connector, Source)
    for one in found:  # the line can be pasted as it stands
        assert connector.resolve(Select(query=one.scope.query)).key == one.scope.key
    with page.store.read() as tx:
        held = tokens.tokens_of(tx, row.id)
    assert (held is None) == (way not in {"authorization_code", "client_credentials"})
    assert held is None or held.version == 2


@pytest.mark.parametrize(("kind", "way"), WAYS, ids=["-".join(one) for one in WAYS])
def test_every_form_asks_for_each_secret_unseen_and_says_what_each_field_is_for(
    page: Page, kind: str, way: str
) -> None:
    form = draw_form(kind, way)
    shown = page.client.get(f"/connect/{kind}?way={way}").get_data(as_text=True)
    for line in (*form.entries, *form.more):
        field = line.field
        assert f'id="f-{field.name}"' in shown
        assert (f'name="{field.name}" type="password"' in shown) is field.secret
        assert words(field.help) in words(shown)


def test_no_two_ways_of_a_tool_have_one_name() -> None:
    assert len(set(WAYS)) == len(WAYS)
    assert {kind for kind, _ in WAYS} == {kind for kind in KINDS if kind not in {"slack", "teams"}}
