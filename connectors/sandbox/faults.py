"""Faults on demand, and the record of what a sandbox was asked."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass

from werkzeug.wrappers import Response

from connectors.sandbox.server import AnswerLostError

# Whether the answer that this thread gave last was ordered: a lie, and no word of the tool's.
was_ordered: ContextVar[bool] = ContextVar("was_ordered", default=False)
Order = Callable[[Callable[[], Response]], Response]  # given the way to the true answer, gives the one that is sent


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
        self._ordered: list[tuple[str, Order | None]] = []
        self._lost = 0
        self._lock = threading.Lock()

    def fail_next(
        self, n: int, status: int, headers: Mapping[str, str] | None = None, *, body: str = "", path: str = ""
    ) -> None:
        """Answer the next `n` requests (whose path contains `path`) with `status` instead of doing anything."""
        text = body or f'{{"errorMessages": ["Ordered fault {status}."], "errors": {{}}}}'
        kind = "text/html" if text.startswith("<") else "application/json"
        self.order(n, lambda _truly: Response(text, status, dict(headers or {}), content_type=kind), path=path)

    def cut_next(self, n: int = 1, *, path: str = "", skip: int = 0) -> None:
        """Drop the line at the next `n` requests (whose path contains `path`) without doing anything."""

        def cut(_truly: Callable[[], Response]) -> Response:
            raise AnswerLostError

        self.order(n, cut, path=path, skip=skip)

    def bend_next(self, n: int, bend: Callable[[bytes], bytes], *, path: str = "", skip: int = 0) -> None:
        """Carry out the next `n` requests (whose path contains `path`), and bend the body of each answer."""

        def bent(truly: Callable[[], Response]) -> Response:
            response = truly()
            response.set_data(bend(response.get_data()))
            return response

        self.order(n, bent, path=path, skip=skip)

    def order(self, n: int, order: Order, *, path: str = "", skip: int = 0) -> None:
        """Let `order` answer `n` requests whose path contains `path`, after `skip` of them were answered as ever."""
        with self._lock:
            self._ordered += [(path, None)] * skip + [(path, order)] * n

    def forget(self) -> None:
        """Forget whatever was ordered and has not come up."""
        with self._lock:
            self._ordered.clear()

    def lose_answer_next(self, n: int = 1) -> None:
        """Carry out the next `n` posts, then drop the line without an answer."""
        with self._lock:
            self._lost += n

    def answer(self, path: str, truly: Callable[[], Response]) -> Response:
        """Return the answer ordered for a request to this path, else the true one."""
        with self._lock:
            at = next((at for at, (part, _) in enumerate(self._ordered) if part in path), None)
            order = None if at is None else self._ordered.pop(at)[1]
        was_ordered.set(order is not None)
        return truly() if order is None else order(truly)

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
