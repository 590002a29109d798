"""Pacing: how fast one connection may ask its tool."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Limiter:
    """Spaces requests evenly over time, and holds them all back while the tool asks for quiet.

    `rate` is in requests per second (None: no pacing); `now` is in seconds; one instance serves all threads.
    """

    def __init__(self, rate: float | None, *, sleep: Callable[[float], None], now: Callable[[], float]) -> None:
        if rate is not None and rate <= 0:
            raise ValueError("a rate is a positive number of requests per second")
        self._gap = 0.0 if rate is None else 1.0 / rate
        self._sleep = sleep
        self._now = now
        self._lock = threading.Lock()
        self._free_at: float | None = None

    def wait(self) -> float:
        """Sleep until the next turn and return the seconds waited."""
        with self._lock:
            now = self._now()
            turn = now if self._free_at is None else max(now, self._free_at)
            self._free_at = turn + self._gap
        pause = turn - now
        if pause > 0:
            self._sleep(pause)
        return max(pause, 0.0)

    def hold(self, seconds: float) -> None:
        """Let no request start before `seconds` from now: the tool said it has had enough."""
        with self._lock:
            until = self._now() + seconds
            self._free_at = until if self._free_at is None else max(self._free_at, until)
