"""API tokens: made by a person for a program, shown once, revoked at any time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update

from hub.model.rights import Scope
from hub.store.tables_people import accounts, api_tokens


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A token as it is listed. `hint` is its last four letters."""

    id: int
    account_id: int
    name: str
    hint: str
    scopes: frozenset[Scope]
    created_at: datetime
    expires_at: datetime | None
    used_at: datetime | None
    revoked_at: datetime | None

    def is_good(self, now: datetime) -> bool:
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > now)


def add_token(
    tx: Connection,
    *,
    account_id: int,
    name: str,
    digest: str,
    hint: str,
    scopes: Iterable[Scope],
    now: datetime,
    expires_at: datetime | None,
) -> None:
    row = {"account_id": account_id, "name": name, "digest": digest, "hint": hint}
    kept = sorted(scope.value for scope in scopes)
    tx.execute(api_tokens.insert().values(**row, scopes=kept, created_at=now, expires_at=expires_at))


def token_by_digest(tx: Connection, digest: str, now: datetime) -> ApiToken | None:
    """Return a token that is not revoked, has not expired, and whose account is enabled."""
    row = tx.execute(
        select(api_tokens)
        .join(accounts, accounts.c.id == api_tokens.c.account_id)
        .where(api_tokens.c.digest == digest, accounts.c.disabled_at.is_(None))
    ).one_or_none()
    found = None if row is None else _shape(row)
    return found if found is not None and found.is_good(now) else None


def tokens_of(tx: Connection, account_id: int) -> list[ApiToken]:
    """Return an account's tokens that are not revoked, the newest first."""
    mine = (api_tokens.c.account_id == account_id) & api_tokens.c.revoked_at.is_(None)
    return [_shape(row) for row in tx.execute(select(api_tokens).where(mine).order_by(api_tokens.c.id.desc()))]


def note_used(tx: Connection, token_id: int, now: datetime) -> None:
    tx.execute(update(api_tokens).where(api_tokens.c.id == token_id).values(used_at=now))


def revoke_token(tx: Connection, account_id: int, token_id: int, now: datetime) -> ApiToken | None:
    """Revoke a token of this account and return it; None when there is none such."""
    mine = (api_tokens.c.id == token_id) & (api_tokens.c.account_id == account_id) & api_tokens.c.revoked_at.is_(None)
    row = tx.execute(select(api_tokens).where(mine)).one_or_none()
    if row is None or tx.execute(update(api_tokens).where(mine).values(revoked_at=now)).rowcount != 1:
        return None
    return _shape(row)


def revoke_tokens(tx: Connection, account_id: int, now: datetime) -> int:
    """Revoke every token of an account; return how many."""
    mine = (api_tokens.c.account_id == account_id) & api_tokens.c.revoked_at.is_(None)
    return tx.execute(update(api_tokens).where(mine).values(revoked_at=now)).rowcount


def _shape(row: Row[Any]) -> ApiToken:
    return ApiToken(
        row.id,
        row.account_id,
        row.name,
        row.hint,
        frozenset(Scope(scope) for scope in row.scopes),
        row.created_at,
        row.expires_at,
        row.used_at,
        row.revoked_at,
    )
