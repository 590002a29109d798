"""Tokens of connections that are signed in by OAuth: sealed, and renewed by one process at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, delete, or_, select, update

from hub.store.set_back import ahead
from hub.store.tables_signed import tokens
from hub.store.upsert import upsert


@dataclass(frozen=True, slots=True)
class TokenRow:
    """The tokens of a connection, sealed. `version` moves with each pair."""

    connection_id: int
    grant: str
    access: str
    refresh: str | None
    expires_at: datetime | None
    scopes: tuple[str, ...]
    signed_in_at: datetime
    renewed_at: datetime
    version: int
    state: str
    problem: str
    began_at: datetime | None


def tokens_of(tx: Connection, connection_id: int) -> TokenRow | None:
    row = tx.execute(select(tokens).where(tokens.c.connection_id == connection_id)).one_or_none()
    return None if row is None else _shape(row)


def all_tokens(tx: Connection) -> list[TokenRow]:
    return [_shape(row) for row in tx.execute(select(tokens).order_by(tokens.c.connection_id))]


def put_tokens(
    tx: Connection,
    connection_id: int,
    *,
    grant: str,
    access: str,
    refresh: str | None,
    expires_at: datetime | None,
    scopes: Sequence[str],
    now: datetime,
) -> None:
    """Store what a new sign-in gave. Whoever renews the old pair at this moment stores nothing any more."""
    row = {
        "connection_id": connection_id,
        "grant": grant,
        "access": access,
        "refresh": refresh,
        "expires_at": expires_at,
        "scopes": list(scopes),
        "signed_in_at": now,
        "renewed_at": now,
        "version": 1,
        "state": "good",
        "problem": "",
        "began_at": None,
        "leased_until": None,
        "lease_owner": None,
    }
    upsert(tx, tokens, [row], by=["connection_id"], set_={"version": tokens.c.version + 1})


def drop_tokens(tx: Connection, connection_id: int) -> None:
    tx.execute(delete(tokens).where(tokens.c.connection_id == connection_id))


def lease_tokens(
    tx: Connection, connection_id: int, *, version: int, owner: str, now: datetime, lasts: timedelta
) -> bool:
    """Take the right to renew this very pair; False when another has it, or the pair is another by now.

    It is noted that a renewal has begun: should its process die, the pair may be used up.
    """
    free = or_(
        tokens.c.leased_until.is_(None),
        tokens.c.leased_until < now,
        ahead(tokens.c.leased_until, now + lasts),  # the clock was set back: nobody leases for that long
    )
    of_it = (tokens.c.connection_id == connection_id) & (tokens.c.version == version) & (tokens.c.state == "good")
    done = tx.execute(
        update(tokens).where(of_it, free).values(leased_until=now + lasts, lease_owner=owner, began_at=now)
    )
    return done.rowcount == 1


def put_renewed(
    tx: Connection,
    connection_id: int,
    *,
    version: int,
    access: str,
    refresh: str | None,
    expires_at: datetime | None,
    scopes: Sequence[str],
    now: datetime,
) -> bool:
    """Store the pair that a renewal gave, also after the lease ran out; False when a newer one stands there."""
    done = tx.execute(
        update(tokens)
        .where(tokens.c.connection_id == connection_id, tokens.c.version == version)
        .values(
            access=access,
            refresh=refresh,
            expires_at=expires_at,
            scopes=list(scopes),
            renewed_at=now,
            version=version + 1,
            state="good",
            problem="",
            began_at=None,
            leased_until=None,
            lease_owner=None,
        )
    )
    return done.rowcount == 1


def let_tokens_go(
    tx: Connection, connection_id: int, *, owner: str, state: str = "good", problem: str = "", maybe_used: bool
) -> None:
    """End a renewal that gave no tokens. `maybe_used`: the answer was lost, so the refresh token may be used up."""
    values: dict[str, Any] = {"leased_until": None, "lease_owner": None, "state": state, "problem": problem}
    if not maybe_used:
        values["began_at"] = None
    tx.execute(
        update(tokens).where(tokens.c.connection_id == connection_id, tokens.c.lease_owner == owner).values(**values)
    )


def reseal_tokens(tx: Connection, row: TokenRow, access: str, refresh: str | None) -> None:
    """Store the same pair, sealed anew."""
    tx.execute(
        update(tokens)
        .where(tokens.c.connection_id == row.connection_id, tokens.c.version == row.version)
        .values(access=access, refresh=refresh)
    )


def _shape(row: Row[Any]) -> TokenRow:
    return TokenRow(
        row.connection_id,
        row.grant,
        row.access,
        row.refresh,
        row.expires_at,
        tuple(row.scopes),
        row.signed_in_at,
        row.renewed_at,
        row.version,
        row.state,
        row.problem,
        row.began_at,
    )
