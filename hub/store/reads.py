"""The journal of reads: when a connection was read, why, at what cost and with what outcome."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from hub.store.tables_work import connections, reads


@dataclass(frozen=True, slots=True)
class Read:
    """One read of a connection. `requests` is what the wire counted, `items` how many bodies were read."""

    connection: str
    kind: str
    started_at: datetime
    ended_at: datetime
    reason: str  # schedule | webhook | first
    outcome: str  # ok | try_later | broken
    requests: int
    items: int
    moved: tuple[str, ...] = ()
    problem: str = ""
    id: int = 0


def add_read(
    tx: Connection,
    connection_id: int,
    *,
    started_at: datetime,
    ended_at: datetime,
    reason: str,
    outcome: str,
    requests: int,
    items: int,
    moved: Sequence[str],
    problem: str,
) -> None:
    tx.execute(
        insert(reads).values(
            connection_id=connection_id,
            started_at=started_at,
            ended_at=ended_at,
            reason=reason,
            outcome=outcome,
            requests=requests,
            items=items,
            moved=list(moved),
            problem=problem,
        )
    )


def reads_after(tx: Connection, after_id: int = 0, *, limit: int = 200, connection_id: int | None = None) -> list[Read]:
    """Return reads with a higher id, the oldest first."""
    query = (
        select(reads, connections.c.slug, connections.c.kind)
        .join(connections, connections.c.id == reads.c.connection_id)
        .where(reads.c.id > after_id)
        .order_by(reads.c.id)
        .limit(limit)
    )
    if connection_id is not None:
        query = query.where(reads.c.connection_id == connection_id)
    return [
        Read(
            row.slug,
            row.kind,
            row.started_at,
            row.ended_at,
            row.reason,
            row.outcome,
            row.requests,
            row.items,
            tuple(row.moved),
            row.problem,
            row.id,
        )
        for row in tx.execute(query)
    ]


def forget_reads(tx: Connection, before: datetime) -> int:
    """Drop journal entries older than anyone looks at; return how many."""
    return tx.execute(delete(reads).where(reads.c.ended_at < before)).rowcount
