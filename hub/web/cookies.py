"""The cookies that let a browser in: closed to scripts, to other sites, and to http where people use https."""

from __future__ import annotations

import secrets
from typing import Any

from flask import current_app, request
from itsdangerous import BadData, URLSafeTimedSerializer
from werkzeug.wrappers import Response

from hub.flows.people import Opened
from hub.settings import Settings
from hub.web.state import state

KNOWN_FOR = 180 * 24 * 3600  # seconds
LONGEST_KNOWN = 500


def cookie_name(settings: Settings, name: str) -> str:
    """Return a cookie's name. With https it begins so that no other host of the domain can set it (RFC 6265bis)."""
    return f"__Host-{name}" if settings.is_https else name


def session_cookie() -> str:
    """Return what the session's cookie holds; "" without one."""
    return request.cookies.get(cookie_name(state().settings, "okrhub_session"), "")


def keep_session(answer: Response, opened: Opened) -> None:
    """Give the browser its session, and the mark that it signed in to this account."""
    _set(answer, "okrhub_session", opened.bearer, expires=opened.expires_at)
    known = _serializer().dumps([opened.email, secrets.token_urlsafe(12)])
    _set(answer, "okrhub_known", str(known), max_age=KNOWN_FOR)


def drop_session(answer: Response) -> None:
    """Take the session away from the browser."""
    _set(answer, "okrhub_session", "", max_age=0)


def known_browser(email: str) -> str:
    """Return the mark of a browser that signed in to this account before; "" for any other."""
    mark = request.cookies.get(cookie_name(state().settings, "okrhub_known"), "")
    try:
        found, _nonce = _serializer().loads(mark[:LONGEST_KNOWN], max_age=KNOWN_FOR)
    except (BadData, ValueError, TypeError):
        return ""
    return mark if found == email.strip().lower() else ""


def set_own(answer: Response, name: str, value: str, max_age: int) -> None:
    """Set a cookie of the same kind for a while, in seconds."""
    _set(answer, name, value, max_age=max_age)


def own(name: str) -> str:
    """Return what such a cookie holds; "" without one."""
    return request.cookies.get(cookie_name(state().settings, name), "")


def _set(answer: Response, name: str, value: str, **lasts: Any) -> None:
    settings = state().settings
    answer.set_cookie(
        cookie_name(settings, name), value, secure=settings.is_https, httponly=True, samesite="Lax", path="/", **lasts
    )


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(current_app.config["SECRET_KEY"]), salt="known-browser")
