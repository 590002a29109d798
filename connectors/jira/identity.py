"""Whom a connection speaks for, what that account sees and what it lacks; and which sites a sign-in reaches."""

from __future__ import annotations

from requests import Session

from connectors.errors import Gone, Unauthorized
from connectors.jira.calls import Calls
from connectors.jira.description import PERMISSIONS
from connectors.shapes import Identity, Missing, Site
from connectors.tame import Wild, tame
from connectors.wire import answer

# what the check itself has done; an account may be allowed to do it by finer scopes than these
_PROVEN = frozenset({"read:jira-work", "read:jira-user"})


def identity_of(calls: Calls) -> Identity:
    """Ask who we are (the address, or the name where that is hidden), what is seen and what is missing."""
    return Identity(_name(calls.myself()), _sees(calls), (*_rights(calls), *_scopes(calls)))


def sites(gateway: str, wire: Session) -> tuple[Site, ...]:
    """Return the Jira sites that the wire's sign-in reaches; Confluence alone is none.

    https://developer.atlassian.com/cloud/jira/platform/oauth-2-3lo-apps/#3-1-get-the-cloudid-for-your-site
    """
    found = {}
    for one in _resources(gateway, wire):
        if any(_is_of_jira(scope.text()) for scope in one["scopes"]):
            id = one["id"].text()
            found[id] = Site(
                one["name"].text(), {"base_url": f"{gateway}/ex/jira/{id}", "site_url": one["url"].text().rstrip("/")}
            )
    return tuple(sorted(found.values(), key=lambda site: (site.name, site.settings["base_url"])))


def _name(me: Wild) -> str:
    for name in ("emailAddress", "displayName"):
        found = me.maybe(name)
        if found is not None and not found.is_null and found.text():
            return found.text()
    return me["accountId"].text()


def _sees(calls: Calls) -> str:
    if not calls.account.is_cloud:
        count = sum(1 for _ in calls.projects(""))
    else:
        count = int(calls.get("project/search", {"maxResults": 1})["total"].number())
    return f"{count} project{'' if count == 1 else 's'}"


def _rights(calls: Calls) -> tuple[Missing, ...]:
    """Ask for the right to browse: without it everything is empty, and nothing is an error."""
    held = calls.get("mypermissions", {"permissions": "BROWSE_PROJECTS"})["permissions"]
    if held["BROWSE_PROJECTS"]["havePermission"].flag():
        return ()
    return (Missing("BROWSE_PROJECTS", "the account may see no project, so every selection is empty"),)


def _scopes(calls: Calls) -> tuple[Missing, ...]:
    """Compare what was agreed to at the sign-in with what the connector asks for, as far as Atlassian tells it."""
    account = calls.account
    if account.signs != "bearer" or not account.base.startswith(f"{account.gateway}/ex/jira/"):
        return ()
    here = account.base.rpartition("/")[2]
    try:
        listed = [one for one in _resources(account.gateway, calls.wire) if one["id"].text() == here]
    except (Unauthorized, Gone):  # the list is for people; the calls before this one show that the sign-in is good
        return ()
    held = {scope.text() for one in listed for scope in one["scopes"]} | _PROVEN
    return tuple(Missing(one.name, one.why) for one in PERMISSIONS if listed and one.name not in held)


def _resources(gateway: str, wire: Session) -> Wild:
    response = wire.get(f"{gateway}/oauth/token/accessible-resources", headers={"Accept": "application/json"})
    answer(response, what="jira: the list of sites")
    return tame(response.content, "jira sites")


def _is_of_jira(scope: str) -> bool:
    return scope.endswith((":jira-work", ":jira-user", ":jira", ":jira-software"))
