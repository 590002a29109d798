"""The simulated Jira refuses and caps what the real one does."""

from __future__ import annotations

from typing import Any

import pytest
from werkzeug.test import Client

from connectors.sandbox.jira import JiraSandbox
from tests.sandbox.conftest import Asker, Clock


def fill(jira: JiraSandbox, count: int) -> None:
    for number in range(count):
        jira.create("PAY", summary=f"Issue {number}", points=number % 5)


@pytest.mark.parametrize("auth", [None, ("hub@northwind.test", "wrong"), ("else@northwind.test", "sandbox-token")])
def test_nothing_is_told_without_the_right_token(jira: JiraSandbox, auth: tuple[str, str] | None) -> None:
    answer = Client(jira).get("/rest/api/3/myself", auth=auth)
    assert (answer.status_code, answer.text) == (401, "Client must be authenticated to access this resource.")


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("version", [2, 3])
def test_the_old_search_is_gone(jira: JiraSandbox, method: str, version: int) -> None:
    answer = getattr(Client(jira), method)(f"/rest/api/{version}/search", auth=(jira.email, jira.token))
    assert answer.status_code == 410
    assert "/rest/api/3/search/jql" in answer.get_json()["errorMessages"][0]
    assert "CHANGE-2046" in answer.get_json()["errorMessages"][0]


def test_other_addresses_are_not_found(ask: Asker) -> None:
    assert ask.get("/dashboard").status_code == 404
    assert ask.get("/issue/PAY-1/votes").status_code == 404


@pytest.mark.parametrize(
    ("fields", "most"), [(None, 130), (["id"], 130), (["key"], 130), (["summary"], 100), (["id", "*navigable"], 100)]
)
def test_a_page_is_capped_by_what_is_asked(jira: JiraSandbox, ask: Asker, fields: list[str] | None, most: int) -> None:
    fill(jira, 130)
    body = {"jql": "project = PAY", "maxResults": 5000} | ({"fields": fields} if fields else {})
    answer = ask.post("/search/jql", body).get_json()
    assert len(answer["issues"]) == most
    assert answer["isLast"] is (most == 130)
    assert ("nextPageToken" in answer) is (most != 130)


def test_fifty_bare_ids_come_unless_more_is_asked(jira: JiraSandbox, ask: Asker) -> None:
    fill(jira, 60)
    answer = ask.get("/search/jql", jql="project = PAY ORDER BY key").get_json()
    assert len(answer["issues"]) == 50
    assert answer["issues"][0] == {"id": "10001"}
    assert "total" not in answer


def test_every_page_together_is_the_whole_result(jira: JiraSandbox, ask: Asker) -> None:
    fill(jira, 107)
    seen: list[str] = []
    token: dict[str, Any] = {}
    for _ in range(4):
        query = {"jql": "project = PAY ORDER BY updated ASC, key", "maxResults": 30}
        answer = ask.post("/search/jql", query | token).get_json()
        seen += [issue["id"] for issue in answer["issues"]]
        token = {"nextPageToken": answer.get("nextPageToken")}
    assert answer["isLast"] is True
    assert seen == [str(id) for id in range(10001, 10108)]


def test_a_page_token_belongs_to_its_query(jira: JiraSandbox, ask: Asker) -> None:
    fill(jira, 60)
    token = ask.post("/search/jql", {"jql": "project = PAY"}).get_json()["nextPageToken"]
    assert ask.post("/search/jql", {"jql": "project = PAY", "nextPageToken": token}).status_code == 200
    assert ask.post("/search/jql", {"jql": "type = Story", "nextPageToken": token}).status_code == 400
    assert ask.post("/search/jql", {"jql": "project = PAY", "nextPageToken": "Ckxyz"}).status_code == 400


@pytest.mark.parametrize(
    "body",
    [
        {"jql": "project = PAY", "startAt": 0},
        {"jql": "project = PAY", "validateQuery": True},
        {"jql": "project = PAY", "expand": None},
        {"jql": "project = PAY", "expand": ["names"]},
        {"jql": "project = PAY", "maxResults": "50"},
        {"jql": "project = PAY", "maxResults": 5001},
        {"jql": "project = PAY", "maxResults": 0},
        {"jql": "project = PAY", "reconcileIssues": list(range(51))},
        ["project = PAY"],
    ],
)
def test_a_body_outside_the_published_shape_is_refused(ask: Asker, body: Any) -> None:
    assert ask.post("/search/jql", body).status_code == 400


