"""For whom a connection speaks, what that account sees, and what it lacks: two batches of small questions."""

from __future__ import annotations

from requests import Response

from connectors.errors import Unauthorized
from connectors.fields import Permission
from connectors.microsoft import answers
from connectors.microsoft.graph import Graph
from connectors.microsoft.offers import GROUPS
from connectors.microsoft.settings import APP_ROLES, DELEGATED
from connectors.shapes import Identity, Missing
from connectors.tame import decode
from connectors.wire import answer

_ME = "me?$select=id,displayName,userPrincipalName"
_REFUSED = frozenset({401, 403})


def check(graph: Graph) -> Identity:
    """Ask who we are, and try each permission by a call that needs no more.

    Graph's tokens are not ours to read (https://learn.microsoft.com/entra/identity-platform/access-tokens), so what is
    missing shows in what is refused.
    """
    asked = {
        "me": _ME,
        "groups": GROUPS,
        "users": "users?$select=id,displayName&$top=1",
        "sites": "sites/root?$select=id",
        "drive": f"{graph.account.mine}/drive?$select=id",
        "site drive": "sites/root/drive?$select=id",
        "plans": "me/planner/plans",
        "lists": f"{graph.account.mine}/todo/lists",
    }
    came = graph.batch(asked, what="the account")
    me = came["me"]
    if me.status_code == 401:
        raise Unauthorized("microsoft does not accept the sign-in", hint="sign in again")
    is_app = me.status_code in {400, 403, 404}
    if not is_app:
        answer(me, what="microsoft: the account")
    groups = _names(came["groups"])
    team = next(iter(groups), None)
    within = {
        "group plans": f"groups/{team}/planner/plans",
        "channels": f"teams/{team}/channels?$select=id,displayName",
        "tabs": f"teams/{team}/primaryChannel/tabs",
    }
    came |= graph.batch(within, what="a team") if team else {}
    name = f"app {graph.account.client_id}" if is_app else _account(me)
    return Identity(name, sees=_sees(came, is_app), missing=tuple(_missing(came, is_app)))


def _missing(came: dict[str, Response], is_app: bool) -> list[Missing]:
    tasks = ["group plans"] if is_app else ["plans", "lists"]
    probes = {
        "Tasks.Read.All": tasks,
        "Tasks.Read": tasks,
        "Group.Read.All": ["groups"],
        "User.ReadBasic.All": ["users"],
        "Channel.ReadBasic.All": ["channels"],
        "TeamsTab.Read.All": ["tabs"],
        "Sites.Read.All": ["sites"],
        "Files.Read.All": ["site drive"],
        "Files.ReadWrite": ["drive"],
    }
    wanted: tuple[Permission, ...] = APP_ROLES if is_app else DELEGATED
    return [
        Missing(one.name, one.why)
        for one in wanted
        if any(came[probe].status_code in _REFUSED for probe in probes.get(one.name, ()) if probe in came)
    ]


def _sees(came: dict[str, Response], is_app: bool) -> str:
    counted = [("team", "groups"), ("To Do list", "lists")]
    if not is_app:
        counted.insert(1, ("plan", "plans"))
    parts = []
    for word, probe in counted:
        if came[probe].status_code == 200:
            page = decode(answers.named_ones, came[probe].content, f"microsoft: {probe}")
            number, more = len(page.value), " or more" if page.next_link else ""
            parts.append(f"{number}{more} {word}{'' if number == 1 else 's'}")
    return ", ".join(parts)


def _account(me: Response) -> str:
    found = decode(answers.person, me.content, "microsoft: the account")
    return found.user_principal_name or found.display_name or found.id


def _names(response: Response) -> dict[str, str]:
    if response.status_code != 200:
        return {}
    page = decode(answers.named_ones, response.content, "microsoft: teams")
    return {one.id: one.called for one in page.value}
