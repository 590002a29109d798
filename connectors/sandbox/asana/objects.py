"""What a simulated Asana is made of."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Json = dict[str, Any]


def stamp(at: datetime) -> str:
    """Write a time as Asana does: UTC, milliseconds, Z."""
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(slots=True)
class Thing:
    """Anything with a gid and a name: a workspace, a person, a tag, a section."""

    gid: str
    kind: str  # resource_type
    name: str
    home: str = ""  # gid of the workspace, or of a section's project

    def compact(self) -> Json:
        return {"gid": self.gid, "resource_type": self.kind, "name": self.name}


@dataclass(slots=True)
class CustomField(Thing):
    """A custom field; `options` are its choices, gid -> name."""

    type: str = "number"
    options: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Project(Thing):
    """A project. While it is `locked` the account is no member and sees nothing of it."""

    locked: bool = False
    archived: bool = False
    sections: list[str] = field(default_factory=list)
    tasks: dict[str, str] = field(default_factory=dict)  # task gid -> section gid, in the order of the project
    fields: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Portfolio(Thing):
    """A portfolio and the gids of its projects."""

    items: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Goal(Thing):
    """A goal, with the metric that Asana draws."""

    metric: Json | None = None


@dataclass(slots=True)
class Task:
    """A task or sub-task. `hidden`: it was made private to others; `deleted`: it is in the trash."""

    gid: str
    name: str
    workspace: str
    created: datetime
    modified: datetime
    subtype: str = "default_task"
    completed_at: datetime | None = None
    completed: bool = False
    approval: str | None = None
    due_on: str | None = None
    due_at: datetime | None = None
    heading: bool = False  # drawn as a line between tasks
    assignee: str | None = None
    parent: str | None = None
    tags: list[str] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)  # custom field gid -> number, text, option gid
    subtasks: list[str] = field(default_factory=list)
    stories: list[str] = field(default_factory=list)
    hidden: bool = False
    deleted: bool = False

    def compact(self) -> Json:
        return {"gid": self.gid, "resource_type": "task", "name": self.name, "resource_subtype": self.subtype}


@dataclass(slots=True)
class Story:
    """A comment on a task."""

    gid: str
    task: str
    text: str
    created: datetime
    by: str
    subtype: str = "comment_added"

    def full(self, author: Json) -> Json:
        return {
            "gid": self.gid,
            "resource_type": "story",
            "resource_subtype": self.subtype,
            "type": "comment",
            "text": self.text,
            "created_at": stamp(self.created),
            "created_by": author,
            "is_editable": True,
            "is_edited": False,
        }
