"""Pauses: when somebody kept the tool's values out of a key result, as the audit log holds it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, select

from hub.store.okrs import write_audit
from hub.store.tables_okr import audit

PAUSED, RESUMED = "pause key result", "resume key result"


@dataclass(frozen=True, slots=True)
class Pause:
    """A stretch of time in which the tool's values were not taken; `until` is None while it lasts."""

    since: datetime
    by: str
    note: str = ""
    until: datetime | None = None
    ended_by: str = ""


def note_pause(tx: Connection, key: str, *, who: str, note: str, at: datetime) -> None:
    write_audit(tx, at=at, who=who, what=PAUSED, subject=key, detail={"note": note})


def note_resume(tx: Connection, key: str, *, who: str, at: datetime) -> None:
    write_audit(tx, at=at, who=who, what=RESUMED, subject=key, detail={})


def pauses_of(tx: Connection, key: str) -> list[Pause]:
    """Return the pauses of a key result, oldest first."""
    rows = tx.execute(
        select(audit).where(audit.c.subject == key, audit.c.what.in_([PAUSED, RESUMED])).order_by(audit.c.id)
    )
    found: list[Pause] = []
    for row in rows:
        if row.what == PAUSED:
            found.append(Pause(row.at, row.who, str(row.detail.get("note", ""))))
        elif found:
            found[-1] = replace(found[-1], until=row.at, ended_by=row.who)
    return found
