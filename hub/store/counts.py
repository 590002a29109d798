"""Counters that survive the process that counted: requests by connection, webhooks by outcome."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, literal_column, select

from hub.store.tables_work import counts
from hub.store.upsert import Fixed, upsert

_MORE = Fixed(number=counts.c.number + literal_column("excluded.number"))


def count(tx: Connection, name: str, label: str, number: int = 1) -> None:
    """Add to a counter."""
    if number:
        count_all(tx, {(name, label): number})


def count_all(tx: Connection, numbers: Mapping[tuple[str, str], int]) -> None:
    """Add to several counters, given by (name, label); taken in their order, so that two who count never cross."""
    rows = [{"name": name, "label": label, "number": number} for (name, label), number in sorted(numbers.items())]
    upsert(tx, counts, rows, by=["name", "label"], set_=_MORE)


def counted(tx: Connection, name: str) -> dict[str, int]:
    """Return a counter's numbers by label."""
    rows = tx.execute(select(counts.c.label, counts.c.number).where(counts.c.name == name))
    return {row.label: row.number for row in rows}