def test_counting_needs_a_bounded_query_too(jira: JiraSandbox, ask: Asker) -> None:
    fill(jira, 3)
    assert ask.post("/search/approximate-count", {"jql": "project = PAY"}).get_json() == {"count": 3}
    assert ask.post("/search/approximate-count", {"jql": "order by key"}).status_code == 400


def test_a_bulk_fetch_takes_a_hundred_and_leaves_out_what_is_not_there(jira: JiraSandbox, ask: Asker) -> None:
    fill(jira, 3)
    jira.hide("PAY-2")
    jira.app.unreadable.add(10003)
    body = {"issueIdsOrKeys": ["pay-3", "10001", "PAY-2", "PAY-99"], "fields": ["customfield_10016", "nonsense"]}
    answer = ask.post("/issue/bulkfetch", body).get_json()
    assert [(issue["key"], issue["fields"]) for issue in answer["issues"]] == [("PAY-1", {"customfield_10016": 0})]
    assert [error["id"] for error in answer["issueErrors"]] == ["10003"]
    for ids in ([], [str(n) for n in range(101)], [10001]):
        assert ask.post("/issue/bulkfetch", {"issueIdsOrKeys": ids}).status_code == 400


def test_matching_tells_each_query_apart(jira: JiraSandbox, ask: Asker) -> None:
    fill(jira, 3)
    jira.hide("PAY-2")
    jqls = ["project = PAY", "project = GRO", "broken = value", "key = PAY-3"]
    answer = ask.post("/jql/match", {"issueIds": [10001, 10002, 10003, 99], "jqls": jqls}).get_json()
    assert answer["matches"] == [
        {"matchedIssues": [10001, 10003], "errors": []},
        {"matchedIssues": [], "errors": []},
        {"matchedIssues": [], "errors": ["Field 'broken' does not exist or you do not have permission to view it."]},
        {"matchedIssues": [10003], "errors": []},
    ]


@pytest.mark.parametrize(
    "body",
    [
        {"issueIds": ["10001"], "jqls": []},
        {"jqls": ["project = PAY"]},
        {"issueIds": [1], "jqls": ["project = PAY"] * 101},
        {"issueIds": list(range(1001)), "jqls": ["project = PAY"]},
    ],
)
def test_matching_has_caps(ask: Asker, body: Any) -> None:
    assert ask.post("/jql/match", body).status_code == 400


def test_limits_are_told_and_enforced_on_order(jira: JiraSandbox, ask: Asker) -> None:
    jira.fail_next(1, 429, {"Retry-After": "7", "RateLimit-Reason": "jira-burst-based"})
    refused, fine = ask.get("/myself"), ask.get("/myself")
    assert refused.status_code == 429
    assert refused.headers["Retry-After"] == "7"
    assert refused.headers["X-RateLimit-Remaining"] == "0"
    assert (fine.status_code, fine.headers["X-RateLimit-Limit"]) == (200, "100")
    assert fine.headers["Date"] == "Sun, 22 Nov 2026 09:30:00 GMT"


def test_what_was_asked_is_remembered(jira: JiraSandbox, ask: Asker) -> None:
    ask.get("/myself")
    jira.fail_next(1, 503, path="/field")
    ask.get("/myself")
    ask.get("/field")
    assert [(asked.method, asked.path, asked.status) for asked in jira.requests] == [
        ("GET", "/rest/api/3/myself", 200),
        ("GET", "/rest/api/3/myself", 200),
        ("GET", "/rest/api/3/field", 503),
    ]
    assert jira.count("/myself") == 2


def test_searching_lags_and_reading_by_id_does_not(jira: JiraSandbox, ask: Asker, clock: Clock) -> None:
    fill(jira, 2)
    jira.lag = 30
    jira.transition("PAY-1", "Done")
    jira.create("PAY", summary="New")
    jira.delete("PAY-2")
    assert ask.keys("project = PAY AND statusCategory != Done") == ["PAY-2", "PAY-1"]
    assert ask.get("/issue/PAY-1").get_json()["fields"]["status"]["name"] == "Done"
    assert ask.keys("project = PAY AND statusCategory = Done", reconcileIssues=[10001]) == ["PAY-1"]
    clock.pass_(seconds=31)
    assert ask.keys("project = PAY AND statusCategory != Done") == ["PAY-3"]
    assert ask.keys("project = PAY AND statusCategory = Done") == ["PAY-1"]


