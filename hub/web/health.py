"""Whether the pages work, and whether the whole installation does: for whoever watches the process."""

from __future__ import annotations

from flask import Blueprint, Response

from hub.flows.show import find_database_problem
from hub.flows.watch import find_missing
from hub.log import logger
from hub.queue_depth import measure_queues
from hub.web.insiders import is_insider
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


@health.get("/readyz")
def ready() -> Response:
    """Answer 200 when database, queue server and clock are there, else 503. What is missing is told to insiders."""
    house = state()
    missing = find_missing(house.store, house.now(), house.settings.tick)
    if measure_queues(house.settings.redis, house.now()) is None:
        missing["queue server"] = "it does not answer: see that it runs, and what OKRHUB_REDIS_URL names"
    told = "".join(f"{part}: {what}\n" for part, what in sorted(missing.items())) if missing else "ready\n"
    if missing and not is_insider():
        told = "not ready\n"
    return Response(told, 503 if missing else 200, mimetype="text/plain")
