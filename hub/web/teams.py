"""Teams and who is in them."""

from __future__ import annotations

from flask import Blueprint, Response, abort, flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from hub.flows.people import NotThere, Refused, TeamPage, add_member, list_teams, remove_member, show_team
from hub.model.rights import Action, Standing
from hub.web.account import still_frame
from hub.web.state import state
from hub.web.who import require, viewer

teams = Blueprint("teams", __name__)


@teams.get("/teams")
def show_all() -> str:
    """Show the teams that are there for the viewer."""
    return render_template("teams.html", frame=still_frame(), here="teams", pages=list_teams(state().store, viewer()))


@teams.get("/teams/<slug>")
def show(slug: str) -> Response:
    """Show a team."""
    return _page(find_team(slug), 200)


@teams.post("/teams/<slug>/members")
def add(slug: str) -> AnyResponse:
    """Add somebody to a team."""
    page = find_team(slug, Action.MANAGE_TEAM)
    house, email = state(), request.form.get("email", "").strip().lower()
    standing = request.form.get("standing", Standing.MEMBER.value)
    if standing not in set(Standing):
        abort(400)
    try:
        add_member(house.store, slug, email=email, standing=Standing(standing), who=viewer().email, now=house.now())
    except Refused as problem:
        return _page(page, 400, str(problem))
    flash(f"{email} is in the team {page.team.name} now.")
    return redirect(url_for("teams.show", slug=slug), 303)


@teams.post("/teams/<slug>/members/<email>/remove")
def remove(slug: str, email: str) -> AnyResponse:
    """Remove somebody from a team."""
    page = find_team(slug, Action.MANAGE_TEAM)
    house = state()
    try:
        remove_member(house.store, slug, email=email, who=viewer().email, now=house.now())
    except NotThere:
        abort(404)
    except Refused as problem:
        return _page(page, 400, str(problem))
    flash(f"{email} is not in the team {page.team.name} any more.")
    if page.team.is_private and email == viewer().email:
        return redirect(url_for("teams.show_all"), 303)
    return redirect(url_for("teams.show", slug=slug), 303)


def find_team(slug: str, action: Action = Action.SEE) -> TeamPage:
    """Return a team if the viewer may do this to it. Aborts with 404 when it is not there for them, else with 403."""
    try:
        page = show_team(state().store, slug, viewer())
    except NotThere:
        abort(404)
    require(action, slug, is_private=page.team.is_private)
    return page


def _page(page: TeamPage, status: int, problem: str = "") -> Response:
    given = request.form.get("email", "")
    shown = render_template("team.html", frame=still_frame(), here="teams", page=page, problem=problem, given=given)
    return make_response(shown, status)
