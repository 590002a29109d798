"""One consistent picture of the whole workspace, read once for a page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from connectors.errors import Misconfigured
from connectors.registry import load
from hub.model.key_result import KeyResult
from hub.model.kinds import Freshness
from hub.model.okr import Cycle
from hub.model.reasons import Reason
from hub.model.rights import Action, Viewer
from hub.store import connections, key_results, okrs
from hub.store.connections import ConnectionRow
from hub.store.okrs import Objective, Team, Workspace

SOURCE_ICONS = {
    "jira": "kanban",
    "asana": "check2-circle",
    "trello": "trello",
    "planner": "microsoft",
    "": "pencil-square",
}


@dataclass(frozen=True, slots=True)
class Source:
    """Where a value comes from, as a page names it."""

    slug: str  # "" for values kept by hand
    title: str
    icon: str


# What is said of a connection's problem to those who may not read it.
_WAITING = "It cannot be read just now"
_UNREADABLE = "It cannot be read until an admin puts it right"
BY_HAND = Source("", "By hand", "pencil-square")


@dataclass(frozen=True, slots=True)
class House:
    """Everything that was declared and how it stands, at one instant, for one viewer.

    What belongs to a private team is in it for those alone who may see it, so no page can show more.
    """

    workspace: Workspace
    now: datetime
    viewer: Viewer
    cycles: tuple[Cycle, ...]
    teams: tuple[Team, ...]
    objectives: tuple[Objective, ...]
    key_results: tuple[KeyResult, ...]
    names: Mapping[str, str]  # people by e-mail
    connections: Mapping[str, ConnectionRow]

    @property
    def zone(self) -> ZoneInfo:
        return self.workspace.zone

    def name(self, email: str) -> str:
        """Return a person's name, the address where it is not known."""
        return self.names.get(email, email)

    def cycle(self, slug: str) -> Cycle | None:
        return next((cycle for cycle in self.cycles if cycle.slug == slug), None)

    def source(self, key_result: KeyResult) -> Source:
        return self.source_of(key_result.connection)

    def source_of(self, slug: str) -> Source:
        """Return how a connection is named: by its tool, and by its own name too where a tool is connected twice."""
        if not slug:
            return BY_HAND
        row = self.connections.get(slug)
        if row is None:
            return Source(slug, slug, "hdd")
        title = tool_title(row.kind)
        is_twice = sum(1 for other in self.connections.values() if other.kind == row.kind) > 1
        return Source(slug, f"{title}, {row.title}" if is_twice else title, SOURCE_ICONS.get(row.kind, "hdd"))


def tool_title(kind: str) -> str:
    """Return the name of a tool; the kind itself where its connector is not there any more."""
    try:
        return load(kind).describe().title
    except Misconfigured:
        return kind


def read_house(tx: Connection, now: datetime, viewer: Viewer) -> House | None:
    """Read the picture that a viewer may see; None when no workspace was applied yet."""
    workspace = okrs.workspace_now(tx)
    if workspace is None:
        return None
    teams = okrs.all_teams(tx)
    rows = {row.slug: row for row in connections.all_connections(tx)}
    seen = list(key_results.all_key_results(tx))
    if not viewer.may(Action.SEE_OPERATIONS):
        seen = [_without_problem(one, rows.get(one.connection)) for one in seen]
        rows = {slug: replace(row, problem=_said_to_all(row)) for slug, row in rows.items()}
    hidden = {team.slug for team in teams if not viewer.sees(team.slug, is_private=team.is_private)}
    return House(
        workspace,
        now,
        viewer,
        tuple(okrs.all_cycles(tx)),
        tuple(team for team in teams if team.slug not in hidden),
        tuple(one for one in okrs.all_objectives(tx) if one.team not in hidden),
        tuple(one for one in seen if one.team not in hidden),
        okrs.people_names(tx),
        rows,
    )


def _said_to_all(row: ConnectionRow) -> str:
    """Return a connection's problem for whoever may not read it in full: it can quote what another team looks for."""
    if not row.problem:
        return ""
    return _WAITING if row.state == "waiting" else _UNREADABLE


def _without_problem(one: KeyResult, row: ConnectionRow | None) -> KeyResult:
    """Return a key result whose note no longer says what its connection's problem is; its own problem stays.

    The code beside the note decides: the connection may have another problem by now, or none.
    """
    standing = one.standing
    code = standing.freshness_code
    if code != Reason.CONNECTION and (code or standing.freshness is not Freshness.BROKEN):
        return one
    said = _UNREADABLE if row is None or row.state != "waiting" else _WAITING
    return replace(one, standing=replace(standing, freshness_note=said if standing.freshness_note else ""))


def running_cycles(house: House) -> tuple[Cycle, ...]:
    """Return the cycles that hold today, the shortest first; else the one that comes nearest."""
    today = house.now.astimezone(house.zone).date()
    found = sorted((c for c in house.cycles if c.starts <= today <= c.ends), key=lambda c: (c.days, c.starts))
    if found or not house.cycles:
        return tuple(found)
    return (min(house.cycles, key=lambda c: min(abs(c.starts - today), abs(c.ends - today))),)


def elapsed(cycle: Cycle, now: datetime, zone: ZoneInfo) -> Decimal:
    """Return the share of a cycle that has passed, 0..1, over instants."""
    starts, ends = cycle.window(zone)
    share = (now - starts) / (ends - starts)
    return Decimal(str(min(max(share, 0.0), 1.0)))


def day_of(cycle: Cycle, now: datetime, zone: ZoneInfo) -> int:
    """Return which day of the cycle today is, from 1; within 0..days."""
    today = now.astimezone(zone).date()
    return min(max((today - cycle.starts + timedelta(days=1)).days, 0), cycle.days)
