"""For whom a connection speaks, what that account sees, and what it may not do."""

from __future__ import annotations

from connectors.asana import answers
from connectors.asana.calls import Calls, Hidden
from connectors.asana.resolving import Resolving
from connectors.asana.settings import Account
from connectors.errors import Misconfigured, Unauthorized
from connectors.shapes import Identity, Missing
from connectors.tame import Wild, tame


def identify(calls: Calls, account: Account) -> Identity:
    """Ask who we are, which projects there are (a hundred at most), and whether events and goals open: 4 requests."""
    me = tame(
        calls.ask("account", "UsersApi", "get_user", "me", opt_fields="name,email,workspaces.name").content, "asana"
    )
    name = _name(me["data"])
    workspace = Resolving(calls, account).workspace()
    called = next((w["name"].text() for w in me["data"]["workspaces"] if w["gid"].key() == workspace), workspace)
    response = calls.ask(
        "projects", "ProjectsApi", "get_projects", workspace=workspace, archived="false", limit=100, opt_fields="name"
    )
    projects = answers.named_page(response.content)
    count = len(projects.data)
    number = f"{count} project{'' if count == 1 else 's'}{' or more' if projects.next_page else ''}"
    missing = []
    if projects.data:
        try:
            calls.first_token(projects.data[0].gid)
        except (Hidden, Unauthorized):
            missing.append(Missing("default", "changes cannot be followed, so every sync would read everything anew"))
    try:
        calls.ask("goals", "GoalsApi", "get_goals", workspace=workspace, limit=1, opt_fields="name")
    except Misconfigured:
        missing.append(Missing("goals", "the workspace's plan has no goals, so none can be read or written"))
    except (Hidden, Unauthorized):
        missing.append(Missing("goals:read", "goals cannot be read or written"))
    return Identity(name, f"{called}: {number}", tuple(missing))


def _name(me: Wild) -> str:
    for field in ("email", "name"):
        found = me.maybe(field)
        if found is not None and not found.is_null and found.text():
            return found.text()
    return me["gid"].key()
