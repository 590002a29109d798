"""From tasks of Planner and To Do to the hub's work items.

https://learn.microsoft.com/graph/api/resources/plannertask and https://learn.microsoft.com/graph/api/resources/todotask
"""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import msgspec

from connectors.errors import Unexpected
from connectors.microsoft.answers import Task, TaskDetails, TodoItem, ZonedTime
from connectors.microsoft.cursors import PlanNames
from connectors.shapes import Scalar, State, WorkItem

STANDARD = ("percent_complete", "priority", "bucket", "checklist_done", "checklist_total", "checklist_percent")
DETAILS = ("description", "checklist")  # kept apart from the task: read only where a rule names them
MORE = ("start", *DETAILS)
TODO = "todo:"  # before the key of a task of To Do

_DAY = slice(0, 10)
_WORDS = {State.TODO: "Not started", State.DOING: "In progress", State.DONE: "Completed"}
_TODO_STATES = {
    "notStarted": State.TODO,
    "inProgress": State.DOING,
    "completed": State.DONE,
    "waitingOnOthers": State.DOING,
    "deferred": State.TODO,
}


def mark_of(task: Task, names: PlanNames, people: Mapping[str, str]) -> str:
    """Return the mark of a task: eight letters, others when its etag, its content or a name that it shows changes.

    The etag alone would not do: it counts the versions of one task, and names are kept elsewhere.
    """
    shown = [names.buckets.get(task.bucket_id or ""), *_labels(task, names), *_assignees(task, people)]
    seen = msgspec.json.encode([task, shown])
    return urlsafe_b64encode(hashlib.blake2b(seen, digest_size=6).digest()).decode()


def work_item(
    task: Task, names: PlanNames, people: Mapping[str, str], tenant: str, details: TaskDetails | None = None
) -> WorkItem:
    """Translate a task of Planner.

    Planner does not tell when a task last changed: `updated` is the latest of the times it does tell (created,
    completed, last assigned). `details` where a rule asked for what stands there.
    """
    state = State.DONE if task.percent_complete >= 100 else State.DOING if task.percent_complete > 0 else State.TODO
    done = task.completed_date_time if state is State.DONE else None
    assigned = [one.assigned_date_time for one in task.assignments.values() if one and one.assigned_date_time]
    total = task.checklist_item_count
    checked = total - task.active_checklist_item_count
    fields: dict[str, Scalar] = {
        "percent_complete": Decimal(task.percent_complete),
        "priority": None if task.priority is None else Decimal(task.priority),
        "bucket": names.buckets.get(task.bucket_id or ""),
        "checklist_done": Decimal(checked),
        "checklist_total": Decimal(total),
        "checklist_percent": round(Decimal(checked * 100) / total, 2) if total else None,
        "start": None if task.start_date_time is None else _utc(task.start_date_time).date(),
    }
    if details is not None:
        lines = sorted((one for one in details.checklist.values() if one), key=lambda one: one.order_hint or "")
        fields["description"] = details.description or None
        fields["checklist"] = tuple(one.title for one in lines if one.title)
    return WorkItem(
        key=task.id,
        ref=task.id[:6],
        title=task.title,
        state=state,
        status=_WORDS[state],
        type="Task",
        url=f"https://tasks.office.com/{tenant}/Home/Task/{task.id}",
        created=_utc(task.created_date_time),
        updated=max(map(_utc, filter(None, [task.created_date_time, done, *assigned]))),
        done=None if done is None else _utc(done),
        due=None if task.due_date_time is None else _utc(task.due_date_time).date(),
        assignee=", ".join(_assignees(task, people)) or None,
        labels=frozenset(_labels(task, names)),
        fields=fields,
    )


def todo_work_item(item: TodoItem, path: str) -> WorkItem:
    """Translate a task of To Do. Raises Unexpected naming what is missing; `path` says where it stood."""
    state = _TODO_STATES.get(item.status or "")
    if state is None:
        raise Unexpected(f"microsoft changed shape at {path}.status: {str(item.status)[:40]!r} is no status we know")
    if item.created_date_time is None or item.last_modified_date_time is None:
        raise Unexpected(f"microsoft changed shape at {path}: createdDateTime or lastModifiedDateTime is missing")
    done = item.completed_date_time if state is State.DONE else None
    return WorkItem(
        key=TODO + item.id,
        ref=item.id[-7:].rstrip("="),
        title=item.title or "",
        state=state,
        status=item.status or "",
        type="To Do",
        url=f"https://to-do.office.com/tasks/id/{item.id}/details",
        created=_utc(item.created_date_time),
        updated=_utc(item.last_modified_date_time),
        done=None if done is None else _zoned(done, f"{path}.completedDateTime"),
        due=None if item.due_date_time is None else _zoned(item.due_date_time, f"{path}.dueDateTime").date(),
        labels=frozenset(item.categories),
        fields={"importance": item.importance},
    )


def _labels(task: Task, names: PlanNames) -> list[str]:
    """Return the names of a task's labels; one that nobody named is called as Graph calls it: category3."""
    return [names.labels.get(one) or one for one, is_set in sorted(task.applied_categories.items()) if is_set]


def _assignees(task: Task, people: Mapping[str, str]) -> list[str]:
    return sorted(people.get(user) or user for user, held in task.assignments.items() if held is not None)


def _utc(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise Unexpected("microsoft changed shape: a time has no offset")
    return at.astimezone(UTC)


def _zoned(at: ZonedTime, path: str) -> datetime:
    """Return a time of Outlook's in UTC. It comes in UTC unless asked otherwise, which we do not."""
    try:
        day = date.fromisoformat(at.date_time[_DAY])
        clock = datetime.fromisoformat(at.date_time.split(".")[0])
        zone = UTC if at.time_zone in {"UTC", "tzone://Microsoft/Utc"} else ZoneInfo(at.time_zone)
    except (ValueError, KeyError, OSError):
        raise Unexpected(f"microsoft changed shape at {path}: expected a time and its zone") from None
    return datetime.combine(day, clock.time(), zone).astimezone(UTC)
