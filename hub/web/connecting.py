"""Connecting a tool: choose it, fill its form in, agree at the tool where it asks for it, see what is found, save."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, Response, abort, flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from connectors.errors import ConnectorError, Misconfigured, TryLater, Unauthorized
from hub.flows.connect import (
    Connected,
    Draft,
    NotThere,
    Refused,
    ask,
    begin,
    choose,
    come_back,
    draw_form,
    filled_by_file,
    find_connected,
    find_draft,
    forget_draft,
    keep_draft,
    lead_away,
    list_tools,
    permissions_of,
    read_form,
    reexamine,
    save,
)
from hub.log import logger
from hub.model.rights import Action
from hub.store.connections import ConnectionRow
from hub.web.account import still_frame
from hub.web.connections import desk, ring
from hub.web.cookies import own, set_own
from hub.web.errors import refuse
from hub.web.state import state
from hub.web.who import require, viewer

connecting = Blueprint("connecting", __name__)

COOKIE = "okrhub_connect"
LASTS = 3600  # seconds
NOT_DONE = "This was not connected"


@connecting.before_request
def require_admin() -> None:
    require(Action.MANAGE_CONNECTIONS)


@connecting.get("/connect")
def choose_tool() -> str:
    """Show the tools that can be connected."""
    return render_template("connect_tool.html", frame=still_frame(), here="connections", tools=list_tools())


@connecting.get("/connect/<kind>")
def fill_in(kind: str) -> Response:
    """Show the form of a tool, for the way to sign in that the address names."""
    return _form(kind, request.args.get("way", ""), None, {"slug": kind})


@connecting.post("/connect/<kind>")
def take_form(kind: str) -> AnyResponse:
    """Check what a form says, and go on to the tool's own page where people agree there."""
    return _take(kind, None)


@connecting.get("/connections/<slug>/sign-in")
def fill_in_again(slug: str) -> AnyResponse:
    """Show the form of a connection that is there, its secrets as set; one of a file has nothing to fill in."""
    found = _found(slug)
    if found.row.is_provided:
        return redirect(url_for("connections.show", slug=slug), 303)
    return _form(found.row.kind, request.args.get("way", found.row.way), found, None)


@connecting.post("/connections/<slug>/sign-in")
def take_form_again(slug: str) -> AnyResponse:
    """Check a new sign-in for a connection that is there."""
    found = _found(slug)
    if not found.row.is_provided:
        return _take(found.row.kind, found)
    if not found.is_oauth:
        return refuse(400, NOT_DONE, f"{slug} is signed in by what hub.yaml names: change it there.")
    draft = begin(desk(), found.row.kind, found.way_name, filled_by_file(found.row), row=found.row)
    try:
        return _go_on(draft)
    except ConnectorError as problem:
        return refuse(400, NOT_DONE, problem.told)


@connecting.get("/connect/draft")
def show_draft() -> AnyResponse:
    """Show what was found, or where to agree, or which site to choose."""
    try:
        _, draft = find_draft(state().store, state().vault, own(COOKIE), viewer().email, state().now())
    except NotThere:
        flash("Nothing is being connected in this browser.")
        return redirect(url_for("connections.show_all"), 303)
    return _draft(draft)


@connecting.get("/connect/back")
def back() -> AnyResponse:
    """Take in who comes back from the tool's own page."""
    try:
        come_back(desk(), own(COOKIE), request.args.to_dict(), state().now())
    except NotThere as problem:
        return refuse(401, NOT_DONE, f"The sign-in was not begun in this browser by you. {problem}")
    except ConnectorError as problem:
        logger("web").warning("a tool's sign-in failed", kind=type(problem).__name__, problem=str(problem))
        status = 401 if isinstance(problem, Unauthorized) else 503 if isinstance(problem, TryLater) else 502
        return refuse(status, NOT_DONE, problem.told)
    return redirect(url_for("connecting.show_draft"), 303)


@connecting.post("/connect/draft/site")
def choose_site() -> AnyResponse:
    """Pick one of the sites that the sign-in reaches."""
    position = request.form.get("site", "")
    try:
        choose(desk(), own(COOKIE), int(position) if position.isdigit() else -1, state().now())
    except NotThere as problem:
        return refuse(404, NOT_DONE, str(problem))
    return redirect(url_for("connecting.show_draft"), 303)


