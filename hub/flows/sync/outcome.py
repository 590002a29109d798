"""How a sync ended, for whoever rang for it."""

from __future__ import annotations

from dataclasses import dataclass

from hub.record import Recorded


@dataclass(frozen=True, slots=True)
class Synced:
    """How a sync ended. `again` is true when more was touched meanwhile: ring once more."""

    state: str  # done | busy | waiting | broken | lost
    problem: str = ""
    recorded: tuple[Recorded, ...] = ()
    requests: int = 0
    items: int = 0
    again: bool = False

    @property
    def channels(self) -> tuple[int, ...]:
        """The channels that have letters now, each once."""
        return tuple(sorted({channel for outcome in self.recorded for channel in outcome.channels}))
