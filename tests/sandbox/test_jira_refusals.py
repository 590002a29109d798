"""What the simulated Jira refuses beside searches: wrong bodies, filters of webhooks, who may not see or sign in."""

from __future__ import annotations

from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from connectors.sandbox.atlassian_login import CLOUD_ID, App, AtlassianLogin, Place
from connectors.sandbox.jira import JiraSandbox
from tests.sandbox.conftest import Asker, Clock

DOCUMENT = {"type": "doc", "version": 1, "content": []}


def put(jira: JiraSandbox, path: str, body: Any, *, version: int = 3) -> TestResponse:
    return Client(jira).put(f"/rest/api/{version}{path}", json=body, auth=(jira.email, jira.token))


@pytest.fixture
def one(jira: JiraSandbox) -> JiraSandbox:
    jira.create("PAY", summary="One")
    return jira


@pytest.mark.parametrize(
    "body",
    [{"body": "text"}, {"body": {"type": "doc"}}, {}, {"body": DOCUMENT, "author": "me"}],
)
def test_version_three_takes_documents_for_comments_alone(one: JiraSandbox, ask: Asker, body: Any) -> None:
    assert ask.post("/issue/PAY-1/comment", body).status_code == 400
    assert ask.post("/issue/PAY-1/comment", {"body": DOCUMENT}).status_code == 201
    assert len(one.by_key["PAY-1"].comments) == 1


def test_version_two_takes_text_for_comments_alone(one: JiraSandbox) -> None:
    for body, status in (({"body": DOCUMENT}, 400), ({"body": " "}, 400), ({"body": "Text"}, 201)):
        answer = Client(one).post("/rest/api/2/issue/PAY-1/comment", json=body, auth=(one.email, one.token))
        assert answer.status_code == status


def test_a_property_is_small_and_not_empty(one: JiraSandbox) -> None:
    for value, status in (("", 400), ("x" * 33000, 400), ({"a": 1}, 201), ({"a": 2}, 200)):
        assert put(one, "/issue/PAY-1/properties/okr", value).status_code == status
    assert put(one, "/issue/PAY-9/properties/okr", {"a": 1}).status_code == 404


@pytest.mark.parametrize(
    "fields", [{"summary": "x"}, {"customfield_99": 1}, {"customfield_10042": "many"}, {"customfield_10042": True}]
)
def test_a_field_that_cannot_be_set_is_named(one: JiraSandbox, fields: Any) -> None:
    answer = put(one, "/issue/PAY-1", {"fields": fields})
    assert (answer.status_code, list(answer.get_json()["errors"])) == (400, list(fields))


@pytest.mark.parametrize(
    "body",
    [
        {"issueIdsOrKeys": []},
        {"issueIdsOrKeys": ["PAY-1"] * 1001},
        {"issueIdsOrKeys": ["PAY-1"], "fieldIds": [f"f{n}" for n in range(11)]},
        {"issueIdsOrKeys": ["PAY-1"], "fieldIds": ["status", "status"]},
        {"issueIdsOrKeys": ["PAY-1"], "maxResults": 10_001},
        {"issueIdsOrKeys": ["PAY-1"], "nextPageToken": "made up"},
        {"issueIdsOrKeys": ["PAY-1"], "startAt": 0},
    ],
)
def test_histories_in_bulk_keep_their_caps(one: JiraSandbox, ask: Asker, body: Any) -> None:
    assert ask.post("/changelog/bulkfetch", body).status_code == 400
    assert ask.post("/changelog/bulkfetch", {"issueIdsOrKeys": ["PAY-1", "PAY-9"]}).status_code == 200


