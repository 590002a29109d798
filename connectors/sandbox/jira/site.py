"""What an admin sets up in a simulated Jira: projects, people, fields, saved filters, boards and sprints."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from connectors.sandbox.jira.issues import Board, Filter, Project, Sprint
from connectors.sandbox.jira.vocabulary import (
    EPIC_LINK,
    MERCHANTS,
    STANDARD,
    STORY_POINTS,
    FieldEntry,
    display_name,
    number_field,
    renamed,
    team_points,
)


class Site:
    """A site before anybody works there. `now` is its only clock; every method takes the lock it needs."""

    def __init__(self, *, email: str, now: Callable[[], datetime], time_zone: str, is_cloud: bool = True) -> None:
        self.email, self.now, self.zone, self.is_cloud = email, now, ZoneInfo(time_zone), is_cloud
        self.lock = threading.RLock()
        self.revision = 0
        self.may_browse = True  # the account's right to see projects at all
        self.may_configure = True  # the account's right to see how boards are set up
        self.language = "en"  # of the account's profile; "de" is the other one that this site knows
        self.projects: dict[str, Project] = {}
        self.filters: dict[int, Filter] = {}
        self.boards: dict[int, Board] = {}
        self.sprints: dict[int, Sprint] = {}
        self.people: dict[str, str] = {email: display_name(email)}  # e-mail address -> name
        more = (STORY_POINTS, MERCHANTS) if is_cloud else (STORY_POINTS, MERCHANTS, EPIC_LINK)
        dropped = () if is_cloud else ("statuscategorychangedate",)
        self.fields: dict[str, FieldEntry] = {f.id: f for f in (*STANDARD, *more) if f.id not in dropped}

    def add_project(self, key: str, name: str, *, is_team_managed: bool = False) -> None:
        """Open a project."""
        with self.lock:
            self.projects[key] = Project(10000 + len(self.projects), key, name, is_team_managed=is_team_managed)
            self.revision += 1

    def add_person(self, email: str, name: str) -> None:
        """Give an account a name; somebody only ever assigned is called after the address."""
        self.people[email] = name

    def add_field(self, number: int, name: str, *, project: str = "") -> None:
        """Add a custom number field, customfield_<number>; a second field of the same name is allowed, as in Jira.

        With `project` it is a team-managed project's own.
        """
        entry = number_field(number, name)
        self._set_field(replace(entry, project=self.projects[project].id) if project else entry)

    def add_team_points(self) -> None:
        """Add the field that team-managed projects estimate with, customfield_10031."""
        self._set_field(team_points())

    def rename_field(self, id: str, name: str) -> None:
        """Give a field another name; JQL and GET /field know only the new one."""
        self._set_field(renamed(self.fields[id], name))

    def remove_field(self, id: str) -> None:
        """Take a field away: it is absent from every answer afterwards."""
        with self.lock:
            del self.fields[id]
            self.revision += 1

    def add_filter(self, name: str, jql: str, *, shared: bool = True) -> int:
        """Save a filter and return its number."""
        with self.lock:
            made = Filter(10100 + len(self.filters), name, jql, shared)
            self.filters[made.id] = made
            self.revision += 1
            return made.id

    def add_board(self, name: str, filter: int, *, type: str = "scrum", sub_query: str = "") -> int:
        """Make a board over a filter and return its number."""
        made = Board(1 + len(self.boards), name, type, filter, sub_query)
        self.boards[made.id] = made
        return made.id

    def add_sprint(self, board: int, name: str, *, state: str = "active") -> int:
        """Plan a sprint of a board and return its number."""
        made = Sprint(31 + len(self.sprints), name, board, state)
        self.sprints[made.id] = made
        self.revision += 1
        return made.id

    def set_sprint(self, id: int, state: str) -> None:
        """Start or close a sprint; what is in it does not change."""
        self.sprints[id].state = state
        self.revision += 1

    def _set_field(self, entry: FieldEntry) -> None:
        with self.lock:
            self.fields[entry.id] = entry
            self.revision += 1
