"""Pacing: how fast one connection may ask its tool."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

from connectors.errors import TryLater


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
        self._holds = 0  # how often a hold has put off what was free before

    def wait(self) -> float:
        """Sleep until the next turn and return the seconds waited.

        Who sleeps while the tool asks for more quiet than was known sleeps on.
        """
        waited = 0.0
        while True:
            with self._lock:
                now = self._now()
                turn = now if self._free_at is None else max(now, self._free_at)
                self._free_at = turn + self._gap
                known = self._holds
            pause = turn - now
            if pause <= 0:
                return waited
            self._sleep(pause)
            waited += pause
            with self._lock:
                if self._holds == known:
                    return waited

    def hold(self, seconds: float) -> None:
        """Let no request start before `seconds` from now: the tool said it has had enough."""
        with self._lock:
            until = self._now() + seconds
            if self._free_at is None or until > self._free_at:
                self._free_at = until
                self._holds += 1


class Quiet:
    """Keeps a wait that the tool asked for and that is too long to sit out: nobody asks before it has passed.

    Whoever was told of it gives up; the threads beside it must not go on asking. `now` is in seconds.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._until: float | None = None

    def hold(self, wait: timedelta) -> None:
        """Begin to keep a wait; one that lasts longer stays."""
        with self._lock:
            until = self._now() + wait.total_seconds()
            self._until = until if self._until is None else max(self._until, until)

    def keep(self, host: str) -> None:
        """Raise TryLater with what is left of the wait, if any."""
        with self._lock:
            if self._until is None:
                return
            left = self._until - self._now()
            if left > 0:
                raise TryLater(f"{host} asked for a pause", after=timedelta(seconds=left))
            self._until = None
