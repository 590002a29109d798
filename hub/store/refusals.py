"""Refused sign-ins, so that guessing slows down in every process alike."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select, update

from hub.store.set_back import is_ahead
from hub.store.tables_people import refusals
from hub.store.upsert import insert_new

FORGOTTEN_AFTER = timedelta(hours=24)


def claim_try(tx: Connection, subject: str, now: datetime, wait_after: Callable[[int], timedelta]) -> datetime | None:
    """Count a try before it is made; return None when it may be, else the time from which one may.

    Counted first, so that a hundred tries at once are a hundred. `wait_after` says how long to wait after so many.
    """
    insert_new(tx, refusals, {"subject": subject, "number": 0, "first_at": now, "last_at": now}, by=["subject"])
    mine = refusals.c.subject == subject
    row = tx.execute(select(refusals).where(mine).with_for_update()).one()
    number, first_at = (0, now) if now - row.last_at > FORGOTTEN_AFTER else (row.number, row.first_at)
    wait = wait_after(number)
    free_at: datetime = row.last_at + wait
    # A try of a time to come was made before the clock was set back: nobody waits for that to come round again.
    if wait and free_at > now and not is_ahead(row.last_at, now):
        return free_at
    tx.execute(update(refusals).where(mine).values(number=number + 1, first_at=first_at, last_at=now))
    return None


def take_back(tx: Connection, subject: str) -> None:
    """Uncount one try: it was a right one."""
    tx.execute(
        update(refusals)
        .where(refusals.c.subject == subject, refusals.c.number > 0)
        .values(number=refusals.c.number - 1)
    )


def forget(tx: Connection, subject: str, now: datetime) -> None:
    """Forget the refusals of one subject, and those of anybody that are long past."""
    tx.execute(delete(refusals).where((refusals.c.subject == subject) | (refusals.c.last_at < now - FORGOTTEN_AFTER)))
