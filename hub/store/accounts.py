"""Accounts: who may come in, and with which role."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select, update

from hub.model.rights import Role
from hub.store.tables_okr import people
from hub.store.tables_people import accounts
from hub.store.upsert import insert_new


@dataclass(frozen=True, slots=True)
class Account:
    """An account. `password` is argon2id in its encoded form, "" when it has none."""

    id: int
    email: str
    name: str  # the address where nobody gave a name
    role: Role
    password: str
    oidc_issuer: str
    oidc_subject: str
    created_at: datetime
    signed_in_at: datetime | None
    disabled_at: datetime | None

    @property
    def is_enabled(self) -> bool:
        return self.disabled_at is None


def _query() -> Any:
    return select(accounts, people.c.name).outerjoin(people, people.c.email == accounts.c.email)


def add_account(tx: Connection, *, email: str, role: Role, now: datetime) -> Account | None:
    """Create an account without a way in yet; None when the address has one already."""
    row = {"email": email, "role": role.value, "password": "", "oidc_issuer": "", "oidc_subject": ""}
    if not insert_new(tx, accounts, {**row, "created_at": now}, by=["email"]):
        return None
    return account_by_email(tx, email)


def add_name(tx: Connection, email: str, name: str) -> None:
    """Keep how a person is called, unless a file or an earlier word says it already."""
    insert_new(tx, people, {"email": email, "name": name}, by=["email"])


def has_accounts(tx: Connection) -> bool:
    return tx.execute(select(accounts.c.id).limit(1)).first() is not None


def all_accounts(tx: Connection) -> list[Account]:
    return [_shape(row) for row in tx.execute(_query().order_by(accounts.c.email))]


def account_by_id(tx: Connection, account_id: int, *, is_held: bool = False) -> Account | None:
    """Return an account; with `is_held` nobody changes it until the transaction ends."""
    query = _query().where(accounts.c.id == account_id)
    row = tx.execute(query.with_for_update(of=accounts) if is_held else query).one_or_none()
    return None if row is None else _shape(row)


def account_by_email(tx: Connection, email: str) -> Account | None:
    row = tx.execute(_query().where(accounts.c.email == email)).one_or_none()
    return None if row is None else _shape(row)


def account_by_subject(tx: Connection, issuer: str, subject: str) -> Account | None:
    """Return the account that an issuer's own id was bound to."""
    found = _query().where(accounts.c.oidc_issuer == issuer, accounts.c.oidc_subject == subject)
    row = tx.execute(found).one_or_none()
    return None if row is None else _shape(row)


def bind_subject(tx: Connection, account_id: int, issuer: str, subject: str) -> bool:
    """Bind an account to an issuer's id unless it is bound already; say whether this did it."""
    unbound = (accounts.c.id == account_id) & (accounts.c.oidc_subject == "")
    return tx.execute(update(accounts).where(unbound).values(oidc_issuer=issuer, oidc_subject=subject)).rowcount == 1


def unbind_subject(tx: Connection, account_id: int) -> None:
    """Forget which id of an issuer an account is bound to."""
    tx.execute(update(accounts).where(accounts.c.id == account_id).values(oidc_issuer="", oidc_subject=""))


def set_password(tx: Connection, account_id: int, kept: str) -> None:
    tx.execute(update(accounts).where(accounts.c.id == account_id).values(password=kept))


def renew_password(tx: Connection, account_id: int, old: str, new: str) -> None:
    """Keep the same password at today's cost, unless it was changed meanwhile."""
    tx.execute(update(accounts).where(accounts.c.id == account_id, accounts.c.password == old).values(password=new))


def set_role(tx: Connection, account_id: int, role: Role) -> None:
    tx.execute(update(accounts).where(accounts.c.id == account_id).values(role=role.value))


def set_disabled(tx: Connection, account_id: int, at: datetime | None) -> None:
    tx.execute(update(accounts).where(accounts.c.id == account_id).values(disabled_at=at))


def note_signed_in(tx: Connection, account_id: int, now: datetime) -> None:
    tx.execute(update(accounts).where(accounts.c.id == account_id).values(signed_in_at=now))


def lock_admins(tx: Connection) -> set[int]:
    """Return the ids of the admins who may come in, held until the transaction ends.

    Two who take each other's role at once take turns here, and the second sees what the first did.
    """
    found = accounts.c.role == Role.ADMIN.value
    held = tx.execute(select(accounts.c.id).where(found).order_by(accounts.c.id).with_for_update()).scalars().all()
    still = (accounts.c.id.in_(held)) & found & (accounts.c.disabled_at.is_(None))
    return set(tx.execute(select(accounts.c.id).where(still)).scalars())


def count_accounts(tx: Connection) -> int:
    return int(tx.execute(select(func.count()).select_from(accounts)).scalar_one())


def _shape(row: Row[Any]) -> Account:
    return Account(
        row.id,
        row.email,
        row.name or row.email,
        Role(row.role),
        row.password,
        row.oidc_issuer,
        row.oidc_subject,
        row.created_at,
        row.signed_in_at,
        row.disabled_at,
    )
