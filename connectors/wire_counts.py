"""How many requests a connection really made."""

from __future__ import annotations

import threading


class Counter:
    """How many requests a connection really made. One instance may be shared by threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.requests = 0
        self.throttled = 0
        self.retried = 0

    def add(self, *, requests: int = 0, throttled: int = 0, retried: int = 0) -> None:
        """Count what just happened."""
        with self._lock:
            self.requests += requests
            self.throttled += throttled
            self.retried += retried

    def take(self) -> dict[str, int]:
        """Return the counts by name and start again from zero."""
        with self._lock:
            taken = {"requests": self.requests, "throttled": self.throttled, "retried": self.retried}
            self.requests = self.throttled = self.retried = 0
        return taken
