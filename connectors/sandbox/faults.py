"""Faults on demand, and the record of what a sandbox was asked."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass

from werkzeug.wrappers import Response


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that came over HTTP, and the status it got (0 when the line was cut instead)."""

    method: str
    path: str  # with its query
    status: int


class Faults:
    """Answers a driver has ordered in place of real ones, first in, first out."""

    def __init__(self) -> None:
        self.requests: list[Asked] = []
        self._ordered: list[tuple[str, int, dict[str, str], str]] = []
        self._lost = 0
        self._lock = threading.Lock()

    def fail_next(
        self, n: int, status: int, headers: Mapping[str, str] | None = None, *, body: str = "", path: str = ""
    ) -> None:
        """Answer the next `n` requests (whose path contains `path`) with `status` instead of doing anything."""
        with self._lock:
            self._ordered += [(path, status, dict(headers or {}), body)] * n

    def lose_answer_next(self, n: int = 1) -> None:
        """Carry out the next `n` posts, then drop the line without an answer."""
        with self._lock:
            self._lost += n

    def take(self, path: str) -> Response | None:
        """Return the answer ordered for a request to this path, if any."""
        with self._lock:
            for at, (part, status, headers, body) in enumerate(self._ordered):
                if part in path:
                    del self._ordered[at]
                    text = body or f'{{"errorMessages": ["Ordered fault {status}."], "errors": {{}}}}'
                    return Response(text, status, headers, content_type="application/json")
        return None

    def loses(self) -> bool:
        """Whether this post's answer gets lost; counts one down."""
        with self._lock:
            if self._lost == 0:
                return False
            self._lost -= 1
            return True

    def note(self, asked: Asked) -> None:
        """Remember a request."""
        with self._lock:
            self.requests.append(asked)

    def count(self, path: str = "") -> int:
        """Count the requests whose path contains `path`."""
        with self._lock:
            return sum(path in asked.path for asked in self.requests)
