"""Listeners: connections whose tool lets the hub register webhooks, and when somebody must look after those."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, and_, or_, select, update

from hub.store.connections import BELL_LASTS, LONGEST_LEASE
from hub.store.set_back import ahead
from hub.store.tables_hooks import listeners
from hub.store.tables_work import connections
from hub.store.upsert import insert_new


@dataclass(frozen=True, slots=True)
class Listener:
    """How the registering of a connection's webhooks stands. `problem` says why there are none, or not all."""

    connection_id: int
    due_at: datetime | None
    looked_at: datetime | None
    leased_until: datetime | None
    problem: str
    problem_at: datetime | None


def note_scopes(tx: Connection, connection_id: int, scope_keys: Collection[str], now: datetime) -> bool:
    """Note which scopes a connection's tool is to ring for; True when others than before, and then it is due."""
    scopes = hashlib.sha256("\n".join(sorted(set(scope_keys))).encode()).hexdigest()
    row = {"connection_id": connection_id, "scopes": scopes, "due_at": now, "problem": ""}
    if scope_keys and insert_new(tx, listeners, row, by=["connection_id"]):
        return True
    done = tx.execute(
        update(listeners)
        .where(listeners.c.connection_id == connection_id, listeners.c.scopes != scopes)
        .values(scopes=scopes, due_at=now)
    )
    return done.rowcount == 1


def listener_of(tx: Connection, connection_id: int) -> Listener | None:
    row = tx.execute(select(listeners).where(listeners.c.connection_id == connection_id)).one_or_none()
    return None if row is None else _shape(row)


def all_listeners(tx: Connection) -> dict[int, Listener]:
    """Return every listener, by the id of its connection."""
    return {row.connection_id: _shape(row) for row in tx.execute(select(listeners))}


def rest_listener(tx: Connection, connection_id: int) -> None:
    """Have nobody look after a connection's webhooks any more."""
    tx.execute(update(listeners).where(listeners.c.connection_id == connection_id).values(due_at=None, problem=""))


def make_listener_due(tx: Connection, connection_id: int, now: datetime) -> None:
    """Have somebody look after a connection's webhooks soon, if it has a listener."""
    tx.execute(update(listeners).where(listeners.c.connection_id == connection_id).values(due_at=now))


def make_all_due(tx: Connection, now: datetime) -> None:
    """Have somebody look after all webhooks: the hub was started, perhaps under another address."""
    tx.execute(update(listeners).where(listeners.c.due_at.is_not(None)).values(due_at=now))


def due_listeners(tx: Connection, now: datetime) -> list[int]:
    """Return the ids of the connections whose webhooks must be looked after now and are not being looked after."""
    is_free = or_(
        listeners.c.leased_until.is_(None),
        listeners.c.leased_until < now,
        listeners.c.leased_until > now + LONGEST_LEASE,
    )
    set_back = or_(ahead(listeners.c.looked_at, now), ahead(listeners.c.problem_at, now))
    is_due = or_(listeners.c.due_at <= now, and_(listeners.c.due_at.is_not(None), set_back))
    may_ask = or_(connections.c.paused_until.is_(None), connections.c.paused_until <= now, set_back)
    found = tx.execute(
        select(listeners.c.connection_id)
        .join(connections, connections.c.id == listeners.c.connection_id)
        # One that waits for a person to sign in is left in peace.
        .where(is_due, is_free, may_ask, connections.c.state != "broken", _is_silent(now))
        .order_by(listeners.c.connection_id)
    )
    return [row.connection_id for row in found]


def claim_listener_ring(tx: Connection, connection_id: int, now: datetime) -> bool:
    """Claim the right to ring for a connection's webhooks; False when somebody was rung a moment ago."""
    done = tx.execute(
        update(listeners)
        .where(listeners.c.connection_id == connection_id, _is_silent(now))
        .values(rung_until=now + BELL_LASTS)
    )
    return done.rowcount == 1


def lease_listener(tx: Connection, connection_id: int, *, owner: str, now: datetime, lasts: timedelta) -> bool:
    """Take the looking after for one worker; False when another has it. Taking it answers the bell."""
    free = or_(
        listeners.c.leased_until.is_(None),
        listeners.c.leased_until < now,
        listeners.c.leased_until > now + lasts,  # the clock was set back: nobody leases for that long
    )
    done = tx.execute(
        update(listeners)
        .where(listeners.c.connection_id == connection_id, free)
        .values(leased_until=now + lasts, lease_owner=owner, rung_until=None)
    )
    return done.rowcount == 1


def renew_listener_lease(tx: Connection, connection_id: int, *, owner: str, now: datetime, lasts: timedelta) -> bool:
    """Hold the lease longer; False when it was lost, and then nothing more may be written."""
    done = tx.execute(
        update(listeners)
        .where(listeners.c.connection_id == connection_id, listeners.c.lease_owner == owner)
        .values(leased_until=now + lasts)
    )
    return done.rowcount == 1


def release_listener(tx: Connection, connection_id: int, *, owner: str, **changes: Any) -> None:
    """Let it go and note how the look ended."""
    tx.execute(
        update(listeners)
        .where(listeners.c.connection_id == connection_id, listeners.c.lease_owner == owner)
        .values(leased_until=None, lease_owner=None, rung_until=None, **changes)
    )


def _is_silent(now: datetime) -> Any:
    return or_(
        listeners.c.rung_until.is_(None),
        listeners.c.rung_until < now,
        listeners.c.rung_until > now + 2 * BELL_LASTS,  # rung before the clock was set back
    )


def _shape(row: Row[Any]) -> Listener:
    return Listener(row.connection_id, row.due_at, row.looked_at, row.leased_until, row.problem, row.problem_at)
