"""Measurements: values with all they stand on. Only ever added to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, insert, select, true

from hub.model.kinds import Origin
from hub.model.moves import Move
from hub.store.set_back import as_written
from hub.store.tables_told import measurements


@dataclass(frozen=True, slots=True)
class Measurement:
    """A value and all it stands on. `at` is when it held, `read_at` when the hub learned it.

    One that does not stand was read while a person's word stood over the tool's: it is what would have been the value.
    """

    at: datetime
    value: Decimal | None
    origin: Origin
    read_at: datetime
    is_approximate: bool = False
    is_complete: bool = True
    rule_revision: int | None = None
    connection: str | None = None
    query: str = ""
    items_counted: int | None = None
    items_read: int | None = None
    items_reported: int | None = None
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    notes: tuple[str, ...] = ()
    moves: tuple[Move, ...] = ()
    id: int = 0
    stands: bool = True

    @property
    def noted_at(self) -> datetime:
        """When it was written down; what a person says of an earlier day is written down later."""
        return max(self.at, self.read_at)


def add_measurement(tx: Connection, key_result_id: int, found: Measurement) -> int:
    row = {
        "key_result_id": key_result_id,
        "at": found.at,
        "value": found.value,
        "origin": found.origin.value,
        "is_approximate": found.is_approximate,
        "is_complete": found.is_complete,
        "rule_revision": found.rule_revision,
        "connection": found.connection,
        "query": found.query,
        "read_at": found.read_at,
        "items_counted": found.items_counted,
        "items_read": found.items_read,
        "items_reported": found.items_reported,
        "numerator": found.numerator,
        "denominator": found.denominator,
        "notes": list(found.notes),
        "moves": [move.to_json() for move in found.moves],
        "stands": found.stands,
    }
    return int(tx.execute(insert(measurements).values(row).returning(measurements.c.id)).scalar_one())


def _measurement(row: Row[Any]) -> Measurement:
    return Measurement(
        at=row.at,
        value=row.value,
        origin=Origin(row.origin),
        read_at=row.read_at,
        is_approximate=row.is_approximate,
        is_complete=row.is_complete,
        rule_revision=row.rule_revision,
        connection=row.connection,
        query=row.query,
        items_counted=row.items_counted,
        items_read=row.items_read,
        items_reported=row.items_reported,
        numerator=row.numerator,
        denominator=row.denominator,
        notes=tuple(row.notes),
        moves=tuple(Move.from_json(move) for move in row.moves),
        id=row.id,
        stands=row.stands,
    )


def last_measurement(tx: Connection, key_result_id: int) -> Measurement | None:
    """Return the measurement that was learned last and became the value, reconstructed ones aside."""
    row = tx.execute(
        select(measurements)
        .where(
            measurements.c.key_result_id == key_result_id,
            measurements.c.origin != Origin.RECONSTRUCTED.value,
            measurements.c.stands.is_(True),
        )
        .order_by(measurements.c.id.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else _measurement(row)


def first_read_by(tx: Connection, key_result_id: int, revision: int) -> datetime | None:
    """Return when a revision of the rule gave its first value; None when it has given none yet."""
    found: datetime | None = tx.execute(
        select(measurements.c.read_at)
        .where(
            measurements.c.key_result_id == key_result_id,
            measurements.c.rule_revision == revision,
            measurements.c.origin == Origin.MEASURED.value,
        )
        .order_by(measurements.c.id)
        .limit(1)
    ).scalar_one_or_none()
    return found


def last_reading(tx: Connection, key_result_id: int, *, until: datetime | None = None) -> Measurement | None:
    """Return what the rule gave last, of what was learned until an instant, whether it became the value or not."""
    row = tx.execute(
        select(measurements)
        .where(measurements.c.key_result_id == key_result_id, measurements.c.origin == Origin.MEASURED.value)
        .where(true() if until is None else measurements.c.read_at <= until)
        .order_by(measurements.c.id.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else _measurement(row)


def measurements_of(tx: Connection, key_result_id: int, since: datetime | None = None) -> list[Measurement]:
    """Return the measurements of a key result in the order of their time."""
    query = select(measurements).where(measurements.c.key_result_id == key_result_id)
    if since is not None:
        query = query.where(measurements.c.at >= since)
    return [_measurement(row) for row in tx.execute(query.order_by(measurements.c.at, measurements.c.id))]


def course_of(tx: Connection, key_result_id: int, now: datetime) -> list[Measurement]:
    """Return the measurements of a key result as its course until now, in the order of their time.

    Those that bear a time after that of one written later, because the clock was set back between, are given its time.
    """
    found = sorted(measurements_of(tx, key_result_id), key=lambda m: m.id)
    mended = [
        m if at == m.noted_at else replace(m, at=min(m.at, at), read_at=min(m.read_at, at))
        for m, at in zip(found, as_written([m.noted_at for m in found], now), strict=True)
    ]
    return sorted(mended, key=lambda m: (m.at, m.id))
