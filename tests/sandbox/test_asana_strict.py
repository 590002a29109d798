"""The simulated Asana refuses what Asana refuses."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from werkzeug.test import Client, TestResponse

from connectors.sandbox.asana import AsanaSandbox
from tests.sandbox.conftest import Clock

SIGNED = {"Authorization": "Bearer sandbox-token"}
Json = dict[str, Any]


class Asker:
    """Ask without a network, signed in unless told otherwise."""

    def __init__(self, asana: AsanaSandbox) -> None:
        self.client = Client(asana)

    def get(self, path: str, headers: dict[str, str] | None = None, **query: Any) -> TestResponse:
        return self.client.get(f"/api/1.0{path}", query_string=query, headers=SIGNED if headers is None else headers)

    def post(self, path: str, data: Json) -> TestResponse:
        return self.client.post(f"/api/1.0{path}", json={"data": data}, headers=SIGNED)


@pytest.fixture
def asana(clock: Clock) -> Iterator[AsanaSandbox]:
    made = AsanaSandbox(now=clock)
    yield made
    made.close()


@pytest.fixture
def ask(asana: AsanaSandbox) -> Asker:
    return Asker(asana)


def said(answer: TestResponse) -> tuple[int, str]:
    return answer.status_code, answer.get_json()["errors"][0]["message"]


def test_nobody_asks_without_a_good_token(ask: Asker) -> None:
    for headers in ({}, {"Authorization": "Bearer other"}, {"Authorization": "Basic c2FuZGJveC10b2tlbjo="}):
        assert said(ask.get("/users/me", headers)) == (401, "Not Authorized")


@pytest.mark.parametrize("limit", ["0", "101", "-1", "many"])
def test_a_page_holds_at_most_a_hundred(asana: AsanaSandbox, ask: Asker, limit: str) -> None:
    answer = ask.get(f"/projects/{asana.add_project('A')}/tasks", limit=limit)
    assert said(answer) == (400, "limit: Must be between 1 and 100 inclusive")


def test_a_long_list_without_a_limit_is_refused(asana: AsanaSandbox, ask: Asker) -> None:
    project = asana.add_project("A")
    for number in range(1001):
        asana.create(project, name=str(number))
    assert ask.get(f"/projects/{project}/tasks").status_code == 400
    first = ask.get(f"/projects/{project}/tasks", limit=100).get_json()
    assert (len(first["data"]), first["next_page"]["offset"] != "") == (100, True)
    assert first["data"][0].keys() == {"gid", "resource_type", "name", "resource_subtype"}  # compact by default


def test_an_offset_does_not_last(asana: AsanaSandbox, ask: Asker, clock: Clock) -> None:
    project = asana.add_project("A")
    for number in range(3):
        asana.create(project, name=str(number))
    offset = ask.get(f"/projects/{project}/tasks", limit=1).get_json()["next_page"]["offset"]
    assert ask.get(f"/projects/{project}/tasks", limit=1, offset=offset).get_json()["data"][0]["name"] == "1"
    clock.pass_(hours=2)
    assert ask.get(f"/projects/{project}/tasks", limit=1, offset=offset).status_code == 400
    assert ask.get(f"/projects/{project}/tasks", limit=1, offset="made-up").status_code == 400


def test_only_what_is_asked_for_comes_and_the_gid(asana: AsanaSandbox, ask: Asker) -> None:
    project = asana.add_project("A")
    gid = asana.create(project, name="a")
    answer = ask.get(f"/tasks/{gid}", opt_fields="memberships.section.name,completed,no_such_field").get_json()
    section = asana.projects[project].sections[0]
    assert answer == {
        "data": {"gid": gid, "completed": False, "memberships": [{"section": {"gid": section, "name": "To do"}}]}
    }


def test_what_is_not_there_what_may_not_be_seen_and_what_is_no_gid_are_told_apart(
    asana: AsanaSandbox, ask: Asker
) -> None:
    project = asana.add_project("A")
    gid = asana.create(project, name="a")
    asana.lock_project(project)
    assert [
        ask.get(path).status_code for path in (f"/tasks/{gid}", "/tasks/9", "/tasks/x", f"/projects/{project}")
    ] == [
        403,
        404,
        400,
        403,
    ]


def test_events_begin_with_a_412_come_by_the_hundred_and_their_tokens_last_a_day(
    asana: AsanaSandbox, ask: Asker, clock: Clock
) -> None:
    project = asana.add_project("A")
    first = ask.get("/events", resource=project)
    assert first.status_code == 412
    token = first.get_json()["sync"]
    gid = asana.create(project, name="a")
    for number in range(120):
        asana.edit(gid, name=str(number))
    page = ask.get("/events", resource=project, sync=token).get_json()
    assert (len(page["data"]), page["has_more"]) == (100, True)
    rest = ask.get("/events", resource=project, sync=page["sync"]).get_json()
    assert (len(rest["data"]), rest["has_more"]) == (22, False)
    assert ask.get("/events", resource=asana.add_project("B"), sync=token).status_code == 412
    clock.pass_(hours=25)
    stale = ask.get("/events", resource=project, sync=rest["sync"])
    assert (stale.status_code, "full dataset" in said(stale)[1]) == (412, True)


def test_a_batch_takes_ten_actions_without_queries_and_each_counts(asana: AsanaSandbox, ask: Asker) -> None:
    project = asana.add_project("A")
    action = {"method": "get", "relative_path": f"/projects/{project}"}
    assert ask.post("/batch", {"actions": [action] * 11}).status_code == 400
    assert ask.post("/batch", {"actions": [{**action, "relative_path": "/projects?workspace=1"}]}).status_code == 400
    assert ask.post("/batch", {"actions": []}).status_code == 400
    results = ask.post("/batch", {"actions": [action, {**action, "relative_path": "/tasks/9"}]}).get_json()["data"]
    assert [one["status_code"] for one in results] == [200, 404]
    asana.app.quota.most = 15
    assert ask.post("/batch", {"actions": [action] * 10}).status_code == 200
    assert ask.post("/batch", {"actions": [action] * 10}).status_code == 429


def test_a_refused_request_counts_as_well_and_retry_after_says_when_it_passes(
    asana: AsanaSandbox, ask: Asker, clock: Clock
) -> None:
    asana.app.quota.most = 2
    assert [ask.get("/users/me").status_code for _ in range(3)] == [200, 200, 429]
    clock.pass_(seconds=30)
    refused = ask.get("/users/me")
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "30")
    clock.pass_(seconds=31)
    refused = ask.get("/users/me")  # the first three are forgotten, and the fourth is not
    assert refused.status_code == 200
    assert ask.get("/users/me").status_code == 429


def test_search_is_for_paid_plans_sixty_a_minute_a_hundred_at_most_and_late(
    asana: AsanaSandbox, ask: Asker, clock: Clock
) -> None:
    project = asana.add_project("A")
    path = f"/workspaces/{asana.workspace}/tasks/search"
    asana.index_lag = 30
    for number in range(101):
        asana.create(project, name=str(number))
    assert ask.get(path, completed="false").get_json()["data"] == []
    clock.pass_(seconds=31)
    found = ask.get(path, completed="false").get_json()
    assert (len(found["data"]), "next_page" in found) == (100, False)
    assert ask.get(path, colour="red").status_code == 400
    asana.app.search_quota.most = 0
    assert ask.get(path, completed="false").status_code == 429
    asana.app.search_quota.most = None
    asana.reads.is_paid = False
    assert ask.get(path, completed="false").status_code == 402


def test_a_webhook_target_that_asana_would_refuse_is_refused(asana: AsanaSandbox, ask: Asker) -> None:
    project = asana.add_project("A")
    asana.postman.allows_loopback = False
    for target in ("https://localhost/hook", "http://hub.example/hook", "ftp://hub.example", "hook"):
        assert ask.post("/webhooks", {"resource": project, "target": target}).status_code == 403
    assert ask.post("/webhooks", {"resource": "9", "target": "https://hub.example/hook"}).status_code == 404


# -- the sign-in

ADDRESS = "https://hub.test/oauth/back"
VERIFIER = "v" * 50


def _agree(asana: AsanaSandbox, ask: Asker, **more: str) -> dict[str, list[str]]:
    asana.login.redirect_uris.add(ADDRESS)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
    query = {
        "client_id": asana.login.client_id, "redirect_uri": ADDRESS, "response_type": "code", "state": "s",
        "scope": "default", "code_challenge": challenge, "code_challenge_method": "S256", **more,
    }  # fmt: skip
    answer = ask.client.get("/-/oauth_authorize", query_string=query)
    assert answer.status_code == 302, answer.text
    return parse_qs(urlsplit(answer.headers["Location"]).query)


def _redeem(asana: AsanaSandbox, ask: Asker, **form: str) -> TestResponse:
    sent = {
        "client_id": asana.login.client_id, "client_secret": asana.login.client_secret,
        "grant_type": "authorization_code", "redirect_uri": ADDRESS, "code_verifier": VERIFIER, **form,
    }  # fmt: skip
    return ask.client.post("/-/oauth_token", data=sent)


def test_a_sign_in_gives_tokens_of_an_hour_and_a_refresh_token_that_stays(
    asana: AsanaSandbox, ask: Asker, clock: Clock
) -> None:
    agreed = _agree(asana, ask)
    assert agreed["state"] == ["s"]
    given = _redeem(asana, ask, code=agreed["code"][0]).get_json()
    assert (given["expires_in"], given["data"]["email"]) == (3600, asana.email)
    signed = {"Authorization": f"Bearer {given['access_token']}"}
    assert ask.get("/users/me", signed).status_code == 200
    clock.pass_(seconds=3600)
    assert ask.get("/users/me", signed).status_code == 401
    for _ in range(2):
        again = _redeem(asana, ask, grant_type="refresh_token", refresh_token=given["refresh_token"]).get_json()
        assert "refresh_token" not in again
        assert ask.get("/users/me", {"Authorization": f"Bearer {again['access_token']}"}).status_code == 200
    asana.login.revoke()
    refused = _redeem(asana, ask, grant_type="refresh_token", refresh_token=given["refresh_token"])
    assert (refused.status_code, refused.get_json()["error"]) == (400, "invalid_grant")


def test_a_code_serves_once_soon_and_whoever_began(asana: AsanaSandbox, ask: Asker, clock: Clock) -> None:
    used = _agree(asana, ask)["code"][0]
    assert _redeem(asana, ask, code=used).status_code == 200
    assert _redeem(asana, ask, code=used).status_code == 400
    assert _redeem(asana, ask, code=_agree(asana, ask)["code"][0], code_verifier="other").status_code == 400
    assert _redeem(asana, ask, code=_agree(asana, ask)["code"][0], client_secret="other").status_code == 401
    late = _agree(asana, ask)["code"][0]
    clock.pass_(minutes=11)
    assert _redeem(asana, ask, code=late).status_code == 400


def test_nobody_is_sent_to_an_address_that_is_not_registered(asana: AsanaSandbox, ask: Asker) -> None:
    answer = ask.client.get(
        "/-/oauth_authorize", query_string={"client_id": asana.login.client_id, "redirect_uri": "https://evil.test"}
    )
    assert answer.status_code == 400
    for wrong in ({"scope": "tasks:dream"}, {"code_challenge_method": "plain"}, {"response_type": "token"}):
        assert "code" not in _agree(asana, ask, **wrong)
