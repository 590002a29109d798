"""From Asana's task to the hub's work item. Fields: https://developers.asana.com/reference/tasks"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal

from msgspec import UNSET

from connectors.asana.answers import CustomValue, Named, Task
from connectors.errors import Unexpected
from connectors.shapes import Scalar, State, WorkItem
from connectors.tame import moment

POINTS = "points"
CARRIED = ("Projects", "Sections", "Approval")  # on every item, asked for or not
TYPES = {"default_task": "Task", "milestone": "Milestone", "approval": "Approval"}
# An approval that asks for changes is `completed` to Asana; the work on it is not over.
_APPROVALS = {
    "pending": State.TODO,
    "changes_requested": State.DOING,
    "approved": State.DONE,
    "rejected": State.DROPPED,
}


def work_item(task: Task, gids: frozenset[str]) -> WorkItem:
    """Translate a task.

    `gids` are of the custom fields to bring along. Raises Unexpected naming the path that has another shape.
    """
    where = f"tasks[{task.gid}]"
    state = _state(task, where)
    # by gid, the oldest project first: a status must not hang on who asks, nor on the order Asana answers in
    held = sorted((m for m in task.memberships if m.project is not None), key=lambda m: _age(m.project))
    sections = [m.section.name for m in held if m.section is not None and m.section.name]
    extra: dict[str, Scalar] = {
        "Projects": tuple(m.project.name for m in held if m.project is not None and m.project.name),
        "Sections": tuple(sections),
        "Approval": task.approval_status,
    }
    if task.custom_fields is not UNSET:
        for value in task.custom_fields:
            if value.gid in gids:
                extra[value.gid] = _value(value, f"{where}.custom_fields[{value.gid}]")
    return WorkItem(
        key=task.gid,
        ref=task.gid,
        title=task.name,
        state=state,
        status=sections[0] if sections else ("Completed" if task.completed else "Incomplete"),
        type=(task.custom_type.name if task.custom_type and task.custom_type.name else None)
        or TYPES.get(task.resource_subtype, task.resource_subtype),
        url=_link(task),
        created=_utc(task.created_at, f"{where}.created_at"),
        updated=_utc(task.modified_at, f"{where}.modified_at"),
        done=_utc(task.completed_at, f"{where}.completed_at") if state is State.DONE and task.completed_at else None,
        due=_day(task.due_on, f"{where}.due_on"),
        assignee=task.assignee.name if task.assignee else None,
        parent=task.parent.gid if task.parent else None,
        labels=frozenset(tag.name for tag in task.tags if tag.name),
        fields=extra,
    )


def _link(task: Task) -> str:
    # people click on it: what is no plain address is not passed on
    link = task.permalink_url or ""
    return link if link.startswith("https://") else f"https://app.asana.com/0/0/{task.gid}"


def _state(task: Task, where: str) -> State:
    if task.resource_subtype != "approval" or task.approval_status is None:
        return State.DONE if task.completed else State.TODO
    found = _APPROVALS.get(task.approval_status)
    if found is None:
        raise Unexpected(
            f"asana changed shape at {where}.approval_status: {task.approval_status[:40]!r} is not a status we know"
        )
    return found


def _age(project: Named | None) -> tuple[int, str]:
    gid = project.gid if project is not None else ""
    return len(gid), gid


def _utc(at: datetime, path: str) -> datetime:
    if at.tzinfo is None:
        raise Unexpected(f"asana changed shape at {path}: expected a time with an offset, found one without")
    return at.astimezone(UTC)


def _day(text: str | None, path: str) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Unexpected(f"asana changed shape at {path}: expected a date, found text") from None


def _value(field: CustomValue, path: str) -> Scalar:
    """Return a custom field's value: a number, an option's name, a day or time, a list of names, or text.

    A kind of field that is not known here is read as people see it (`display_value`).
    """
    match field.type:
        case "number":
            return None if field.number_value is None else Decimal(str(field.number_value))
        case "enum":
            return field.enum_value.name if field.enum_value else None
        case "multi_enum":
            return _names(field.multi_enum_values)
        case "people":
            return _names(field.people_value)
        case "text":
            return field.text_value
        case "date":
            return _date(field, path)
    return field.display_value


def _names(values: Iterable[Named] | None) -> tuple[str, ...]:
    return tuple(one.name for one in values or () if one.name)


def _date(field: CustomValue, path: str) -> Scalar:
    value = field.date_value
    if value is None:
        return None
    try:
        if value.date_time:
            return moment(value.date_time)
        return date.fromisoformat(value.date) if value.date else None
    except ValueError:
        raise Unexpected(f"asana changed shape at {path}.date_value: expected a date, found text") from None
