"""Check-ins: what people said about a key result. Only ever added to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Connection, select

from hub.store.tables_okr import check_ins
from hub.store.upsert import insert_new


@dataclass(frozen=True, slots=True)
class CheckIn:
    """What a person said about a key result; `provided_as` is the same each time a file says it again."""

    at: datetime
    author: str
    value: Decimal | None
    confidence: int | None
    note: str
    provided_as: str


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
    }
    return insert_new(tx, check_ins, row, by=["key_result_id", "provided_as"])


def check_ins_of(tx: Connection, key_result_id: int) -> list[CheckIn]:
    """Return the check-ins of a key result, oldest first."""
    rows = tx.execute(
        select(check_ins).where(check_ins.c.key_result_id == key_result_id).order_by(check_ins.c.at, check_ins.c.id)
    )
    return [CheckIn(row.at, row.author, row.value, row.confidence, row.note, row.provided_as) for row in rows]
