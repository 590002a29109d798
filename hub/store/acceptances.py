"""Readings that somebody took although a guard held them back, as the audit log holds them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Connection, select

from hub.store.okrs import write_audit
from hub.store.tables_okr import audit

ACCEPTED = "accept reading"


@dataclass(frozen=True, slots=True)
class Acceptance:
    """A reading that was taken: by whom, in the place of which value, and why it had been held back."""

    at: datetime
    by: str
    value: Decimal | None
    before: Decimal | None
    why: str


def note_acceptance(tx: Connection, key: str, one: Acceptance) -> None:
    write_audit(
        tx,
        at=one.at,
        who=one.by,
        what=ACCEPTED,
        subject=key,
        detail={"value": _text(one.value), "before": _text(one.before), "why": one.why},
    )


def acceptances_of(tx: Connection, key: str) -> list[Acceptance]:
    """Return the readings of a key result that were taken by somebody, oldest first."""
    rows = tx.execute(select(audit).where(audit.c.subject == key, audit.c.what == ACCEPTED).order_by(audit.c.id))
    return [
        Acceptance(
            row.at,
            row.who,
            _number(row.detail.get("value")),
            _number(row.detail.get("before")),
            str(row.detail.get("why", "")),
        )
        for row in rows
    ]


def _text(value: Decimal | None) -> str | None:
    return None if value is None else f"{value:f}"


def _number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
