"""Read now: make every connection due, so that the workers read it whatever its schedule says."""

from __future__ import annotations

from datetime import datetime

from hub.store import Store, connections


def make_all_due(store: Store, now: datetime) -> tuple[int, ...]:
    """Make every connection due and return their ids, to be rung for."""
    with store.write() as tx:
        found = connections.all_connections(tx)
        for row in found:
            connections.make_due(tx, row.id, now)
    return tuple(row.id for row in found)