@connecting.post("/connect/draft/check")
def check_again() -> AnyResponse:
    """Ask the tool once more."""
    try:
        reexamine(desk(), own(COOKIE), state().now())
    except NotThere as problem:
        return refuse(404, NOT_DONE, str(problem))
    return redirect(url_for("connecting.show_draft"), 303)


@connecting.post("/connect/draft/save")
def save_it() -> AnyResponse:
    """Save what was checked."""
    try:
        row = save(desk(), own(COOKIE), state().now(), means_other_site=request.form.get("other_site") == "yes")
    except NotThere as problem:
        return refuse(404, NOT_DONE, str(problem))
    except Refused as problem:
        _, draft = find_draft(state().store, state().vault, own(COOKIE), viewer().email, state().now())
        return _draft(draft, 400, str(problem))
    ring(row.id)
    flash(f"{row.title} is connected. It is read now.")
    answer = redirect(url_for("connections.show", slug=row.slug), 303)
    set_own(answer, COOKIE, "", 0)
    return answer


@connecting.post("/connect/draft/drop")
def drop() -> AnyResponse:
    """Forget what was filled in."""
    forget_draft(state().store, own(COOKIE), viewer().email, state().now())
    answer = redirect(url_for("connections.show_all"), 303)
    set_own(answer, COOKIE, "", 0)
    return answer


def redirect_uri() -> str:
    """Return the address that is registered at a tool for the way back."""
    return f"{(state().settings.public_url or request.host_url).rstrip('/')}/connect/back"


def _take(kind: str, found: Connected | None) -> AnyResponse:
    given, way = request.form.to_dict(), request.form.get("way", "")
    row = found.row if found is not None else None
    try:
        filled = read_form(kind, way, given, row=row)
        return _go_on(begin(desk(), kind, way, filled, row=row))
    except NotThere:
        abort(404)
    except Refused as problem:
        return _form(kind, way, found, given, {one.field: str(one) for one in (problem, *problem.also)}, 400)
    except ConnectorError as problem:
        field = problem.field if isinstance(problem, Misconfigured) else ""
        return _form(kind, way, found, given, {field: problem.told}, 400 if field else 502)


def _go_on(draft: Draft) -> AnyResponse:
    """Lead on to the tool's page, or check at once. Raises ConnectorError."""
    now = state().now()
    if draft.way == "authorization_code":
        bearer = lead_away(desk(), draft, redirect_uri(), now)
    else:
        bearer = keep_draft(state().store, state().vault, ask(desk(), draft, now), now)
    answer = redirect(url_for("connecting.show_draft"), 303)
    set_own(answer, COOKIE, bearer, LASTS)
    return answer


def _form(
    kind: str,
    way: str,
    found: Connected | None,
    given: Mapping[str, str] | None,
    problems: Mapping[str, str] | None = None,
    status: int = 200,
) -> Response:
    row: ConnectionRow | None = found.row if found is not None else None
    try:
        form = draw_form(kind, way, row=row, secrets=found.secrets if found is not None else None, given=given)
    except NotThere:
        abort(404)
    page = render_template(
        "connect_form.html",
        frame=still_frame(),
        here="connections",
        form=form,
        one=found,
        given=given or {},
        problems=problems or {},
        redirect_uri=redirect_uri(),
    )
    return make_response(page, status)


def _draft(draft: Draft, status: int = 200, problem: str = "") -> Response:
    page = render_template(
        "connect_draft.html",
        frame=still_frame(),
        here="connections",
        now=state().now(),
        draft=draft,
        permissions=permissions_of(draft),
        missing=[(one.scope, one.why) for one in draft.identity.missing] if draft.identity else [],
        tool=next(one for one in list_tools() if one.kind == draft.kind),
        problem=problem,
    )
    return make_response(page, status)


def _found(slug: str) -> Connected:
    try:
        return find_connected(state().store, slug)
    except NotThere:
        abort(404)
