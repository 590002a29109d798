"""The answers we read, as typed structs: strict about what is needed, blind to the rest.

Shapes: https://learn.microsoft.com/graph/api/resources/plannertask and its neighbours, v1.0.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Generic, TypeVar

import msgspec
from msgspec import Struct, field

T = TypeVar("T")


class Paged(Struct, Generic[T]):
    """A page of anything. An empty page with a next link is not the end."""

    value: list[T]
    next_link: str | None = field(default=None, name="@odata.nextLink")
    delta_link: str | None = field(default=None, name="@odata.deltaLink")


class Named(Struct, rename="camel"):
    """Anything that has an id and one of the names Graph gives: plans, buckets, lists, groups, channels, users."""

    id: str
    title: str | None = None
    name: str | None = None
    display_name: str | None = None
    web_url: str | None = None
    owner: str | None = None
    plan_id: str | None = None

    @property
    def called(self) -> str:
        """Its name, else its id."""
        return self.title or self.display_name or self.name or self.id


class Person(Struct, rename="camel"):
    """An account."""

    id: str
    display_name: str | None = None
    user_principal_name: str | None = None


class Assignment(Struct, rename="camel"):
    """That a task is somebody's."""

    assigned_date_time: datetime | None = None


class Task(Struct, rename="camel"):
    """A task of Planner. What Graph may leave out has a default."""

    id: str
    plan_id: str
    title: str | None = None
    created_date_time: datetime | None = None
    etag: str | None = field(default=None, name="@odata.etag")
    bucket_id: str | None = None
    percent_complete: int | None = None
    priority: int | None = None
    start_date_time: datetime | None = None
    due_date_time: datetime | None = None
    completed_date_time: datetime | None = None
    assignments: dict[str, Assignment | None] = {}
    applied_categories: dict[str, bool | None] = {}
    checklist_item_count: int | None = None
    active_checklist_item_count: int | None = None
    odd: dict[str, str] = field(default_factory=dict, name="@okrhub.odd")  # ours: what could not be read, and why


class CheckItem(Struct, rename="camel"):
    """A line of a checklist."""

    title: str | None = None
    is_checked: bool = False
    order_hint: str | None = None


class TaskDetails(Struct, rename="camel"):
    """What Planner keeps apart from the task."""

    description: str | None = None
    checklist: dict[str, CheckItem | None] = {}


class PlanDetails(Struct, rename="camel"):
    """The names of a plan's 25 labels, None where nobody named one."""

    category_descriptions: dict[str, Any] = {}


class ZonedTime(Struct, rename="camel"):
    """A time as Outlook writes it: local digits and the name of their zone."""

    date_time: str
    time_zone: str


class Removed(Struct):
    """Why a delta says that something left."""

    reason: str = "deleted"


class TodoItem(Struct, rename="camel"):
    """A task of To Do, or in a delta the news that one left: then only its id is there."""

    id: str
    removed: Removed | None = field(default=None, name="@removed")
    title: str | None = None
    status: str | None = None
    importance: str | None = None
    created_date_time: datetime | None = None
    last_modified_date_time: datetime | None = None
    completed_date_time: ZonedTime | None = None
    due_date_time: ZonedTime | None = None
    categories: list[str] = []
    odd: dict[str, str] = field(default_factory=dict, name="@okrhub.odd")  # as of `Task`


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


tasks = msgspec.json.Decoder(Paged[msgspec.Raw])  # each by itself: see lenient
named_ones = msgspec.json.Decoder(Paged[Named])
named = msgspec.json.Decoder(Named)
person = msgspec.json.Decoder(Person)
task_details = msgspec.json.Decoder(TaskDetails)
plan_details = msgspec.json.Decoder(PlanDetails)
todo_items = msgspec.json.Decoder(Paged[msgspec.Raw])
ranges = msgspec.json.Decoder(Range)
list_item = msgspec.json.Decoder(ListFields)
tabs = msgspec.json.Decoder(Paged[Tab])
file_item = msgspec.json.Decoder(FileItem)
registered = msgspec.json.Decoder(Registered)
all_registered = msgspec.json.Decoder(Paged[Registered])
batch = msgspec.json.Decoder(BatchAnswers)
