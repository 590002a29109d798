"""The limits of a tool, before a simulated one: put around its application, switched on by being there.

Each counts as its vendor does, and not as the wire does, so that neither hides a mistake of the other.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Any

from werkzeug.wrappers import Request, Response

WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
Whose = Callable[[Request], str]


@dataclass(slots=True)
class Bucket:
    """A token bucket: holds `number`, and so many flow in within `seconds`."""

    number: int
    seconds: float
    left: dict[str, tuple[float, float]] = field(default_factory=dict)  # key -> (tokens, when)

    def take(self, key: str, at: float) -> float:
        """Take one and return 0, or return the seconds until there is one."""
        tokens, when = self.left.get(key, (float(self.number), at))
        tokens = min(self.number, tokens + (at - when) * self.number / self.seconds)
        if tokens < 1:
            self.left[key] = (tokens, at)
            return (1 - tokens) * self.seconds / self.number
        self.left[key] = (tokens - 1, at)
        return 0.0

    def share_left(self, key: str) -> float:
        """Return how much of it is left, from 0 to 1."""
        return self.left.get(key, (float(self.number), 0.0))[0] / self.number


@dataclass(slots=True)
class Window:
    """So many in each stretch of `seconds` of the clock: the top of an hour, each tenth second."""

    number: int
    seconds: float
    asked: dict[str, tuple[int, int]] = field(default_factory=dict)  # key -> (stretch, number)

    def take(self, key: str, at: float) -> float:
        """Count one and return 0, or return the seconds until the next stretch."""
        stretch = int(at // self.seconds)
        before, number = self.asked.get(key, (stretch, 0))
        number = number + 1 if before == stretch else 1
        self.asked[key] = (stretch, number)
        return 0.0 if number <= self.number else (stretch + 1) * self.seconds - at

    def share_left(self, key: str) -> float:
        """Return how much of it is left, from 0 to 1."""
        return max(0.0, 1 - self.asked.get(key, (0, 0))[1] / self.number)


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit: which requests come under it, by whom they are counted, and what is said when there are too many."""

    counts: Bucket | Window
    key: Callable[[Request], str | None]  # None: it does not come under this limit
    reason: str = ""


Refuse = Callable[[Limit, float, datetime], Response]


class Limited:
    """A simulated tool behind its vendor's limits. `now` (aware) is the only clock; `refused` counts the 429s."""

    def __init__(self, app: WsgiApp, limits: Sequence[Limit], refuse: Refuse, now: Callable[[], datetime]) -> None:
        self.app, self.limits, self.refuse, self.now = app, limits, refuse, now
        self.asked = 0
        self.refused: list[str] = []  # reasons, oldest first
        self._lock = threading.Lock()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        request = Request(environ)
        refused, is_near = self._count(request)
        if refused is not None:
            return refused(environ, start_response)

        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            return start_response(status, [*headers, ("X-RateLimit-NearLimit", "true")] if is_near else headers, *more)

        return self.app(environ, start)

    def use_up(self, number: int, request: Request) -> None:
        """Count requests that somebody else makes with the same sign-in."""
        for _ in range(number):
            self._count(request, says=False)

    def _count(self, request: Request, *, says: bool = True) -> tuple[Response | None, bool]:
        at, is_near = self.now(), False
        with self._lock:
            self.asked += says
            for limit in self.limits:
                key = limit.key(request)
                if key is None:
                    continue
                wait = limit.counts.take(key, at.timestamp())
                if wait > 0:
                    if says:
                        self.refused.append(limit.reason)
                    return self.refuse(limit, wait, at), False
                is_near = is_near or (limit.reason.startswith("jira") and limit.counts.share_left(key) < 0.2)
        return None, is_near


def before_jira(app: WsgiApp, now: Callable[[], datetime], *, points: int | None = None) -> Limited:
    """Put Jira Cloud's limits before a simulated site: bursts by endpoint, writes by issue, and points an hour.

    `points` None: the traffic of API tokens, which has no quota. A request costs a point here, whatever it returns.
    https://developer.atlassian.com/cloud/jira/platform/rate-limiting/
    """
    issue = re.compile(r"/issue/([^/]*[0-9][^/]*)")

    def endpoint(request: Request) -> str:
        return f"{request.method} {re.sub(r'/[^/]*[0-9][^/]*', '/*', request.path)}"

    def bursts(methods: set[str]) -> Whose:
        return lambda request: endpoint(request) if request.method in methods else None  # type: ignore[return-value]

    def written(request: Request) -> str | None:
        found = issue.search(request.path)
        return found[1] if found and request.method != "GET" else None

    limits = [
        Limit(Bucket(100, 1.0), bursts({"GET", "POST"}), "jira-burst-based"),
        Limit(Bucket(50, 1.0), bursts({"PUT", "DELETE"}), "jira-burst-based"),
        Limit(Window(20, 2.0), written, "jira-per-issue-on-write"),
        Limit(Window(100, 30.0), written, "jira-per-issue-on-write"),
    ]
    if points is not None:
        limits.append(Limit(Window(points, 3600.0), lambda _request: "tenant", "jira-quota-tenant-based"))
    return Limited(app, limits, _refused_by_jira, now)


def _refused_by_jira(limit: Limit, wait: float, at: datetime) -> Response:
    body = {"errorMessages": ["Rate limit exceeded."], "errors": {}}
    refused = Response(json.dumps(body), 429, content_type="application/json")
    refused.headers["Retry-After"] = str(max(1, ceil(wait)))
    refused.headers["RateLimit-Reason"] = limit.reason
    refused.headers["X-RateLimit-Limit"] = str(limit.counts.number)
    refused.headers["X-RateLimit-Remaining"] = "0"
    refused.headers["X-RateLimit-Reset"] = f"{(at + timedelta(seconds=wait)).astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    return refused


def before_graph(
    app: WsgiApp, now: Callable[[], datetime], number: int, seconds: float, *, names_wait: bool = False
) -> Limited:
    """Put a limit before a simulated Graph. Planner publishes none: `number` in `seconds` is the test's own.

    Not every service behind Graph names a wait: https://learn.microsoft.com/en-us/graph/throttling
    """

    def refuse(limit: Limit, wait: float, at: datetime) -> Response:
        error: Mapping[str, Any] = {
            "code": "TooManyRequests",
            "message": "The request has been throttled.",
            "innerError": {"date": f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}", "request-id": "0" * 32},
        }
        refused = Response(json.dumps({"error": error}), 429, content_type="application/json")
        if names_wait:
            refused.headers["Retry-After"] = str(max(1, ceil(wait)))
        return refused

    def whose(request: Request) -> str:
        return request.headers.get("Authorization", "")

    return Limited(app, [Limit(Window(number, seconds), whose, "graph")], refuse, now)
