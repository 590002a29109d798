"""Workspace, people, cycles, teams and objectives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, or_, select, update

from hub.model.judge import Policy
from hub.model.okr import Cycle
from hub.model.rights import private_teams
from hub.store.tables_okr import audit, cycles, objectives, people, teams, workspace
from hub.store.upsert import upsert


@dataclass(frozen=True, slots=True)
class Workspace:
    """The company: its name, its time zone, where its pages are, and how it judges."""

    name: str
    purpose: str
    zone: ZoneInfo
    public_url: str
    policy: Policy
    judged_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Team:
    slug: str
    name: str
    lead: str  # e-mail
    parent: str | None  # slug
    position: int = 0
    is_private: bool = False  # there for its members and for admins alone
    members: tuple[str, ...] = ()  # e-mails that its file names, besides the lead; only where they are asked for


@dataclass(frozen=True, slots=True)
class Objective:
    slug: str
    title: str
    team: str
    cycle: str
    owner: str
    supports: str | None  # the parent objective's slug
    weight: Decimal | None
    position: int = 0
    id: int = 0


def put_workspace(tx: Connection, found: Workspace) -> None:
    row = {
        "id": 1,
        "name": found.name,
        "purpose": found.purpose,
        "time_zone": found.zone.key,
        "public_url": found.public_url,
        "policy": {
            "on_track": str(found.policy.on_track),
            "at_risk": str(found.policy.at_risk),
            "hold_seconds": int(found.policy.hold.total_seconds()),
        },
    }
    upsert(tx, workspace, [row], by=["id"])


def workspace_now(tx: Connection) -> Workspace | None:
    """Return the workspace, or None when nothing was applied yet."""
    row = tx.execute(select(workspace)).one_or_none()
    if row is None:
        return None
    policy = Policy(
        on_track=Decimal(row.policy["on_track"]),
        at_risk=Decimal(row.policy["at_risk"]),
        hold=timedelta(seconds=row.policy["hold_seconds"]),
    )
    return Workspace(row.name, row.purpose, ZoneInfo(row.time_zone), row.public_url, policy, row.judged_at)


def note_judged(tx: Connection, now: datetime) -> None:
    tx.execute(update(workspace).values(judged_at=now, judge_rung_until=None))


def claim_judge_ring(tx: Connection, now: datetime, lasts: timedelta) -> bool:
    silent = or_(
        workspace.c.judge_rung_until.is_(None),
        workspace.c.judge_rung_until < now,
        workspace.c.judge_rung_until > now + 2 * lasts,  # rung before the clock was set back
    )
    return tx.execute(update(workspace).where(silent).values(judge_rung_until=now + lasts)).rowcount == 1


def put_people(tx: Connection, names: Mapping[str, str]) -> None:
    upsert(
        tx, people, [{"email": mail, "name": name, "archived_at": None} for mail, name in names.items()], by=["email"]
    )


def people_names(tx: Connection) -> dict[str, str]:
    """Return every person's name by e-mail, archived ones too: history names them."""
    return {row.email: row.name for row in tx.execute(select(people.c.email, people.c.name))}


def put_cycle(tx: Connection, cycle: Cycle) -> None:
    row = {"slug": cycle.slug, "name": cycle.name, "starts": cycle.starts, "ends": cycle.ends, "archived_at": None}
    upsert(tx, cycles, [row], by=["slug"])


def all_cycles(tx: Connection) -> list[Cycle]:
    rows = tx.execute(select(cycles).where(cycles.c.archived_at.is_(None)).order_by(cycles.c.starts, cycles.c.slug))
    return [Cycle(row.slug, row.name, row.starts, row.ends) for row in rows]


def put_team(tx: Connection, team: Team) -> None:
    row = {
        "slug": team.slug,
        "name": team.name,
        "lead": team.lead,
        "parent": team.parent,
        "is_private": team.is_private,
        "position": team.position,
        "archived_at": None,
    }
    upsert(tx, teams, [row], by=["slug"])


def all_teams(tx: Connection) -> list[Team]:
    rows = tx.execute(select(teams).where(teams.c.archived_at.is_(None)).order_by(teams.c.position, teams.c.slug))
    return [Team(row.slug, row.name, row.lead, row.parent, row.position, row.is_private) for row in rows]


def teams_to_be_named(tx: Connection) -> frozenset[str]:
    """Return the slugs of the teams whose changes only a route that names them takes."""
    found = all_teams(tx)
    return private_teams({team.slug: team.parent for team in found}, [team.slug for team in found if team.is_private])


def put_objective(tx: Connection, objective: Objective) -> int:
    row = {
        "slug": objective.slug,
        "title": objective.title,
        "team": objective.team,
        "cycle": objective.cycle,
        "owner": objective.owner,
        "supports": objective.supports,
        "weight": objective.weight,
        "position": objective.position,
        "archived_at": None,
    }
    upsert(tx, objectives, [row], by=["slug"])
    return int(tx.execute(select(objectives.c.id).where(objectives.c.slug == objective.slug)).scalar_one())


def all_objectives(tx: Connection) -> list[Objective]:
    rows = tx.execute(
        select(objectives).where(objectives.c.archived_at.is_(None)).order_by(objectives.c.position, objectives.c.id)
    )
    return [_objective(row) for row in rows]


def objective_by_slug(tx: Connection, slug: str) -> Objective | None:
    row = tx.execute(select(objectives).where(objectives.c.slug == slug)).one_or_none()
    return None if row is None else _objective(row)


def _objective(row: Row[Any]) -> Objective:
    return Objective(
        row.slug, row.title, row.team, row.cycle, row.owner, row.supports, row.weight, row.position, row.id
    )


ARCHIVABLE = {"cycles": cycles, "teams": teams, "objectives": objectives}


def archive(tx: Connection, noun: str, slug: str, now: datetime) -> None:
    """Archive a cycle, team or objective that its file does not name any more. Nothing is deleted."""
    table = ARCHIVABLE[noun]
    tx.execute(update(table).where(table.c.slug == slug).values(archived_at=now))


def write_audit(tx: Connection, *, at: datetime, who: str, what: str, subject: str, detail: Mapping[str, Any]) -> None:
    """Note who did what to what. Entries are only ever added."""
    tx.execute(audit.insert().values(at=at, who=who, what=what, subject=subject, detail=dict(detail)))