class Signed:
    """An app that has signed in, asking through the gateway."""

    def __init__(self, jira: JiraSandbox, login: AtlassianLogin, app: App) -> None:
        form = {"grant_type": "client_credentials", "client_id": app.client_id, "client_secret": app.client_secret}
        token = Client(login).post("/oauth/token", data=form).get_json()["access_token"]
        self._client, self._headers = Client(jira), {"Authorization": f"Bearer {token}"}

    def ask(self, method: str, path: str, body: Any = None) -> TestResponse:
        address = f"/ex/jira/{CLOUD_ID}/rest/api/3{path}"
        return self._client.open(address, method=method, json=body, headers=self._headers)

    def register(self, jql: str, *events: str, url: str = "https://hub.test/hooks/1") -> Any:
        webhook = {"events": list(events or ("jira:issue_updated",)), "jqlFilter": jql}
        return self.ask("POST", "/webhook", {"url": url, "webhooks": [webhook]})


@pytest.fixture
def app(clock: Clock) -> Signed:
    login = AtlassianLogin(now=clock)
    made = App("c", "s", scopes=frozenset({"read:jira-work", "manage:jira-webhook"}), service_account="bot@sa.test")
    login.register(made)
    login.places.append(Place(CLOUD_ID, "https://northwind.atlassian.net", "Northwind", made.scopes))
    jira = JiraSandbox(now=clock, login=login)
    jira.add_project("PAY", "Payments")
    return Signed(jira, login, made)


@pytest.mark.parametrize(
    "jql",
    [
        "",
        "labels = okr",
        "project = PAY AND updated > -1d",
        "project ~ PAY",
        "assignee = currentUser()",
        "project = NO",
    ],
)
def test_the_filter_of_a_webhook_has_few_clauses(app: Signed, jql: str) -> None:
    (result,) = app.register(jql).get_json()["webhookRegistrationResult"]
    assert "createdWebhookId" not in result
    assert result["errors"]


def test_a_webhook_has_events_one_address_and_four_sisters(app: Signed) -> None:
    assert "errors" in app.register("project = PAY", "sprint_started").get_json()["webhookRegistrationResult"][0]
    for _ in range(5):
        assert "createdWebhookId" in app.register("project = PAY").get_json()["webhookRegistrationResult"][0]
    assert "errors" in app.register("project = PAY").get_json()["webhookRegistrationResult"][0]
    assert app.register("project = PAY", url="https://elsewhere.test/hooks").status_code == 400


def test_a_request_needs_the_scope_it_is_about(app: Signed) -> None:
    assert app.ask("GET", "/field").status_code == 200
    refused = app.ask("GET", "/myself")
    assert (refused.status_code, refused.get_json()["message"]) == (401, "Unauthorized; scope does not match")


def test_a_data_center_says_of_what_is_hidden_that_it_may_not_be_seen(clock: Clock) -> None:
    jira = JiraSandbox(now=clock, is_cloud=False)
    jira.add_project("PAY", "Payments")
    jira.create("PAY", summary="One")
    jira.hide("PAY-1")
    headers = {"Authorization": f"Bearer {jira.token}"}
    answers = [Client(jira).get(f"/rest/api/2/issue/{key}", headers=headers) for key in ("PAY-1", "PAY-2")]
    assert [answer.status_code for answer in answers] == [403, 404]
    assert Client(jira).get("/rest/api/2/myself").status_code == 401
    for path in ("/rest/api/3/myself", "/rest/api/2/search/jql", "/rest/api/2/jql/match"):
        assert Client(jira).get(path, headers=headers).status_code == 404


def test_a_data_center_refuses_a_value_that_is_not_there_unless_told_to_let_it_pass(clock: Clock) -> None:
    jira = JiraSandbox(now=clock, is_cloud=False)
    jira.add_project("PAY", "Payments")
    jira.create("PAY", summary="One")
    headers = {"Authorization": f"Bearer {jira.token}"}
    body = {"jql": "id in (10001, 99999)", "fields": ["id"]}
    assert Client(jira).post("/rest/api/2/search", json=body, headers=headers).status_code == 400
    passed = Client(jira).post("/rest/api/2/search", json={**body, "validateQuery": False}, headers=headers)
    assert (passed.status_code, passed.get_json()["total"]) == (200, 1)
