"""The API of connections: how each is signed in, what can be picked from it, and its name. Secrets are in no answer."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify, request

from connectors.errors import ConnectorError
from hub.flows.connect import Connected, NotThere, Refused, check_saved, find_connected, pick, rename
from hub.model.rights import Action
from hub.web.api import plain, read_text
from hub.web.connections import LONGEST_QUERY, desk
from hub.web.errors import problem_json
from hub.web.json_body import Unreadable, read_object
from hub.web.state import state
from hub.web.who import require, viewer

api_connections = Blueprint("api_connections", __name__, url_prefix="/api/v1")


@api_connections.errorhandler(Unreadable)
def say_unreadable(problem: Unreadable) -> Response:
    return problem_json(422, "This cannot be read", str(problem))


@api_connections.errorhandler(NotThere)
def say_not_there(problem: NotThere) -> Response:
    return problem_json(404, "There is no such thing", str(problem))


@api_connections.errorhandler(Refused)
def say_refused(problem: Refused) -> Response:
    return problem_json(409, "This was not done", str(problem))


@api_connections.errorhandler(ConnectorError)
def say_failed(problem: ConnectorError) -> Response:
    return problem_json(502, "The tool could not be asked", problem.told)


@api_connections.get("/connections/<slug>")
def show(slug: str) -> Response:
    """One connection: how it stands, for whom it speaks, what that account lacks, when its sign-in ends."""
    require(Action.SEE_OPERATIONS)
    return jsonify(as_json(find_connected(state().store, slug)))


@api_connections.get("/connections/<slug>/scopes")
def show_scopes(slug: str) -> Response:
    """What can be selected, `?q=` narrows. Asks the tool."""
    require(Action.MANAGE_CONNECTIONS)
    found = pick(desk(), slug, request.args.get("q", "").strip()[:LONGEST_QUERY], state().now)
    return jsonify(
        scopes=[
            {"kind": one.scope.kind, "name": one.scope.name, "url": one.scope.url, "select": one.line} for one in found
        ]
    )


@api_connections.post("/connections/<slug>/check")
def check(slug: str) -> Response:
    """Ask the tool for whom the connection speaks, and what it lacks."""
    require(Action.MANAGE_CONNECTIONS)
    check_saved(desk(), slug, state().now)
    return jsonify(as_json(find_connected(state().store, slug)))


@api_connections.post("/connections/<slug>/name")
def give_name(slug: str) -> Response:
    """Call a connection otherwise on pages: {"name"}."""
    require(Action.MANAGE_CONNECTIONS)
    house = state()
    rename(house.store, slug, read_text(read_object(), "name"), who=viewer().email, now=house.now())
    return jsonify(as_json(find_connected(house.store, slug)))


def as_json(one: Connected) -> dict[str, Any]:
    """Return a connection as programs read it."""
    row = one.row
    return {
        "slug": row.slug,
        "name": row.title,
        "kind": row.kind,
        "is_provided": row.is_provided,
        "state": row.state,
        "problem": row.problem,
        "last_ok_at": plain(row.last_ok_at),
        "next_due_at": plain(row.next_due_at),
        "way": one.way_name,
        "is_signed_in": one.is_signed_in,
        "account": row.account,
        "sees": row.sees,
        "missing": [{"permission": name, "why": why} for name, why in row.missing],
        "owner": row.owner,
        "lapses_at": plain(one.lapses_at),
        "key_results": one.key_results,
    }
