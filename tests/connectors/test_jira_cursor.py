"""Where the next sweep starts: never too late, never lost, never large."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
import responses

from connectors.errors import Unexpected
from connectors.jira import Jira
from connectors.jira.cursors import Since, read_cursor
from connectors.shapes import Cursor, Page, Scope
from connectors.wire import open_wire
from tests.connectors.conftest import Site, read_once, scopes_of


def test_only_the_last_page_moves_the_cursor(old: Site) -> None:
    scopes = scopes_of(old, "project = PAY AND labels = okr")
    since = read_once(old, scopes)
    old.clock.pass_(minutes=30)
    old.jira.edit("PAY-1", points=3)
    old.jira.edit("PAY-3", labels=[])
    *before, last = old.connector.changes(scopes, since)
    assert {page.cursor for page in before} == {since}
    assert last.cursor != since
    assert list(old.connector.changes(scopes, before[0].cursor)) == [*before, last]


def test_the_cursor_never_goes_back_when_the_servers_clock_does(old: Site) -> None:
    scopes = scopes_of(old, "project = PAY")
    since = read_once(old, scopes)
    old.clock.pass_(hours=-5)
    (page,) = old.connector.changes(scopes, since)
    assert json.loads(str(page.cursor))["since"] == json.loads(str(since))["since"]


def test_a_sweep_may_start_from_an_interrupted_firstread_once(old: Site) -> None:
    scopes = scopes_of(old, "project = PAY")
    half = next(iter(old.connector.fetch(scopes[0]))).cursor
    old.clock.pass_(minutes=30)
    old.jira.edit("PAY-1", points=3)
    pages = list(old.connector.changes(scopes, half))
    assert [item.ref for page in pages for item in page.items] == ["PAY-1"]


@responses.activate
def test_time_is_asked_for_in_milliseconds_so_that_no_time_zone_bends_it() -> None:
    root = "https://acme.atlassian.net/rest/api/3"
    date = {"Date": "Mon, 02 Nov 2026 10:30:00 GMT"}
    updated = "2026-11-02T05:29:00.500-0500"
    responses.post(
        f"{root}/search/jql",
        json={"issues": [{"id": "7", "fields": {"updated": updated}}], "isLast": True},
        headers=date,
    )
    responses.post(f"{root}/jql/match", json={"matches": [{"matchedIssues": [], "errors": []}]}, headers=date)
    responses.post(f"{root}/search/jql", json={"issues": [{"id": "7"}], "isLast": True}, headers=date)
    wire = open_wire(hosts=["atlassian.net"], sleep=lambda _: None)
    jira = Jira({"base_url": "https://acme.atlassian.net", "email": "bot@acme.example", "token": "tok-123456"}, wire)
    scope = Scope("jql", "jql:1", "x", 'project = "Pay ments" AND labels = x', "")
    first, last = jira.changes([scope], Cursor('{"v":1,"since":"2026-11-02T10:00:00+00:00"}'))
    assert [json.loads(call.request.body or "") for call in responses.calls] == [
        {
            "jql": '(project in ("Pay ments")) AND updated >= 1793613300000 ORDER BY updated ASC',
            "fields": ["updated"],
            "maxResults": 1000,
        },
        {"issueIds": [7], "jqls": ['project = "Pay ments" AND labels = x']},
        {"jql": 'project in ("Pay ments") ORDER BY key ASC', "fields": ["id"], "maxResults": 5000},
    ]
    assert first == Page(memberships={"7": frozenset()}, cursor=Cursor('{"v":1,"since":"2026-11-02T10:00:00+00:00"}'))
    kept = json.loads(str(last.cursor))
    assert kept.pop("held")
    assert kept.pop("within")
    assert kept == {
        "v": 1,
        "since": "2026-11-02T10:30:00+00:00",
        "seen": {"7": 1793615340500},
    }


def test_the_ids_of_a_cursor_come_back_whatever_they_are() -> None:
    at = datetime(2026, 11, 2, tzinfo=UTC)
    for ids in ([], [0], [7], [127, 128, 129, 16384, 10**17], list(range(10001, 30001, 3))):
        cursor = Since(at, {}, "project in (PAY)", frozenset(ids)).text()
        assert read_cursor(cursor) == Since(at, {}, "project in (PAY)", frozenset(ids))
    assert len(cursor) < 1000


def test_more_ids_than_a_cursor_should_hold_are_left_out() -> None:
    cursor = Since(datetime(2026, 11, 2, tzinfo=UTC), {}, "project in (PAY)", frozenset(range(200_001))).text()
    assert cursor == '{"v":1,"since":"2026-11-02T00:00:00+00:00"}'


@pytest.mark.parametrize("held", ["", "!", "eJw", 7, "aGVsbG8="])
def test_packed_ids_that_are_none_are_refused_with_the_next_step(held: object) -> None:
    text = json.dumps({"v": 1, "since": "2026-11-02T00:00:00+00:00", "within": "x", "held": held})
    with pytest.raises(Unexpected, match="the stored cursor cannot be read") as raised:
        read_cursor(Cursor(text))
    assert "clear it" in raised.value.hint


def test_a_cursor_stays_small_after_a_bulk_edit(old: Site) -> None:
    for _ in range(2500):
        old.jira.create("PAY", summary="x")
    scopes = scopes_of(old, "project = PAY")
    (*_, last) = old.connector.changes(scopes, Cursor('{"v":1,"since":"2026-11-02T10:00:00+00:00"}'))
    assert len(json.loads(str(last.cursor))["seen"]) == 2000
