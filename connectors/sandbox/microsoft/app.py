"""The HTTP face of a simulated tenant: who may ask, how often, one by one or by the batch."""

from __future__ import annotations

import json
import re
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

from werkzeug.http import http_date
from werkzeug.wrappers import Request, Response

from connectors.sandbox.faults import Asked, Faults
from connectors.sandbox.microsoft.drawings import time_text
from connectors.sandbox.microsoft.exchange import GraphAnswer, GraphRequest, RefusedError, Route
from connectors.sandbox.microsoft.login import Login, Token
from connectors.sandbox.microsoft.planner import made_guid
from connectors.sandbox.server import AnswerLostError

BATCH = 20
_LOGIN = re.compile(r"/([^/]+)/oauth2/v2\.0/(authorize|token)")


@dataclass(slots=True)
class Quota:
    """So many requests in so many seconds, those of a batch counted singly. `names_wait`: a 429 says how long."""

    number: int
    seconds: float
    names_wait: bool = True
    taken: deque[datetime] = field(default_factory=deque)

    def refuse(self, now: datetime) -> RefusedError | None:
        """Count a request; return the refusal of one too many."""
        span = timedelta(seconds=self.seconds)
        while self.taken and now - self.taken[0] >= span:
            self.taken.popleft()
        if len(self.taken) < self.number:
            self.taken.append(now)
            return None
        wait = self.taken[0] + span - now
        headers = {"Retry-After": str(max(1, round(wait.total_seconds())))} if self.names_wait else {}
        return RefusedError(429, "TooManyRequests", "Too many requests", headers)


class GraphApp:
    """Route, check and answer requests to Graph and to its login server."""

    def __init__(
        self, routes: Sequence[Route], login: Login, faults: Faults, now: Callable[[], datetime], lock: Any
    ) -> None:
        self.routes, self.login, self.faults, self.now, self.lock = routes, login, faults, now, lock
        self.quota: Quota | None = None
        self.shuffles = False  # a batch's answers come in another order
        self.delay = 0.0
        self.inner: list[Asked] = []  # what was asked within batches
        self._number = 0

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        request = Request(environ)
        if self.delay:
            time.sleep(self.delay)
        raw = str(environ.get("REQUEST_URI") or request.full_path.rstrip("?"))
        try:
            response = self.faults.answer(request.path, lambda: self._answer(request, raw))
        except AnswerLostError:
            self.faults.note(Asked(request.method, raw, 0))
            raise
        response.headers["Date"] = http_date(self.now())
        response.headers["request-id"] = response.headers["client-request-id"] = self._request_id()
        self.faults.note(Asked(request.method, raw, response.status_code))
        return response(environ, start_response)

    def _answer(self, request: Request, raw: str) -> Response:
        if match := _LOGIN.fullmatch(request.path):
            return self.login.answer(request, match[1], match[2])
        path, _, query = raw.partition("?")
        if not path.startswith("/v1.0/"):
            return _sent(self._refused(RefusedError(404, "BadRequest", "Resource not found for the segment.")))
        kind, _, given = request.headers.get("Authorization", "").partition(" ")
        token = self.login.find(given) if kind == "Bearer" else None
        if token is None:
            code = "InvalidAuthenticationToken"
            said = "Access token is empty." if not given else "Lifetime validation failed, the token is expired."
            return _sent(self._refused(RefusedError(401, code, said, {"WWW-Authenticate": "Bearer"})))
        body = None
        if request.method in {"POST", "PATCH", "PUT"}:
            try:
                body = json.loads(request.get_data() or b"null")
            except ValueError:
                return _sent(self._refused(RefusedError(400, "BadRequest", "Unable to read JSON request payload.")))
        base = request.host_url.rstrip("/")
        if path == "/v1.0/$batch" and request.method == "POST":
            return _sent(self._batch(body, token, base))
        return _sent(self._one(request.method, path.removeprefix("/v1.0/"), query, body, token, base))

    def _one(self, method: str, path: str, query: str, body: Any, token: Token, base: str) -> GraphAnswer:
        refused = self.quota.refuse(self.now()) if self.quota is not None else None
        if refused is not None:
            return self._refused(refused)
        asked = GraphRequest(method, path, dict(parse_qsl(query, keep_blank_values=True)), body, token, base)
        is_known = False
        for route in self.routes:
            match = route.pattern.fullmatch(path)
            if match is None:
                continue
            is_known = True
            if route.method != method:
                continue
            wanted = route.delegated if token.user else route.application
            named = route.delegated or route.application
            if named and not wanted & token.permissions and not (path.startswith("me") and not token.user):
                said = "Insufficient privileges to complete the operation."
                return self._refused(RefusedError(403, "Authorization_RequestDenied", said))
            try:
                if method == "POST":  # its handshake asks another server, which may ask us meanwhile
                    return route.answer(asked, **match.groupdict())
                with self.lock:
                    return route.answer(asked, **match.groupdict())
            except RefusedError as error:
                return self._refused(error)
        if is_known:
            return self._refused(RefusedError(405, "Request_BadRequest", "The method is not allowed here."))
        return self._refused(RefusedError(400, "BadRequest", f"Resource not found for the segment '{path[:60]}'."))

    def _batch(self, body: Any, token: Token, base: str) -> GraphAnswer:
        held = body.get("requests") if isinstance(body, dict) else None
        if not isinstance(held, list) or not all(isinstance(one, dict) for one in held):
            return self._refused(RefusedError(400, "BadRequest", "Invalid batch payload format."))
        ids = [one.get("id") for one in held]
        if len(held) > BATCH or len(set(ids)) < len(ids) or not all(isinstance(id, str) and id for id in ids):
            said = "Number of batch request steps exceeds the maximum value of 20, or an id comes twice."
            return self._refused(RefusedError(400, "MaximumValueExceeded", said))
        answers = []
        for one in held:
            method, url = str(one.get("method", "")).upper(), str(one.get("url", ""))
            if not url.startswith("/") or (one.get("body") is not None and not one.get("headers")):
                answer = self._refused(RefusedError(400, "BadRequest", "A relative url is wanted, and a body's type."))
            else:
                path, _, query = url[1:].partition("?")
                answer = self._one(method, path, query, one.get("body"), token, base)
            self.inner.append(Asked(method, url, answer.status))
            headers = {"Cache-Control": "no-cache", "Content-Type": "application/json", **answer.headers}
            answers.append({"id": one["id"], "status": answer.status, "headers": headers, "body": answer.body})
        if self.shuffles:
            answers.reverse()
        return GraphAnswer(200, {"responses": answers})

    def _refused(self, error: RefusedError) -> GraphAnswer:
        date = (time_text(self.now()) or "")[:19]
        inner = {"date": date, "request-id": self._request_id(), "client-request-id": self._request_id()}
        return GraphAnswer(
            error.status,
            {"error": {"code": error.code, "message": error.message, "innerError": inner}},
            error.headers,
        )

    def _request_id(self) -> str:
        self._number += 1
        return made_guid(f"request {self._number}")


def _sent(answer: GraphAnswer) -> Response:
    headers: Mapping[str, str] = answer.headers
    if answer.body is None:
        return Response(b"", answer.status, dict(headers))
    kind = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"
    return Response(json.dumps(answer.body, ensure_ascii=False), answer.status, dict(headers), content_type=kind)
