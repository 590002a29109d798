"""Sign in and sign out."""

from __future__ import annotations

import math

from flask import Blueprint, Response, make_response, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response as AnyResponse

from hub.flows.people import NotYet, Opened, Refused, has_accounts, sign_in, sign_out
from hub.flows.show import Frame
from hub.model.words import say_wait
from hub.web.cookies import drop_session, keep_session, known_browser
from hub.web.returning import way_back
from hub.web.state import state
from hub.web.who import open_as, signed

door = Blueprint("sign_in", __name__)


@door.get("/sign-in")
def show() -> AnyResponse:
    """Ask who it is."""
    house = state()
    if signed() is not None and not open_as():
        return redirect(way_back(), 303)
    if not has_accounts(house.store):
        return redirect(url_for("links.wait"), 303)
    return _page(200)


@door.post("/sign-in")
def enter() -> AnyResponse:
    """Begin a session, or say that it does not fit."""
    house = state()
    email = request.form.get("email", "")
    try:
        opened = sign_in(
            house.store,
            email=email,
            password=request.form.get("password", ""),
            address=request.remote_addr or "",
            agent=request.user_agent.string,
            now=house.now(),
            browser=known_browser(email),
        )
    except NotYet as problem:
        seconds = math.ceil((problem.free_at - house.now()).total_seconds())
        answer = _page(429, f"{problem} Try again in {say_wait(seconds)}.", email)
        answer.headers["Retry-After"] = str(seconds)
        return answer
    except Refused as problem:
        return _page(401, str(problem), email)
    return let_in(opened)


@door.post("/sign-out")
def leave() -> AnyResponse:
    """End this browser's session."""
    house, whose = state(), signed()
    if whose is not None:
        sign_out(house.store, whose, house.now())
    answer = redirect(url_for("sign_in.show"), 303)
    session.clear()
    drop_session(answer)
    return answer


def let_in(opened: Opened, wanted: str = "") -> AnyResponse:
    """Give the browser its new session, and go where it wanted to: where `wanted` or the form says."""
    before = signed()
    if before is not None:
        sign_out(state().store, before, state().now())
    session.clear()  # with it the token of forms: nothing of before the sign-in is good after it
    answer = redirect(wanted or way_back(), 303)
    keep_session(answer, opened)
    return answer


def _page(status: int, problem: str = "", email: str = "") -> Response:
    shown = render_template(
        "sign_in.html", frame=Frame(), problem=problem, email=email, next=way_back(), issuer=state().settings.oidc_title
    )
    return make_response(shown, status)
