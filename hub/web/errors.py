"""Pages for what went wrong, in words that say what to do next."""

from __future__ import annotations

import json

from flask import Flask, Response, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from hub import request_id
from hub.flows.show import Frame
from hub.log import logger
from hub.store.engine import why_away

WORDS = {
    401: ("Nobody is signed in", "Sign in first."),
    403: (
        "This is not yours to do",
        "Nothing was changed. Whoever leads the team, or an admin, can do it or give you the right to.",
    ),
    404: (
        "There is no such page",
        "A key result that was renamed or archived has left its old address. The overview holds all there are.",
    ),
    405: ("This cannot be done here", "Go back to the overview and begin from there."),
    413: ("That was too large", "Nothing was stored. A note holds 2,000 letters and a comment 4,000."),
    415: ("That is not what is spoken here", "Nothing was stored. Go back to the page and use its form."),
    429: ("That was too often", "Nothing was changed. Wait a minute and try again."),
}
AWAY = "The hub's database cannot be used"
RETRY_AFTER = "30"  # seconds
OTHERWISE = ("This did not work", "Go back to the overview and begin from there.")


def refuse(status: int, title: str, words: str) -> Response:
    """Return a page, or problem details for programs, that says what is wrong."""
    if request.path.startswith("/api/"):
        return problem_json(status, title, words)
    named = request_id.current() if status >= 500 else ""
    return make_response(
        render_template("error.html", title=title, words=words, request_id=named, frame=Frame()), status
    )


def problem_json(status: int, title: str, words: str, **more: object) -> Response:
    """Return an error for programs: RFC 9457 problem details."""
    body = {"type": "about:blank", "title": title, "status": status, "detail": words, **more}
    return Response(json.dumps(body), status, mimetype="application/problem+json")


def add(app: Flask) -> None:
    """Answer errors with pages."""

    @app.errorhandler(CSRFError)
    def expired(_problem: CSRFError) -> Response:
        return refuse(400, "This page was open for too long", "Nothing was changed. Go back, reload and try again.")

    @app.errorhandler(HTTPException)
    def refused(problem: HTTPException) -> Response:
        status = problem.code or 500
        answer = refuse(status, *WORDS.get(status, OTHERWISE))
        if status == 405 and getattr(problem, "valid_methods", None):
            answer.headers["Allow"] = ", ".join(sorted(problem.valid_methods))  # type: ignore[attr-defined]
        return answer

    @app.errorhandler(Exception)
    def failed(problem: Exception) -> Response:
        if why := why_away(problem):
            logger("web").error("a page failed", endpoint=request.endpoint, problem=why)
            words = (
                "Nothing is lost: what is there stays, and tools send again. Reload in a moment. If the database was "
            )
            answer = refuse(503, AWAY, f"{words}never set up, run `okrhub db upgrade`.")
            answer.headers["Retry-After"] = RETRY_AFTER
            return answer
        logger("web").error(
            "a page failed", endpoint=request.endpoint, problem=type(problem).__name__, exc_info=problem
        )
        return refuse(
            500,
            "This page could not be shown",
            "The hub keeps reading and telling meanwhile. Reload in a moment; the reason is in the log of the web "
            "process. If the database was never set up, run `okrhub db upgrade`.",
        )
