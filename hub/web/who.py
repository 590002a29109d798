"""Whose request this is. Every view asks here, and nowhere else."""

from __future__ import annotations

from hub.model.rights import Role, Viewer
from hub.web.state import state


def viewer() -> Viewer:
    """Return whoever makes this request.

    The pages listen on loopback alone (hosts.py): whoever opens them has the files and the database too.
    """
    return Viewer(state().settings.open_as, Role.ADMIN)
