"""Light or dark: the system's choice until a person makes one, kept in a cookie."""

from __future__ import annotations

from flask import Blueprint, Flask, abort, redirect, request
from werkzeug.wrappers import Response

from hub.web.returning import way_back

COOKIE = "okrhub_theme"
THEMES = ("light", "dark")
A_YEAR = 365 * 24 * 3600

theme = Blueprint("theme", __name__)


def chosen_theme() -> str:
    """Return the theme this reader chose, or "" to follow the system."""
    found = request.cookies.get(COOKIE, "")
    return found if found in THEMES else ""


@theme.post("/theme")
def choose() -> Response:
    """Keep the choice of a theme and go back to the page it was made on."""
    wanted = request.form.get("theme", "")
    if wanted not in THEMES:
        abort(400)
    answer = redirect(way_back(), 303)
    answer.set_cookie(COOKIE, wanted, max_age=A_YEAR, httponly=True, samesite="Lax")
    return answer


@theme.record_once
def give_templates(setup: object) -> None:
    app: Flask = setup.app  # type: ignore[attr-defined]
    app.jinja_env.globals["chosen_theme"] = chosen_theme
