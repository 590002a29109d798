"""Whether the pages work: for whoever watches the process."""

from __future__ import annotations

from flask import Blueprint, Response

from hub.flows.show import find_database_problem
from hub.log import logger
from hub.web.state import state

health = Blueprint("health", __name__)


@health.get("/healthz")
def show() -> Response:
    """Answer "ok" when the database does."""
    problem = find_database_problem(state().store)
    if problem:
        logger("web").error("the database does not answer", problem=problem)
        return Response("the database does not answer\n", 503, mimetype="text/plain")
    return Response("ok\n", mimetype="text/plain")
