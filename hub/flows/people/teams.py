"""Teams and who is in them, as far as the viewer may see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from hub.flows.people.refusal import NotThere, Refused, read_email
from hub.model.rights import Action, Standing, Viewer
from hub.store import Store, okrs, team_members
from hub.store.okrs import Team
from hub.store.team_members import TeamMember

BY_FILE = "is in this team by its file: change `members:` there and apply it."


@dataclass(frozen=True, slots=True)
class TeamPage:
    """A team and its members. `may_manage` says whether the viewer may change them."""

    team: Team
    members: tuple[TeamMember, ...]
    may_manage: bool


def list_teams(store: Store, viewer: Viewer) -> list[TeamPage]:
    """Return the teams that are there for the viewer, with their members."""
    with store.read() as tx:
        return [
            TeamPage(team, tuple(team_members.members_of(tx, team.slug)), _may_manage(viewer, team))
            for team in okrs.all_teams(tx)
            if viewer.sees(team.slug, is_private=team.is_private)
        ]


def show_team(store: Store, slug: str, viewer: Viewer) -> TeamPage:
    """Return a team. Raises NotThere when it is not there for the viewer."""
    for page in list_teams(store, viewer):
        if page.team.slug == slug:
            return page
    raise NotThere(f"There is no team {slug[:80]}.")


def add_member(store: Store, slug: str, *, email: str, standing: Standing, who: str, now: datetime) -> None:
    """Add somebody to a team by hand. Raises Refused when they are in it already."""
    email = read_email(email)
    with store.write() as tx:
        if not team_members.add_member(tx, slug, email, standing):
            raise Refused(f"{email} is in this team already.")
        detail = {"email": email, "standing": standing.value}
        okrs.write_audit(tx, at=now, who=who, what="add team member", subject=slug, detail=detail)


def remove_member(store: Store, slug: str, *, email: str, who: str, now: datetime) -> None:
    """Remove somebody who was added by hand. Raises NotThere, and Refused for whom a file names."""
    email = email.strip().lower()
    with store.write() as tx:
        if not team_members.remove_member(tx, slug, email):
            if any(one.email == email for one in team_members.members_of(tx, slug)):
                raise Refused(f"{email} {BY_FILE}")
            raise NotThere(f"{email[:80]} is not in this team.")
        detail = {"email": email}
        okrs.write_audit(tx, at=now, who=who, what="remove team member", subject=slug, detail=detail)


def _may_manage(viewer: Viewer, team: Team) -> bool:
    return viewer.may(Action.MANAGE_TEAM, team.slug, is_private=team.is_private)
