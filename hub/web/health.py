"""Whether the pages work: for whoever watches the process."""

from __future__ import annotations

from flask import Blueprint, Response
from sqlalchemy.exc import SQLAlchemyError

from hub.flows.show import show_token
from hub.log import logger
from hub.web.state import state

health = Blueprint("health", __name__)


@health.get("/healthz")
def show() -> Response:
    """Answer "ok" when the database does."""
    try:
        show_token(state().store)
    except (SQLAlchemyError, OSError) as problem:
        logger("web").error("the database does not answer", problem=type(problem).__name__)
        return Response("the database does not answer\n", 503, mimetype="text/plain")
    return Response("ok\n", mimetype="text/plain")
