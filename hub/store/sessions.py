"""Sessions: one for each browser that is signed in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, select, update

from hub.store.tables_people import accounts, sessions


@dataclass(frozen=True, slots=True)
class Session:
    id: int
    account_id: int
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    agent: str


def add_session(
    tx: Connection, *, account_id: int, digest: str, agent: str, now: datetime, expires_at: datetime
) -> int:
    """Begin a session and return its id; those that have expired are cleared away."""
    tx.execute(delete(sessions).where(sessions.c.expires_at < now))
    row = {"account_id": account_id, "digest": digest, "agent": agent, "created_at": now, "seen_at": now}
    tx.execute(sessions.insert().values(**row, expires_at=expires_at))
    return int(tx.execute(select(sessions.c.id).where(sessions.c.digest == digest)).scalar_one())


def session_by_digest(tx: Connection, digest: str, *, now: datetime, seen_since: datetime) -> Session | None:
    """Return a session that has not expired, was seen since an instant, and whose account is enabled."""
    row = tx.execute(
        select(sessions)
        .join(accounts, accounts.c.id == sessions.c.account_id)
        .where(
            sessions.c.digest == digest,
            sessions.c.expires_at > now,
            sessions.c.seen_at > seen_since,
            accounts.c.disabled_at.is_(None),
        )
    ).one_or_none()
    return None if row is None else _shape(row)


def sessions_of(tx: Connection, account_id: int, *, now: datetime, seen_since: datetime) -> list[Session]:
    """Return an account's living sessions, the one used last first."""
    living = (sessions.c.expires_at > now) & (sessions.c.seen_at > seen_since)
    rows = tx.execute(
        select(sessions)
        .where(sessions.c.account_id == account_id, living)
        .order_by(sessions.c.seen_at.desc(), sessions.c.id.desc())
    )
    return [_shape(row) for row in rows]


def note_seen(tx: Connection, session_id: int, now: datetime) -> None:
    tx.execute(update(sessions).where(sessions.c.id == session_id).values(seen_at=now))


def end_session(tx: Connection, account_id: int, session_id: int) -> bool:
    """End a session of this account; say whether there was one."""
    mine = (sessions.c.id == session_id) & (sessions.c.account_id == account_id)
    return tx.execute(delete(sessions).where(mine)).rowcount == 1


def end_sessions(tx: Connection, account_id: int, *, but: int | None = None) -> int:
    """End every session of an account, but one where it is named; return how many."""
    mine = sessions.c.account_id == account_id
    return tx.execute(delete(sessions).where(mine if but is None else mine & (sessions.c.id != but))).rowcount


def _shape(row: Row[Any]) -> Session:
    return Session(row.id, row.account_id, row.created_at, row.seen_at, row.expires_at, row.agent)
