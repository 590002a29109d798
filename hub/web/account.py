"""One's own account: password, sessions, tokens."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from flask import Blueprint, Response, abort, flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from hub.flows.people import (
    Refused,
    Signed,
    change_password,
    end_other_sessions,
    end_session,
    has_password,
    list_sessions,
    list_tokens,
    make_token,
    revoke_token,
)
from hub.flows.show import Frame, show_frame
from hub.model.rights import Scope
from hub.web.drawings.browsers import name_browser
from hub.web.state import state
from hub.web.who import signed

account = Blueprint("account", __name__)

LASTS = {"7": "7 days", "30": "30 days", "90": "90 days", "365": "a year"}


def me() -> Signed:
    """Return who asks. Aborts with 401 when nobody does."""
    found = signed()
    if found is None:
        abort(401)
    return found


def still_frame() -> Frame:
    """Return the header of a page that does not renew itself: what is shown once must stay there until it is read."""
    house = state()
    return replace(show_frame(house.store, house.now(), me().viewer), token="")


@account.get("/account")
def show() -> Response:
    """Show one's own account."""
    return _page(200)


@account.post("/account/password")
def give_password() -> AnyResponse:
    """Change one's password."""
    house = state()
    if request.form.get("new", "") != request.form.get("again", ""):
        return _page(400, {"password": "The two new passwords differ."})
    try:
        change_password(
            house.store, me(), old=request.form.get("old", ""), new=request.form.get("new", ""), now=house.now()
        )
    except Refused as problem:
        return _page(400, {"password": str(problem)})
    flash("The password is changed, and every other browser is signed out.")
    return redirect(url_for("account.show"), 303)


@account.post("/account/sessions/end")
def end_others() -> AnyResponse:
    """End every session but this one."""
    house = state()
    number = end_other_sessions(house.store, me(), house.now())
    flash("One other browser is signed out." if number == 1 else f"{number} other browsers are signed out.")
    return redirect(url_for("account.show"), 303)


@account.post("/account/sessions/<int:session_id>/end")
def end_one(session_id: int) -> AnyResponse:
    """End one session."""
    house = state()
    if not end_session(house.store, me(), session_id, house.now()):
        abort(404)
    flash("That browser is signed out.")
    return redirect(url_for("account.show"), 303)


@account.post("/account/tokens")
def give_token() -> AnyResponse:
    """Make a token and show it, this once."""
    house = state()
    days = request.form.get("days", "")
    scopes = {Scope(one) for one in request.form.getlist("scope") if one in set(Scope)}
    try:
        token = make_token(
            house.store,
            email=me().viewer.email,
            name=request.form.get("name", ""),
            scopes=scopes,
            lasts=timedelta(days=int(days) if days in LASTS else 30),
            who=me().viewer.email,
            now=house.now(),
        )
    except Refused as problem:
        return _page(400, {"token": str(problem)})
    return _page(200, token=token)


@account.post("/account/tokens/<int:token_id>/revoke")
def revoke(token_id: int) -> AnyResponse:
    """Revoke a token."""
    house = state()
    try:
        found = revoke_token(house.store, me(), token_id, house.now())
    except Refused:
        abort(404)
    flash(f"The token {found.name} is revoked.")
    return redirect(url_for("account.show"), 303)


def _page(status: int, problems: dict[str, str] | None = None, token: str = "") -> Response:
    house, whose = state(), me()
    sessions = [(one, name_browser(one.agent)) for one in list_sessions(house.store, whose, house.now())]
    page = render_template(
        "account.html",
        frame=still_frame(),
        here="account",
        now=house.now(),
        me=whose,
        has_password=has_password(house.store, whose),
        sessions=sessions,
        tokens=list_tokens(house.store, whose.viewer.email),
        scopes=tuple(Scope),
        lasts=LASTS,
        problems=problems or {},
        token=token,
    )
    return make_response(page, status)
