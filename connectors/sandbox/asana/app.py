"""The HTTP face of the simulated Asana: who may ask, how often, and by which path."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterable
from typing import Any

from werkzeug.http import http_date
from werkzeug.wrappers import Request, Response

from connectors.sandbox.asana.asking import Question, RefusedError, read_data
from connectors.sandbox.asana.limits import Quota
from connectors.sandbox.asana.login import Login
from connectors.sandbox.asana.objects import Json
from connectors.sandbox.asana.reads import Answer, Reads
from connectors.sandbox.asana.writes import Writes
from connectors.sandbox.faults import Asked, Faults
from connectors.sandbox.server import AnswerLostError

API = "/api/1.0"
_SEARCH = re.compile(r"/workspaces/[^/]+/tasks/search")
_NO_LOCK = frozenset({("POST", "/webhooks")})  # its handshake calls somebody who may ask us in turn


class AsanaApp:
    """Route, check and answer requests over a domain. `quota` and `search_quota` are without limit until given one."""

    def __init__(self, reads: Reads, writes: Writes, login: Login, faults: Faults) -> None:
        self.reads, self.login, self.faults = reads, login, faults
        self.domain = reads.domain
        self.quota, self.search_quota = Quota(self.domain.now), Quota(self.domain.now)
        self.delay = 0.0
        self.scoped = False  # tokens of OAuth were agreed to without full permissions
        self._routes = [
            (method, re.compile(path), answer) for method, path, answer in (*reads.routes(), *writes.routes())
        ]

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        request = Request(environ)
        if self.delay:
            time.sleep(self.delay)
        asked = request.full_path.rstrip("?")
        try:
            response = self.faults.answer(request.path, lambda: self._answer(request))
            if request.method != "GET" and response.status_code < 300 and self.faults.loses():
                raise AnswerLostError
        except AnswerLostError:
            self.faults.note(Asked(request.method, asked, 0))
            raise
        response.headers["Date"] = http_date(self.domain.now())
        if response.status_code == 429:
            response.headers.setdefault("Retry-After", "30")
        self.faults.note(Asked(request.method, asked, response.status_code))
        return response(environ, start_response)

    def _answer(self, request: Request) -> Response:
        if request.path.startswith("/-/"):
            return self.login.answer(request)
        if not request.path.startswith(API):
            return Response("<html>Not found</html>", 404, content_type="text/html")
        if not self.login.admits(request.headers.get("Authorization", "")):
            return _json(401, RefusedError(401, "Not Authorized").body())
        path = request.path.removeprefix(API)
        try:
            data = read_data(request.get_data()) if request.method in {"POST", "PUT"} else {}
            question = Question(request.method, path, request.args.to_dict(), data)
            actions = _actions(question) if path == "/batch" else None
            self._count(path, 1 if actions is None else len(actions))
            if self.scoped and path in {"/batch", "/events"}:
                raise RefusedError(403, "Forbidden: your token lacks the scope that this endpoint requires")
            if actions is not None:
                return _json(200, {"data": [self._act(action) for action in actions]})
            status, body = self._route(question)
        except RefusedError as refused:
            response = _json(refused.status, refused.body())
            if refused.wait is not None:
                response.headers["Retry-After"] = str(refused.wait)
            return response
        return _json(status, body)

    def _count(self, path: str, number: int) -> None:
        waits = [self.quota.take(number)]
        if _SEARCH.fullmatch(path):
            waits.append(self.search_quota.take())
        wait = max((one for one in waits if one is not None), default=None)
        if wait is not None:
            raise RefusedError(429, "You have made too many requests recently. Please, be chill.", wait=wait)

    def _route(self, question: Question) -> Answer:
        allowed = False
        for method, pattern, answer in self._routes:
            if match := pattern.fullmatch(question.path):
                allowed = True
                if method != question.method:
                    continue
                if (method, question.path) in _NO_LOCK:
                    return answer(question)
                with self.domain.lock:
                    return answer(question, **match.groupdict())
        if allowed:
            raise RefusedError(405, "Method Not Allowed")
        raise RefusedError(404, "No matching route for request")

    def _act(self, action: Json) -> Json:
        """Carry out one action of a batch; what goes wrong with it is its own."""
        options = action.get("options", {})
        parameters = {name: str(value) for name, value in options.items() if name in {"limit", "offset"}}
        if "fields" in options:
            parameters["opt_fields"] = ",".join(options["fields"])
        method, data = action["method"].upper(), action.get("data", {})
        if method == "GET":
            parameters.update({name: str(value) for name, value in data.items()})
        try:
            status, body = self._route(Question(method, action["relative_path"], parameters, data))
        except RefusedError as refused:
            status, body = refused.status, refused.body()
        return {"status_code": status, "headers": {}, "body": body}


def _actions(question: Question) -> list[Json]:
    actions = question.data.get("actions")
    if question.method != "POST" or not isinstance(actions, list) or not actions:
        raise RefusedError(400, "actions: Missing input")
    if len(actions) > 10:
        raise RefusedError(400, "actions: A batch request may contain no more than 10 actions")
    for action in actions:
        path = action.get("relative_path") if isinstance(action, dict) else None
        if not isinstance(path, str) or not path.startswith("/") or not isinstance(action.get("method"), str):
            raise RefusedError(400, "actions: Each action needs a relative_path and a method")
        if "?" in path:
            raise RefusedError(400, "actions: Query parameters are not accepted in relative_path; put them in data")
        if path.split("/")[1] in {"batch", "webhooks", "events"}:
            raise RefusedError(400, f"actions: {path} cannot be part of a batch")
    return actions


def _json(status: int, body: Json) -> Response:
    text = json.dumps(body, ensure_ascii=False)
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        text = json.dumps(body)  # half a surrogate pair can be written as \ud800 alone
    return Response(text, status, content_type="application/json; charset=UTF-8")
