"""The pages of what is connected: how each connection stands, whom it speaks for, and what can be picked from it."""

from __future__ import annotations

import os

from flask import Blueprint, Response, abort, flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from connectors.errors import ConnectorError
from hub.flows.connect import (
    Desk,
    NotThere,
    Pick,
    Refused,
    check_saved,
    find_connected,
    list_connected,
    list_tools,
    pick,
    remove,
    rename,
)
from hub.jobs import ring_connection
from hub.model.rights import Action
from hub.web.account import still_frame
from hub.web.state import state
from hub.web.who import require, viewer

LONGEST_QUERY = 200

connections = Blueprint("connections", __name__)


def desk() -> Desk:
    """Return where connecting takes place, for whoever makes this request."""
    house = state()
    return Desk(house.store, house.vault, os.environ, viewer().email)


def ring(connection_id: int) -> None:
    """Have a connection read now; without the queue server the clock does it."""
    house = state()
    ring_connection(house.store, house.bell, connection_id, house.now())


@connections.get("/connections")
def show_all() -> str:
    """Show every connection and how it stands, its problem in full."""
    require(Action.SEE_OPERATIONS)
    house = state()
    return render_template(
        "connections.html",
        frame=still_frame(),
        here="connections",
        now=house.now(),
        connections=list_connected(house.store),
        tools=list_tools(),
    )


@connections.get("/connections/<slug>")
def show(slug: str) -> Response:
    """Show one connection; with `q` also what can be picked from it, which asks the tool."""
    require(Action.SEE_OPERATIONS)
    if "q" not in request.args:
        return _page(slug, 200)
    require(Action.MANAGE_CONNECTIONS)
    query = request.args["q"].strip()[:LONGEST_QUERY]
    try:
        found = pick(desk(), slug, query, state().now)
    except NotThere:
        abort(404)
    except ConnectorError as problem:
        return _page(slug, 502, problem=problem.told, query=query)
    return _page(slug, 200, query=query, picks=found)


@connections.post("/connections/<slug>/check")
def check(slug: str) -> AnyResponse:
    """Ask the tool for whom the connection speaks, and what it lacks."""
    require(Action.MANAGE_CONNECTIONS)
    try:
        identity = check_saved(desk(), slug, state().now)
    except NotThere:
        abort(404)
    except ConnectorError as problem:
        return _page(slug, 502, problem=problem.told)
    number = len(identity.missing)
    lacks = f", and lacks {'one permission' if number == 1 else f'{number} permissions'}" if number else ""
    flash(f"It speaks for {identity.name}{lacks}.")
    return redirect(url_for("connections.show", slug=slug), 303)


@connections.post("/connections/<slug>/name")
def give_name(slug: str) -> AnyResponse:
    """Give a connection another name on pages."""
    require(Action.MANAGE_CONNECTIONS)
    try:
        rename(state().store, slug, request.form.get("name", ""), who=viewer().email, now=state().now())
    except NotThere:
        abort(404)
    except Refused as problem:
        return _page(slug, 400, problem=str(problem))
    flash("The name is changed.")
    return redirect(url_for("connections.show", slug=slug), 303)


@connections.post("/connections/<slug>/remove")
def take_away(slug: str) -> AnyResponse:
    """Archive a connection that was made on the page."""
    require(Action.MANAGE_CONNECTIONS)
    try:
        remove(state().store, slug, who=viewer().email, now=state().now())
    except NotThere:
        abort(404)
    except Refused as problem:
        return _page(slug, 400, problem=str(problem))
    flash(f"{slug} is removed, and its secrets are forgotten.")
    return redirect(url_for("connections.show_all"), 303)


def _page(
    slug: str, status: int, *, problem: str = "", query: str | None = None, picks: list[Pick] | None = None
) -> Response:
    house = state()
    try:
        found = find_connected(house.store, slug)
    except NotThere:
        abort(404)
    page = render_template(
        "connection.html",
        frame=still_frame(),
        here="connections",
        now=house.now(),
        one=found,
        problem=problem,
        query=query,
        picks=picks,
    )
    return make_response(page, status)
