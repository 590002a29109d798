"""How a sync ended, for whoever rang for it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from hub.model.kinds import Freshness, Status
from hub.record import Recorded


@dataclass(frozen=True, slots=True)
class Kept:
    """A key result that keeps an older value, or one without some items, with why: broken, partial or suspect."""

    key: str
    value: Decimal | None
    status: Status
    freshness: Freshness
    reason: str


@dataclass(frozen=True, slots=True)
class Synced:
    """How a sync ended. `again` is true when more was touched meanwhile: ring once more.

    `kept` are the key results on what was read that are not as good as new, moved or not. A command that lacks a
    setting of its own ends `unresolved`, and has written nothing.
    """

    state: str  # done | busy | waiting | broken | lost | unresolved
    problem: str = ""
    recorded: tuple[Recorded, ...] = ()
    requests: int = 0
    items: int = 0
    again: bool = False
    kept: tuple[Kept, ...] = ()

    @property
    def channels(self) -> tuple[int, ...]:
        """The channels that have letters now, each once."""
        return tuple(sorted({channel for outcome in self.recorded for channel in outcome.channels}))
