"""From Asana's task to the hub's work item. Fields: https://developers.asana.com/reference/tasks"""

from __future__ import annotations

from datetime import UTC, date, datetime

from connectors.asana.answers import Membership, Task
from connectors.asana.custom_values import calendar_day, custom_values
from connectors.salvage import expected
from connectors.shapes import Scalar, State, WorkItem
from connectors.tame import instant

POINTS = "points"
CARRIED = ("Projects", "Sections", "Approval")  # on every item, asked for or not
TICK = "completion@"  # whether it is ticked, in a word: the status where there is no section
HEADING = "Heading"
TYPES = {"default_task": "Task", "milestone": "Milestone", "approval": "Approval", "section": HEADING}
# An approval that asks for changes is `completed` to Asana; the work on it is not over.
_APPROVALS = {
    "pending": State.TODO,
    "changes_requested": State.DOING,
    "approved": State.DONE,
    "rejected": State.DROPPED,
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# what Asana calls it -> what it is to the hub
_ATTRIBUTES = {
    "name": "title", "created_at": "created", "modified_at": "updated", "due_on": "due", "due_at": "due",
    "assignee": "assignee", "permalink_url": "url", "parent": "parent", "tags": "labels", "custom_type": "type",
    "resource_subtype": "type",
}  # fmt: skip


def section_id(project: str) -> str:
    """Return the id of the connector's own field for the section that a task has in a project."""
    return f"section@{project}"


def is_heading(task: Task) -> bool:
    """Say whether a task is a line between tasks, and no work itself.

    Asana draws some tasks as such lines, among sub-tasks and in old projects. A colon at the end of the name is how
    people make one; the flag is how Asana says that it is one.
    """
    return task.is_rendered_as_separator is True or task.resource_subtype == "section"


def work_item(task: Task, gids: frozenset[str]) -> WorkItem:
    """Translate a task. `gids` are of the custom fields to bring along.

    What cannot be read is left out, and named in `unreadable`; a heading is of type Heading, and dropped.
    """
    fields, unreadable = custom_values(task, gids)
    unreadable |= {_ATTRIBUTES[name]: why for name, why in task.wrong.items() if name in _ATTRIBUTES}
    tick = "Completed" if task.completed else "Incomplete"
    fields |= {"Approval": task.approval_status, TICK: tick}
    for id, name in (("Approval", "approval_status"), (TICK, "completed")):
        if name in task.wrong:
            unreadable[id] = task.wrong[name]
    sections = _places(task, tick, fields, unreadable)
    if is_heading(task):  # it stands in a section and is called Heading all the same
        fields = {id: value for id, value in fields.items() if "@" not in id}
        unreadable = {id: why for id, why in unreadable.items() if "@" not in id}
    state, why = _state(task)
    if why:
        unreadable["state"] = why
    created = _when(task.created_at, "created", unreadable)
    updated = _when(task.modified_at, "updated", unreadable)
    done = _when(task.completed_at, "done", unreadable)
    if why or "completed_at" in task.wrong:
        unreadable["done"] = why or task.wrong["completed_at"]
    return WorkItem(
        key=task.gid,
        ref=task.gid,
        title=task.name,
        state=state,
        status=HEADING if is_heading(task) else sections[0] if sections else tick,
        type=_type(task),
        url=_link(task),
        created=created or done or updated or _EPOCH,
        updated=updated or done or created or _EPOCH,
        done=done if state is State.DONE and "done" not in unreadable else None,
        due=_due(task, unreadable),
        assignee=task.assignee.name if task.assignee else None,
        parent=task.parent.gid if task.parent else None,
        labels=frozenset(tag.name for tag in task.tags if tag.name),
        fields={id: value for id, value in fields.items() if id not in unreadable},
        unreadable=unreadable,
    )


def _places(task: Task, tick: str, fields: dict[str, Scalar], unreadable: dict[str, str]) -> list[str]:
    """Note where a task stands, in each project that holds it, and return the sections, of the oldest project first.

    Oldest by gid: a status must not hang on who asks, nor on the order in which Asana answers.
    """
    held = sorted((m for m in task.memberships if m.project is not None), key=_age)
    projects: list[str] = []
    sections: list[str] = []
    for one in held:
        assert one.project is not None
        for place, names, ids in (
            (one.project, projects, ("Projects",)),
            (one.section, sections, ("Sections", "status", section_id(one.project.gid))),
        ):
            if place is None or place.name is None or place.name == "":
                continue
            if isinstance(place.name, str):
                names.append(place.name)
            else:
                unreadable |= dict.fromkeys(ids, expected("text", place.name))
        section = one.section.name if one.section is not None else None
        if section is None or isinstance(section, str):
            fields[section_id(one.project.gid)] = section or tick
    why = task.wrong.get("memberships") or ("a project without a name" if len(held) < len(task.memberships) else "")
    if why:  # the tick stands for a section that a task does not have, which nobody knows of this one
        unreadable |= dict.fromkeys(("Projects", "Sections", "status", TICK), why)
    fields |= {"Projects": tuple(projects), "Sections": tuple(sections)}
    return sections


def _age(held: Membership) -> tuple[int, str]:
    gid = held.project.gid if held.project is not None else ""
    return len(gid), gid


def _type(task: Task) -> str:
    if is_heading(task):
        return HEADING
    own = task.custom_type.name if task.custom_type else None
    return own or TYPES.get(task.resource_subtype, task.resource_subtype)


def _link(task: Task) -> str:
    # people click on it: what is no plain address is not passed on
    link = task.permalink_url or ""
    return link if link.startswith("https://") else f"https://app.asana.com/0/0/{task.gid}"


def _state(task: Task) -> tuple[State, str]:
    """Return where a task stands, and where that cannot be read why."""
    if is_heading(task):
        return State.DROPPED, ""
    for name in ("is_rendered_as_separator", "resource_subtype", "approval_status", "completed"):
        if name in task.wrong and (name != "completed" or task.resource_subtype != "approval"):
            return State.TODO, f"{name.replace('_', ' ')}: {task.wrong[name]}"
    if task.resource_subtype != "approval" or task.approval_status is None:
        if "completed" in task.wrong:
            return State.TODO, task.wrong["completed"]
        return State.DONE if task.completed else State.TODO, ""
    found = _APPROVALS.get(task.approval_status)
    if found is None:
        return State.TODO, "its approval status is none that is known"
    return found, ""


def _when(at: datetime | None, name: str, unreadable: dict[str, str]) -> datetime | None:
    if at is None:
        if name != "done":
            unreadable.setdefault(name, expected("a time", None))
        return None
    try:
        return instant(at)
    except ValueError as why:
        unreadable[name] = str(why)
        return None


def _due(task: Task, unreadable: dict[str, str]) -> date | datetime | None:
    """Return the instant by which a task is due where it has a time, else the day.

    With a due time Asana sends the day as well, which is one of the time zone of whoever set it.
    """
    if "due" in unreadable:
        return None
    if task.due_at is not None:
        return _when(task.due_at, "due", unreadable)
    if task.due_on is None:
        return None
    try:
        return calendar_day(task.due_on)
    except ValueError:
        unreadable["due"] = expected("a date", task.due_on)
        return None
