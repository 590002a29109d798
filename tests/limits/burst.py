"""Many reads at once under a tool's limits, in virtual time: what workers of a hub do, one after the other."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from requests import Session

from connectors.allowance import Account
from connectors.errors import TryLater
from connectors.ledgers import Memory
from connectors.wire import Counter, open_wire

PAUSE = timedelta(seconds=60)  # of the hub, where a tool asked for no wait of its own
START = datetime(2026, 11, 23, 12, 0, 0, 250_000, tzinfo=UTC)


class Clock:
    """Time that only waiting moves on. As a number for the wire, as a date for a simulated tool."""

    def __init__(self) -> None:
        self.at = START.timestamp()

    def seconds(self) -> float:
        return self.at

    def date(self) -> datetime:
        return datetime.fromtimestamp(self.at, UTC)

    def sleep(self, seconds: float) -> None:
        self.at += seconds


@dataclass(slots=True)
class Burst:
    """The outcome: how many reads ended, in how many goes, and when each did (seconds after the start)."""

    goes: int = 0
    longest_go: float = 0.0  # seconds for which a worker was held
    ended: dict[str, list[float]] = field(default_factory=dict)


class Crew:
    """Workers that share a ledger and no memory: every read has a wire of its own, as a forked job has."""

    def __init__(self, clock: Clock, url: str, bearer: Any = None) -> None:
        self.clock, self.url, self.bearer = clock, url, bearer
        self.ledger = Memory()
        self.counter = Counter()

    def wire(self, accounts: Sequence[Account]) -> Session:
        return open_wire(
            hosts=[],
            base_url=self.url,
            allow_private=["127.0.0.0/8"],
            counter=self.counter,
            accounts=accounts,
            ledger=self.ledger,
            bearer=self.bearer,
            sleep=self.clock.sleep,
            now=self.clock.seconds,
        )

    def run(self, reads: Sequence[tuple[str, Callable[[], None]]], *, most_goes: int = 20_000) -> Burst:
        """Run reads, given with whose they are; one that must wait is tried again after its wait, as the hub does."""
        done = Burst()
        began = self.clock.at
        due = [(began, number) for number in range(len(reads))]
        while due:
            when, number = heapq.heappop(due)
            self.clock.at = max(self.clock.at, when)
            done.goes += 1
            assert done.goes < most_goes, "the burst does not end"
            whose, read = reads[number]
            before = self.clock.at
            try:
                read()
            except TryLater as wait:
                after = wait.after or PAUSE
                heapq.heappush(due, (self.clock.at + after.total_seconds(), number))
            else:
                done.ended.setdefault(whose, []).append(self.clock.at - began)
            done.longest_go = max(done.longest_go, self.clock.at - before)
        return done
