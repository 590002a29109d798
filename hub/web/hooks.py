"""The door for tools: a webhook is kept whole, judged by its connector, and a bell is rung.

It stands in front of the pages and is no part of them: no session, no form, no sign-in is looked for, because
a delivery is believed by its signature alone.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from redis import RedisError
from werkzeug.exceptions import BadHost, HTTPException, SecurityError
from werkzeug.wrappers import Request, Response

from connectors.shapes import Delivery
from hub import request_id
from hub.flows.receive import Answer, receive
from hub.log import logger
from hub.store.engine import why_away
from hub.web import access
from hub.web.errors import AWAY, RETRY_AFTER
from hub.web.legible import fault_of
from hub.web.metrics import Timer
from hub.web.state import State

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

LARGEST_DELIVERY = 5 * 1024 * 1024  # bytes; Jira sends descriptions and comments in full
ENDPOINT = "hooks.take"
ADDRESS = re.compile(r"/hooks/([^/]+)(?:/([^/]+))?")  # a connection, and the token of one registration
METHODS = frozenset({"GET", "HEAD", "POST"})
GUARDED = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}  # a handshake echoes what it was sent


class Door:
    """A WSGI application that answers /hooks/... and passes everything else on to the pages."""

    def __init__(self, pages: WSGIApplication, house: State, timer: Timer) -> None:
        self._pages = pages
        self._house = house
        self._timer = timer

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if not environ.get("PATH_INFO", "").startswith("/hooks/"):
            return self._pages(environ, start_response)
        began = time.perf_counter()
        request = Request(environ)
        found = ADDRESS.fullmatch(request.path)
        named = request_id.accept(environ.get("HTTP_X_REQUEST_ID"))
        with request_id.carry(named):
            answer = self._answer(request, *(found.groups() if found else ("", None)))
            spent = time.perf_counter() - began
            endpoint = ENDPOINT if found else "nowhere"
            told = {"connection": found[1]} if found else {}
            # In a burst most find that the bell was rung already: the line of the one that rang leads to the job.
            is_quiet = answer.status == 204 and answer.ring is None
            access.log(endpoint, request.method, answer.status, spent, is_quiet=is_quiet, **told)
            self._timer.note(endpoint, answer.status, spent)
        if answer.status == 204 and not answer.headers:
            # What nearly all are answered. A list is sent whole; anything else the server walks through, step by step.
            start_response("204 NO CONTENT", [*GUARDED.items(), (access.HEADER, named)])
            return []
        said = Response(answer.body, answer.status, answer.headers, mimetype="text/plain")
        said.headers.extend({**GUARDED, access.HEADER: named})
        return said(environ, start_response)

    def _answer(self, request: Request, connection: str, token: str | None) -> Answer:
        fault = _fault(request)
        if fault:
            return _plain(400, f"this request cannot be read: {fault}")
        if not connection:
            return _plain(404, "no such address")
        if request.method not in METHODS:
            return _plain(405, "webhooks are sent by POST", {"Allow": ", ".join(sorted(METHODS))})
        try:
            return self._take(request, connection, token)
        except HTTPException as problem:  # too large, or cut short
            return _plain(problem.code or 500, problem.name.lower())
        except Exception as problem:
            return _failed(problem)

    def _take(self, request: Request, connection: str, token: str | None) -> Answer:
        """Take in one delivery and answer what the tool expects. Makes no call to the tool."""
        house = self._house
        request.max_content_length = LARGEST_DELIVERY
        body = request.get_data(cache=False)
        if request.content_length is None and len(body) >= LARGEST_DELIVERY:
            # sent in chunks, of unknown size: what was read is cut off, and no signature could hold
            return _plain(413, "a delivery is at most 5 MB")
        delivery = Delivery(
            method=request.method,
            url=_public_url(house, request),
            headers=_headers(request.environ),
            query=request.args.to_dict() if request.query_string else {},
            body=body,
            received_at=house.now(),
        )
        answer = receive(house.store, connection, delivery, environ=os.environ, vault=house.vault, token=token)
        if answer.ring is not None:
            self._ring(answer.ring)
        return answer

    def _ring(self, connection_id: int) -> None:
        try:
            self._house.bell.ring_sync(connection_id)
        except (RedisError, OSError) as problem:
            # What was touched is stored: the clock finds it and rings again.
            logger("web").warning("the queue server is away", connection=connection_id, problem=type(problem).__name__)


def _headers(environ: WSGIEnvironment) -> dict[str, str]:
    """Return the headers of a request, their names in lower case."""
    found = {_header(name): value for name, value in environ.items() if name.startswith("HTTP_")}
    for name in ("CONTENT_TYPE", "CONTENT_LENGTH"):  # without the prefix: PEP 3333
        found.pop(_header(f"HTTP_{name}"), None)
        if environ.get(name):
            found[_header(f"HTTP_{name}")] = environ[name]
    return found


@lru_cache(maxsize=512)
def _header(name: str) -> str:
    return name[5:].replace("_", "-").lower()


def _fault(request: Request) -> str:
    try:
        _ = request.host
    except (SecurityError, BadHost):
        return "its Host is no name"
    return fault_of(request.query_string, request.path)


def _public_url(house: State, request: Request) -> str:
    """Return the address that the tool was given: signatures may be over it, and a proxy rewrites the other one."""
    if not house.settings.public_url:
        return request.url
    query = request.query_string.decode("latin-1")
    return f"{house.settings.public_url.rstrip('/')}{request.path}{f'?{query}' if query else ''}"


def _failed(problem: Exception) -> Answer:
    why = why_away(problem)
    more: dict[str, Any] = {} if why else {"exc_info": problem}
    logger("web").error("a webhook failed", endpoint=ENDPOINT, problem=why or type(problem).__name__, **more)
    if not why:
        return _plain(500, "the hub failed: its log says why")
    return _plain(503, AWAY.lower(), {"Retry-After": RETRY_AFTER})  # the tool sends it again


def _plain(status: int, words: str, headers: Mapping[str, str] | None = None) -> Answer:
    return Answer(status, f"{words}\n", headers)
