"""Status changes. Only ever added to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from hub.model.kinds import Status
from hub.model.moves import Move
from hub.store.tables_told import status_changes


@dataclass(frozen=True, slots=True)
class StatusChange:
    """A status that moved: from what to what, by which value, and why."""

    key_result_id: int
    at: datetime
    before: Status
    after: Status
    value_before: Decimal | None
    value: Decimal | None
    progress: Decimal | None
    expected: Decimal | None
    cause: str  # measurement | check_in | resume | time | goal
    measurement_id: int | None
    moves: tuple[Move, ...] = ()
    id: int = 0


def add_status_change(tx: Connection, change: StatusChange) -> int:
    row = {
        "key_result_id": change.key_result_id,
        "at": change.at,
        "before": change.before.value,
        "after": change.after.value,
        "value_before": change.value_before,
        "value": change.value,
        "progress": change.progress,
        "expected": change.expected,
        "cause": change.cause,
        "measurement_id": change.measurement_id,
        "moves": [move.to_json() for move in change.moves],
    }
    return int(tx.execute(insert(status_changes).values(row).returning(status_changes.c.id)).scalar_one())


def _change(row: Row[Any]) -> StatusChange:
    return StatusChange(
        row.key_result_id,
        row.at,
        Status(row.before),
        Status(row.after),
        row.value_before,
        row.value,
        row.progress,
        row.expected,
        row.cause,
        row.measurement_id,
        tuple(Move.from_json(move) for move in row.moves),
        row.id,
    )


def changes_of(tx: Connection, key_result_id: int) -> list[StatusChange]:
    """Return the status changes of a key result, oldest first."""
    rows = tx.execute(
        select(status_changes).where(status_changes.c.key_result_id == key_result_id).order_by(status_changes.c.id)
    )
    return [_change(row) for row in rows]


def changes_since(tx: Connection, since: datetime) -> list[StatusChange]:
    """Return every status change from an instant on, the newest first."""
    rows = tx.execute(select(status_changes).where(status_changes.c.at >= since).order_by(status_changes.c.id.desc()))
    return [_change(row) for row in rows]


def changes_after(tx: Connection, after_id: int = 0) -> list[StatusChange]:
    """Return the status changes with a higher id, the oldest first."""
    rows = tx.execute(select(status_changes).where(status_changes.c.id > after_id).order_by(status_changes.c.id))
    return [_change(row) for row in rows]


def change_by_id(tx: Connection, change_id: int) -> StatusChange | None:
    row = tx.execute(select(status_changes).where(status_changes.c.id == change_id)).one_or_none()
    return None if row is None else _change(row)
