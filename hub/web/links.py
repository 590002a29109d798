"""The pages behind one-time links: the first admin, an invitation, a new password."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from hub.flows.people import NotThere, Offer, Purpose, Refused, has_accounts, look_at_link, use_link
from hub.flows.show import Frame
from hub.web.errors import refuse
from hub.web.sign_in import let_in
from hub.web.state import state

links = Blueprint("links", __name__)

GONE = "Ask for a new one: an admin makes it on the page People, or `okrhub user link` on the hub's own machine."


@links.get("/set-up")
def wait() -> AnyResponse:
    """Say where the set-up link is."""
    if has_accounts(state().store):
        return redirect(url_for("sign_in.show"), 303)
    return make_response(render_template("set_up.html", frame=Frame()))


@links.route("/set-up/<bearer>", methods=["GET", "POST"])
def set_up(bearer: str) -> AnyResponse:
    """Make the first admin."""
    return _open(Purpose.SET_UP, bearer)


@links.route("/invite/<bearer>", methods=["GET", "POST"])
def accept(bearer: str) -> AnyResponse:
    """Make the account that somebody is invited to."""
    return _open(Purpose.INVITE, bearer)


@links.route("/reset/<bearer>", methods=["GET", "POST"])
def reset(bearer: str) -> AnyResponse:
    """Choose a new password."""
    return _open(Purpose.RESET, bearer)


def _open(purpose: Purpose, bearer: str) -> AnyResponse:
    house = state()
    try:
        offer = look_at_link(house.store, purpose, bearer, house.now())
        if request.method != "POST":
            return _page(offer, 200)
        if request.form.get("password", "") != request.form.get("again", ""):
            return _page(offer, 400, "The two passwords differ.")
        opened = use_link(
            house.store,
            purpose,
            bearer,
            email=request.form.get("email", ""),
            name=request.form.get("name", ""),
            password=request.form.get("password", ""),
            agent=request.user_agent.string,
            now=house.now(),
        )
    except NotThere as problem:
        return refuse(410, "This link does not work", f"{problem} {GONE}")
    except Refused as problem:
        return _page(offer, 400, str(problem))
    return let_in(opened)


def _page(offer: Offer, status: int, problem: str = "") -> Response:
    given = {name: request.form.get(name, "") for name in ("email", "name")}
    page = render_template("link.html", frame=Frame(), offer=offer, problem=problem, given=given)
    return make_response(page, status)
