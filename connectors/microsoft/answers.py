"""The answers we read: pages and places as typed structs, strict about what is needed; what work holds, part by part.

Shapes: https://learn.microsoft.com/graph/api/resources/plannertask and its neighbours, v1.0.
"""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field as dataclass_field
from datetime import datetime
from decimal import Decimal
from typing import Any, Generic, TypeVar

import msgspec
from msgspec import Struct, field

from connectors.errors import Unexpected
from connectors.lenient import Legible, exact, expected, loosely, parts

T = TypeVar("T")
_MOST_LINES = 1_000_000  # Planner itself allows 20


class Paged(Struct, Generic[T]):
    """A page of anything. An empty page with a next link is not the end."""

    value: list[T]
    next_link: str | None = field(default=None, name="@odata.nextLink")
    delta_link: str | None = field(default=None, name="@odata.deltaLink")


class Named(Struct, rename="camel"):
    """Anything that has an id and one of the names Graph gives: plans, buckets, lists, groups, channels, users."""

    id: str
    title: Any = None
    name: Any = None
    display_name: Any = None
    web_url: str | None = None
    owner: str | None = None
    plan_id: str | None = None

    @property
    def called(self) -> str:
        """Its name, else its id."""
        names = (self.title, self.display_name, self.name)
        return next((name for name in names if isinstance(name, str) and name), self.id)


class Person(Struct, rename="camel"):
    """An account."""

    id: str
    display_name: str | None = None
    user_principal_name: str | None = None


@dataclass(slots=True)
class Task:
    """A task of Planner. What could not be read of it is in `unreadable`, by attribute or field, with why."""

    id: str
    plan_id: str
    title: str = ""
    etag: str = ""
    bucket_id: str | None = None
    percent_complete: Decimal = Decimal(0)
    priority: Decimal | None = None
    created: datetime | None = None
    start: datetime | None = None
    due: datetime | None = None
    completed: datetime | None = None
    assigned: tuple[datetime, ...] = ()
    users: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    checklist_total: Decimal = Decimal(0)
    checklist_open: Decimal = Decimal(0)
    unreadable: dict[str, str] = dataclass_field(default_factory=dict)


def read_task(raw: object, plan: str, path: str) -> Task:
    """Read a task of Planner part by part. Raises Unexpected where it has no id, or no plan to be in."""
    legible, fields = Legible(), parts(raw)
    id, plan_id = fields.get("id"), fields.get("planId")
    if not isinstance(id, str) or not id:
        raise Unexpected(f"microsoft changed shape at {path}.id: {expected(id, 'text')}")
    if not isinstance(plan_id, str) or not plan_id:
        plan_id = plan
    if not plan_id:
        raise Unexpected(f"microsoft changed shape at {path}.planId: {expected(fields.get('planId'), 'text')}")
    etag, bucket = fields.get("@odata.etag"), fields.get("bucketId")
    if bucket is not None and not isinstance(bucket, str):
        legible.odd("bucket", bucket, "text")
        bucket = None
    percent = _whole(fields.get("percentComplete"))
    if percent is None:
        legible.odd("percent_complete", fields.get("percentComplete"), "a whole number")
    elif not 0 <= percent <= 100:
        legible.note("percent_complete", "found a number that is no percentage")
        percent = None
    if percent is None:  # what it is done by also says its state, and the word for it
        for name in ("state", "status"):
            legible.note(name, legible.unreadable["percent_complete"])
    created = legible.moment("created", fields.get("createdDateTime"))
    if created is None and "created" not in legible.unreadable:
        legible.odd("created", None, "a time")
    total, open_ = _lines(legible, fields.get("checklistItemCount"), fields.get("activeChecklistItemCount"))
    users, assigned = _assignments(legible, fields.get("assignments"))
    return Task(
        id=id,
        plan_id=plan_id,
        title=legible.text("title", fields.get("title")),
        etag=etag if isinstance(etag, str) else "",
        bucket_id=bucket,
        percent_complete=percent or Decimal(0),
        priority=legible.number("priority", fields.get("priority")),
        created=created,
        start=legible.moment("start", fields.get("startDateTime")),
        due=legible.moment("due", fields.get("dueDateTime")),
        completed=legible.moment("done", fields.get("completedDateTime")),
        assigned=assigned,
        users=users,
        categories=_categories(legible, fields.get("appliedCategories")),
        checklist_total=total,
        checklist_open=open_,
        unreadable=legible.unreadable,
    )


def _whole(found: object) -> Decimal | None:
    """Return a whole number, as Graph's Int32 is; None for anything else."""
    return exact(found) if isinstance(found, int) else None


