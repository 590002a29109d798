"""The clock: looks at the store every few seconds and rings for what is due. Two clocks are harmless."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hub import request_id
from hub.flows.connect import warn_of_ends
from hub.flows.judge import is_judging_due
from hub.jobs import ring_channels, ring_connection, ring_listeners, ring_write_backs
from hub.kernel import is_dead
from hub.log import logger
from hub.queue import SYNC_QUEUE, TELL_QUEUE, Bell
from hub.store import Store, connections, leases, listeners, okrs, outbox, rings, subscriptions, telemetry
from hub.store.connections import BELL_LASTS
from hub.store.engine import why_away

FOUND_SOON = timedelta(seconds=5)  # so long a ring may be on its way into the queue, or out of it
RUNG_IN = {SYNC_QUEUE: ("connections",), TELL_QUEUE: ("channels", "listeners", "write_backs")}


@dataclass(frozen=True, slots=True)
class Tick:
    """What one look rang for."""

    connections: int = 0
    channels: int = 0
    judged: bool = False
    listeners: int = 0
    write_backs: int = 0


def tick(store: Store, bell: Bell, now: datetime) -> Tick:
    """Ring for what is due: connections, channels with letters, the daily judgement, webhooks to be looked after."""
    with store.write() as tx:
        telemetry.note_look(tx, now)
    free_leases_of_the_dead(store)
    forget_lost_rings(store, bell, now)
    warn_of_ends(store, now)
    with store.read() as tx:
        due = connections.due_connections(tx, now)
        waiting = outbox.due_channels(tx, now)
        listening = listeners.due_listeners(tx, now)
    rung = sum(ring_connection(store, bell, connection_id, now) for connection_id in due)
    told = ring_channels(store, bell, waiting, now)
    judged = is_judging_due(store, now) and _ring_judge(store, bell, now)
    looked_after = ring_listeners(store, bell, listening, now)
    return Tick(rung, told, judged, looked_after, ring_write_backs(store, bell, now))


def look_after_all(store: Store, now: datetime) -> None:
    """Have all webhooks looked after: the hub was started, perhaps under another address."""
    with store.write() as tx:
        listeners.make_all_due(tx, now)
        subscriptions.try_lost_again(tx, now)


def free_leases_of_the_dead(store: Store) -> int:
    """Free what is leased to processes of this machine that have ended; return how many leases were freed.

    A reader that was killed would otherwise keep its connection until the lease runs out. One on another machine,
    or one of which nothing sure is known, keeps it.
    """
    with store.read() as tx:
        held = leases.held_leases(tx)
    dead = [lease for lease in held if is_dead(lease.owner.partition("/")[0])]
    freed = 0
    for lease in dead:
        with (
            store.write() as tx
        ):  # one each: two rows held at once are two that somebody else takes the other way round
            freed += leases.free_lease(tx, lease)
    if freed:
        logger("clock").info("freed the leases of processes that have ended", leases=freed)
    return freed


def forget_lost_rings(store: Store, bell: Bell, now: datetime) -> int:
    """Let rings die away of which the queue server knows nothing any more; return how many were forgotten.

    It was emptied or has died with them. What is due is rung for anew by the same look, and not only when the ring
    has lasted its time. A queue with work in it proves nothing: there the ring lasts.
    """
    forgotten = 0
    for queue, names in RUNG_IN.items():
        with store.read() as tx:
            found = rings.unanswered(tx, names, now, FOUND_SOON)
        if not found or not bell.is_idle(queue):
            continue
        for ring in found:
            with store.write() as tx:
                forgotten += rings.forget(tx, ring)
    if forgotten:
        logger("clock").info("rings were lost with their queue", rings=forgotten)
    return forgotten


def _ring_judge(store: Store, bell: Bell, now: datetime) -> bool:
    with store.write() as tx:
        if not okrs.claim_judge_ring(tx, now, BELL_LASTS):
            return False
    bell.ring_judge()
    return True


def run_clock(store: Store, bell: Bell, every: float, stop: threading.Event) -> None:
    """Look every `every` seconds until told to stop.

    A look that fails is logged once for each reason, and the next one tries again.
    """
    said = ""
    is_first = True
    while not stop.is_set():
        try:
            with request_id.carry(request_id.make()):
                if is_first:
                    look_after_all(store, datetime.now(UTC))
                    is_first = False
                looked = tick(store, bell, datetime.now(UTC))
                if looked != Tick():
                    logger("clock").info(
                        "rang",
                        connections=looked.connections,
                        channels=looked.channels,
                        judged=looked.judged,
                        listeners=looked.listeners,
                        write_backs=looked.write_backs,
                    )
        except Exception as problem:
            # The clock is what heals all else: whatever is away now may be back at the next look.
            why = why_away(problem) or f"{type(problem).__name__}: {problem}"
            if why != said:
                logger("clock").warning("a look at the store failed; the clock goes on trying", problem=why)
            said = why
        else:
            if said:
                logger("clock").info("the store can be looked at again")
            said = ""
        stop.wait(every)
