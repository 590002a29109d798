"""Deliveries seen and the items they touched: what a webhook leaves behind for the next read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, and_, delete, func, or_, select, update

from hub.store.tables_work import deliveries, touched
from hub.store.upsert import Fixed, insert_all_new, insert_new, upsert

_AGAIN = Fixed(version=touched.c.version + 1)


def see_delivery(tx: Connection, connection_id: int, key: str, item_keys: Iterable[str], now: datetime) -> bool:
    """Note a delivery; False when it was seen before, and then nothing but a count changes."""
    row = {
        "connection_id": connection_id,
        "key": key,
        "received_at": now,
        "repeats": 0,
        "item_keys": sorted(item_keys),
    }
    if insert_new(tx, deliveries, row, by=["connection_id", "key"]):
        return True
    tx.execute(
        update(deliveries)
        .where(deliveries.c.connection_id == connection_id, deliveries.c.key == key)
        .values(repeats=deliveries.c.repeats + 1)
    )
    return False


def see_deliveries(
    tx: Connection, connection_id: int, seen: Sequence[tuple[str, Sequence[str], datetime]]
) -> list[bool]:
    """Note deliveries, each as (key, item keys, when), and say of each whether it is new; see `see_delivery`."""
    first = {key: number for number, (key, _, _) in reversed(list(enumerate(seen)))}
    rows = [
        {
            "connection_id": connection_id,
            "key": key,
            "received_at": seen[number][2],
            "repeats": 0,
            "item_keys": sorted(seen[number][1]),
        }
        for key, number in sorted(first.items())
    ]
    new = insert_all_new(tx, deliveries, rows, by=["connection_id", "key"], returning="key")
    found = [key in new and first[key] == number for number, (key, _, _) in enumerate(seen)]
    for (key, _, _), is_new in zip(seen, found, strict=True):
        if not is_new:
            tx.execute(
                update(deliveries)
                .where(deliveries.c.connection_id == connection_id, deliveries.c.key == key)
                .values(repeats=deliveries.c.repeats + 1)
            )
    return found


def touch(tx: Connection, connection_id: int, item_keys: Iterable[str], now: datetime) -> None:
    """Note that items moved. A repeat bumps the version, so that a read under way cannot clear it."""
    rows = [
        {"connection_id": connection_id, "item_key": key, "version": 1, "at": now} for key in sorted(set(item_keys))
    ]
    upsert(tx, touched, rows, by=["connection_id", "item_key"], set_=_AGAIN)


def touched_keys(tx: Connection, connection_id: int) -> dict[str, int]:
    """Return the touched item keys of a connection with the version of each."""
    found = tx.execute(select(touched.c.item_key, touched.c.version).where(touched.c.connection_id == connection_id))
    return {row.item_key: row.version for row in found}


def clear_touched(tx: Connection, connection_id: int, versions: Mapping[str, int]) -> None:
    """Forget touched keys in exactly the versions that were read; a newer touch stays."""
    pairs = list(versions.items())
    for start in range(0, len(pairs), 200):
        stretch = pairs[start : start + 200]
        tx.execute(
            delete(touched).where(
                touched.c.connection_id == connection_id,
                or_(*(and_(touched.c.item_key == key, touched.c.version == version) for key, version in stretch)),
            )
        )


def has_touched(tx: Connection, connection_id: int) -> bool:
    found = tx.execute(select(func.count()).select_from(touched).where(touched.c.connection_id == connection_id))
    return bool(found.scalar_one())


def forget_deliveries(tx: Connection, before: datetime) -> int:
    """Drop deliveries older than any tool still repeats; return how many."""
    return tx.execute(delete(deliveries).where(deliveries.c.received_at < before)).rowcount
