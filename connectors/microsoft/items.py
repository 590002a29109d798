"""From tasks of Planner and To Do to the hub's work items.

https://learn.microsoft.com/graph/api/resources/plannertask and https://learn.microsoft.com/graph/api/resources/todotask
"""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import msgspec

from connectors.microsoft.answers import Task, TaskDetails, TodoItem, ZonedTime
from connectors.microsoft.cursors import PlanNames
from connectors.shapes import Scalar, State, WorkItem
from connectors.tame import instant

STANDARD = ("percent_complete", "priority", "bucket", "checklist_done", "checklist_total", "checklist_percent")
DETAILS = ("description", "checklist")  # kept apart from the task: read only where a rule names them
MORE = ("start", *DETAILS)
TODO = "todo:"  # before the key of a task of To Do

_LINES = ("checklist_done", "checklist_total", "checklist_percent")
_MOST_LINES = 1_000_000  # Planner itself allows 20
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)  # where a task tells no time at all; `unreadable` says so
_OURS = {  # Graph's names -> the attributes and fields that come of them
    "title": ("title",),
    "percentComplete": ("state", "percent_complete"),
    "status": ("state", "status"),
    "createdDateTime": ("created",),
    "lastModifiedDateTime": ("updated",),
    "completedDateTime": ("done",),
    "dueDateTime": ("due",),
    "startDateTime": ("start",),
    "assignments": ("assignee",),
    "appliedCategories": ("labels",),
    "categories": ("labels",),
    "bucketId": ("bucket",),
    "priority": ("priority",),
    "importance": ("importance",),
    "checklistItemCount": _LINES,
    "activeChecklistItemCount": _LINES,
}
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
    odd = _named(task.odd)
    percent = task.percent_complete
    if percent is None or not 0 <= percent <= 100:
        odd |= dict.fromkeys(
            ("state", "percent_complete"), odd.get("state", "percentComplete is missing or no percentage")
        )
        percent = None
    state = State.DONE if percent == 100 else State.DOING if percent else State.TODO
    created = _read(task.created_date_time, "created", odd)
    done = _read(task.completed_date_time, "done", odd) if state is State.DONE else None
    due = _read(task.due_date_time, "due", odd)
    start = _read(task.start_date_time, "start", odd)
    assigned = [_read(one.assigned_date_time, "updated", odd) for one in task.assignments.values() if one]
    times = [at for at in (created, done, *assigned) if at]
    if created is None:
        odd.setdefault("created", "createdDateTime is missing")
    if not times:
        odd.setdefault("updated", "no time of the task can be read")
    if task.title is None:
        odd.setdefault("title", "it is missing")
    total, still_open = task.checklist_item_count, task.active_checklist_item_count
    if total is None or still_open is None:
        odd |= dict.fromkeys(_LINES, odd.get("checklist_total") or "the number of lines is missing")
        total = still_open = 0
    checked = total - still_open
    if not 0 <= checked <= total <= _MOST_LINES:
        odd |= dict.fromkeys(_LINES, "more lines are open, or there are more of them, than there can be")
        total = checked = 0
    fields: dict[str, Scalar] = {
        "percent_complete": None if percent is None else Decimal(percent),
        "priority": None if task.priority is None else Decimal(task.priority),
        "bucket": names.buckets.get(task.bucket_id or ""),
        "checklist_done": Decimal(checked),
        "checklist_total": Decimal(total),
        "checklist_percent": round(Decimal(checked * 100) / total, 2) if total else None,
        "start": None if start is None else start.date(),
    }
    if details is not None:
        lines = sorted((one for one in details.checklist.values() if one), key=lambda one: one.order_hint or "")
        fields["description"] = details.description or None
        fields["checklist"] = tuple(one.title for one in lines if one.title)
    return WorkItem(
        key=task.id,
        ref=task.id[:6],
        title=task.title or "",
        state=state,
        status=_WORDS[state],
        type="Task",
        url=f"https://tasks.office.com/{tenant}/Home/Task/{task.id}",
        created=created or min(times, default=_LONG_AGO),
        updated=max(times, default=_LONG_AGO),
        done=done,
        due=None if due is None else due.date(),
        assignee=", ".join(_assignees(task, people)) or None,
        labels=frozenset(_labels(task, names)),
        fields={name: value for name, value in fields.items() if name not in odd},
        unreadable=odd,
    )


def todo_work_item(item: TodoItem, now: datetime) -> WorkItem:
    """Translate a task of To Do; `now` stands in where it tells no time at all, and `unreadable` says so."""
    odd = _named(item.odd)
    state = _TODO_STATES.get(item.status or "")
    if state is None:
        odd.setdefault("state", f"{str(item.status)[:40]!r} is no status we know")
    created = _read(item.created_date_time, "created", odd)
    updated = _read(item.last_modified_date_time, "updated", odd)
    for name, at in (("created", created), ("updated", updated)):
        if at is None:
            odd.setdefault(name, "it is missing")
    if item.title is None:
        odd.setdefault("title", "it is missing")
    done = _zoned(item.completed_date_time, "done", odd) if state is State.DONE else None
    due = _zoned(item.due_date_time, "due", odd)
    return WorkItem(
        key=TODO + item.id,
        ref=item.id[-7:].rstrip("="),
        title=item.title or "",
        state=state or State.TODO,
        status=item.status or "",
        type="To Do",
        url=f"https://to-do.office.com/tasks/id/{item.id}/details",
        created=created or updated or now,
        updated=updated or created or now,
        done=done,
        due=None if due is None else due.date(),
        labels=frozenset(item.categories),
        fields={} if "importance" in odd else {"importance": item.importance},
        unreadable=odd,
    )


def _labels(task: Task, names: PlanNames) -> list[str]:
    """Return the names of a task's labels; one that nobody named is called as Graph calls it: category3."""
    return [names.labels.get(one) or one for one, is_set in sorted(task.applied_categories.items()) if is_set]


def _assignees(task: Task, people: Mapping[str, str]) -> list[str]:
    return sorted(people.get(user) or user for user, held in task.assignments.items() if held is not None)


def _named(odd: Mapping[str, str]) -> dict[str, str]:
    """Return what could not be read by the hub's names instead of Graph's."""
    return {ours: why for theirs, why in odd.items() for ours in _OURS.get(theirs, ())}


def _read(at: datetime | None, name: str, odd: dict[str, str]) -> datetime | None:
    """Return a time in UTC; one without an offset or at the edge of the calendar is noted and left out."""
    if at is None:
        return None
    try:
        return instant(at)
    except ValueError as why:
        odd[name] = str(why)
        return None


def _zoned(at: ZonedTime | None, name: str, odd: dict[str, str]) -> datetime | None:
    """Return a time of Outlook's in UTC. It comes in UTC unless asked otherwise, which we do not."""
    if at is None:
        return None
    try:
        clock = datetime.fromisoformat(at.date_time.split(".")[0])
        zone = UTC if at.time_zone in {"UTC", "tzone://Microsoft/Utc"} else ZoneInfo(at.time_zone)
        return instant(clock.replace(tzinfo=zone))
    except (ValueError, KeyError, OSError):
        odd[name] = "found no time with a zone that is known"
        return None
