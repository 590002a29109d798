"""One-time links: set-up, invitations, new passwords; and sign-ins on their way to an issuer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, delete, func, select, update

from hub.store.tables_okr import audit
from hub.store.tables_people import links
from hub.store.upsert import insert_new


class Purpose(StrEnum):
    """What a link is for."""

    SET_UP = "set_up"
    INVITE = "invite"
    RESET = "reset"
    OIDC = "oidc"  # never shown: a sign-in that came back from its issuer, as each does once


# How the audit log calls making a link, with the person it is for as its subject.
MADE_AS = {Purpose.INVITE: "invite", Purpose.RESET: "make reset link"}


@dataclass(frozen=True, slots=True)
class Link:
    id: int
    purpose: Purpose
    email: str
    role: str
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None

    def is_good(self, now: datetime) -> bool:
        return self.used_at is None and self.expires_at > now


def add_link(
    tx: Connection,
    *,
    purpose: Purpose,
    digest: str,
    now: datetime,
    expires_at: datetime,
    email: str = "",
    role: str = "",
) -> None:
    """Keep a new link. An older one for the same purpose and person is void from now on."""
    void_links(tx, purpose, email, now)
    row = {"purpose": purpose.value, "digest": digest, "email": email, "role": role}
    tx.execute(links.insert().values(**row, created_at=now, expires_at=expires_at))


def use_once(tx: Connection, purpose: Purpose, digest: str, now: datetime, expires_at: datetime) -> bool:
    """Note that something of which nothing was stored has been used; False when it was before. Of two at once one is.

    What has expired cannot be used anyhow, and is forgotten.
    """
    tx.execute(delete(links).where(links.c.purpose == purpose.value, links.c.expires_at < now))
    row = {"purpose": purpose.value, "digest": digest, "email": "", "role": ""}
    return insert_new(tx, links, {**row, "created_at": now, "expires_at": expires_at, "used_at": now}, by=["digest"])


def void_links(tx: Connection, purpose: Purpose, email: str, now: datetime) -> int:
    """Make every unused link of this purpose and person useless; return how many there were."""
    unused = (links.c.purpose == purpose.value) & (links.c.email == email) & links.c.used_at.is_(None)
    return tx.execute(update(links).where(unused).values(used_at=now)).rowcount


def void_links_made_by(tx: Connection, who: str, now: datetime) -> int:
    """Make useless every unused link to somebody's account that a person was the last to make; return how many.

    Who made a link stands in the audit log, where each purpose has its word.
    """
    newest = (
        select(func.max(audit.c.id)).where(audit.c.what.in_(MADE_AS.values())).group_by(audit.c.what, audit.c.subject)
    )
    made = tx.execute(select(audit.c.what, audit.c.subject).where(audit.c.id.in_(newest), audit.c.who == who)).all()
    purposes = {what: purpose for purpose, what in MADE_AS.items()}
    return sum(void_links(tx, purposes[row.what], row.subject, now) for row in made)


def link_by_digest(tx: Connection, digest: str, purpose: Purpose) -> Link | None:
    row = tx.execute(select(links).where(links.c.digest == digest, links.c.purpose == purpose.value)).one_or_none()
    return None if row is None else _shape(row)


def claim_link(tx: Connection, link_id: int, now: datetime) -> bool:
    """Use a link up; False when it was used or has expired. Of two at once one gets it."""
    good = (links.c.id == link_id) & links.c.used_at.is_(None) & (links.c.expires_at > now)
    return tx.execute(update(links).where(good).values(used_at=now)).rowcount == 1


def open_links(tx: Connection, purpose: Purpose, now: datetime) -> list[Link]:
    """Return the links of a purpose that still work, by person."""
    good = (links.c.purpose == purpose.value) & links.c.used_at.is_(None) & (links.c.expires_at > now)
    return [_shape(row) for row in tx.execute(select(links).where(good).order_by(links.c.email, links.c.id))]


def _shape(row: Row[Any]) -> Link:
    return Link(row.id, Purpose(row.purpose), row.email, row.role, row.created_at, row.expires_at, row.used_at)