def _lines(legible: Legible, total: object, still_open: object) -> tuple[Decimal, Decimal]:
    """Return how many lines a checklist has, and how many of them are open; none of both where they cannot be so."""
    lines, left = _whole(total), _whole(still_open)
    if lines is not None and left is not None and 0 <= left <= lines <= _MOST_LINES:
        return lines, left
    why = "found more lines than there can be"
    if lines is None or left is None:
        why = expected(total if lines is None else still_open, "a whole number")
    for name in ("checklist_total", "checklist_done", "checklist_percent"):
        legible.note(name, why)
    return Decimal(0), Decimal(0)


def _assignments(legible: Legible, found: object) -> tuple[tuple[str, ...], tuple[datetime, ...]]:
    """Return who a task is assigned to, by id, and when it was; null says that somebody is no longer."""
    if found is None:
        return (), ()
    if not isinstance(found, dict):
        legible.odd("assignee", found, "an object")
        return (), ()
    held = {user: parts(one) for user, one in found.items() if one is not None and not user.startswith("@")}
    times = (Legible().moment("", one.get("assignedDateTime")) for one in held.values())
    return tuple(sorted(held)), tuple(at for at in times if at is not None)


def _categories(legible: Legible, found: object) -> tuple[str, ...]:
    if found is None:
        return ()
    if not isinstance(found, dict):
        legible.odd("labels", found, "an object")
        return ()
    held = {name: is_set for name, is_set in found.items() if not name.startswith("@")}
    odd = [is_set for is_set in held.values() if is_set is not None and not isinstance(is_set, bool)]
    if odd:
        legible.odd("labels", odd[0], "true or false")
        return ()
    return tuple(sorted(name for name, is_set in held.items() if is_set))


class TaskDetails(Struct, rename="camel"):
    """What Planner keeps apart from the task."""

    id: Any = None
    description: Any = None
    checklist: Any = None


class PlanDetails(Struct, rename="camel"):
    """The names of a plan's 25 labels, None where nobody named one."""

    category_descriptions: Any = None


class Range(Struct, rename="camel"):
    """Cells of a workbook. Graph declares them as any JSON."""

    values: Any
    value_types: Any = None
    number_format: Any = None
    address: str = ""


class ListFields(Struct):
    """An item of a SharePoint list with the columns asked for; an empty column is left out."""

    id: str
    fields: dict[str, Any] = {}


class TabConfiguration(Struct, rename="camel"):
    """Where a tab leads."""

    entity_id: str | None = None
    content_url: str | None = None
    website_url: str | None = None


class Tab(Struct, rename="camel"):
    """A tab of a channel."""

    id: str
    display_name: str | None = None
    configuration: TabConfiguration | None = None


class FileItem(Struct, rename="camel"):
    """A file in a drive."""

    class Parent(Struct, rename="camel"):
        """The drive that holds it."""

        drive_id: str

    id: str
    name: str
    parent_reference: Parent
    web_url: str = ""


class Registered(Struct, rename="camel"):
    """A subscription as Graph keeps it."""

    id: str
    resource: str
    expiration_date_time: datetime
    notification_url: str | None = None


class BatchAnswer(Struct):
    """One answer within a batch."""

    id: str
    status: int
    headers: dict[str, str] = {}
    body: msgspec.Raw = msgspec.Raw(b"null")


class BatchAnswers(Struct):
    """The answers of a batch, in any order."""

    responses: list[BatchAnswer]


class Loosely(Generic[T]):
    """A decoder that an odd number or half a letter does not stop: see `connectors.lenient`."""

    def __init__(self, kind: type[T]) -> None:
        self._kind = kind

    def decode(self, body: bytes) -> T:
        """Return what a body holds. Raises as msgspec does."""
        try:
            return msgspec.convert(loosely(body), self._kind)
        except msgspec.ValidationError:
            raise
        except ValueError as broken:
            raise msgspec.DecodeError(str(broken)) from broken


tasks = Loosely(Paged[Any])
task: Loosely[Any] = Loosely(object)
named_ones = Loosely(Paged[Named])
named = Loosely(Named)
person = msgspec.json.Decoder(Person)
task_details = Loosely(TaskDetails)
plan_details = Loosely(PlanDetails)
todo_items = Loosely(Paged[Any])
todo_item: Loosely[Any] = Loosely(object)
ranges = msgspec.json.Decoder(Range)
list_item = msgspec.json.Decoder(ListFields)
tabs = msgspec.json.Decoder(Paged[Tab])
file_item = msgspec.json.Decoder(FileItem)
registered = msgspec.json.Decoder(Registered)
all_registered = msgspec.json.Decoder(Paged[Registered])
batch = msgspec.json.Decoder(BatchAnswers)
