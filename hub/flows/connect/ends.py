"""Telling beforehand that a sign-in ends: fourteen, seven and one days before, and on the day, each once."""

from __future__ import annotations

from datetime import datetime, timedelta

from hub.log import logger
from hub.store import Store, connected, connections, okrs

DAYS = (0, 1, 7, 14)


def warn_of_ends(store: Store, now: datetime) -> int:
    """Say in the log and in the audit which sign-ins end soon; return how many were said. Two clocks say it once."""
    with store.read() as tx:
        found = connected.lapsing(tx, now + timedelta(days=DAYS[-1]))
    said = 0
    for connection_id, lapses_at, told in found:
        days = days_left(lapses_at, now)
        if told is not None and told <= days:
            continue
        with store.write() as tx:
            row = connections.connection_by_id(tx, connection_id)
            if row is None or not connected.claim_warning(tx, connection_id, days):
                continue
            detail = {"days": days, "owner": row.owner, "ends": lapses_at.isoformat()}
            okrs.write_audit(tx, at=now, who="hub", what="sign-in ends", subject=row.slug, detail=detail)
        said += 1
        logger("connect").warning(
            "a sign-in has ended" if lapses_at <= now else "a sign-in ends soon",
            connection=row.slug,
            ends=lapses_at.isoformat(),
            owner=row.owner,
        )
    return said


def days_left(lapses_at: datetime, now: datetime) -> int:
    """Return which of the days is the next that is not over yet: 14, 7 or 1, and 0 once it has ended."""
    return next(days for days in DAYS if lapses_at - now <= timedelta(days=days) or days == DAYS[-1])
