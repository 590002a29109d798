"""The first read of a scope: complete, resumable, within its budget."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

import pytest
import responses

from connectors.errors import Misconfigured, TryLater, Unexpected
from connectors.jira import Jira
from connectors.sandbox.faults import Asked
from connectors.shapes import Cursor, Page, Roll, Scope, Select, seen_by
from connectors.wire import open_wire
from tests.connectors.conftest import Site

DATE = {"Date": "Mon, 02 Nov 2026 09:00:00 GMT"}
SEARCH = "https://acme.atlassian.net/rest/api/3/search/jql"
BULK = "https://acme.atlassian.net/rest/api/3/issue/bulkfetch"


def _fill(site: Site, number: int, project: str = "PAY") -> list[str]:
    return [site.jira.create(project, summary=f"Task {n}", points=n % 5) for n in range(number)]


def _pay(site: Site) -> Scope:
    return site.connector.resolve(Select(query="project = PAY", fields=frozenset({"points"})))


def test_a_first_read_brings_everything_within_its_budget(site: Site) -> None:
    _fill(site, 250)
    _fill(site, 3, "WEB")
    scope = _pay(site)
    pages = list(site.connector.fetch(scope))
    items = [item for page in pages for item in page.items]
    assert [item.ref for item in items] == [f"PAY-{n}" for n in range(1, 251)]
    assert seen_by(items[3], scope.fields).points == Decimal(3)
    assert site.counter.take() == {"requests": 1 + 1 + 3, "throttled": 0, "retried": 0}  # fields, ids, 3 x bodies
    assert [len(page.items) for page in pages] == [100, 100, 50, 0]
    assert {page.total for page in pages} == {250}
    assert all(page.memberships == {item.key: frozenset({scope.key}) for item in page.items} for page in pages)
    assert pages[-1].rolls == (Roll(frozenset({scope.key}), frozenset(item.key for item in items), exact=True),)
    assert json.loads(str(pages[-1].cursor)) == {"v": 1, "since": "2026-11-02T09:00:00+00:00"}


def test_only_the_fields_that_rules_need_are_asked(site: Site) -> None:
    _fill(site, 1)
    list(site.connector.fetch(_pay(site)))
    assert site.jira.count("/rest/api/3/search/jql") == 1
    assert site.jira.count("/rest/api/3/issue/bulkfetch") == 1
    assert site.jira.count("/rest/api/3/field") == 1
    assert len(site.jira.requests) == 3


def test_an_empty_scope_has_one_page_and_an_empty_roll(site: Site) -> None:
    scope = _pay(site)
    (page,) = site.connector.fetch(scope)
    assert page.rolls == (Roll(frozenset({scope.key}), frozenset(), exact=True),)
    assert page.total == 0


def _state(pages: list[Page]) -> tuple[dict[str, str], frozenset[str], str]:
    held = {item.key: item.title for page in pages for item in page.items}
    return held, pages[-1].rolls[0].keys, str(pages[-1].cursor)


@pytest.mark.parametrize("cut", [0, 1, 2, 3])
def test_a_read_resumed_from_any_page_ends_in_the_same_state(site: Site, cut: int) -> None:
    _fill(site, 250)
    scope = _pay(site)
    whole = list(site.connector.fetch(scope))
    site.clock.pass_(minutes=10)
    rest = list(site.connect().fetch(scope, whole[cut].cursor))
    assert _state(whole[: cut + 1] + rest) == _state(whole)  # even the cursor: it is when the read first began
    assert sum(len(page.items) for page in rest) == 250 - min(100 * (cut + 1), 250)


def test_a_stored_cursor_of_another_kind_is_said_to_be_unreadable(site: Site) -> None:
    for text in (
        "",
        "{",
        '{"v": 2}',
        '{"v": 1}',
        '{"v": 1, "since": "yesterday"}',
        '{"v":1,"phase":"full","started":1}',
    ):
        with pytest.raises(Unexpected, match="cursor cannot be read") as raised:
            list(site.connector.fetch(_pay(site), Cursor(text)))
        assert "reads everything again" in raised.value.hint


def _after_ids(site: Site, act: Callable[[], None]) -> Callable[[Asked], None]:
    """Let something happen at the site right after the ids were read."""
    note = site.jira.faults.note

    def noted(asked: Asked) -> None:
        note(asked)
        if "search/jql" in asked.path:
            act()

    return noted


def test_an_issue_that_vanishes_between_ids_and_bodies_is_gone(site: Site) -> None:
    keys = _fill(site, 150)
    scope = _pay(site)
    gone = str(list(site.jira.by_id)[120])
    reading = site.connector.fetch(scope)
    site.jira.faults.note = _after_ids(site, lambda: site.jira.delete(keys[120]))  # type: ignore[method-assign, assignment]
    read = list(reading)
    assert [g for page in read for g in page.gone] == [gone]
    assert gone not in read[-1].rolls[0].keys
    assert len(read[-1].rolls[0].keys) == 149


def test_an_issue_jira_cannot_return_is_asked_for_alone_and_then_later(site: Site) -> None:
    _fill(site, 8)
    scope = _pay(site)
    broken = list(site.jira.by_id)[4]
    site.jira.app.unreadable.add(broken)
    with pytest.raises(TryLater, match=f"could not return issue {broken}"):
        list(site.connector.fetch(scope))


def test_a_throttled_read_ends_with_the_same_issues(site: Site) -> None:
    _fill(site, 250)
    scope = _pay(site)
    site.counter.take()
    site.jira.fail_next(2, 429, {"Retry-After": "1"}, path="bulkfetch")
    site.jira.fail_next(1, 503, path="search")
    pages = list(site.connector.fetch(scope))
    assert sum(len(page.items) for page in pages) == 250
    assert site.counter.take() == {"requests": 4 + 3, "throttled": 2, "retried": 3}


def test_a_refused_query_is_said_in_jiras_own_words(site: Site) -> None:
    scope = site.connector.resolve(Select(query="project = NOPE"))
    with pytest.raises(Misconfigured, match=r"jira: search/jql: 400: .*NOPE"):
        list(site.connector.fetch(scope))


def test_nothing_is_sent_before_the_first_page_is_asked_for(site: Site) -> None:
    site.connector.fetch(Scope("jql", "jql:1", "x", "project = PAY", ""))
    site.connector.changes([], None, ["1"])
    assert site.counter.take()["requests"] == 0


def _jira() -> Jira:
    wire = open_wire(hosts=["atlassian.net"], sleep=lambda _: None)
    return Jira({"base_url": "https://acme.atlassian.net", "email": "bot@acme.example", "token": "tok-123456"}, wire)


SCOPE = Scope("jql", "jql:1", "x", "project = PAY", "")


@responses.activate
def test_the_questions_are_exactly_these() -> None:
    responses.post(SEARCH, json={"issues": [], "nextPageToken": "t1"}, headers=DATE)
    responses.post(SEARCH, json={"issues": [{"id": "10002"}, {"id": "10001"}], "isLast": True}, headers=DATE)
    responses.post(BULK, json={"issues": [], "issueErrors": []}, headers=DATE)
    scope = Scope("jql", "jql:1", "x", "project = PAY", "", {"points": "customfield_10016"})
    first, last = _jira().fetch(scope)
    asked = [json.loads(call.request.body or "") for call in responses.calls]
    assert asked == [
        {"jql": "project = PAY ORDER BY key ASC", "fields": ["id"], "maxResults": 5000},
        {"jql": "project = PAY ORDER BY key ASC", "fields": ["id"], "maxResults": 5000, "nextPageToken": "t1"},
        {
            "issueIdsOrKeys": ["10001", "10002"],
            "fields": [
                "assignee", "created", "customfield_10016", "duedate", "issuetype", "labels", "parent", "priority",
                "resolution", "resolutiondate", "status", "statuscategorychangedate", "summary", "updated",
            ],
        },
    ]  # fmt: skip
    assert first.gone == ("10001", "10002")
    assert last.rolls[0].keys == frozenset()
    assert all(
        call.request.headers["Authorization"] == "Basic Ym90QGFjbWUuZXhhbXBsZTp0b2stMTIzNDU2"
        for call in responses.calls
    )


@responses.activate
def test_the_same_token_twice_is_a_circle() -> None:
    responses.post(SEARCH, json={"issues": [{"id": "1"}], "nextPageToken": "t1"}, headers=DATE)
    with pytest.raises(Unexpected, match="same nextPageToken twice"):
        list(_jira().fetch(SCOPE))
    assert len(responses.calls) == 2


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"issues": [{"id": []}]}, r"jira changed shape at issues\[0\]\.id: expected .*, found a list"),
        ({"issues": [{"id": "10001"}, {"key": "PAY-1"}]}, r"jira changed shape at issues\[1\]\.id: it is missing"),
        ({"issues": [{"id": "PAY-1"}]}, r"jira changed shape at issues\[0\]\.id: expected digits"),
        ([], "jira changed shape at the top"),
    ],
)
@responses.activate
def test_ids_of_another_shape_name_the_path(answer: object, said: str) -> None:
    responses.post(SEARCH, json=answer, headers=DATE)
    with pytest.raises(Unexpected, match=said):
        list(_jira().fetch(SCOPE))


@responses.activate
def test_without_the_servers_clock_there_is_no_read() -> None:
    responses.post(SEARCH, json={"issues": []})
    with pytest.raises(Unexpected, match="no Date header"):
        list(_jira().fetch(SCOPE))


def test_the_cursor_is_the_servers_clock_and_not_ours(site: Site) -> None:
    site.clock.at = datetime(2031, 5, 4, 3, 2, 1, tzinfo=UTC)
    (page,) = site.connector.fetch(_pay(site))
    assert json.loads(str(page.cursor))["since"] == "2031-05-04T03:02:01+00:00"
