"""Who is in which team, and what they are there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, delete, select

from hub.model.rights import Standing
from hub.store.tables_okr import people
from hub.store.tables_people import team_members
from hub.store.upsert import insert_new, upsert


@dataclass(frozen=True, slots=True)
class TeamMember:
    team: str  # slug
    email: str
    name: str
    standing: Standing
    is_provided: bool  # by a file


def teams_of(tx: Connection, email: str) -> dict[str, Standing]:
    """Return the teams that a person is in, by slug."""
    rows = tx.execute(select(team_members.c.team, team_members.c.standing).where(team_members.c.email == email))
    return {row.team: Standing(row.standing) for row in rows}


def members_of(tx: Connection, team: str) -> list[TeamMember]:
    """Return the members of a team, who leads it first."""
    rows = tx.execute(
        select(team_members, people.c.name)
        .outerjoin(people, people.c.email == team_members.c.email)
        .where(team_members.c.team == team)
        .order_by(team_members.c.standing, team_members.c.email)
    )
    return [
        TeamMember(row.team, row.email, row.name or row.email, Standing(row.standing), row.is_provided) for row in rows
    ]


def provided_members(tx: Connection) -> dict[str, dict[str, Standing]]:
    """Return whom the files put into teams: by team, then by e-mail."""
    found: dict[str, dict[str, Standing]] = {}
    for row in tx.execute(select(team_members).where(team_members.c.is_provided.is_(True))):
        found.setdefault(row.team, {})[row.email] = Standing(row.standing)
    return found


def provide_members(tx: Connection, wanted: Mapping[str, Mapping[str, Standing]]) -> None:
    """Make the teams hold whom the files name; those added by hand stay."""
    for team, members in provided_members(tx).items():
        gone = [email for email in members if email not in wanted.get(team, {})]
        mine = (team_members.c.team == team) & team_members.c.is_provided.is_(True)
        if gone:
            tx.execute(delete(team_members).where(mine, team_members.c.email.in_(gone)))
    rows = [
        {"team": team, "email": email, "standing": standing.value, "is_provided": True}
        for team, members in wanted.items()
        for email, standing in members.items()
    ]
    upsert(tx, team_members, rows, by=["team", "email"])


def add_member(tx: Connection, team: str, email: str, standing: Standing) -> bool:
    """Add somebody by hand; False when they are in the team already."""
    row = {"team": team, "email": email, "standing": standing.value, "is_provided": False}
    return insert_new(tx, team_members, row, by=["team", "email"])


def remove_member(tx: Connection, team: str, email: str) -> bool:
    """Remove somebody who was added by hand; False when there is nobody such."""
    mine = (team_members.c.team == team) & (team_members.c.email == email) & team_members.c.is_provided.is_(False)
    return tx.execute(delete(team_members).where(mine)).rowcount == 1
