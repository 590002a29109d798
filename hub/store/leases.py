"""The leases that are held: who reads what, sends to what, renews which tokens, registers, or writes back."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, select, update

from hub.store.tables_hooks import listeners, write_backs
from hub.store.tables_signed import tokens
from hub.store.tables_told import channels
from hub.store.tables_work import connections

# Each table with the column that names its rows, and what else letting go of a row resets.
_TABLES = {
    "connections": (connections, connections.c.id, {"rung_until": None}),
    "channels": (channels, channels.c.id, {"rung_until": None}),
    "listeners": (listeners, listeners.c.id, {"rung_until": None}),
    "write_backs": (write_backs, write_backs.c.id, {"rung_until": None}),
    "tokens": (tokens, tokens.c.connection_id, {}),
}


@dataclass(frozen=True, slots=True)
class Lease:
    """A lease as it was found: `table` is the name of the table, `id` the row in it."""

    table: str
    id: int
    owner: str


def held_leases(tx: Connection) -> list[Lease]:
    """Return every lease that has an owner, whether or not it has run out."""
    return [
        Lease(name, row.id, row.lease_owner)
        for name, (table, key, _) in _TABLES.items()
        for row in tx.execute(select(key.label("id"), table.c.lease_owner).where(table.c.lease_owner.is_not(None)))
    ]


def free_lease(tx: Connection, lease: Lease) -> bool:
    """Take a lease from an owner that is surely dead, and answer the bell; False when somebody else holds it by now.

    What the dead owner's last transaction may still be doing is waited for: each one holds the row of its lease.
    """
    table, key, reset = _TABLES[lease.table]
    done = tx.execute(
        update(table)
        .where(key == lease.id, table.c.lease_owner == lease.owner)
        .values(leased_until=None, lease_owner=None, **reset)
    )
    return done.rowcount == 1
