"""Requests that no client of ours sends are refused: never a failure of the hub, never a page for a stranger."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from hub.flows import people
from hub.model.rights import Scope
from tests.web.company import INES, NOW
from tests.web.rights import store_of

TARGET = "/api/v1/key-results/pay-first-time/failed-payments"


@pytest.mark.parametrize("host", ["a b", "local_host", "localhost/", "user@localhost", "é", "x" * 3000, "[", ".."])
@pytest.mark.parametrize("path", ["/", "/sign-in", "/nothing-here", "/api/v1/me", "/hooks/nowhere"])
def test_a_host_that_is_no_name_is_refused_on_every_path(reader: FlaskClient, host: str, path: str) -> None:
    answer = reader.get(path, headers={"Host": host})
    assert answer.status_code in {400, 404, 421}
    assert "Northwind" not in answer.get_data(as_text=True)


@pytest.mark.parametrize("query", ["q=%ED%A0%80", "q=%FF"])
def test_letters_that_are_none_in_an_address_are_only_never_found(reader: FlaskClient, query: str) -> None:
    assert reader.get(f"/?{query}").status_code == 200


@pytest.mark.parametrize("query", ["q=\xed\xa0\x80", "q=\xff", "q=a\r\nX: y", "q=\x00"])
@pytest.mark.parametrize("path", ["/", "/sign-in", "/api/v1/key-results", "/hooks/nowhere"])
def test_a_query_that_no_server_should_have_passed_on_is_refused(reader: FlaskClient, path: str, query: str) -> None:
    answer = reader.get(path, environ_overrides={"QUERY_STRING": query})
    assert answer.status_code == 400
    assert answer.headers.get("X") is None


@pytest.mark.parametrize(
    "path", ["/teams/%00", "/key-results/%00/x", "/hooks/%00", "/invite/%00", "/api/v1/teams/%00/members"]
)
def test_a_path_that_no_database_can_look_up_is_refused(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 400


def test_a_form_that_no_database_can_keep_is_refused(client: FlaskClient) -> None:
    for form in ({"email": "a\x00@acme.test", "password": "x"}, {"\x00": "a"}):
        assert client.post("/sign-in", data=form).status_code == 400


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/v1/people", b"[" * 50_000),
        ("/api/v1/people", b'{"email": "z@acme.test", "role": ["admin"]}'),
        ("/api/v1/people", b'{"email": "z\\ud800@acme.test", "role": "viewer"}'),
        ("/api/v1/people", b'{"email": "z\\u0000@acme.test", "role": "viewer"}'),
        ("/api/v1/teams/payments/members", b'{"email": "z@acme.test", "standing": {}}'),
        (f"{TARGET}/comments", b'{"body": "half a \\ud800 letter"}'),
        (f"{TARGET}/comments", b'{"\\ud800": "x"}'),
        (f"{TARGET}/check-ins", b'{"note": "half a \\udfff letter"}'),
        (f"{TARGET}/check-ins", b'{"a": ' * 20_000),
    ],
)
def test_a_body_that_cannot_be_kept_is_the_callers_mistake(
    closed: Callable[..., Flask], path: str, body: bytes
) -> None:
    app = closed()
    token = people.make_token(
        store_of(app), email=INES, name="ci", scopes=set(Scope), lasts=timedelta(days=1), who=INES, now=NOW
    )
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    answer = app.test_client().post(path, data=body, headers=headers)
    assert answer.status_code in {413, 422}
    assert answer.mimetype == "application/problem+json"
