"""What happened, told to whoever follows a project, a task or a goal: https://developers.asana.com/reference/events"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from connectors.sandbox.asana.objects import Json

AT_ONCE = 100  # events an answer
LASTS = timedelta(hours=24)  # how long a token is good


@dataclass(frozen=True, slots=True)
class Told:
    """An answer to a question for events. `fresh` alone: the token was missing, unknown or too old (412)."""

    sync: str
    events: tuple[Json, ...] = ()
    has_more: bool = False
    fresh: bool = False


class Streams:
    """The events of each resource, oldest first, and the tokens that were handed out. `lag` delays them, in seconds."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self.lag = 0.0
        self._events: dict[str, list[tuple[datetime, Json]]] = {}
        self._tokens: dict[str, tuple[str, int, datetime]] = {}

    def tell(self, resources: set[str], event: Json) -> None:
        """Add an event to the streams of these gids."""
        for gid in resources:
            self._events.setdefault(gid, []).append((self._now(), event))

    def forget_tokens(self) -> None:
        """Let every token be too old, as happens from time to time."""
        self._tokens.clear()

    def read(self, resource: str, token: str | None) -> Told:
        """Return what happened since a token."""
        visible = self._visible(resource)
        known = self._tokens.get(token or "")
        if known is None or known[0] != resource or self._now() - known[2] > LASTS:
            return Told(self._token(resource, len(visible)), fresh=True)
        events = visible[known[1] : known[1] + AT_ONCE]
        end = known[1] + len(events)
        return Told(self._token(resource, end), tuple(events), has_more=end < len(visible))

    def _visible(self, resource: str) -> list[Json]:
        horizon = self._now() - timedelta(seconds=self.lag)
        return [event for at, event in self._events.get(resource, ()) if at <= horizon]

    def _token(self, resource: str, position: int) -> str:
        token = f"{secrets.token_hex(16)}:0"
        self._tokens[token] = (resource, position, self._now())
        return token
