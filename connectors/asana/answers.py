"""The answers we read, as typed structs: strict about what is needed, blind to the rest.

Of a task, and of the value of a custom field, only the gid must be right: see `connectors.asana.task_answers`.
Shapes: https://developers.asana.com/reference/rest-api-reference . A gid comes with every object, asked for or not.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType, field

from connectors.tame import decode

T = TypeVar("T")


class NextPage(Struct):
    """Where a list goes on."""

    offset: str


class Named(Struct):
    """Anything with a gid, and a name where the account may see it."""

    gid: str
    name: str | None = None


class NamedPage(Struct):
    """A page of a list of named things."""

    data: list[Named]
    next_page: NextPage | None = None


class One(Struct):
    """One named thing."""

    data: Named


class _Section(Struct):
    project: Named


class SectionOne(Struct):
    """One section, with the project it is in."""

    data: _Section


class Place(Struct):
    """A project or a section that holds a task. Its `name` is text, or what nobody can read."""

    gid: str
    name: object = None


class Membership(Struct):
    """A project that holds a task, and the section of it."""

    project: Place | None = None
    section: Place | None = None


class CustomValue(Struct):
    """The value of a custom field on a task, as it came. Which one is set depends on `type`."""

    gid: str
    name: object = None
    type: object = None
    number_value: object = UNSET
    text_value: object = UNSET
    enum_value: object = UNSET
    multi_enum_values: object = UNSET
    date_value: object = UNSET
    people_value: object = UNSET
    reference_value: object = UNSET
    display_value: object = UNSET
    enum_options: object = UNSET


class Task(Struct):
    """A task with the fields every read asks for. What an account may not see is null.

    `wrong` says which of them hold what nobody can read, and why: those have a default here.
    """

    gid: str
    name: str
    completed: bool
    created_at: datetime | None
    modified_at: datetime | None
    completed_at: datetime | None
    due_on: str | None
    assignee: Named | None
    memberships: list[Membership]
    tags: list[Named]
    parent: Named | None
    resource_subtype: str = "default_task"
    is_rendered_as_separator: bool | None = None
    due_at: datetime | None = None
    permalink_url: str | None = None
    approval_status: str | None = None
    custom_type: Named | None = None
    num_subtasks: int = 0
    custom_fields: list[CustomValue] | UnsetType = UNSET
    wrong: dict[str, str] = field(name="@wrong", default_factory=dict)


STANDARD = (
    "name,completed,created_at,modified_at,resource_subtype,is_rendered_as_separator,completed_at,due_on,due_at,"
    "assignee.name,memberships.project.name,memberships.section.name,tags.name,permalink_url,parent.name,"
    "approval_status,custom_type.name"
)
CUSTOM = (
    "custom_fields.name,custom_fields.type,custom_fields.number_value,custom_fields.text_value,"
    "custom_fields.enum_value.name,custom_fields.multi_enum_values.name,custom_fields.date_value.date,"
    "custom_fields.date_value.date_time,custom_fields.people_value.name,custom_fields.reference_value.name,"
    "custom_fields.display_value"
)


class TaskPage(Struct):
    """A page of tasks."""

    data: list[Task]
    next_page: NextPage | None = None


class Moved(Struct):
    """What an event is about."""

    gid: str
    resource_type: str


class Event(Struct):
    """Something that happened in a project. Only what it happened to is of interest."""

    action: str
    resource: Moved | None = None


class EventPage(Struct):
    """Up to 100 events, each as it came, and the token after them."""

    sync: str
    data: list[object] = []
    has_more: bool = False


class FreshToken(Struct):
    """The body of a 412: the token was missing, too old or unknown, and this one starts now."""

    sync: str


class Result(Struct):
    """What one action of a batch came to."""

    status_code: int
    body: Raw


class BatchAnswer(Struct):
    """The results of a batch, in the order of its actions."""

    data: list[Result]


class CustomField(Struct):
    """A custom field as its owner defines it. A `name` that is no text is the name of nothing."""

    gid: str
    name: object = ""
    type: object = ""


class _Setting(Struct):
    custom_field: CustomField


class SettingPage(Struct):
    """The custom fields of a project."""

    data: list[_Setting]
    next_page: NextPage | None = None


class FieldPage(Struct):
    """The custom fields of a workspace."""

    data: list[CustomField]
    next_page: NextPage | None = None


class Metric(Struct):
    """A goal's number. A percentage is a share: 0.25 is 25 %."""

    unit: object = None
    current_number_value: object = None
    progress_source: object = None


class Goal(Struct):
    """A goal and its number, if it has one."""

    gid: str
    name: str | None = None
    metric: Metric | None = None


class GoalOne(Struct):
    """One goal."""

    data: Goal


class Counts(Struct):
    """How many tasks a project has (https://developers.asana.com/reference/gettaskcountsforproject)."""

    num_tasks: int = 0
    num_incomplete_tasks: int = 0
    num_completed_tasks: int = 0
    num_milestones: int = 0
    num_incomplete_milestones: int = 0
    num_completed_milestones: int = 0


class CountsOne(Struct):
    """The counts of one project."""

    data: Counts


class Story(Struct):
    """A comment, or what Asana noted of a change."""

    gid: str
    text: str | None = None
    resource_subtype: str | None = None
    is_editable: bool | None = None


class StoryPage(Struct):
    """A page of the stories of a task."""

    data: list[Story]
    next_page: NextPage | None = None


def _page_of(kind: type[T]) -> Callable[[bytes], T]:
    decoder = msgspec.json.Decoder(kind)
    return lambda body: decode(decoder, body, "asana")


story_page = _page_of(StoryPage)
named_page = _page_of(NamedPage)
one = msgspec.json.Decoder(One)
section_one = msgspec.json.Decoder(SectionOne)
event_page = msgspec.json.Decoder(EventPage)
fresh_token = msgspec.json.Decoder(FreshToken)
batch = msgspec.json.Decoder(BatchAnswer)
setting_page = _page_of(SettingPage)
field_page = _page_of(FieldPage)
goal_one = msgspec.json.Decoder(GoalOne)
counts_one = msgspec.json.Decoder(CountsOne)
