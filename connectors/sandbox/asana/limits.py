"""How often a simulated Asana lets itself be asked: https://developers.asana.com/docs/rate-limits"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from math import ceil

WINDOW = timedelta(seconds=60)


class Quota:
    """So many requests in any minute. One that is refused counts as well, so that who knocks on stays outside.

    `most` None: no limit.
    """

    def __init__(self, now: Callable[[], datetime], most: int | None = None) -> None:
        self._now = now
        self.most = most
        self.refused = 0
        self._asked: deque[datetime] = deque()

    def take(self, number: int = 1) -> int | None:
        """Count so many requests; return None when they pass, else the seconds to wait (Retry-After)."""
        if self.most is None:
            return None
        now = self._now()
        while self._asked and now - self._asked[0] >= WINDOW:
            self._asked.popleft()
        self._asked.extend([now] * number)
        over = len(self._asked) - self.most
        if over <= 0:
            return None
        self.refused += 1
        leaves = self._asked[min(over, len(self._asked)) - 1] + WINDOW
        return max(1, ceil((leaves - now).total_seconds()))
