"""The things a simulated Jira keeps."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

ABSENT = object()  # in place of a value: the field is not in the answer at all


@dataclass(slots=True)
class Project:
    """A project and the number its next issue gets."""

    id: int
    key: str
    name: str
    next_number: int = 1
    is_team_managed: bool = False


@dataclass(slots=True)
class Filter:
    """A saved filter. One that is not shared with the account cannot be seen, nor named in a query."""

    id: int
    name: str
    jql: str
    shared: bool = True


@dataclass(slots=True)
class Board:
    """A board over a saved filter; `estimation` is the field a scrum board estimates with."""

    id: int
    name: str
    type: str  # scrum, kanban
    filter: int
    sub_query: str = ""
    estimation: str = "customfield_10016"


@dataclass(slots=True)
class Sprint:
    """A sprint that a board began."""

    id: int
    name: str
    board: int
    state: str = "active"  # future, active, closed


@dataclass(slots=True)
class Comment:
    """A comment: its body as it was sent, and its properties."""

    id: int
    body: Any
    created: datetime
    updated: datetime
    properties: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Issue:
    """One issue as it stands. Times are UTC; `texts` keeps its fields as rendered JSON until it changes."""

    id: int
    key: str
    project: str
    number: int
    summary: str
    type: str
    status: str
    created: datetime
    updated: datetime
    category_changed: datetime
    reporter: str
    priority: str = "Medium"
    labels: tuple[str, ...] = ()
    assignee: str | None = None
    parent: int | None = None
    due: date | None = None
    sprint: int | None = None
    description: str = ""
    resolution: str | None = None
    resolved: datetime | None = None
    custom: dict[str, float | None] = field(default_factory=dict)
    hidden: bool = False
    odd: dict[str, Any] = field(default_factory=dict)  # what its fields hold instead, as plain JSON; ABSENT for none
    texts: dict[str, str] = field(default_factory=dict)
    histories: list[dict[str, Any]] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)
    properties: dict[str, Any] = field(default_factory=dict)
    links: dict[str, dict[str, Any]] = field(default_factory=dict)  # remote links, by their globalId
