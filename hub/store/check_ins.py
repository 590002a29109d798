"""Check-ins: what people said about a key result. Only ever added to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, func, select

from hub.store.tables_okr import check_ins
from hub.store.upsert import insert_new


@dataclass(frozen=True, slots=True)
class CheckIn:
    """What a person said about a key result; `provided_as` is the same each time it is handed in again."""

    at: datetime
    author: str
    value: Decimal | None
    confidence: int | None
    note: str
    provided_as: str
    blockers: str = ""  # what is in the way


def add_check_in(tx: Connection, key_result_id: int, said: CheckIn) -> bool:
    """Take a check-in; False when this very one was taken before."""
    row = {
        "key_result_id": key_result_id,
        "at": said.at,
        "author": said.author,
        "value": said.value,
        "confidence": said.confidence,
        "note": said.note,
        "provided_as": said.provided_as,
        "blockers": said.blockers,
    }
    return insert_new(tx, check_ins, row, by=["key_result_id", "provided_as"])


def check_ins_of(tx: Connection, key_result_id: int) -> list[CheckIn]:
    """Return the check-ins of a key result, oldest first."""
    rows = tx.execute(
        select(check_ins).where(check_ins.c.key_result_id == key_result_id).order_by(check_ins.c.at, check_ins.c.id)
    )
    return [_shape(row) for row in rows]


def last_check_ins(tx: Connection, key_result_ids: Sequence[int]) -> dict[int, CheckIn]:
    """Return the last check-in of each key result that has one, by the key result's id."""
    place = (
        func.row_number()
        .over(partition_by=check_ins.c.key_result_id, order_by=(check_ins.c.at.desc(), check_ins.c.id.desc()))
        .label("place")
    )
    found = select(check_ins, place).where(check_ins.c.key_result_id.in_(key_result_ids)).subquery()
    return {row.key_result_id: _shape(row) for row in tx.execute(select(found).where(found.c.place == 1))}


def check_in_provided_as(tx: Connection, key_result_id: int, provided_as: str) -> CheckIn | None:
    """Return the check-in that was handed in by this name, if it was taken."""
    row = tx.execute(
        select(check_ins).where(check_ins.c.key_result_id == key_result_id, check_ins.c.provided_as == provided_as)
    ).one_or_none()
    return None if row is None else _shape(row)


def _shape(row: Row[Any]) -> CheckIn:
    return CheckIn(row.at, row.author, row.value, row.confidence, row.note, row.provided_as, row.blockers)
