"""Rings that nobody has answered yet: of all that a worker is rung for, whichever queue the job is in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, or_, select, update

from hub.store.connections import BELL_LASTS
from hub.store.tables_hooks import listeners, write_backs
from hub.store.tables_told import channels
from hub.store.tables_work import connections

_TABLES = {
    "connections": (connections, connections.c.id),
    "channels": (channels, channels.c.id),
    "listeners": (listeners, listeners.c.id),
    "write_backs": (write_backs, write_backs.c.id),
}


@dataclass(frozen=True, slots=True)
class Ring:
    """A ring as it was found: `table` is the name of the table, `id` the row in it, `until` when it dies away."""

    table: str
    id: int
    until: datetime


def unanswered(tx: Connection, names: Iterable[str], now: datetime, age: timedelta) -> list[Ring]:
    """Return the rings of these tables that were rung `age` ago or earlier, and that nobody has taken up since."""
    found: list[Ring] = []
    for name in names:
        table, key = _TABLES[name]
        is_free = or_(table.c.leased_until.is_(None), table.c.leased_until < now)
        is_rung = table.c.rung_until.between(now, now + BELL_LASTS - age)
        rows = tx.execute(select(key.label("id"), table.c.rung_until).where(is_rung, is_free))
        found += [Ring(name, row.id, row.rung_until) for row in rows]
    return found


def forget(tx: Connection, ring: Ring) -> bool:
    """Let a ring die away before its time; False when it was answered, or rung anew, since it was found."""
    table, key = _TABLES[ring.table]
    found = update(table).where(key == ring.id, table.c.rung_until == ring.until).values(rung_until=None)
    return tx.execute(found).rowcount == 1
