"""From Jira's issue to the hub's work item. What one issue holds that nobody can read is that issue's alone.

Status categories: https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-workflow-status-categories/
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime

from connectors.jira.answers import Issue
from connectors.jira.field_names import ITEM_FIELDS
from connectors.jira.settings import folded
from connectors.jira.values import Illegible, scalar
from connectors.lenient import Legible, expected, member
from connectors.shapes import Scalar, State, WorkItem

_STATES = {
    "new": State.TODO,
    "indeterminate": State.DOING,
    "done": State.DONE,
    "undefined": State.TODO,  # Jira's "No Category": nobody has said that work on it began
}
_NEVER = datetime(2002, 1, 1, tzinfo=UTC)  # before Jira: where an issue has no date that can be read
DONE_DATES = ("statuscategorychangedate", "resolutiondate")


def work_item(
    issue: Issue,
    site: str,
    carried: Collection[str],
    dropped: Collection[str] = (),
    moved: Mapping[int, datetime] | None = None,
) -> WorkItem:
    """Translate an issue.

    `site` is the address people open; `carried` are the ids of fields to bring along; `dropped` are the names, as
    `folded` writes them, of resolutions that mean that nobody will do it; `moved` says of issues without a date when
    they were done.
    """
    legible = Legible()
    fields = issue.fields
    state = _state(legible, fields)
    if state is State.DONE and _is_dropped(legible, fields, dropped):
        state = State.DROPPED
    ref = legible.text("ref", issue.key, issue.id)
    created, updated = _life(legible, fields)
    extra: dict[str, Scalar] = {}
    for id in carried:
        if id in fields:
            try:
                extra[id] = scalar(fields[id], id)
            except Illegible as why:
                legible.note(id, str(why))
    return WorkItem(
        key=issue.id,
        ref=ref,
        title=legible.text("title", fields.get("summary")),
        state=state,
        status=legible.text("status", member(fields, "status", "name")),
        type=legible.text("type", member(fields, "issuetype", "name")),
        url=f"{site}/browse/{ref}",
        created=created,
        updated=updated,
        done=_done(legible, fields, moved.get(int(issue.id)) if moved else None) if state is State.DONE else None,
        due=legible.day("due", fields.get("duedate")),
        assignee=_part(legible, "assignee", fields, "displayName"),
        parent=_part(legible, "parent", fields, "key"),
        labels=legible.names("labels", fields.get("labels")),
        fields=extra,
        unreadable=legible.unreadable,
    )


def state_of(category: object) -> State | None:
    """Return what the key of a status category stands for, None for one we do not know."""
    return _STATES.get(category) if isinstance(category, str) else None


def needs_history(issue: Issue) -> bool:
    """Whether an issue is done, and nothing but its history says since when."""
    is_done = state_of(member(issue.fields, "status", "statusCategory", "key")) is State.DONE
    return is_done and all(issue.fields.get(name) is None for name in DONE_DATES)


def carried_ids(ids: Collection[str]) -> frozenset[str]:
    """Return the fields that every item brings along beside those asked for."""
    return frozenset(ids).union(ITEM_FIELDS.values())


def _state(legible: Legible, fields: Mapping[str, object]) -> State:
    category = member(fields, "status", "statusCategory", "key")
    state = state_of(category)
    if state is not None:
        return state
    if isinstance(category, str):
        legible.note("state", f"found {category[:40]!r}, which is no category of statuses that the hub knows")
    else:
        legible.note("state", expected(category, "a category of statuses"))
    return State.TODO


def _is_dropped(legible: Legible, fields: Mapping[str, object], dropped: Collection[str]) -> bool:
    """Whether an issue ended with a resolution that means that nobody will do it."""
    if fields.get("resolution") is None:
        return False
    resolution = member(fields, "resolution", "name")
    if not isinstance(resolution, str):
        legible.note("state", f"its resolution: {expected(resolution, 'a name')}")
        return False
    return folded(resolution) in dropped


def _done(legible: Legible, fields: Mapping[str, object], moved: datetime | None) -> datetime | None:
    for name in DONE_DATES:
        if fields.get(name) is not None:
            return legible.moment("done", fields[name])
    return moved


def _life(legible: Legible, fields: Mapping[str, object]) -> tuple[datetime, datetime]:
    """Return when an issue was made and last changed. One that cannot be read takes the other's place."""
    found = {}
    for name in ("created", "updated"):
        found[name] = legible.moment(name, fields.get(name))
        if found[name] is None and name not in legible.unreadable:
            legible.odd(name, None, "a time")
    created = found["created"] or found["updated"] or _NEVER
    return created, found["updated"] or created


def _part(legible: Legible, name: str, fields: Mapping[str, object], of: str) -> str | None:
    """Return the name of what an issue has or has not: its assignee, its parent."""
    whole = fields.get(name)
    if whole is None:
        return None
    found = member(whole, of)
    if found is None and name == "assignee" and isinstance(whole, dict):
        return None  # a site may hide people's names
    return legible.text(name, found) or None
