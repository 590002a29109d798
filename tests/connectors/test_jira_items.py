"""From Jira's issue to a work item, and what happens when Jira's shape changes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from connectors.errors import Unexpected
from connectors.jira.answers import bodies_with
from connectors.jira.full_read import translate
from connectors.shapes import State, WorkItem
from connectors.tame import decode

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


def _read(names: Mapping[str, str], *changes: Mapping[str, Any]) -> tuple[WorkItem, ...]:
    issues = [
        {
            "id": str(n),
            "key": f"PAY-{n}",
            "self": "https://x",
            "fields": {k: v for k, v in {**FIELDS, **c}.items() if v != "-"},
        }
        for n, c in enumerate(changes, start=1)
    ]
    body = msgspec.json.encode({"expand": "names", "issues": issues, "issueErrors": []})
    found = decode(bodies_with(frozenset(names.values())), body, "jira")
    return translate(found.issues, "https://acme.atlassian.net", names)


def test_every_part_of_an_issue_lands_where_it_belongs() -> None:
    assert _read({"points": "customfield_10016"}, {}) == (
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
            points=Decimal("2.5"),
            parent="PAY-1",
            labels=frozenset({"okr", "Größe"}),
            fields={"Priority": "High", "Resolution": None, "points": Decimal("2.5")},
        ),
    )


@pytest.mark.parametrize(
    ("category", "state"),
    [("new", State.TODO), ("indeterminate", State.DOING), ("done", State.DONE), ("undefined", State.TODO)],
)
def test_the_state_is_the_category_whatever_the_status_is_called(category: str, state: State) -> None:
    (item,) = _read({}, {"status": {"name": "完了", "statusCategory": {"key": category}}})
    assert (item.state, item.status) == (state, "完了")
    assert (item.done is not None) == (state is State.DONE)


def test_without_a_category_date_the_resolution_date_counts() -> None:
    (item,) = _read({}, {"statuscategorychangedate": "-"})
    assert item.done == datetime(2026, 10, 29, 8, tzinfo=UTC)


def test_a_field_that_is_absent_is_left_out_and_an_empty_one_is_none() -> None:
    absent, empty = _read(
        {"points": "customfield_10016", "Team size": "customfield_7"},
        {"customfield_10016": "-", "priority": "-"},
        {"customfield_10016": None, "customfield_7": None},
    )
    assert absent.fields == {"Resolution": None}
    assert absent.points is None
    assert empty.fields == {"Priority": "High", "Resolution": None, "points": None, "Team size": None}


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
    (item,) = _read({"Extra": "customfield_7"}, {"customfield_7": raw})
    assert item.fields["Extra"] == value


def test_standard_fields_may_be_named_by_rules_too() -> None:
    (item,) = _read(
        {"Due": "duedate", "labels": "labels", "components": "components"}, {"components": [{"name": "API"}]}
    )
    assert item.fields["Due"] == date(2026, 12, 24)
    assert item.fields["labels"] == ("okr", "Größe")
    assert item.fields["components"] == ("API",)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {"status": {"name": None, "statusCategory": {"key": "new"}}},
            "issues[1].fields.status.name: expected text, found null",
        ),
        ({"status": {"name": "x"}}, "issues[1].fields.status.statusCategory: it is missing"),
        ({"summary": "-"}, "issues[1].fields.summary: it is missing"),
        ({"labels": "okr"}, "issues[1].fields.labels: expected a list, found text"),
        ({"customfield_10016": "five"}, "issues[1].fields.customfield_10016: expected a number, found text"),
        ({"customfield_10016": True}, "issues[1].fields.customfield_10016: expected a number, found true or false"),
        ({"duedate": "tomorrow"}, "issues[1].fields.duedate: expected a date, found text"),
        (
            {"created": "2026-10-01T10:00:00"},
            "issues[1].fields.created: expected a time with an offset, found one without",
        ),
        (
            {"customfield_7": {"colour": "red"}},
            "issues[1].fields.customfield_7: expected an object with a value or a name",
        ),
        ({"customfield_7": [[1]]}, "issues[1].fields.customfield_7[0]: expected text, found a list"),
        (
            {"status": {"name": "x", "statusCategory": {"key": "abandoned"}}},
            "issues[1].fields.status.statusCategory.key: 'abandoned' is not a category we know",
        ),
    ],
)
def test_another_shape_names_the_issue_and_the_path(change: Mapping[str, Any], said: str) -> None:
    with pytest.raises(Unexpected) as raised:
        _read({"points": "customfield_10016", "Extra": "customfield_7"}, {}, change)
    assert str(raised.value).startswith(f"jira changed shape at {said}")
