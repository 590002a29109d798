"""One line for each request, under the id that it came with or is given here. Never its query, nor a path."""

from __future__ import annotations

import time

from flask import Flask, Response, g, request
from structlog.contextvars import bind_contextvars, reset_contextvars

from hub import request_id
from hub.log import logger

HEADER = "X-Request-Id"
QUIET = frozenset({"static", "bootstrap.static", "changes.show", "health.show", "health.ready", "metrics.show"})


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
        spent = time.perf_counter() - g.began
        _log(response.status_code, spent)
        return response

    @app.teardown_request
    def forget(_problem: BaseException | None) -> None:
        before = g.pop("request_id_before", None)
        if before is not None:
            reset_contextvars(**before)


def _log(status: int, spent: float) -> None:
    endpoint = request.endpoint or "nowhere"
    log = logger("web")
    say = log.debug if endpoint in QUIET and status < 400 else log.info
    told = {"connection": request.view_args["connection"]} if endpoint == "hooks.take" and request.view_args else {}
    say("request", method=_method(), endpoint=endpoint, status=status, ms=round(spent * 1000, 1), **told)


def _method() -> str:
    return request.method if request.method in {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} else "other"
