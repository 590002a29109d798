"""Connecting a tool on the page: from its form to the first read, by a pasted token and by the tool's own page."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from connectors import registry
from connectors.sandbox.jira import JiraSandbox
from connectors.sandbox.server import serve
from hub.flows.show.attention import attention_of
from hub.flows.show.house import read_house
from hub.model.rights import Role, Viewer
from hub.store import connected, connections, tokens
from hub.store.tables_signed import drafts
from hub.vault import is_sealed
from tests.canaries import MARK, canary
from tests.connected.login import LoginSandbox
from tests.people.house import GOOD, join
from tests.web.company import INES, NOW, TOM
from tests.web.connecting import BACK, PRIVATE, Page
from tests.web.reading import words
from tests.web.rights import csrf_of, store_of


@pytest.fixture
def page(
    make_app: Callable[..., Flask], seeded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Page]:
    monkeypatch.setattr(registry, "KINDS", {**registry.KINDS, "tool": "tests.connected.tool:Tool"})
    monkeypatch.setattr("hub.flows.connect.forms.KINDS", registry.KINDS)
    shutil.copy(seeded, tmp_path / "hub.db")
    app = make_app()
    login = LoginSandbox(now=lambda: NOW, redirect_uris={BACK})
    with serve(login) as server:
        yield Page(app, app.test_client(), login, server.url)


@pytest.fixture
def jira() -> Iterator[tuple[str, JiraSandbox]]:
    made = JiraSandbox(email="hub@acme.test", token=canary("jira"), now=lambda: NOW)
    made.add_project("PAY", "Payments")
    with serve(made) as server:
        yield server.url, made
    made.close()


def jira_form(url: str, **more: str) -> dict[str, str]:
    given = {"slug": "jira-new", "way": "token", "email": "hub@acme.test", "token": canary("jira"), "base_url": url}
    return {**given, **more}


def test_a_tool_is_connected_by_a_pasted_token_that_is_sealed_and_never_shown_again(
    page: Page, jira: tuple[str, JiraSandbox]
) -> None:
    status, said = page.fill("/connect/jira", **jira_form(jira[0], lapses_on="2027-03-31"))
    assert status == 200
    assert "It works" in said and "hub@acme.test" in said and "31 Mar 2027" in said
    with pytest.raises(AssertionError):
        page.row("jira-new")  # nothing is saved before somebody says so
    status, said = page.fill("/connect/draft/save")
    assert "jira-new is connected" in said
    row = page.row("jira-new")
    assert (row.is_provided, row.owner, row.account, row.kind) == (False, INES, "hub@acme.test", "jira")
    assert is_sealed(row.settings["token"]) and MARK not in str(row.settings)
    assert row.lapses_at == datetime(2027, 3, 31, 12, tzinfo=UTC)
    for path in ("/connections", "/connections/jira-new", "/connections/jira-new/sign-in"):
        shown = page.client.get(path).get_data(as_text=True)
        assert MARK not in shown and "sealed:" not in shown
    assert "set on 23 Nov by Ines Carvalho; paste a new one to replace" in shown
    assert page.read("jira-new") == "done"


def test_a_wrong_token_is_said_and_nothing_is_saved(page: Page, jira: tuple[str, JiraSandbox]) -> None:
    status, said = page.fill("/connect/jira", **jira_form(jira[0], token=canary("wrong")))
    assert status == 502
    assert "does not accept the token" in said or "token" in said
    assert MARK not in page.client.get("/connect/jira").get_data(as_text=True)
    with page.store.read() as tx:
        assert connected.is_free(tx, "jira-new")
        assert tx.execute(select(drafts)).all() == []


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"token": ""}, "Token is missing"),
        ({"base_url": "acme"}, "Address is not a web address"),
        ({"slug": "Jira Main"}, "small letters, digits and single hyphens"),
        ({"slug": "jira-main"}, "choose another name"),
        ({"token": "${OKRHUB_DATABASE_URL}"}, "works in hub.yaml alone"),
        ({"base_url": "https://evil.test/${HOME}"}, "works in hub.yaml alone"),
        ({"allow_private": "everything"}, "is not a network"),
        ({"every": "0"}, "in minutes"),
        ({"lapses_on": "soon"}, "2027-03-31"),
    ],
)
def test_a_form_that_cannot_be_right_is_shown_again_with_why(page: Page, given: dict[str, str], told: str) -> None:
    status, said = page.fill("/connect/jira", **jira_form("https://acme.atlassian.net", **given))
    assert status == 400
    assert told in said


def test_everything_that_is_wrong_with_a_form_is_said_at_once_and_its_help_only_once(page: Page) -> None:
    given = {"slug": "Jira Main", "email": "", "token": "", "every": "0", "allow_private": "all", "lapses_on": "soon"}
    status, said = page.fill("/connect/jira", **jira_form("acme", **given))
    assert status == 400
    told = (
        "small letters, digits",
        "Email is missing",
        "Token is missing",
        "Address is not a web address",
        "in minutes",
        "is not a network",
        "as 2027-03-31",
    )
    assert [words for words in told if words not in said] == []
    assert said.count("give it Browse Projects, no more.") == 1
    assert "from: Jira Main" not in said


def test_a_private_address_is_refused_unless_its_network_is_named(page: Page, jira: tuple[str, JiraSandbox]) -> None:
    status, said = page.fill("/connect/jira", **jira_form(jira[0], allow_private=""))
    assert status == 400
    assert "allow_private" in said or "not a public address" in said


def test_signing_in_again_keeps_what_is_not_pasted_anew_and_loses_nothing(
    page: Page, jira: tuple[str, JiraSandbox]
) -> None:
    page.fill("/connect/jira", **jira_form(jira[0]))
    page.fill("/connect/draft/save")
    assert page.read("jira-new") == "done"
    before = page.row("jira-new")
    with page.store.write() as tx:
        connections.move_cursor(tx, before.id, "a cursor")
        connections.note_progress(tx, before.id, name="x", done=1, total=2)
    again = jira_form(jira[0], token="", points_field="Story Points")
    assert "It works" in page.fill("/connections/jira-new/sign-in", **again)[1]
    page.fill("/connect/draft/save")
    after = page.row("jira-new")
    assert (after.id, after.cursor, after.settings["token"]) == (before.id, "a cursor", before.settings["token"])
    assert after.settings["points_field"] == "Story Points"
    assert "It works" in page.fill("/connections/jira-new/sign-in", **jira_form(jira[0]))[1]
    page.fill("/connect/draft/save")
    assert page.row("jira-new").settings["token"] != before.settings["token"]


def test_another_site_is_asked_about_before_everything_is_read_anew(page: Page, jira: tuple[str, JiraSandbox]) -> None:
    page.fill("/connect/jira", **jira_form(jira[0]))
    page.fill("/connect/draft/save")
    page.read("jira-new")
    other = JiraSandbox(email="hub@acme.test", token=canary("jira"), now=lambda: NOW)
    with serve(other) as server:
        said = page.fill("/connections/jira-new/sign-in", **jira_form(server.url))[1]
        assert f"This is another site: {server.url} in the place of {jira[0]}" in said
        status, said = page.fill("/connect/draft/save")
        assert (status, page.row("jira-new").settings["base_url"]) == (400, jira[0])
        page.fill("/connect/draft/save", other_site="yes")
        assert page.row("jira-new").settings["base_url"] == server.url
    other.close()


def test_a_stored_secret_is_sent_to_no_other_address(page: Page, jira: tuple[str, JiraSandbox]) -> None:
    page.fill("/connect/jira", **jira_form(jira[0]))
    page.fill("/connect/draft/save")
    other = JiraSandbox(email="hub@acme.test", token=canary("jira"), now=lambda: NOW)
    with serve(other) as server:
        for changed in ({"base_url": server.url}, {"gateway_url": server.url}):
            given = (
                jira_form(jira[0], token="", **changed) if "gateway_url" in changed else jira_form(server.url, token="")
            )
            status, said = page.fill("/connections/jira-new/sign-in", **given)
            assert (status, "paste token again" in said) == (400, True)
        assert other.requests == []
    other.close()


def test_a_draft_is_saved_once_and_belongs_to_one_browser(page: Page, jira: tuple[str, JiraSandbox]) -> None:
    page.fill("/connect/jira", **jira_form(jira[0]))
    stranger = page.app.test_client()
    assert stranger.post("/connect/draft/save").status_code == 404
    held = page.client.get_cookie("okrhub_connect")
    assert held is not None
    assert page.client.post("/connect/draft/save").status_code == 303
    page.client.set_cookie("okrhub_connect", held.value)
    assert page.client.post("/connect/draft/save").status_code == 404


def test_a_draft_that_is_not_saved_is_forgotten(page: Page, jira: tuple[str, JiraSandbox]) -> None:
    page.fill("/connect/jira", **jira_form(jira[0]))
    page.fill("/connect/draft/drop")
    with page.store.read() as tx:
        assert tx.execute(select(drafts)).all() == []
    assert page.client.post("/connect/draft/save").status_code == 404


def test_a_tool_is_connected_by_its_own_page_with_a_site_to_choose(page: Page) -> None:
    page.login.withholds = frozenset({"read:people"})
    status, said = page.fill("/connect/tool", **page.app_form())
    assert status == 200
    assert "without it tasks cannot be read" in said
    assert page.client.get(page.agree()).status_code == 303
    said = words(page.client.get("/connect/draft").get_data(as_text=True))
    assert "Which site?" in said and "Acme trial" in said
    said = page.fill("/connect/draft/site", site="0")[1]
    assert "bot@acme.test" in said and "2 projects" in said
    assert "read:people is missing: names of people are not shown" in said
    assert "read:goals is missing: no goals" in said
    page.fill("/connect/draft/save")
    row = page.row("tool")
    assert (row.way, row.account, row.missing[1][0]) == ("authorization_code", "bot@acme.test", "read:people")
    assert row.settings["base_url"] == page.url
    assert MARK not in (page.app.extensions["okrhub"].settings.data_dir / "hub.db").read_bytes().decode("latin-1")
    assert page.read("tool") == "done"


def test_an_app_signs_in_by_itself(page: Page) -> None:
    said = page.fill("/connect/tool", **page.app_form(way="client_credentials", base_url=page.url))[1]
    assert "It works" in said
    page.fill("/connect/draft/save")
    assert page.read("tool") == "done"


def test_a_sign_in_comes_back_once_and_to_the_browser_and_person_that_began_it(page: Page) -> None:
    page.fill("/connect/tool", **page.app_form())
    path = page.agree()
    assert page.app.test_client().get(path).status_code == 401
    assert page.client.get(path.replace("state=", "state=x")).status_code == 401
    assert page.client.get(path).status_code == 303
    assert page.client.get(path).status_code == 401
    assert page.login.asked.count("POST /token") == 1


def test_a_sign_in_of_another_person_in_the_same_browser_is_refused(
    closed: Callable[..., Flask], page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = closed()
    client = app.test_client()

    def enter(email: str) -> None:
        token = csrf_of(client, "/sign-in")
        client.post("/sign-in", data={"email": email, "password": GOOD, "csrf_token": token})

    join(store_of(app), "eve@acme.test", Role.ADMIN, NOW)
    enter(INES)
    form = {**PRIVATE, **page.app_form(), "csrf_token": csrf_of(client, "/connect/tool")}
    assert client.post("/connect/tool", data=form).status_code == 303
    there = Page(app, client, page.login, page.url)
    path = there.agree()
    client.post("/sign-out", data={"csrf_token": csrf_of(client, "/account")})
    enter("eve@acme.test")
    assert client.get(path).status_code == 401


def test_no_is_an_answer(page: Page) -> None:
    page.login.agrees = False
    page.fill("/connect/tool", **page.app_form())
    answer = page.client.get(page.agree())
    assert answer.status_code == 401
    assert "told not to let the hub in" in words(answer.get_data(as_text=True))


def test_a_login_server_that_fails_is_said_and_the_sign_in_begun_anew(page: Page) -> None:
    page.fill("/connect/tool", **page.app_form())
    path = page.agree()
    page.login.fails_with = 500
    assert page.client.get(path).status_code == 503


def test_signing_in_again_after_the_sign_in_has_ended_mends_the_connection(page: Page) -> None:
    page.sign_in()
    page.stand_on("tool")
    assert page.read("tool") == "done"
    page.login.revoke_all()
    assert page.read("tool").startswith("broken: the sign-in has ended")
    page.login.asked.clear()
    assert page.read("tool").startswith("broken")
    assert page.login.asked == []  # a dead sign-in is not knocked with
    overview = words(page.client.get("/connections/tool").get_data(as_text=True))
    assert "not signed in" in overview
    page.fill("/connections/tool/sign-in", **page.app_form(client_secret=""))
    page.client.get(page.agree())
    page.fill("/connect/draft/site", site="0")
    page.fill("/connect/draft/save")
    assert page.read("tool") == "done"


def test_what_can_be_picked_is_listed_with_the_line_for_a_mapping(page: Page) -> None:
    page.sign_in()
    said = words(page.client.get("/connections/tool?q=pay").get_data(as_text=True))
    assert "Payments (12 tasks)" in said and "select: project = Payments" in said
    assert "Growth" not in said


def test_a_connection_is_renamed_checked_and_removed(page: Page) -> None:
    page.sign_in()
    assert "The name is changed" in page.fill("/connections/tool/name", name="  Work  of all ")[1]
    assert page.row("tool").name == "Work of all"
    assert "It speaks for bot@acme.test, and lacks one permission" in page.fill("/connections/tool/check")[1]
    number = page.row("tool").id
    page.fill("/connections/tool/remove")
    with page.store.read() as tx:
        assert connections.connection_by_slug(tx, "tool") is None
        assert tokens.tokens_of(tx, number) is None
        row = connections.connection_by_id(tx, number)
    assert row is not None and "client_secret" not in row.settings


def test_a_connection_that_key_results_stand_on_or_a_file_provides_is_not_removed(page: Page) -> None:
    status, said = page.fill("/connections/jira-main/remove")
    assert (status, "stands in hub.yaml" in said) == (400, True)
    with page.store.write() as tx:
        tx.exec_driver_sql("UPDATE connections SET is_provided = 0 WHERE slug = 'jira-main'")
    status, said = page.fill("/connections/jira-main/remove")
    assert (status, "key results are read from it" in said) == (400, True)


def test_an_empty_house_says_what_comes_first(empty: FlaskClient) -> None:
    said = words(empty.get("/connections").get_data(as_text=True))
    assert "Choose a tool" in said and "Jira" in said


def test_an_ending_sign_in_is_shown_to_admins_and_to_whoever_signed_in(
    page: Page, jira: tuple[str, JiraSandbox]
) -> None:
    page.fill("/connect/jira", **jira_form(jira[0], lapses_on="2026-11-30"))
    page.fill("/connect/draft/save")
    for path in ("/", "/connections", "/connections/jira-new"):
        assert "sign-in ends" in words(page.client.get(path).get_data(as_text=True))
    assert 'href="/connections/jira-new">Open the connection' in page.client.get("/").get_data(as_text=True)
    assert "okrhub_connection_expires_seconds" in page.client.get("/metrics").get_data(as_text=True)
    with page.store.read() as tx:
        for email, sees in ((INES, True), (TOM, False)):
            viewer = Viewer(email, Role.MEMBER)
            house = read_house(tx, NOW, viewer)
            assert house is not None
            found = attention_of(tx, house, house.key_results).concerns
            assert any("An admin signs in again" in one.why for one in found) is sees


def test_a_connection_of_a_file_is_signed_in_on_its_page_and_goes_on_being_the_files(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOOL_SECRET", page.login.client_secret)
    settings = {"client_id": page.login.client_id, "client_secret": "${TOOL_SECRET}", "login_url": page.url}

    def put(**more: str) -> None:
        with page.store.write() as tx:
            connections.put_connection(
                tx,
                slug="tool",
                kind="tool",
                settings={**settings, **more},
                allow_private=("127.0.0.0/8",),
                every=timedelta(minutes=15),
                now=NOW,
            )

    put()
    page.stand_on("tool")
    assert page.read("tool").startswith("broken: nobody has signed in")
    shown = words(page.client.get("/connections/tool").get_data(as_text=True))
    assert "not signed in" in shown and "${TOOL_SECRET}" in shown and "changed there" in shown
    assert page.fill("/connections/tool/sign-in")[0] == 200
    assert page.client.get(page.agree()).status_code == 303
    page.fill("/connect/draft/site", site="0")
    assert "is connected" in page.fill("/connect/draft/save")[1]
    row = page.row("tool")
    assert (row.is_provided, row.declared, row.settings["base_url"]) == (True, settings, page.url)
    assert page.read("tool") == "done"
    put(client_id=page.login.client_id)  # as another `okrhub apply` does
    assert page.row("tool").settings["base_url"] == page.url
    assert page.read("tool") == "done"
    assert page.client.get("/connections/tool/sign-in").status_code == 303  # there is nothing to fill in


def test_a_connection_of_a_file_with_a_pasted_token_is_not_signed_in_on_the_page(page: Page) -> None:
    status, said = page.fill("/connections/jira-main/sign-in")
    assert (status, "change it there" in said) == (400, True)
