"""The check of exchanges itself: what is wrong is found, and what a test ordered to be wrong is not held against it."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
import responses

from connectors.sandbox.jira import JiraSandbox
from connectors.sandbox.server import serve
from connectors.wire import SAFE, open_wire
from tests.contract.exchanges import Exchange, Recorder, owner_of
from tests.contract.judgement import SPECIFICATIONS, Judge, Judged

pytestmark = pytest.mark.skipif(
    not SPECIFICATIONS.is_dir(), reason="no copies of the specifications beside the project"
)

SEARCH = Exchange(
    vendor="jira",
    method="POST",
    path="/rest/api/3/search/jql",
    query=(),
    kind="application/json",
    body=b'{"jql": "project = PAY", "fields": ["id"], "maxResults": 5000}',
    status=200,
    answer_kind="application/json",
    answer=b'{"issues": [{"id": "10001"}], "isLast": true}',
)
TASKS = Exchange("asana", "GET", "/tasks", (("project", "1"), ("limit", "100")), "", b"", None)
LISTS = Exchange("graph", "GET", "/planner/plans/p-1/tasks", (), "", b"", 200, "application/json", b'{"value": []}')


@pytest.fixture(scope="module")
def judge() -> Judge:
    return Judge()


def _problems(judge: Judge, exchange: Exchange, **changes: Any) -> list[str]:
    return judge.judge([replace(exchange, **changes)]).problems


def test_what_is_as_published_is_counted_and_nothing_is_said(judge: Judge) -> None:
    judged = judge.judge([SEARCH, TASKS, LISTS])
    assert judged.problems == []
    assert judged.counts["jira: requests checked"] == judged.counts["jira: answers checked"] == 1
    assert judged.counts["asana: requests checked"] == 1
    assert judged.counts["graph: answers checked"] == 1


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"method": "DELETE"}, "there is no such operation"),
        ({"path": "/rest/api/3/serch/jql"}, "there is no such operation"),
        ({"query": (("expnd", "names"),)}, "there is no parameter expnd"),
        ({"body": b'{"jql": null}'}, "None is not of type 'string'"),
        ({"body": b'{"jql": "x", "fileds": []}'}, "'fileds' was unexpected"),
        ({"body": b'{"jql": "x", "maxResults": "50"}'}, "'50' is not of type 'integer'"),
        ({"kind": "text/plain"}, "application/json is taken"),
        ({"body": b"{"}, "is not of type 'object'"),
    ],
)
def test_a_request_that_the_vendor_does_not_know_is_found(judge: Judge, changes: dict[str, Any], problem: str) -> None:
    found = _problems(judge, SEARCH, **changes)
    assert any(problem in one for one in found), found


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"query": (("limit", "101"), ("project", "1"))}, "101 is greater than the maximum of 100"),
        ({"query": (("limit", "many"), ("project", "1"))}, "'many' is not of type 'integer'"),
        ({"query": (("project", "1"), ("opt_fields", "name,gid_of_it"))}, "'gid_of_it' is not one of"),
        ({"body": b'{"data": {}}', "kind": "application/json"}, "a body is sent where none is taken"),
        ({"method": "POST", "query": (), "path": "/tasks/1/stories"}, "the body is missing"),
    ],
)
def test_a_parameter_beyond_what_is_published_is_found(judge: Judge, changes: dict[str, Any], problem: str) -> None:
    found = _problems(judge, TASKS, **changes)
    assert any(problem in one for one in found), found


def test_an_answer_that_the_vendor_would_not_give_is_found(judge: Judge) -> None:
    for answer in (b'{"issues": [{"id": 10001}]}', b'{"issues": {}}', b"<html>"):
        assert _problems(judge, SEARCH, answer=answer)
        assert _problems(judge, SEARCH, answer=answer, is_connectors=False)
        assert _problems(judge, SEARCH, answer=answer, is_ordered=True) == []


@pytest.mark.parametrize(
    "task",
    [{"percentComplete": "50"}, {"titel": "x"}, {"dueDateTime": "2026-11-20"}, {"previewType": "picture"}],
)
def test_a_task_of_planner_that_its_type_does_not_allow_is_found(judge: Judge, task: dict[str, Any]) -> None:
    good = {"@odata.etag": "W/1", "id": "t1", "title": "x", "percentComplete": 50, "assignments": {"u-1": {"x": 1}}}
    assert _problems(judge, LISTS, answer=json.dumps({"value": [good]}).encode()) == []
    assert _problems(judge, LISTS, answer=json.dumps({"value": [good | task]}).encode())


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"query": (("$select", "id,titel"),)}, "$select: a plannerTask has no titel"),
        ({"path": "/planner/tasks/t-1", "method": "PATCH", "body": b'{"percentComplete": "all"}'}, "'all' is no Int32"),
        ({"path": "/planner/plans/p-1/task"}, "no permission is known for such a call"),
        ({"method": "DELETE"}, "no permission is known for such a call"),
    ],
)
def test_a_call_that_graph_does_not_know_is_found(judge: Judge, changes: dict[str, Any], problem: str) -> None:
    found = _problems(judge, LISTS, **{"status": None, **changes})
    assert any(problem in one for one in found), found


def _batch(vendor: str, path: str, body: Any, answer: Any) -> Exchange:
    return Exchange(vendor, "POST", path, (), "application/json", json.dumps(body).encode(), 200, "application/json",
                    json.dumps(answer).encode())  # fmt: skip


def test_each_call_within_a_batch_is_judged(judge: Judge) -> None:
    graph = _batch(
        "graph",
        "/$batch",
        {"requests": [{"id": "1", "method": "GET", "url": "/planner/plans/p-1/tasks"},
                      {"id": "2", "method": "GET", "url": "/planner/plan/p-1"}]},
        {"responses": [{"id": "1", "status": 200, "body": {"value": [{"percentComplete": "50"}]}}]},
    )  # fmt: skip
    found = _problems(judge, graph)
    assert [one.rpartition(": ")[2] for one in found] == [
        "'50' is no Int32",
        "no permission is known for such a call, so there is none",
    ]
    asana = _batch(
        "asana",
        "/batch",
        {"data": {"actions": [{"method": "get", "relative_path": "/tasks/1", "options": {"fields": ["nmae"]}},
                              {"method": "get", "relative_path": "/task/1"}]}},
        {"data": [{"status_code": 200, "body": {"data": {"gid": 1}}, "headers": {}},
                  {"status_code": 404, "body": {"errors": []}, "headers": {}}]},
    )  # fmt: skip
    found = _problems(judge, asana)
    assert any("'nmae' is not one of" in one for one in found)
    assert any("data.gid: 1 is not of type 'string'" in one for one in found)
    assert any("/task/1: there is no such operation" in one for one in found)


def test_a_test_may_ask_what_no_connector_asks_but_is_not_answered_what_the_vendor_does_not_have(judge: Judge) -> None:
    made_up = replace(SEARCH, path="/rest/api/3/nothing", is_connectors=False)
    assert _problems(judge, made_up, status=404) == []
    assert _problems(judge, made_up, status=200) == [
        "jira POST /rest/api/3/nothing: the simulated tool answers what the vendor does not have"
    ]


def test_what_is_not_described_is_counted_under_its_reason_and_anything_else_is_a_problem(judge: Judge) -> None:
    judged = judge.judge([replace(SEARCH, path="/rest/api/2/search"), replace(SEARCH, vendor="", path="/who/knows")])
    assert judged.counts["not described: Data Center and v2: Atlassian publishes v3 alone"] == 1
    assert len(judged.problems) == 1
    assert "a path of no vendor" in judged.problems[0]


def test_what_processes_found_adds_up(judge: Judge) -> None:
    judged, total = judge.judge([SEARCH, replace(SEARCH, method="DELETE")]), Judged()
    for _ in range(2):
        total.add(json.loads(json.dumps(judged.as_data())))
    assert (total.counts["jira: answers checked"], len(total.problems)) == (2, 2)


@pytest.fixture
def noted(jira: JiraSandbox) -> Iterator[tuple[Recorder, str]]:
    recorder = Recorder()
    with serve(recorder.around(jira)) as server:
        yield recorder, server.url


def test_the_requests_of_connectors_are_told_from_those_of_tests(
    jira: JiraSandbox, noted: tuple[Recorder, str]
) -> None:
    recorder, url = noted
    wire = open_wire(hosts=[], base_url=url, allow_private=["127.0.0.0/8"], sleep=lambda _: None)
    wire.get(f"{url}/rest/api/3/field", auth=(jira.email, jira.token))
    requests.get(f"{url}/rest/api/3/field", auth=(jira.email, jira.token), timeout=5)
    assert [one.is_connectors for one in recorder.kept.values()] == [True, False]


def test_a_fault_that_a_test_ordered_is_marked_and_the_answer_after_it_is_not(
    jira: JiraSandbox, noted: tuple[Recorder, str]
) -> None:
    recorder, url = noted
    wire = open_wire(hosts=[], base_url=url, allow_private=["127.0.0.0/8"], sleep=lambda _: None)
    jira.faults.bend_next(1, lambda _body: b'{"issues": 7}')
    for _ in range(2):
        wire.post(
            f"{url}/rest/api/3/search/jql", json={"jql": "project = PAY"}, headers=SAFE, auth=(jira.email, jira.token)
        )
    assert [one.is_ordered for one in recorder.kept.values()] == [True, False]


def test_of_exchanges_that_differ_in_values_alone_one_is_kept(jira: JiraSandbox, noted: tuple[Recorder, str]) -> None:
    recorder, url = noted
    wire = open_wire(hosts=[], base_url=url, allow_private=["127.0.0.0/8"], sleep=lambda _: None)
    for number in range(20):
        jira.create("PAY", summary=f"Story {number}", points=number)
        body = {"jql": "project = PAY", "fields": ["summary"], "maxResults": number + 1}
        wire.post(f"{url}/rest/api/3/search/jql", json=body, headers=SAFE, auth=(jira.email, jira.token))
    assert len(recorder.kept) == 1
    assert recorder.counts["requests of connectors"] == 20


@responses.activate
def test_requests_to_a_vendors_own_address_are_noted_wherever_a_test_answers_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from tests.contract import plugin

    recorder = Recorder()
    monkeypatch.setattr(plugin, "recorder", recorder)
    responses.get("https://app.asana.com/api/1.0/tasks?project=1")
    responses.get("https://other.example/api/1.0/tasks")
    wire = open_wire(hosts=["app.asana.com", "other.example"], sleep=lambda _: None)
    wire.get("https://app.asana.com/api/1.0/tasks?project=1")
    wire.get("https://other.example/api/1.0/tasks")
    assert [(one.vendor, one.path, one.query, one.status) for one in recorder.kept.values()] == [
        ("asana", "/tasks", (("project", "1"),), None)
    ]


def test_a_request_whose_asker_was_killed_before_its_body_was_sent_is_no_request(
    jira: JiraSandbox, noted: tuple[Recorder, str]
) -> None:
    recorder, url = noted
    parts = urlsplit(url)
    head = (
        "POST /rest/api/3/issue/bulkfetch HTTP/1.1\r\nHost: jira\r\nUser-Agent: okr-hub\r\n"
        "Content-Type: application/json\r\nContent-Length: 60\r\n\r\n"
    )
    with socket.create_connection((str(parts.hostname), int(parts.port or 0))) as line:
        line.sendall(head.encode())
        line.shutdown(socket.SHUT_WR)
        while line.recv(4096):
            pass
    assert (recorder.kept, jira.requests) == ({}, [])


@pytest.mark.parametrize(
    ("path", "owner"),
    [
        ("/rest/api/3/field", ("jira", "/rest/api/3/field")),
        ("/ex/jira/1a-2b/rest/api/3/field", ("jira", "/rest/api/3/field")),
        ("/api/1.0/tasks", ("asana", "/tasks")),
        ("/1/boards/x", ("trello", "/boards/x")),
        ("/v1.0/planner/plans/x", ("graph", "/planner/plans/x")),
        ("/api/chat.postMessage", ("slack", "/chat.postMessage")),
        ("/healthz", ("", "/healthz")),
    ],
)
def test_a_path_says_whose_it_is(path: str, owner: tuple[str, str]) -> None:
    assert owner_of(path) == owner
