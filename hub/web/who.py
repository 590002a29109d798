"""Whose request this is, and whether they may. Every view asks here, and nowhere else."""

from __future__ import annotations

from flask import abort

from hub.model.rights import Action, Role, Viewer
from hub.web.state import state


def viewer() -> Viewer:
    """Return whoever makes this request, by session or by token.

    The pages listen on loopback alone (hosts.py): whoever opens them has the files and the database too.
    """
    return Viewer(state().settings.open_as, Role.ADMIN)


def require(action: Action, team: str = "", is_private: bool = False, is_owner: bool = False) -> None:
    """Go on only if the viewer may do this to what belongs to a team, or to the hub when no team is named.

    Aborts with 404 when the team is not there for them at all, so that nobody learns that it exists; else with 403.
    """
    whose = viewer()
    if team and not whose.sees(team, is_private=is_private):
        abort(404)
    if not whose.may(action, team, is_private=is_private, is_owner=is_owner):
        abort(403)
