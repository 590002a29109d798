"""One line for each request, under the id that it came with or is given here. Never its query, nor a path."""

from __future__ import annotations

import time

from flask import Flask, Response, g, request
from structlog.contextvars import bind_contextvars, reset_contextvars

from hub import request_id
from hub.log import logger

HEADER = "X-Request-Id"
QUIET = frozenset({"static", "bootstrap.static", "changes.show", "health.show", "health.ready", "metrics.show"})

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def add(app: Flask) -> None:
    """Give each request its id, answer it in X-Request-Id, and log how the request ended."""

    @app.before_request
    def begin() -> None:
        g.began = time.perf_counter()
        named = request_id.accept(request.headers.get(HEADER))
        g.request_id_before = bind_contextvars(**{request_id.FIELD: named})

    @app.after_request
    def end(response: Response) -> Response:
        if "began" not in g:
            return response
        response.headers[HEADER] = request_id.current()
        log(request.endpoint or "nowhere", request.method, response.status_code, time.perf_counter() - g.began)
        return response

    @app.teardown_request
    def forget(_problem: BaseException | None) -> None:
        before = g.pop("request_id_before", None)
        if before is not None:
            reset_contextvars(**before)


def log(endpoint: str, method: str, status: int, spent: float, *, is_quiet: bool = False, **more: str) -> None:
    """Log how a request ended. `spent` is in seconds; what is quiet and went well is for whoever debugs."""
    heard = logger("web")
    say = heard.debug if (is_quiet or endpoint in QUIET) and status < 400 else heard.info
    method = method if method in METHODS else "other"
    say("request", method=method, endpoint=endpoint, status=status, ms=round(spent * 1000, 1), **more)
