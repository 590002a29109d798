"""What a simulated Asana holds: its set-up, who sees what of it, and who hears of a change."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from connectors.sandbox.asana.objects import CustomField, Goal, Json, Portfolio, Project, Story, Task, Thing, stamp
from connectors.sandbox.asana.streams import Streams

Heard = Callable[[set[str], Json], None]  # the gids whose followers hear it, and the event


class Inventory:
    """Workspaces and all that is in them. `now` is the only clock; `listeners` hear every event."""

    def __init__(self, *, now: Callable[[], datetime], email: str, workspace: str) -> None:
        self.now = now
        self.lock = threading.RLock()
        self.streams = Streams(now)
        self.listeners: list[Heard] = []
        self.things: dict[str, Thing] = {}
        self.projects: dict[str, Project] = {}
        self.portfolios: dict[str, Portfolio] = {}
        self.fields: dict[str, CustomField] = {}
        self.goals: dict[str, Goal] = {}
        self.tasks: dict[str, Task] = {}
        self.odd: dict[str, Mapping[str, Any]] = {}  # task gid -> what its body holds instead: see `bent`
        self.stories: dict[str, Story] = {}
        self.updates: dict[str, Json] = {}  # status updates, oldest first
        self.index_lag = 0.0  # seconds by which searching runs behind
        self.past: dict[str, list[tuple[datetime, Json | None]]] = {}  # gid -> what searching saw before each change
        self.draw: Callable[[Task], Json] = lambda task: task.compact()
        self._next = 1201000000000000
        self.me = self._thing("user", email.partition("@")[0].replace(".", " ").title())
        self.email = email
        self.workspace = self._thing("workspace", workspace)

    # -- the set-up

    def _gid(self) -> str:
        self._next += 1
        return str(self._next)

    def _thing(self, kind: str, name: str, home: str = "") -> str:
        gid = self._gid()
        self.things[gid] = Thing(gid, kind, name, home)
        return gid

    def add_workspace(self, name: str) -> str:
        """Put the account into another workspace."""
        return self._thing("workspace", name)

    def add_person(self, name: str) -> str:
        """Add somebody who can be assigned."""
        return self._thing("user", name)

    def add_project(self, name: str, *, workspace: str = "", sections: Iterable[str] = ("To do",)) -> str:
        """Open a project with these sections; its first one takes what is added without saying where."""
        with self.lock:
            gid = self._gid()
            self.projects[gid] = Project(gid, "project", name, workspace or self.workspace)
            for section in sections:
                self.add_section(gid, section)
            return gid

    def add_section(self, project: str, name: str) -> str:
        """Add a section at the end of a project."""
        with self.lock:
            gid = self._thing("section", name, project)
            self.projects[project].sections.append(gid)
            return gid

    def add_tag(self, name: str) -> str:
        """Add a tag to the workspace."""
        return self._thing("tag", name, self.workspace)

    def add_portfolio(self, name: str, *projects: str) -> str:
        """Add a portfolio of these projects."""
        gid = self._gid()
        self.portfolios[gid] = Portfolio(gid, "portfolio", name, self.workspace, list(projects))
        return gid

    def add_field(self, name: str, type: str = "number", *, options: Iterable[str] = (), to: Iterable[str] = ()) -> str:
        """Add a custom field to the workspace and to these projects; `options` are the choices of an enum."""
        gid = self._gid()
        self.fields[gid] = CustomField(
            gid, "custom_field", name, self.workspace, type, {self._gid(): option for option in options}
        )
        for project in to:
            self.projects[project].fields.append(gid)
        return gid

    def add_goal(self, name: str, *, metric: Mapping[str, Any] | None = None) -> str:
        """Add a goal; `metric` overrides what a manual number from 0 to 100 has."""
        gid = self._gid()
        drawn = None
        if metric is not None:
            drawn = {
                "gid": self._gid(), "resource_type": "goal_metric", "resource_subtype": "number", "precision": 2,
                "unit": "none", "initial_number_value": 0, "target_number_value": 100, "current_number_value": 0,
                "progress_source": "manual", **metric,
            }  # fmt: skip
        self.goals[gid] = Goal(gid, "goal", name, self.workspace, drawn)
        return gid

    # -- what a reader asks

    def sees(self, task: Task) -> bool:
        """Whether the account may read a task: through a project, through its parent, or because it is nowhere."""
        if task.hidden or task.deleted:
            return False
        homes = [project for project in self.projects.values() if task.gid in project.tasks]
        if any(not project.locked for project in homes):
            return True
        if task.parent is not None:
            return self.sees(self.tasks[task.parent])
        return not homes

    def family(self, gid: str) -> list[Task]:
        """Return a task and everything below it."""
        task = self.tasks[gid]
        return [task, *(one for child in task.subtasks for one in self.family(child))]

    def _heard(self, task: Task) -> set[str]:
        """Return whose followers hear of a task: its own, its projects', and all above it."""
        heard = {task.gid} | {gid for gid, project in self.projects.items() if task.gid in project.tasks}
        return heard | self._heard(self.tasks[task.parent]) if task.parent else heard

    def _event(self, action: str, resource: Json, parent: Json | None = None, change: str = "") -> Json:
        event = {
            "user": {"gid": self.me, "resource_type": "user"}, "created_at": stamp(self.now()), "action": action,
            "type": resource["resource_type"], "resource": resource, "parent": parent,
        }  # fmt: skip
        return {**event, "change": {"field": change, "action": "changed"}} if change else event

    def announce(self, heard: set[str], event: Json) -> None:
        """Tell an event to the streams and to the listeners."""
        self.streams.tell(heard, event)
        for listener in self.listeners:
            listener(heard, event)

    def _remember(self, task: Task, *, existed: bool = True) -> None:
        if self.index_lag > 0:
            self.past.setdefault(task.gid, []).append((self.now(), self.draw(task) if existed else None))
