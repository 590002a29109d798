"""The HTTP front of a simulated Jira, in the cloud or not: who is let in, which address is answered by whom.

Limits and their headers after https://developer.atlassian.com/cloud/jira/platform/rate-limiting/
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from werkzeug.http import http_date
from werkzeug.wrappers import Request, Response

from connectors.sandbox.faults import Asked, Faults
from connectors.sandbox.jira.jql import JqlError
from connectors.sandbox.jira.state import Tracker
from connectors.sandbox.jira.vocabulary import GERMAN
from connectors.sandbox.server import AnswerLostError

INVALID = "Invalid request payload. Refer to the REST API documentation and try again."
NO_ISSUE = "Issue does not exist or you do not have permission to see it."
Answer = Callable[..., Response]
Known = Mapping[str, type | tuple[type, ...]]


class RefusedError(Exception):
    """A request that gets an error answer, in Jira's error collection."""

    def __init__(self, status: int, *messages: str) -> None:
        super().__init__(*messages)
        self.status = status


def as_json(text: str, status: int = 200) -> Response:
    """Answer with JSON text."""
    return Response(text, status, content_type="application/json;charset=UTF-8")


def errors(status: int, *messages: str) -> Response:
    """Answer with Jira's error collection."""
    return as_json(json.dumps({"errorMessages": list(messages), "errors": {}}), status)


class Front:
    """Route, check and answer requests over a tracker. `admits` returns a refusal, or None for whoever may come in."""

    burst = 100  # what X-RateLimit-Limit says

    def __init__(self, tracker: Tracker, faults: Faults, admits: Callable[[Request], Response | None]) -> None:
        self.tracker, self.faults, self.admits = tracker, faults, admits
        self.delay = 0.0
        self._routes: list[tuple[str, re.Pattern[str], Answer]] = []

    def route(self, method: str, path: str, answer: Answer) -> None:
        """Have `answer` answer what comes to a path, written as a regular expression with named parts."""
        self._routes.append((method, re.compile(path), answer))

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        request = Request(environ)
        if self.delay:
            time.sleep(self.delay)
        try:
            response = self.faults.answer(request.path, lambda: self._translated(request, self._answer(request)))
            if request.method == "POST" and "/issue/" in request.path and self.faults.loses():
                raise AnswerLostError
        except AnswerLostError:
            self.faults.note(Asked(request.method, request.full_path.rstrip("?"), 0))
            raise
        response.headers["Date"] = http_date(self.tracker.now())
        response.headers["X-RateLimit-Limit"] = str(self.burst)
        response.headers["X-RateLimit-Remaining"] = "0" if response.status_code == 429 else str(self.burst - 1)
        if response.status_code == 429:
            response.headers.setdefault("Retry-After", "1")
            response.headers.setdefault("RateLimit-Reason", "jira-burst-based")
        self.faults.note(Asked(request.method, request.full_path.rstrip("?"), response.status_code))
        return response(environ, start_response)

    def _translated(self, request: Request, response: Response) -> Response:
        """Name things in the language of the account, unless the request asks for English as Jira Cloud lets it.

        https://developer.atlassian.com/cloud/jira/platform/rest/v3/intro/#special-request-headers
        """
        forced = self.tracker.is_cloud and request.headers.get("X-Force-Accept-Language", "").lower() == "true"
        asked = request.headers.get("Accept-Language", "").partition("-")[0] if forced else self.tracker.language
        if asked != "de" or response.mimetype != "application/json":
            return response
        return as_json(json.dumps(_in_german(json.loads(response.get_data()))), response.status_code)

    def _answer(self, request: Request) -> Response:
        refused = self.admits(request)
        if refused is not None:
            return refused
        allowed = False
        for method, pattern, answer in self._routes:
            if match := pattern.fullmatch(request.path):
                allowed = True
                if method == request.method:
                    parts = match.groupdict()
                    if "version" in parts:
                        parts["version"] = 2 if parts["version"] == "2" else 3
                    try:
                        with self.tracker.lock:
                            return answer(request, **parts)
                    except JqlError as error:
                        return errors(400, str(error))
                    except RefusedError as error:
                        return errors(error.status, *error.args)
        return errors(405, "Method Not Allowed") if allowed else errors(404, "No resource was found at this address.")


def _in_german(drawn: Any) -> Any:
    if isinstance(drawn, list):
        return [_in_german(one) for one in drawn]
    if not isinstance(drawn, dict):
        return drawn
    found = {name: _in_german(value) for name, value in drawn.items()}
    if isinstance(name := found.get("name"), str) and "id" in found and "projectTypeKey" not in found:
        found["name"] = GERMAN.get(name, name)
    return found


def payload(request: Request, known: Known) -> dict[str, Any]:
    """Read a body of which every name is known and every value has its type. Raises RefusedError."""
    try:
        body = json.loads(request.get_data())
    except ValueError:
        raise RefusedError(400, INVALID) from None
    if not isinstance(body, dict) or not all(
        name in known and isinstance(value, known[name]) and not (known[name] is int and isinstance(value, bool))
        for name, value in body.items()
    ):
        raise RefusedError(400, INVALID)
    return body


def window(request: Request, default: int = 50, most: int = 100) -> tuple[int, int]:
    """Read startAt and maxResults. Raises RefusedError."""
    try:
        start, size = int(request.args.get("startAt", 0)), int(request.args.get("maxResults", default))
    except ValueError:
        raise RefusedError(400, INVALID) from None
    if start < 0 or size < 0:
        raise RefusedError(400, INVALID)
    return start, min(size, most)
