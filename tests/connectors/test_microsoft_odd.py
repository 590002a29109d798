"""Tasks of Planner that hold odd things, and answers that are not what was asked for."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.errors import Unexpected
from connectors.microsoft.answers import TaskDetails, read_task
from connectors.microsoft.cursors import PlanNames
from connectors.microsoft.items import mark_of, work_item
from connectors.shapes import State, WorkItem

NAMES = PlanNames(datetime(2026, 11, 1, tzinfo=UTC), {"b1": "Now"}, {"category1": "Legal"})
TASK: dict[str, Any] = {
    "@odata.etag": 'W/"1"',
    "id": "task-one",
    "planId": "plan-one",
    "bucketId": "b1",
    "title": "Sign the lease",
    "percentComplete": 100,
    "priority": 1,
    "createdDateTime": "2026-10-01T08:00:00.1234567Z",
    "startDateTime": "2026-10-02T10:00:00Z",
    "dueDateTime": "2026-12-01T10:00:00Z",
    "completedDateTime": "2026-11-20T08:00:00Z",
    "assignments": {"u1": {"assignedDateTime": "2026-10-03T08:00:00Z"}},
    "appliedCategories": {"category1": True},
    "checklistItemCount": 4,
    "activeChecklistItemCount": 1,
}


def read(change: dict[str, Any] | None = None, details: TaskDetails | None = None) -> WorkItem:
    task = read_task({**TASK, **(change or {})}, "plan-one", "value[0]")
    return work_item(task, NAMES, {"u1": "Mira Okafor"}, "acme.test", details)


def test_a_task_is_read_whole() -> None:
    item = read()
    assert (item.state, item.done, item.unreadable) == (State.DONE, datetime(2026, 11, 20, 8, tzinfo=UTC), {})
    assert (item.labels, item.assignee, item.fields["bucket"]) == ({"Legal"}, "Mira Okafor", "Now")
    assert item.fields["checklist_percent"] == 75
    assert item.due == datetime(2026, 12, 1, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("change", "name", "why"),
    [
        ({"title": None}, "title", "found null where text was expected"),
        ({"percentComplete": "100"}, "state", "found text where a whole number was expected"),
        ({"percentComplete": None}, "state", "found null where a whole number was expected"),
        ({"percentComplete": True}, "percent_complete", "found true or false where a whole number was expected"),
        ({"percentComplete": 10**60}, "percent_complete", "found a number that is too large"),
        ({"createdDateTime": None}, "created", "found null where a time was expected"),
        ({"createdDateTime": "0001-01-01T00:00:00Z"}, "created", "found a time at the edge of the calendar"),
        ({"dueDateTime": "9999-12-31T23:59:59Z"}, "due", "found a time at the edge of the calendar"),
        ({"dueDateTime": "tomorrow"}, "due", "found text where a time with an offset was expected"),
        ({"startDateTime": 5}, "start", "found a number where a time was expected"),
        ({"completedDateTime": "2026-11-20T08:00:00"}, "done", "found text where a time with an offset was expected"),
        ({"priority": "urgent"}, "priority", "found text where a number was expected"),
        ({"bucketId": 7}, "bucket", "found a number where text was expected"),
        ({"assignments": ["u1"]}, "assignee", "found a list where an object was expected"),
        ({"appliedCategories": "category1"}, "labels", "found text where an object was expected"),
        (
            {"appliedCategories": {"category1": "true", "category2": True}},
            "labels",
            "found text where true or false was expected",
        ),
        ({"percentComplete": 101}, "percent_complete", "found a number that is no percentage"),
        ({"percentComplete": -1}, "status", "found a number that is no percentage"),
        (
            {"checklistItemCount": 3, "activeChecklistItemCount": 4},
            "checklist_done",
            "found more lines than there can be",
        ),
        ({"activeChecklistItemCount": None}, "checklist_percent", "found null where a whole number was expected"),
        ({"checklistItemCount": "four"}, "checklist_total", "found text where a whole number was expected"),
    ],
)
def test_what_nobody_can_read_of_a_task_is_its_own(change: dict[str, Any], name: str, why: str) -> None:
    item = read(change)
    assert item.unreadable[name] == why
    assert name not in item.fields
    assert (item.key, item.url.endswith("task-one")) == ("task-one", True)


def test_an_open_task_needs_no_readable_date_of_its_end() -> None:
    assert read({"percentComplete": 50, "completedDateTime": "soon"}).unreadable == {}


def test_odd_assignments_are_passed_over_one_by_one() -> None:
    item = read(
        {
            "assignments": {"@odata.type": "x", "u1": "yes", "u2": None, "u3": {"assignedDateTime": 5}},
            "appliedCategories": {"@odata.type": "x", "category1": False, "category2": True, "category3": None},
        }
    )
    assert (item.assignee, item.labels, item.unreadable) == ("Mira Okafor, u3", {"category2"}, {})


def test_odd_details_are_the_tasks_own() -> None:
    item = read(details=TaskDetails("task-one", 7, {"1": {"title": "Call"}, "2": None, "3": {"title": 5}, "4": "x"}))
    assert item.fields["checklist"] == ("Call",)
    assert item.unreadable == {"description": "found a number where text was expected"}
    assert read(details=TaskDetails("task-one", "why", ["Call"])).unreadable.keys() == {"checklist"}


def test_a_task_that_becomes_odd_counts_as_changed() -> None:
    def mark(change: dict[str, Any]) -> str:
        return mark_of(read_task({**TASK, **change}, "plan-one", "value[0]"), NAMES, {})

    assert mark({}) == mark({})
    assert len({mark({}), mark({"dueDateTime": "soon"}), mark({"dueDateTime": None}), mark({"dueDateTime": 5})}) == 4


@pytest.mark.parametrize("raw", [None, 7, [], {}, {**TASK, "id": None}, {**TASK, "id": ""}, {**TASK, "id": 5}])
def test_a_task_without_an_id_is_an_error_of_the_whole_answer(raw: object) -> None:
    with pytest.raises(Unexpected, match=r"value\[0\]\.id: found"):
        read_task(raw, "plan-one", "value[0]")


def test_a_task_is_in_the_plan_that_was_asked_where_it_does_not_say() -> None:
    assert read_task({**TASK, "planId": None}, "plan-one", "value[0]").plan_id == "plan-one"
    with pytest.raises(Unexpected, match="planId"):
        read_task({**TASK, "planId": None}, "", "a task")


@pytest.mark.parametrize("percent", [33.5, -0.0, 1e30])
def test_a_share_that_is_no_whole_number_is_none(percent: float) -> None:
    assert read({"percentComplete": percent}).unreadable.keys() == {"percent_complete", "state", "status"}
