"""The page where admins keep accounts."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response, abort, flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from hub.flows.people import (
    NotThere,
    Refused,
    disable,
    enable,
    invite,
    list_people,
    make_reset_link,
    set_role,
    withdraw,
)
from hub.model.rights import Action, Role
from hub.web.account import still_frame
from hub.web.state import state
from hub.web.who import require, viewer

people = Blueprint("people", __name__)


@people.before_request
def require_admin() -> None:
    require(Action.MANAGE_PEOPLE)


@people.get("/people")
def show() -> Response:
    """Show who may come in."""
    return _page(200)


@people.post("/people")
def ask_in() -> AnyResponse:
    """Invite somebody and show the link, this once."""
    house = state()
    email = request.form.get("email", "").strip().lower()
    try:
        path = invite(house.store, email=email, role=read_role(), who=viewer().email, now=house.now())
    except Refused as problem:
        return _page(400, str(problem))
    return _page(200, link=full_url(path), told=f"{email} can join by this link, within 7 days.")


@people.post("/people/<email>/link")
def give_link(email: str) -> AnyResponse:
    """Make a link for a new password and show it, this once."""
    house = state()
    try:
        path = make_reset_link(house.store, email=email, who=viewer().email, now=house.now())
    except NotThere:
        abort(404)
    except Refused as problem:
        return _page(400, str(problem))
    return _page(200, link=full_url(path), told=f"{email} can choose a new password by this link, within 24 hours.")


@people.post("/people/<email>/role")
def give_role(email: str) -> AnyResponse:
    """Give somebody another role."""
    role = read_role()
    return _do(
        lambda now: set_role(state().store, email=email, role=role, who=viewer().email, now=now),
        f"{email} is {'an' if role is Role.ADMIN else 'a'} {role.value} now.",
    )


@people.post("/people/<email>/disable")
def shut_out(email: str) -> AnyResponse:
    """Let somebody in no more."""
    return _do(
        lambda now: disable(state().store, email=email, who=viewer().email, now=now),
        f"{email} is signed out everywhere and cannot come in.",
    )


@people.post("/people/<email>/enable")
def let_in_again(email: str) -> AnyResponse:
    """Let somebody in again."""
    return _do(
        lambda now: enable(state().store, email=email, who=viewer().email, now=now), f"{email} can come in again."
    )


@people.post("/people/<email>/withdraw")
def take_back(email: str) -> AnyResponse:
    """Make an invitation void."""
    return _do(
        lambda now: withdraw(state().store, email=email, who=viewer().email, now=now), f"{email} is invited no more."
    )


def read_role() -> Role:
    """Return the role that the form names. Aborts with 400 when it is none."""
    wanted = request.form.get("role", "")
    if wanted not in set(Role):
        abort(400)
    return Role(wanted)


def full_url(path: str) -> str:
    """Return the whole address of a link, as people reach the pages."""
    return f"{(state().settings.public_url or request.host_url).rstrip('/')}{path}"


def _do(change: Callable[..., None], told: str) -> AnyResponse:
    try:
        change(state().now())
    except NotThere:
        abort(404)
    except Refused as problem:
        return _page(400, str(problem))
    flash(told)
    return redirect(url_for("people.show"), 303)


def _page(status: int, problem: str = "", link: str = "", told: str = "") -> Response:
    house = state()
    page = render_template(
        "people.html",
        frame=still_frame(),
        here="people",
        now=house.now(),
        page=list_people(house.store, house.now()),
        roles=tuple(Role),
        problem=problem,
        link=link,
        told=told,
    )
    return make_response(page, status)
