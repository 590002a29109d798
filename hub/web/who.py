"""Whose request this is, and whether they may. Every view asks here, and nowhere else."""

from __future__ import annotations

from flask import Flask, abort, g, request

from hub.flows.people import Signed, find_open, find_session, find_token
from hub.flows.show import initials
from hub.model.rights import Action, Viewer
from hub.model.words import say_age
from hub.web.cookies import session_cookie
from hub.web.hosts import is_loopback
from hub.web.state import state


def is_api() -> bool:
    """Whether a program asks: by token alone, whatever cookies came along."""
    return request.path.startswith("/api/")


def signed() -> Signed | None:
    """Return who makes this request: by token for /api, else by session, else whom the pages are open as."""
    if "okrhub_signed" not in g:
        g.okrhub_signed = _find()
    found: Signed | None = g.okrhub_signed
    return found


def viewer() -> Viewer:
    """Return whoever makes this request, by session or by token. Aborts with 401 when nobody signed in."""
    found = signed()
    if found is None:
        abort(401)
    return found.viewer


def require(action: Action, team: str = "", is_private: bool = False, is_owner: bool = False) -> None:
    """Go on only if the viewer may do this to what belongs to a team, or to the hub when no team is named.

    Aborts with 404 when the team is not there for them at all, so that nobody learns that it exists; else with 403.
    """
    whose = viewer()
    if team and not whose.sees(team, is_private=is_private):
        abort(404)
    if not whose.may(action, team, is_private=is_private, is_owner=is_owner):
        abort(403)


def open_as() -> str:
    """Return the admin that the pages are open as, without a sign-in; "" unless they listen on this machine alone."""
    settings = state().settings
    return settings.open_as if is_loopback(settings.host) else ""


def add(app: Flask) -> None:
    """Let templates ask who looks at them, and what they may. A page about an error asks no database."""

    @app.context_processor
    def give_templates() -> dict[str, object]:
        whose: Signed | None = g.get("okrhub_signed")
        return {
            "whose": whose,
            "initials": initials,
            "say_age": say_age,
            "may": lambda action: whose is not None and whose.viewer.may(Action(action)),
        }


def _find() -> Signed | None:
    house = state()
    if is_api():
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        return find_token(house.store, token.strip(), house.now()) if kind.lower() == "bearer" else None
    bearer = session_cookie()
    # What an open page asks by itself is no use of it: a session must come to its end while nobody looks.
    found = find_session(house.store, bearer, house.now(), is_use=request.path != "/changes") if bearer else None
    if found is None and open_as():
        return find_open(house.store, open_as())
    return found