def test_done_sets_the_resolution_and_reopening_clears_it(jira: JiraSandbox, clock: Clock) -> None:
    fill(jira, 1)
    clock.pass_(hours=1)
    jira.transition("PAY-1", "Done")
    done = jira.issue("PAY-1")["fields"]
    assert (done["resolution"]["name"], done["resolutiondate"]) == ("Done", "2026-11-22T11:30:00.000+0100")
    assert done["statuscategorychangedate"] == done["updated"] == done["resolutiondate"]
    assert done["status"]["statusCategory"]["key"] == "done"
    clock.pass_(hours=1)
    jira.transition("PAY-1", "In Progress")
    again = jira.issue("PAY-1")["fields"]
    assert (again["resolution"], again["resolutiondate"]) == (None, None)
    assert again["statuscategorychangedate"] == "2026-11-22T12:30:00.000+0100"


def test_a_moved_issue_keeps_its_id_and_answers_to_its_old_key(jira: JiraSandbox, ask: Asker) -> None:
    fill(jira, 1)
    assert jira.move("PAY-1", "GRO") == "GRO-1"
    found = ask.get("/issue/PAY-1").get_json()
    assert (found["id"], found["key"], found["fields"]["project"]["key"]) == ("10001", "GRO-1", "GRO")
    assert ask.keys("key = PAY-1") == ["GRO-1"]
    assert ask.keys("project = PAY") == []


def test_a_hidden_issue_looks_like_a_deleted_one(jira: JiraSandbox, ask: Asker) -> None:
    fill(jira, 2)
    jira.hide("PAY-1")
    assert ask.get("/issue/PAY-1").status_code == 404
    assert ask.keys("project = PAY") == ["PAY-2"]
    jira.show("PAY-1")
    assert ask.keys("project = PAY") == ["PAY-2", "PAY-1"]


def test_a_removed_field_is_absent_from_every_answer(jira: JiraSandbox, ask: Asker) -> None:
    fill(jira, 1)
    jira.remove_field("customfield_10016")
    assert "customfield_10016" not in [field["id"] for field in ask.get("/field").get_json()]
    assert "customfield_10016" not in ask.get("/issue/PAY-1").get_json()["fields"]


def test_fields_are_listed_with_the_names_jql_knows(ask: Asker) -> None:
    fields = {field["name"]: field for field in ask.get("/field").get_json()}
    assert fields["Story Points"]["id"] == "customfield_10016"
    assert fields["Story Points"]["schema"]["type"] == "number"
    assert "cf[10042]" in fields["Merchants in batch"]["clauseNames"]
    assert fields["Labels"]["schema"] == {"type": "array", "system": "labels", "items": "string"}


def test_descriptions_are_documents_in_v3_and_text_in_v2(jira: JiraSandbox) -> None:
    fill(jira, 1)
    jira.edit("PAY-1", description="Plain words")
    client, auth = Client(jira), (jira.email, jira.token)
    third = client.get("/rest/api/3/issue/PAY-1", auth=auth).get_json()["fields"]["description"]
    assert third["content"][0]["content"][0]["text"] == "Plain words"
    assert client.get("/rest/api/2/issue/PAY-1", auth=auth).get_json()["fields"]["description"] == "Plain words"


def test_projects_can_be_picked_from(ask: Asker) -> None:
    answer = ask.get("/project/search", query="pay").get_json()
    assert ([p["key"] for p in answer["values"]], answer["isLast"], answer["total"]) == (["PAY"], True, 1)


def test_an_issue_tells_its_history(jira: JiraSandbox, ask: Asker) -> None:
    fill(jira, 1)
    jira.transition("PAY-1", "In Progress")
    jira.edit("PAY-1", points=8, labels=["checkout"])
    answer = ask.get("/issue/PAY-1/changelog").get_json()
    told = [(item["field"], item["toString"]) for entry in answer["values"] for item in entry["items"]]
    assert told == [("status", "In Progress"), ("Story Points", "8"), ("labels", "checkout")]
