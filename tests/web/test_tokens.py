"""Tokens at the door of the API: what opens it, what they may, and that no log holds one."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import structlog
from flask import Flask

from hub.flows import people
from hub.log import set_up_logs
from hub.model.rights import Role, Scope
from tests.people.house import INES, TOM, bearer_of, join
from tests.web.company import NOW
from tests.web.rights import csrf_of, enter, store_of


def test_the_api_takes_a_token_and_never_a_cookie(closed: Callable[..., Flask]) -> None:
    app = closed()
    client = app.test_client()
    enter(client)
    assert client.get("/account").status_code == 200
    for answer in (client.get("/api/v1/me"), client.post("/api/v1/read-now"), client.get("/api/v1/nothing")):
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert answer.mimetype == "application/problem+json"
        assert answer.get_json()["status"] == 401


def test_pages_that_are_open_on_this_machine_open_no_api(
    make_app: Callable[..., Flask], seeded: Path, tmp_path: Path
) -> None:
    shutil.copy(seeded, tmp_path / "hub.db")
    client = make_app(csrf=True).test_client()
    assert client.get("/people").status_code == 200
    assert client.post("/api/v1/read-now").status_code == 401  # any site could send it: there is no token of a form


def test_a_token_does_what_its_scopes_name(closed: Callable[..., Flask]) -> None:
    app = closed()
    client = app.test_client()
    found = {}
    for scope in Scope:
        token = people.make_token(
            store_of(app), email=INES, name="ci", scopes={scope}, lasts=timedelta(days=1), who=INES, now=NOW
        )
        headers = {"Authorization": f"Bearer {token}"}
        found[scope] = (
            client.get("/api/v1/key-results", headers=headers).status_code,
            client.post("/api/v1/read-now", headers=headers).status_code,
            client.get("/api/v1/people", headers=headers).status_code,
            client.post("/api/v1/teams/growth/members", headers=headers, json={"email": "x@y.test"}).status_code,
        )
    assert found == {
        Scope.READ: (200, 403, 403, 403),
        Scope.WRITE: (403, 202, 403, 403),
        Scope.ADMIN: (403, 403, 200, 201),
    }
    assert client.get("/account", headers=headers).status_code == 303  # it opens no page


def test_a_token_is_shown_once_and_revoked_on_the_account_page(closed: Callable[..., Flask]) -> None:
    app = closed()
    client = app.test_client()
    enter(client)
    form = {"csrf_token": csrf_of(client, "/account"), "name": "ci", "scope": ["read", "write"], "days": "7"}
    page = client.post("/account/tokens", data=form).get_data(as_text=True)
    token = page.split('<code tabindex="0">')[1].split("<")[0]
    assert token.startswith("okr_")
    headers = {"Authorization": f"Bearer {token}"}
    assert client.get("/api/v1/me", headers=headers).get_json() == {
        "email": INES, "role": "admin", "teams": {}, "scopes": ["read", "write"],
    }  # fmt: skip
    page = client.get("/account").get_data(as_text=True)
    assert token not in page
    assert f"okr_…{token[-4:]}" in page
    number = people.list_tokens(store_of(app), INES)[0].id
    client.post(f"/account/tokens/{number}/revoke", data={"csrf_token": form["csrf_token"]})
    assert client.get("/api/v1/me", headers=headers).status_code == 401


def test_nobody_revokes_the_token_of_somebody_else(closed: Callable[..., Flask]) -> None:
    app = closed()
    store = store_of(app)
    join(store, TOM, Role.ADMIN, NOW)
    people.make_token(store, email=TOM, name="his", scopes={Scope.READ}, lasts=timedelta(days=1), who=TOM, now=NOW)
    client = app.test_client()
    enter(client)
    number = people.list_tokens(store, TOM)[0].id
    answer = client.post(f"/account/tokens/{number}/revoke", data={"csrf_token": csrf_of(client, "/account")})
    assert answer.status_code == 404
    assert len(people.list_tokens(store, TOM)) == 1


@pytest.mark.parametrize(
    "wrong", [None, b"[]", b"{", b'{"email": 5, "role": "viewer"}', b'{"email": "x@y.test", "role": "king"}']
)
def test_a_body_that_makes_no_sense_is_said_so_to_a_program(closed: Callable[..., Flask], wrong: bytes | None) -> None:
    app = closed()
    token = people.make_token(
        store_of(app), email=INES, name="ci", scopes=set(Scope), lasts=timedelta(days=1), who=INES, now=NOW
    )
    answer = app.test_client().post(
        "/api/v1/people", data=wrong, headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    )
    assert answer.status_code == 422
    assert answer.mimetype == "application/problem+json"


def test_no_link_token_or_password_reaches_the_log(
    closed: Callable[..., Flask], capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = closed()
    store = store_of(app)
    token = people.make_token(
        store, email=INES, name="ci", scopes=set(Scope), lasts=timedelta(days=1), who=INES, now=NOW
    )
    link = people.make_reset_link(store, email=INES, who="x", now=NOW)
    set_up_logs("debug")
    logging.getLogger("werkzeug").setLevel(logging.DEBUG)

    def fail(*_given: object, **_more: object) -> None:
        raise RuntimeError(f"no room for {link} and Bearer {token}")

    monkeypatch.setattr("hub.web.links.look_at_link", fail)
    monkeypatch.setattr("hub.web.api.list_key_results", fail)
    client = app.test_client()
    try:
        assert client.get(link).status_code == 500
        headers = {"Authorization": f"Bearer {token}"}
        assert client.get("/api/v1/key-results", headers=headers).status_code == 500
        enter(client, password="my secret password")
    finally:
        structlog.reset_defaults()
    said = capfd.readouterr()
    told = said.out + said.err
    assert "a page failed" in told
    for secret in (token, token[4:], bearer_of(link), "my secret password"):
        assert secret not in told


def test_who_has_no_account_is_told_how_to_get_one_and_offered_no_token(
    make_app: Callable[..., Flask], seeded: Path, tmp_path: Path
) -> None:
    shutil.copy(seeded, tmp_path / "hub.db")
    page = make_app().test_client().get("/account").get_data(as_text=True)
    assert f"<code>okrhub user add --role admin {INES}</code>" in page
    assert "Make token" not in page
