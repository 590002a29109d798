"""The door for webhooks: the request is kept whole, judged by its connector, and a bell is rung."""

from __future__ import annotations

import os

from flask import Blueprint, Response, abort, request
from redis import RedisError

from connectors.shapes import Delivery
from hub.flows.receive import receive
from hub.log import logger
from hub.web.state import State, state

LARGEST_DELIVERY = 5 * 1024 * 1024  # bytes; Jira sends descriptions and comments in full

hooks = Blueprint("hooks", __name__)


@hooks.route("/hooks/<connection>", methods=["GET", "POST"])
def take(connection: str) -> Response:
    """Take in one delivery and answer what the tool expects. Makes no call to the tool."""
    house = state()
    request.max_content_length = LARGEST_DELIVERY
    body = request.get_data(cache=False)
    if request.content_length is None and len(body) >= LARGEST_DELIVERY:
        abort(413)  # sent in chunks, of unknown size: what was read is cut off, and no signature could hold
    delivery = Delivery(
        method=request.method,
        url=_public_url(house),
        headers={name.lower(): value for name, value in request.headers.items()},
        query=request.args.to_dict(),
        body=body,
        received_at=house.now(),
    )
    answer = receive(house.store, connection, delivery, environ=os.environ)
    if answer.ring is not None:
        _ring(house, answer.ring)
    response = Response(answer.body, answer.status, mimetype="text/plain")
    response.headers.update(answer.headers or {})
    return response


def _public_url(house: State) -> str:
    """Return the address that the tool was given: signatures may be over it, and a proxy rewrites the other one."""
    if not house.settings.public_url:
        return request.url
    query = request.query_string.decode("latin-1")
    return f"{house.settings.public_url.rstrip('/')}{request.path}{f'?{query}' if query else ''}"


def _ring(house: State, connection_id: int) -> None:
    try:
        house.bell.ring_sync(connection_id)
    except (RedisError, OSError) as problem:
        # What was touched is stored: the clock finds it and rings again.
        logger("web").warning("the queue server is away", connection=connection_id, problem=type(problem).__name__)
