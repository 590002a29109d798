"""The API: what programs read and do with a person's token. JSON alone; errors are RFC 9457 problem details."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from flask import Blueprint, Response, abort, jsonify, request

from hub.flows.people import (
    NotThere,
    People,
    Refused,
    TeamPage,
    add_member,
    disable,
    enable,
    invite,
    list_people,
    make_reset_link,
    remove_member,
    set_role,
)
from hub.flows.read_now import make_all_due
from hub.flows.show import list_connections, list_key_results
from hub.jobs import ring_connection
from hub.model.rights import Action, Role, Standing
from hub.web.errors import problem_json
from hub.web.json_body import Unreadable, read_object
from hub.web.people import full_url
from hub.web.state import state
from hub.web.teams import find_team
from hub.web.who import require, viewer

api = Blueprint("api", __name__, url_prefix="/api/v1")


@api.errorhandler(Unreadable)
def say_unreadable(problem: Unreadable) -> Response:
    return problem_json(422, "This cannot be read", str(problem))


@api.errorhandler(NotThere)
def say_not_there(problem: NotThere) -> Response:
    return problem_json(404, "There is no such thing", str(problem))


@api.errorhandler(Refused)
def say_refused(problem: Refused) -> Response:
    return problem_json(409, "This was not done", str(problem))


@api.get("/me")
def show_me() -> Response:
    """Whose token this is, and what it is for."""
    require(Action.SEE)
    me = viewer()
    scopes = sorted(me.scopes) if me.scopes is not None else []
    return jsonify(email=me.email, role=me.role, teams=dict(me.teams), scopes=scopes)


@api.get("/key-results")
def list_all() -> Response:
    """The key results that the token's account may see; `?team=` narrows."""
    require(Action.SEE)
    house = state()
    found = list_key_results(house.store, house.now(), viewer(), team=request.args.get("team", ""))
    return jsonify(key_results=[plain(one) for one in found])


@api.get("/key-results/<objective>/<key_result>")
def show_one(objective: str, key_result: str) -> Response:
    """One key result."""
    require(Action.SEE)
    house = state()
    key = f"{objective}/{key_result}"
    found = [one for one in list_key_results(house.store, house.now(), viewer()) if one.key == key]
    if not found:
        abort(404)
    return jsonify(plain(found[0]))


@api.post("/read-now")
def read_now() -> tuple[Response, int]:
    """Make every connection due, as the button does."""
    require(Action.READ_NOW)
    house = state()
    due = make_all_due(house.store, house.now())
    for connection_id in due:
        ring_connection(house.store, house.bell, connection_id)
    return jsonify(connections=len(due)), 202


@api.get("/connections")
def show_connections() -> Response:
    """Every connection and how it stands."""
    require(Action.SEE_OPERATIONS)
    return jsonify(connections=[plain(one) for one in list_connections(state().store)])


@api.get("/people")
def show_people() -> Response:
    """Accounts and open invitations."""
    require(Action.MANAGE_PEOPLE)
    house = state()
    return jsonify(_people(list_people(house.store, house.now())))


@api.post("/people")
def ask_in() -> tuple[Response, int]:
    """Invite somebody: {"email", "role"}. The answer holds the link, this once."""
    require(Action.MANAGE_PEOPLE)
    house, said = state(), read_object()
    email = read_text(said, "email")
    path = invite(house.store, email=email, role=_role(said), who=viewer().email, now=house.now())
    return jsonify(email=email.strip().lower(), link=full_url(path)), 201


@api.post("/people/<email>/<change>")
def change_person(email: str, change: str) -> tuple[Response, int]:
    """Give a role ({"role"}), disable, enable, or make a link for a new password."""
    require(Action.MANAGE_PEOPLE)
    house, who = state(), viewer().email
    store, now = house.store, house.now()
    match change:
        case "role":
            set_role(store, email=email, role=_role(read_object()), who=who, now=now)
        case "disable":
            disable(store, email=email, who=who, now=now)
        case "enable":
            enable(store, email=email, who=who, now=now)
        case "link":
            return jsonify(link=full_url(make_reset_link(store, email=email, who=who, now=now))), 201
        case _:
            abort(404)
    return jsonify(_people(list_people(store, now))), 200


@api.get("/teams/<slug>/members")
def show_members(slug: str) -> Response:
    """Who is in a team."""
    return jsonify(_members(find_team(slug)))


@api.post("/teams/<slug>/members")
def add_to_team(slug: str) -> tuple[Response, int]:
    """Add somebody: {"email", "standing": "member" or "lead"}."""
    find_team(slug, Action.MANAGE_TEAM)
    house, said = state(), read_object()
    standing = said.get("standing", Standing.MEMBER.value)
    if standing not in list(Standing):
        raise Unreadable("standing must be member or lead")
    add_member(
        house.store,
        slug,
        email=read_text(said, "email"),
        standing=Standing(standing),
        who=viewer().email,
        now=house.now(),
    )
    return jsonify(_members(find_team(slug, Action.MANAGE_TEAM))), 201


@api.delete("/teams/<slug>/members/<email>")
def remove_from_team(slug: str, email: str) -> tuple[str, int]:
    """Remove somebody who was added by hand."""
    find_team(slug, Action.MANAGE_TEAM)
    house = state()
    remove_member(house.store, slug, email=email, who=viewer().email, now=house.now())
    return "", 204


def read_text(said: Mapping[str, Any], name: str) -> str:
    """Return a field that must be text. Raises Unreadable."""
    found = said.get(name)
    if not isinstance(found, str):
        raise Unreadable(f"{name} is missing, or no text")
    return found


def plain(value: Any) -> Any:
    """Return a shape as JSON says it: decimals as numbers, times as ISO text in UTC, words of lists as they are."""
    if is_dataclass(value) and not isinstance(value, type):
        return {name: plain(inner) for name, inner in asdict(value).items()}
    match value:
        case Enum():
            return value.value
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case date():
            return value.isoformat()
    return value


def _role(said: Mapping[str, Any]) -> Role:
    wanted = said.get("role")
    if wanted not in list(Role):
        raise Unreadable("role must be viewer, member or admin")
    return Role(wanted)


def _people(found: People) -> dict[str, Any]:
    return {
        "people": [
            {
                "email": one.account.email,
                "name": one.account.name,
                "role": one.account.role,
                "is_enabled": one.account.is_enabled,
                "signed_in_at": plain(one.account.signed_in_at),
                "teams": dict(one.teams),
            }
            for one in found.persons
        ],
        "invitations": [
            {"email": one.email, "role": one.role, "expires_at": plain(one.expires_at)} for one in found.invitations
        ],
    }


def _members(page: TeamPage) -> dict[str, Any]:
    return {
        "team": page.team.slug,
        "members": [
            {"email": one.email, "name": one.name, "standing": one.standing, "is_provided": one.is_provided}
            for one in page.members
        ],
    }
