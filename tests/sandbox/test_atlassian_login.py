"""The simulated Atlassian login server: as strict with codes and refresh tokens as the real one."""

from __future__ import annotations

import base64
import hashlib
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from werkzeug.test import Client, TestResponse

from connectors.sandbox.atlassian_login import App, AtlassianLogin, Place
from tests.sandbox.conftest import Clock

BACK = "https://hub.test/oauth"
APP = App("client-7", "app-secret", frozenset({BACK}), frozenset({"read:jira-work", "write:jira-work"}))
SERVICE = App("service-9", "service-secret", scopes=frozenset({"read:jira-work"}), service_account="bot@sa.test")
ASKED = {
    "audience": "api.atlassian.com",
    "client_id": "client-7",
    "scope": "read:jira-work offline_access",
    "redirect_uri": BACK,
    "state": "s-1",
    "response_type": "code",
    "prompt": "consent",
}
VERIFIER = "a-verifier-of-at-least-forty-three-characters-of-length"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


@pytest.fixture
def login(clock: Clock) -> AtlassianLogin:
    made = AtlassianLogin(now=clock)
    made.register(APP)
    made.register(SERVICE)
    return made


def agree(login: AtlassianLogin, **changes: str) -> dict[str, str]:
    answer = Client(login).get("/authorize", query_string=ASKED | changes)
    assert answer.status_code == 302, answer.text
    sent = urlsplit(answer.headers["Location"])
    assert f"{sent.scheme}://{sent.netloc}{sent.path}" == BACK
    return {name: values[0] for name, values in parse_qs(sent.query).items()}


def token(login: AtlassianLogin, **asked: str) -> TestResponse:
    return Client(login).post(
        "/oauth/token", data={"client_id": "client-7", "client_secret": "app-secret", "redirect_uri": BACK} | asked
    )


def signed_in(login: AtlassianLogin, **changes: str) -> dict[str, Any]:
    answer = token(login, grant_type="authorization_code", code=agree(login, **changes)["code"])
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.get_json()
    return found


def test_who_agrees_is_sent_back_with_a_code_and_the_state(login: AtlassianLogin) -> None:
    back = agree(login)
    assert back["state"] == "s-1"
    granted = token(login, grant_type="authorization_code", code=back["code"]).get_json()
    assert (granted["token_type"], granted["expires_in"]) == ("Bearer", 3600)
    assert set(granted["scope"].split()) == {"read:jira-work", "offline_access"}
    assert granted["refresh_token"] != granted["access_token"]


def test_a_code_serves_once_for_its_own_address_and_for_five_minutes(login: AtlassianLogin, clock: Clock) -> None:
    code = agree(login)["code"]
    assert token(login, grant_type="authorization_code", code=code).status_code == 200
    assert token(login, grant_type="authorization_code", code=code).status_code == 403
    code = agree(login)["code"]
    assert token(login, grant_type="authorization_code", code=code, redirect_uri="https://x").status_code == 401
    code = agree(login)["code"]
    clock.pass_(minutes=6)
    assert token(login, grant_type="authorization_code", code=code).get_json()["error"] == "invalid_grant"


def test_a_challenge_that_was_sent_is_held_to(login: AtlassianLogin) -> None:
    for verifier, status in ((VERIFIER, 200), ("another", 403), ("", 403)):
        code = agree(login, code_challenge=CHALLENGE, code_challenge_method="S256")["code"]
        answer = token(login, grant_type="authorization_code", code=code, code_verifier=verifier)
        assert answer.status_code == status
    assert agree(login, code_challenge=VERIFIER, code_challenge_method="plain")["error"] == "invalid_request"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"audience": ""}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "admin:everything"}, "invalid_scope"),
        ({"scope": ""}, "invalid_scope"),
    ],
)
def test_a_question_that_is_wrong_is_sent_back_as_an_error(
    login: AtlassianLogin, changes: dict[str, str], error: str
) -> None:
    assert agree(login, **changes)["error"] == error


def test_who_declines_is_sent_back_without_a_code(login: AtlassianLogin) -> None:
    login.says_no = True
    assert agree(login) == {
        "state": "s-1",
        "error": "access_denied",
        "error_description": "The request was refused: access_denied.",
    }


def test_nobody_is_sent_to_an_address_that_is_not_registered(login: AtlassianLogin) -> None:
    for changes in ({"redirect_uri": "https://evil.test"}, {"client_id": "nobody"}):
        answer = Client(login).get("/authorize", query_string=ASKED | changes)
        assert (answer.status_code, "Location" in answer.headers) == (400, False)


def test_each_refresh_kills_the_token_it_was_asked_with(login: AtlassianLogin) -> None:
    first = signed_in(login)["refresh_token"]
    second = token(login, grant_type="refresh_token", refresh_token=first).get_json()["refresh_token"]
    assert second != first
    dead = token(login, grant_type="refresh_token", refresh_token=first)
    assert (dead.status_code, dead.get_json()) == (
        403,
        {"error": "unauthorized_client", "error_description": "refresh_token is invalid"},
    )
    assert token(login, grant_type="refresh_token", refresh_token=second).status_code == 200


def test_a_refresh_token_dies_of_ninety_idle_days_and_after_a_year_in_any_case(
    login: AtlassianLogin, clock: Clock
) -> None:
    held = signed_in(login)["refresh_token"]
    clock.pass_(days=91)
    assert token(login, grant_type="refresh_token", refresh_token=held).status_code == 403
    held = signed_in(login)["refresh_token"]
    for _ in range(6):
        clock.pass_(days=60)
        held = token(login, grant_type="refresh_token", refresh_token=held).get_json()["refresh_token"]
    clock.pass_(days=6)
    assert token(login, grant_type="refresh_token", refresh_token=held).status_code == 403


def test_without_offline_access_there_is_no_refresh_token(login: AtlassianLogin) -> None:
    assert "refresh_token" not in signed_in(login, scope="read:jira-work")


def test_a_service_account_gets_tokens_for_its_secret_and_no_refresh_token(login: AtlassianLogin) -> None:
    asked = {"grant_type": "client_credentials", "client_id": "service-9", "client_secret": "service-secret"}
    granted = token(login, **asked)
    assert (granted.status_code, "refresh_token" in granted.get_json()) == (200, False)
    assert token(login, **asked | {"client_secret": "wrong"}).status_code == 401
    assert token(login, grant_type="client_credentials").status_code == 403


def test_the_sites_are_those_of_the_scopes_that_were_agreed_to(login: AtlassianLogin, clock: Clock) -> None:
    login.places += [
        Place("c-1", "https://northwind.atlassian.net", "Northwind", frozenset({"read:jira-work"})),
        Place("c-2", "https://wiki.atlassian.net", "Wiki", frozenset({"read:confluence-content.all"})),
    ]
    access = signed_in(login)["access_token"]
    answer = Client(login).get("/oauth/token/accessible-resources", headers={"Authorization": f"Bearer {access}"})
    assert [(one["id"], one["scopes"]) for one in answer.get_json()] == [("c-1", ["read:jira-work"])]
    clock.pass_(minutes=61)
    late = Client(login).get("/oauth/token/accessible-resources", headers={"Authorization": f"Bearer {access}"})
    assert late.status_code == 401
