"""Contributions as intervals: one an item, closed when it changes and opened anew."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from hub.model.moves import Contribution
from hub.store.tables_told import contributions


def contributions_now(tx: Connection, key_result_id: int) -> dict[str, Contribution]:
    """Return what stands behind the value now, by item key."""
    rows = tx.execute(
        select(contributions).where(contributions.c.key_result_id == key_result_id, contributions.c.valid_to.is_(None))
    )
    return {row.item_key: _contribution(row) for row in rows}


def contribution_keys(tx: Connection, key_result_id: int) -> set[str]:
    """Return the keys of the items that stand behind the value now."""
    rows = tx.execute(
        select(contributions.c.item_key).where(
            contributions.c.key_result_id == key_result_id, contributions.c.valid_to.is_(None)
        )
    )
    return {row.item_key for row in rows}


def contributions_closed(
    tx: Connection, key_result_id: int, since: datetime
) -> dict[str, tuple[Contribution, datetime]]:
    """Return what stood behind the value and does not any more, by item key, with when after `since` that ended.

    Of an item that came and went several times the last end is returned.
    """
    rows = tx.execute(
        select(contributions)
        .where(contributions.c.key_result_id == key_result_id, contributions.c.valid_to > since)
        .order_by(contributions.c.valid_to)
    )
    held = contribution_keys(tx, key_result_id)
    return {row.item_key: (_contribution(row), row.valid_to) for row in rows if row.item_key not in held}


def contributions_at(tx: Connection, key_result_id: int, at: datetime) -> dict[str, Contribution]:
    """Return what stood behind the value at an instant, by item key."""
    rows = tx.execute(
        select(contributions).where(
            contributions.c.key_result_id == key_result_id,
            contributions.c.valid_from <= at,
            (contributions.c.valid_to.is_(None)) | (contributions.c.valid_to > at),
        )
    )
    return {row.item_key: _contribution(row) for row in rows}


def change_contributions(
    tx: Connection,
    key_result_id: int,
    *,
    closed: Sequence[str],
    opened: Iterable[Contribution],
    at: datetime,
) -> None:
    """Close the intervals of the items named and open new ones, both at `at`."""
    for start in range(0, len(closed), 400):
        tx.execute(
            update(contributions)
            .where(
                contributions.c.key_result_id == key_result_id,
                contributions.c.valid_to.is_(None),
                contributions.c.item_key.in_(closed[start : start + 400]),
            )
            .values(valid_to=at)
        )
    rows = [
        {
            "key_result_id": key_result_id,
            "item_key": one.item_key,
            "ref": one.ref,
            "title": one.title,
            "url": one.url,
            "amount": one.amount,
            "credit": one.credit,
            "grouping": one.grouping,
            "state": one.state,
            "status": one.status,
            "reason": one.reason,
            "line": one.line,
            "valid_from": at,
        }
        for one in opened
    ]
    for start in range(0, len(rows), 500):
        tx.execute(insert(contributions), rows[start : start + 500])


def _contribution(row: Row[Any]) -> Contribution:
    return Contribution(
        row.item_key,
        row.ref,
        row.title,
        row.url,
        row.amount,
        row.credit,
        row.grouping,
        row.state,
        row.status,
        row.reason,
        row.line,
    )
