"""The things a simulated Jira keeps."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any


@dataclass(slots=True)
class Project:
    """A project and the number its next issue gets."""

    id: int
    key: str
    name: str
    next_number: int = 1


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
    description: str = ""
    resolution: str | None = None
    resolved: datetime | None = None
    custom: dict[str, float | None] = field(default_factory=dict)
    hidden: bool = False
    texts: dict[str, str] = field(default_factory=dict)
    histories: list[dict[str, Any]] = field(default_factory=list)
