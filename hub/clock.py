"""The clock: looks at the store every few seconds and rings for what is due. Two clocks are harmless."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import UTC, datetime

from hub import request_id
from hub.flows.judge import is_judging_due
from hub.jobs import ring_channels, ring_connection
from hub.log import logger
from hub.queue import Bell
from hub.store import Store, connections, okrs, outbox, telemetry
from hub.store.connections import BELL_LASTS


@dataclass(frozen=True, slots=True)
class Tick:
    """What one look rang for."""

    connections: int = 0
    channels: int = 0
    judged: bool = False


def tick(store: Store, bell: Bell, now: datetime) -> Tick:
    """Ring for connections that are due or touched, channels with letters, and the daily judgement."""
    with store.write() as tx:
        telemetry.note_look(tx, now)
    with store.read() as tx:
        due = connections.due_connections(tx, now)
        waiting = outbox.due_channels(tx, now)
    rung = sum(ring_connection(store, bell, connection_id, now) for connection_id in due)
    told = ring_channels(store, bell, waiting, now)
    judged = is_judging_due(store, now) and _ring_judge(store, bell, now)
    return Tick(rung, told, judged)


def _ring_judge(store: Store, bell: Bell, now: datetime) -> bool:
    with store.write() as tx:
        if not okrs.claim_judge_ring(tx, now, BELL_LASTS):
            return False
    bell.ring_judge()
    return True


def run_clock(store: Store, bell: Bell, every: float, stop: threading.Event) -> None:
    """Look every `every` seconds until told to stop. A failed look is logged and the next one tries again."""
    while not stop.is_set():
        try:
            with request_id.carry(request_id.make()):
                looked = tick(store, bell, datetime.now(UTC))
                if looked != Tick():
                    logger("clock").info(
                        "rang", connections=looked.connections, channels=looked.channels, judged=looked.judged
                    )
        except Exception as problem:
            # The clock is what heals all else: whatever is away now may be back at the next look.
            logger("clock").warning("a look at the store failed", problem=f"{type(problem).__name__}: {problem}")
        stop.wait(every)
