"""Trello's limits: so many requests in ten seconds, and no answer at all for who goes on asking.

https://developer.atlassian.com/cloud/trello/guides/rest-api/rate-limits/ ; the headers as recorded in June 2026.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from werkzeug.wrappers import Response

WINDOW = 10  # seconds
LONG = 900  # seconds, of the paths that cost more
PER_TOKEN, PER_KEY, PER_LONG = 100, 300, 100
BLOCKED_AFTER = 200  # refusals in one window


@dataclass(slots=True)
class _Count:
    window: int = -1
    asked: int = 0
    refused: int = 0

    def add(self, window: int) -> int:
        if window != self.window:
            self.window, self.asked, self.refused = window, 0, 0
        self.asked += 1
        return self.asked


class Quotas:
    """Counts of one Trello. Nothing is refused unless `enforced`; time is the sandbox's own."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.enforced = False
        self._now = now
        self._counts: dict[tuple[str, str], _Count] = {}

    def refuse(self, key: str, token: str, path: str) -> Response | None:
        """Count a request; return the 429 it gets, if it does."""
        seconds = int(self._now().timestamp())
        by_token = self._count("token", token)
        asked = by_token.add(seconds // WINDOW)
        asked_key = self._count("key", key).add(seconds // WINDOW)
        word = path.strip("/").split("/")[1:2]
        is_long = word in (["members"], ["membersSearch"], ["search"])
        asked_long = self._count("long", token).add(seconds // LONG) if is_long else 0
        if not self.enforced:
            return None
        if by_token.refused > BLOCKED_AFTER or asked > PER_TOKEN:
            error, message = "API_TOKEN_LIMIT_EXCEEDED", "Rate limit exceeded"
        elif asked_key > PER_KEY:
            error, message = "API_KEY_LIMIT_EXCEEDED", "Rate limit exceeded"
        elif asked_long > PER_LONG:
            error, message = "MEMBER_LIMIT_EXCEEDED", "Rate limit exceeded"
        else:
            return None
        by_token.refused += 1
        return Response(json.dumps({"error": error, "message": message}), 429, content_type="application/json")

    def headers(self, key: str, token: str) -> Mapping[str, str]:
        """Return the headers that tell how much is left."""
        left_token = max(0, PER_TOKEN - self._count("token", token).asked)
        left_key = max(0, PER_KEY - self._count("key", key).asked)
        return {
            "x-rate-limit-api-token-interval-ms": str(WINDOW * 1000),
            "x-rate-limit-api-token-max": str(PER_TOKEN),
            "x-rate-limit-api-token-remaining": str(left_token),
            "x-rate-limit-api-key-interval-ms": str(WINDOW * 1000),
            "x-rate-limit-api-key-max": str(PER_KEY),
            "x-rate-limit-api-key-remaining": str(left_key),
            "x-rate-limit-db-query-time-interval-ms": "600000",
            "x-rate-limit-db-query-time-max": "7200000",
            "x-rate-limit-db-query-time-remaining": "7199990",
        }

    def _count(self, what: str, who: str) -> _Count:
        return self._counts.setdefault((what, who), _Count())
