"""From Jira's issue to a work item, and what happens when Jira's shape changes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from connectors.errors import Unexpected
from connectors.jira.answers import bodies
from connectors.jira.items import carried_ids, work_item
from connectors.jira.settings import dropped, read_settings
from connectors.jira.values import DURATIONS
from connectors.shapes import NOT_A_NUMBER, State, WorkItem, seen_by
from connectors.wire import open_wire

SITE = "https://acme.atlassian.net"
FIELDS: dict[str, Any] = {
    "summary": "Ship it",
    "status": {"name": "Erledigt", "statusCategory": {"id": 3, "key": "done", "name": "Fertig"}},
    "issuetype": {"name": "Story", "subtask": False},
    "created": "2026-10-01T10:00:00.000+0200",
    "updated": "2026-11-01T10:00:00.123-0500",
    "statuscategorychangedate": "2026-10-30T08:00:00.000+0000",
    "resolutiondate": "2026-10-29T08:00:00.000+0000",
    "duedate": "2026-12-24",
    "labels": ["okr", "Größe"],
    "assignee": {"accountId": "1", "displayName": "Mira Okafor"},
    "parent": {"id": "9", "key": "PAY-1", "fields": {"summary": "Epic"}},
    "priority": {"id": "2", "name": "High"},
    "resolution": None,
    "customfield_10016": 2.5,
}


def _read(ids: Collection[str], *changes: Mapping[str, Any]) -> tuple[WorkItem, ...]:
    """Read issues that have these fields and changes; "-" leaves a field out."""
    issues = [
        {
            "id": str(n),
            "key": f"PAY-{n}",
            "self": "https://x",
            "fields": {k: v for k, v in {**FIELDS, **c}.items() if v != "-"},
        }
        for n, c in enumerate(changes, start=1)
    ]
    return read_body(msgspec.json.encode({"expand": "names", "issues": issues, "issueErrors": []}), ids)


def read_body(body: bytes, ids: Collection[str]) -> tuple[WorkItem, ...]:
    dropped = read_settings(
        {"base_url": SITE, "email": "a@b.example", "token": "t"}, open_wire(hosts=[])
    ).dropped_resolutions
    return tuple(work_item(issue, SITE, carried_ids(ids), dropped) for issue in bodies(body).issues)


def test_every_part_of_an_issue_lands_where_it_belongs() -> None:
    assert _read({"customfield_10016"}, {}) == (
        WorkItem(
            key="1",
            ref="PAY-1",
            title="Ship it",
            state=State.DONE,
            status="Erledigt",
            type="Story",
            url="https://acme.atlassian.net/browse/PAY-1",
            created=datetime(2026, 10, 1, 8, tzinfo=UTC),
            updated=datetime(2026, 11, 1, 15, 0, 0, 123000, tzinfo=UTC),
            done=datetime(2026, 10, 30, 8, tzinfo=UTC),
            due=date(2026, 12, 24),
            assignee="Mira Okafor",
            parent="PAY-1",
            labels=frozenset({"okr", "Größe"}),
            fields={"priority": "High", "resolution": None, "customfield_10016": Decimal("2.5")},
        ),
    )


@pytest.mark.parametrize(
    ("category", "state"),
    [("new", State.TODO), ("indeterminate", State.DOING), ("done", State.DONE), ("undefined", State.TODO)],
)
def test_the_state_is_the_category_whatever_the_status_is_called(category: str, state: State) -> None:
    (item,) = _read((), {"status": {"name": "完了", "statusCategory": {"key": category}}})
    assert (item.state, item.status) == (state, "完了")
    assert (item.done is not None) == (state is State.DONE)


def test_without_a_category_date_the_resolution_date_counts() -> None:
    (item,) = _read((), {"statuscategorychangedate": "-"})
    assert item.done == datetime(2026, 10, 29, 8, tzinfo=UTC)


def test_a_field_that_is_absent_is_left_out_and_an_empty_one_is_none() -> None:
    absent, empty = _read(
        {"customfield_10016", "customfield_7"},
        {"customfield_10016": "-", "priority": "-"},
        {"customfield_10016": None, "customfield_7": None},
    )
    assert absent.fields == {"resolution": None}
    assert empty.fields == {"priority": "High", "resolution": None, "customfield_10016": None, "customfield_7": None}


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (3, Decimal(3)),
        (0.1, Decimal("0.1")),
        ("text", "text"),
        ("2026-12-01", date(2026, 12, 1)),
        ("2026-13-45", "2026-13-45"),
        ("2026-12-01T09:30:00.000+0100", datetime(2026, 12, 1, 8, 30, tzinfo=UTC)),
        (True, True),
        ({"self": "x", "value": "Platform", "id": "1"}, "Platform"),
        ({"name": "v1.2", "released": True}, "v1.2"),
        ({"accountId": "1", "displayName": "Ana"}, "Ana"),
        ([{"value": "a"}, {"name": "b"}], ("a", "b")),
        (["x", 2], ("x", "2")),
        ([], ()),
        (
            {"type": "doc", "content": [{"type": "paragraph", "content": [{"type": "text", "text": "Hi there"}]}]},
            "Hi there",
        ),
    ],
)
def test_a_custom_value_becomes_what_rules_can_compare(raw: object, value: object) -> None:
    (item,) = _read({"customfield_7"}, {"customfield_7": raw})
    assert item.fields["customfield_7"] == value


def test_standard_fields_may_be_named_by_rules_too() -> None:
    (item,) = _read({"duedate", "labels", "components"}, {"components": [{"name": "API"}]})
    assert item.fields["duedate"] == date(2026, 12, 24)
    assert item.fields["labels"] == ("okr", "Größe")
    assert item.fields["components"] == ("API",)


def test_a_cascading_option_is_both_of_its_levels() -> None:
    (item,) = _read({"customfield_7"}, {"customfield_7": {"value": "EMEA", "child": {"value": "Germany"}}})
    assert item.fields["customfield_7"] == ("EMEA", "Germany")


@pytest.mark.parametrize("id", sorted(DURATIONS))
def test_times_that_were_spent_or_estimated_are_lengths_of_time(id: str) -> None:
    (item, none) = _read({id}, {id: 7200}, {id: None})
    assert item.fields[id] == timedelta(hours=2)
    assert none.fields[id] is None


@pytest.mark.parametrize(
    ("id", "raw", "value"),
    [
        ("votes", {"self": "x", "votes": 4, "hasVoted": True}, Decimal(4)),
        ("watches", {"self": "x", "watchCount": 2, "isWatching": False}, Decimal(2)),
        ("progress", {"progress": 3600, "total": 7200, "percent": 50}, Decimal(50)),
        ("progress", {"progress": 0, "total": 0}, None),
        ("progress", {"progress": 1800, "total": 7200}, Decimal(25)),
        ("timespent", "7200", timedelta(hours=2)),
        ("aggregateprogress", {"progress": 0, "total": 7200, "percent": 0}, Decimal(0)),
        ("comment", {"comments": [{"id": "1"}], "maxResults": 1, "total": 7, "startAt": 0}, Decimal(7)),
        ("worklog", {"worklogs": [], "total": 3, "maxResults": 20, "startAt": 0}, Decimal(3)),
        ("workratio", 150, Decimal(150)),
        ("workratio", -1, None),
        (
            "issuelinks",
            [
                {"id": "1", "type": {"name": "Blocks"}, "outwardIssue": {"id": "2", "key": "PAY-2"}},
                {"id": "2", "type": {"name": "Blocks"}, "inwardIssue": {"id": "3", "key": "WEB-3"}},
            ],
            ("PAY-2", "WEB-3"),
        ),
        ("subtasks", [{"id": "4", "key": "PAY-4", "fields": {"summary": "Draw"}}], ("PAY-4",)),
        ("attachment", [{"id": "1", "filename": "plan.pdf", "size": 3}], ("plan.pdf",)),
        ("components", [{"self": "x", "id": "1", "name": "API"}], ("API",)),
        ("project", {"id": "1", "key": "PAY", "name": "Payments"}, "Payments"),
        ("creator", {"accountId": "1", "displayName": "Ana"}, "Ana"),
        ("security", {"id": "1", "name": "Internal"}, "Internal"),
        (
            "customfield_7",
            [
                "com.atlassian.greenhopper.service.sprint.Sprint@3c9f[id=3,rapidViewId=1,state=ACTIVE,"
                "name=Sprint 4, late,startDate=2026-11-01T10:00:00.000+01:00,goal=]"
            ],
            ("Sprint 4, late",),
        ),
        ("customfield_7", [{"id": 3, "name": "Sprint 4", "state": "active", "boardId": 1}], ("Sprint 4",)),
    ],
)
def test_what_jiras_own_fields_hold_is_read_as_the_number_or_the_names_that_it_stands_for(
    id: str, raw: object, value: object
) -> None:
    (item,) = _read({id}, {id: raw})
    assert item.fields[id] == value
    assert item.unreadable == {}


@pytest.mark.parametrize(
    "name", ["Won't Do", "Won\u2019t Do", "won't  fix", "DUPLICATE", "Cannot Reproduce", "Declined", "Incomplete"]
)
def test_an_issue_that_nobody_will_do_is_dropped_and_not_done(name: str) -> None:
    dropped, done, open_ = _read(
        (),
        {"resolution": {"name": name}},
        {"resolution": {"name": "Done"}},
        {"resolution": {"name": name}, "status": {"name": "Doing", "statusCategory": {"key": "indeterminate"}}},
    )
    assert (dropped.state, dropped.done) == (State.DROPPED, None)
    assert (done.state, open_.state) == (State.DONE, State.DOING)


@pytest.mark.parametrize("odd", ["Won't Do", {}, {"name": 3}, ["Done"], 7])
def test_with_a_resolution_that_nobody_can_read_nobody_knows_whether_an_issue_is_done_or_dropped(odd: object) -> None:
    done, open_ = _read(
        (),
        {"resolution": odd},
        {"resolution": odd, "status": {"name": "Doing", "statusCategory": {"key": "indeterminate"}}},
    )
    assert "resolution" in done.unreadable["state"]
    assert open_.unreadable == {} or "state" not in open_.unreadable


def test_the_resolutions_that_mean_dropped_are_a_setting() -> None:
    assert dropped("Obsolete, Won't Do") == {"obsolete", "won't do"}
    assert dropped("none") == frozenset()
    assert "duplicate" in dropped("")


UNREADABLE = [
    ({"status": {"name": None, "statusCategory": {"key": "new"}}}, "status", "found null where text was expected"),
    ({"status": {"name": "x"}}, "state", "found null where a category of statuses was expected"),
    ({"status": None}, "state", "found null where a category of statuses was expected"),
    ({"status": 7}, "status", "found null where text was expected"),
    (
        {"status": {"name": "x", "statusCategory": {"key": "abandoned"}}},
        "state",
        "found 'abandoned', which is no category of statuses that the hub knows",
    ),
    ({"summary": "-"}, "title", "found null where text was expected"),
    ({"summary": "x" * 40_000}, "title", "found a text of 40,000 characters"),
    ({"issuetype": []}, "type", "found null where text was expected"),
    ({"labels": "okr"}, "labels", "found text where a list of texts was expected"),
    ({"labels": ["a", 1]}, "labels", "found a list where a list of texts was expected"),
    ({"duedate": "tomorrow"}, "due", "found text where a day was expected"),
    ({"duedate": 5}, "due", "found a number where a day was expected"),
    ({"duedate": "9999-12-31"}, "due", "found a day at the edge of the calendar"),
    ({"duedate": "0001-01-01"}, "due", "found a day at the edge of the calendar"),
    ({"created": "2026-10-01T10:00:00"}, "created", "found text where a time with an offset was expected"),
    ({"created": "-"}, "created", "found null where a time was expected"),
    ({"updated": {}}, "updated", "found an object where a time was expected"),
    (
        {"statuscategorychangedate": "9999-12-31T23:59:59.000Z"},
        "done",
        "found a time at the edge of the calendar",
    ),
    (
        {"statuscategorychangedate": "0001-01-01T00:00:00.000+1400"},
        "done",
        "found a time at the edge of the calendar",
    ),
    ({"statuscategorychangedate": ["2026"]}, "done", "found a list where a time was expected"),
    ({"assignee": "mira"}, "assignee", "found null where text was expected"),
    ({"parent": {"id": "9"}}, "parent", "found null where text was expected"),
    ({"customfield_7": {"colour": "red"}}, "customfield_7", "found an object without a value or a name"),
    ({"customfield_7": [[1]]}, "customfield_7", "found a list with a list in it"),
    ({"customfield_7": "9999-12-31"}, "customfield_7", "found a day at the edge of the calendar"),
    ({"customfield_7": "9999-12-31T23:59:59.000-1200"}, "customfield_7", "found a time at the edge of the calendar"),
    ({"customfield_7": 10**40}, "customfield_7", "found a number that is too large"),
    ({"priority": 3}, "priority", ""),
    ({"votes": {"votes": "many"}}, "votes", "found text where a number was expected"),
    ({"timespent": "2h"}, "timespent", "found text where a number of seconds was expected"),
]


@pytest.mark.parametrize(("change", "name", "why"), UNREADABLE)
def test_what_nobody_can_read_is_the_issues_own_and_everything_else_of_it_is_there(
    change: Mapping[str, Any], name: str, why: str
) -> None:
    odd, other = _read({"customfield_7", "customfield_10016", "votes", "timespent"}, change, {})
    if why:
        assert odd.unreadable[name] == why
    else:
        assert odd.fields[name] == Decimal(3)
    assert name not in odd.fields or not why
    assert (odd.key, odd.fields["customfield_10016"], odd.url) == ("1", Decimal("2.5"), f"{SITE}/browse/PAY-1")
    assert other.unreadable == {}


def test_text_is_kept_as_text_where_a_number_was_and_a_scope_says_what_it_is() -> None:
    text, words, yes, number = _read(
        {"customfield_10016"},
        {"customfield_10016": "3"},
        {"customfield_10016": "five"},
        {"customfield_10016": True},
        {"customfield_10016": 3},
    )
    scope = {"points": "customfield_10016"}
    assert seen_by(text, scope).points == seen_by(number, scope).points == Decimal(3)
    assert seen_by(words, scope).unreadable == seen_by(yes, scope).unreadable == {"points": NOT_A_NUMBER}
    assert seen_by(words, {"Size": "customfield_10016"}).fields == {"Size": "five"}


@pytest.mark.parametrize("odd", [b"1e400", b"-1e999", b"9" * 5000, b'"\\ud800"', b'"\xff"', b"NaN"])
def test_a_number_or_a_letter_beyond_reason_spoils_no_other_issue(odd: bytes) -> None:
    body = msgspec.json.encode(
        {"issues": [{"id": str(n), "key": f"PAY-{n}", "fields": {**FIELDS, "customfield_7": n}} for n in (1, 2)]}
    ).replace(b'"customfield_7":1', b'"customfield_7":' + odd)
    first, second = read_body(body, {"customfield_7", "customfield_10016"})
    assert first.fields["customfield_10016"] == Decimal("2.5")
    assert ("customfield_7" in first.unreadable) is (odd[:1] != b'"')
    assert second.fields["customfield_7"] == Decimal(2)


@pytest.mark.parametrize(
    ("issue", "said"),
    [
        ({"key": "PAY-1", "fields": FIELDS}, "issues[0].id: expected digits, found null"),
        ({"id": "one", "key": "PAY-1", "fields": FIELDS}, "issues[0].id: expected digits, found text"),
        ({"id": True, "key": "PAY-1", "fields": FIELDS}, "issues[0].id: expected digits, found true or false"),
        (7, "issues[0].id: expected digits, found null"),
    ],
)
def test_an_issue_that_has_no_id_is_an_error_of_the_whole_answer(issue: object, said: str) -> None:
    with pytest.raises(Unexpected) as raised:
        read_body(msgspec.json.encode({"issues": [issue]}), ())
    assert str(raised.value) == f"jira changed shape at {said}"


@pytest.mark.parametrize("fields", [None, [], "none", 0])
def test_an_issue_without_any_fields_is_still_an_issue(fields: object) -> None:
    (item,) = read_body(msgspec.json.encode({"issues": [{"id": 17, "key": None, "fields": fields}]}), {"votes"})
    assert (item.key, item.ref, item.title, item.state) == ("17", "17", "", State.TODO)
    assert {"ref", "title", "state", "status", "type", "created", "updated"} <= item.unreadable.keys()
    assert item.fields == {}
