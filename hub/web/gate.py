"""The gate: what is open to anybody, who is sent to sign in, and which forms are taken."""

from __future__ import annotations

from flask import Flask, Response, redirect, request, url_for
from flask_wtf.csrf import CSRFProtect
from werkzeug.wrappers import Response as AnyResponse

from hub.flows.people import has_accounts
from hub.web.errors import problem_json, refuse
from hub.web.state import state
from hub.web.who import is_api, signed

# Everything else asks who it is. The door for tools stands in front of the pages, and health says nothing but "ok".
OPEN_ENDPOINTS = frozenset({"static", "bootstrap.static"})
OPEN_BLUEPRINTS = frozenset({"health", "metrics", "sign_in", "links", "oidc", "theme"})
LOOKING = frozenset({"GET", "HEAD", "OPTIONS"})


def add(app: Flask, forms: CSRFProtect) -> None:
    """Guard every request, before any view sees it."""

    @app.before_request
    def check_form() -> Response | None:
        if request.method in LOOKING or is_api():
            return None  # programs show a token that no browser sends by itself
        if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
            return refuse(403, "This form came from another site", "Nothing was changed.")
        if app.config["WTF_CSRF_ENABLED"]:
            forms.protect()
        return None

    @app.before_request
    def check_who() -> AnyResponse | None:
        if request.endpoint in OPEN_ENDPOINTS or request.blueprint in OPEN_BLUEPRINTS or signed() is not None:
            return None
        if is_api():
            words = "Send Authorization: Bearer with a token that your account page made."
            answer = problem_json(401, "No valid token", words)
            answer.headers["WWW-Authenticate"] = "Bearer"
            return answer
        if request.path == "/changes":
            return problem_json(401, "Signed out", "Sign in again.")
        if not _is_set_up(app):
            return redirect(url_for("links.wait"), 303)
        if request.method not in LOOKING or request.path == "/":
            return redirect(url_for("sign_in.show"), 303)
        back = request.full_path if request.query_string else request.path
        return redirect(url_for("sign_in.show", next=back), 303)


def _is_set_up(app: Flask) -> bool:
    """Whether somebody has an account. Once it is so it stays so: accounts are disabled, never deleted."""
    if not app.extensions.get("okrhub_is_set_up"):
        app.extensions["okrhub_is_set_up"] = has_accounts(state().store)
    return bool(app.extensions["okrhub_is_set_up"])
