"""How a look after webhooks ended, for whoever rang for it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Subscribed:
    """How a look ended, and what it did at the tool. `problem` says why a scope has no webhook."""

    state: str  # done | busy | waiting | broken | lost | none
    made: int = 0
    renewed: int = 0
    removed: int = 0
    live: int = 0
    requests: int = 0
    problem: str = ""
