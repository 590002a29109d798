"""From tasks of Planner and To Do to the hub's work items.

https://learn.microsoft.com/graph/api/resources/plannertask and https://learn.microsoft.com/graph/api/resources/todotask
"""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import msgspec

from connectors.errors import Unexpected
from connectors.lenient import Legible, expected, member, parts
from connectors.microsoft.answers import Task, TaskDetails
from connectors.microsoft.cursors import PlanNames
from connectors.shapes import Scalar, State, WorkItem
from connectors.tame import instant

STANDARD = ("percent_complete", "priority", "bucket", "checklist_done", "checklist_total", "checklist_percent")
DETAILS = ("description", "checklist")  # kept apart from the task: read only where a rule names them
MORE = ("start", *DETAILS)
TODO = "todo:"  # before the key of a task of To Do

_DAY = slice(0, 10)
_UTC = frozenset({"UTC", "tzone://Microsoft/Utc"})
_NEVER = datetime(2002, 1, 1, tzinfo=UTC)  # where a task has no date that can be read
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
    """Translate a task of Planner. What could not be read of it is said and left out.

    Planner does not tell when a task last changed: `updated` is the latest of the times it does tell (created,
    completed, last assigned). `details` where a rule asked for what stands there. `start` and `due` are instants, as
    Planner keeps them: https://learn.microsoft.com/graph/api/resources/plannertask
    """
    state = State.DONE if task.percent_complete >= 100 else State.DOING if task.percent_complete > 0 else State.TODO
    done = task.completed if state is State.DONE else None
    total, checked = task.checklist_total, task.checklist_total - task.checklist_open
    fields: dict[str, Scalar] = {
        "percent_complete": task.percent_complete,
        "priority": task.priority,
        "bucket": names.buckets.get(task.bucket_id or ""),
        "checklist_done": checked,
        "checklist_total": total,
        "checklist_percent": round(checked * 100 / total, 2) if total else None,
        "start": task.start,
    }
    unreadable = dict(task.unreadable)
    if details is not None:
        more = Legible()
        fields["description"] = more.maybe_text("description", details.description)
        fields["checklist"] = _checklist(more, details.checklist)
        unreadable |= more.unreadable
    times = [at for at in (task.created, done, *task.assigned) if at is not None]
    return WorkItem(
        key=task.id,
        ref=task.id[:6],
        title=task.title,
        state=state,
        status=_WORDS[state],
        type="Task",
        url=f"https://tasks.office.com/{tenant}/Home/Task/{task.id}",
        created=task.created or min(times, default=_NEVER),
        updated=max(times, default=_NEVER),
        done=done,
        due=task.due,
        assignee=", ".join(_assignees(task, people)) or None,
        labels=frozenset(_labels(task, names)),
        fields={name: value for name, value in fields.items() if name not in unreadable},
        unreadable={name: why for name, why in unreadable.items() if name != "done" or state is State.DONE},
    )


def todo_work_item(raw: object, path: str) -> WorkItem:
    """Translate a task of To Do. Raises Unexpected where it has no id; `path` says where it stood."""
    legible, item = Legible(), parts(raw)
    id = todo_id(raw, path)
    status = legible.text("status", item.get("status"))
    state = _TODO_STATES.get(status)
    if state is None:
        legible.note(
            "state",
            f"found {status[:40]!r}, which is no status that the hub knows" if status else expected(None, "a status"),
        )
    times = {}
    for name, at in (("created", "createdDateTime"), ("updated", "lastModifiedDateTime")):
        times[name] = legible.moment(name, item.get(at))
        if times[name] is None and name not in legible.unreadable:
            legible.odd(name, None, "a time")
    created = times["created"] or times["updated"] or _NEVER
    done = _zoned(legible, "done", item.get("completedDateTime")) if state is State.DONE else None
    importance = legible.maybe_text("importance", item.get("importance"))
    return WorkItem(
        key=TODO + id,
        ref=id[-7:].rstrip("="),
        title=legible.text("title", item.get("title")),
        state=state or State.TODO,
        status=status,
        type="To Do",
        url=f"https://to-do.office.com/tasks/id/{id}/details",
        created=created,
        updated=times["updated"] or created,
        done=done,
        due=_day(legible, "due", item.get("dueDateTime")),
        labels=legible.names("labels", item.get("categories")),
        fields={} if "importance" in legible.unreadable else {"importance": importance},
        unreadable=legible.unreadable,
    )


def todo_id(raw: object, path: str) -> str:
    """Return the id of a task of To Do. Raises Unexpected where it has none."""
    id = member(raw, "id")
    if not isinstance(id, str) or not id:
        raise Unexpected(f"microsoft changed shape at {path}.id: {expected(id, 'text')}")
    return id


def _labels(task: Task, names: PlanNames) -> list[str]:
    """Return the names of a task's labels; one that nobody named is called as Graph calls it: category3."""
    return [names.labels.get(one) or one for one in task.categories]


def _assignees(task: Task, people: Mapping[str, str]) -> list[str]:
    return sorted(people.get(user) or user for user in task.users)


def _checklist(legible: Legible, found: object) -> tuple[str, ...]:
    if found is None:
        return ()
    if not isinstance(found, dict):
        legible.odd("checklist", found, "an object")
        return ()
    lines = [parts(one) for name, one in found.items() if isinstance(one, dict) and not name.startswith("@")]
    lines.sort(key=lambda one: str(one.get("orderHint") or ""))
    return tuple(one["title"] for one in lines if isinstance(one.get("title"), str) and one["title"])


def _zoned(legible: Legible, name: str, found: object) -> datetime | None:
    """Return a time of Outlook's in UTC. It comes in UTC unless asked otherwise, which we do not."""
    if found is None:
        return None
    said, zone = member(found, "dateTime"), member(found, "timeZone")
    if not isinstance(said, str) or not isinstance(zone, str):
        legible.odd(name, found if not isinstance(found, dict) else None, "a time and its zone")
        return None
    try:
        clock = datetime.fromisoformat(said.split(".")[0].removesuffix("Z"))
        return instant(clock.replace(tzinfo=UTC if zone in _UTC else ZoneInfo(zone)))
    except (ValueError, KeyError, OSError, OverflowError):
        legible.note(name, "found no time with a zone that the hub knows")
        return None


def _day(legible: Legible, name: str, found: object) -> date | None:
    """Return a due date of To Do: the day as it is written, in whatever zone, for it is a day and no instant.

    https://learn.microsoft.com/graph/api/resources/todotask: "the date in the specified time zone".
    """
    if found is None:
        return None
    said = member(found, "dateTime")
    if not isinstance(said, str):
        legible.odd(name, found if not isinstance(found, dict) else said, "a day")
        return None
    return legible.day(name, said[_DAY])
