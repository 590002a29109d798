"""What the simulated channels received."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from werkzeug.wrappers import Request, Response

from connectors.sandbox.faults import Asked, Faults
from connectors.sandbox.server import AnswerLostError


@dataclass(slots=True)
class Post:
    """One message as its channel holds it. `key` is the tool's id of it ("" where the tool gives none)."""

    channel: str  # the channel's name, as people see it
    at: datetime
    payload: Mapping[str, Any]
    key: str = ""
    thread: str = ""  # the key of the message it answers
    broadcast: bool = False  # a reply that the channel shows as well
    edits: list[Mapping[str, Any]] = field(default_factory=list)  # the payloads it had before, oldest first


class PostingSandbox:
    """What the simulated channels have in common: posts, the record of requests, and faults on demand.

    `delay` is the seconds each request takes, half of them before a message is taken and half after it.
    """

    def __init__(self) -> None:
        self.faults = Faults()
        self.posts: list[Post] = []
        self.delay = 0.0
        self._lock = threading.RLock()

    @property
    def requests(self) -> list[Asked]:
        """Everything that was asked over HTTP, oldest first; without queries, which may hold a secret."""
        return self.faults.requests

    def count(self, path: str = "") -> int:
        """Count the requests whose path contains `path`."""
        return self.faults.count(path)

    def fail_next(self, n: int, status: int, headers: dict[str, str] | None = None, *, body: str = "") -> None:
        """Answer the next `n` requests with `status` and do nothing."""
        self.faults.fail_next(n, status, headers, body=body)

    def lose_answer_next(self, n: int = 1) -> None:
        """Post the next `n` messages, then drop the line without an answer."""
        self.faults.lose_answer_next(n)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        request = Request(environ)
        time.sleep(self.delay / 2)
        before = len(self.posts)

        def truly() -> Response:
            with self._lock:
                return self._answer(request)

        try:
            response = self.faults.answer(request.path, truly)
        except AnswerLostError:
            self.faults.note(Asked(request.method, request.path, 0))
            raise
        lost = len(self.posts) > before and self.faults.loses()
        time.sleep(self.delay / 2)
        self.faults.note(Asked(request.method, request.path, 0 if lost else response.status_code))
        if lost:
            raise AnswerLostError
        return response(environ, start_response)

    def _answer(self, request: Request) -> Response:
        raise AssertionError(f"{type(self).__name__} answers nothing")
