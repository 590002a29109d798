"""Connections as people connect them: made on a page or signed in anew, whom they speak for, who set which secret."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, select, update

from connectors.shapes import Identity
from hub.store.tables_signed import secrets
from hub.store.tables_work import connections
from hub.store.upsert import insert_new, upsert

UNCONNECTED = "nobody has connected it yet: an admin does, on the page Connections"


@dataclass(frozen=True, slots=True)
class SecretSet:
    """That a secret is set, by whom and when; never what it is."""

    field: str
    set_at: datetime
    set_by: str


def add_connection(
    tx: Connection,
    *,
    slug: str,
    kind: str,
    way: str,
    settings: Mapping[str, str],
    allow_private: Sequence[str],
    every: timedelta,
    owner: str,
    now: datetime,
) -> int | None:
    """Make a connection that no file provides, due at once; return its id, None when the slug was ever used."""
    row = {
        "slug": slug,
        "kind": kind,
        "settings": dict(settings),
        "allow_private": list(allow_private),
        "every_seconds": int(every.total_seconds()),
        "next_due_at": now,
        "is_provided": False,
        "way": way,
        "owner": owner,
    }
    if not insert_new(tx, connections, row, by=["slug"]):
        return None
    return int(tx.execute(select(connections.c.id).where(connections.c.slug == slug)).scalar_one())


def expect_connection(tx: Connection, *, slug: str, kind: str, every: timedelta) -> None:
    """Keep the place of a connection that is to be made on the page; one that a file provided goes on from there."""
    row = {
        "slug": slug,
        "kind": kind,
        "settings": {},
        "allow_private": [],
        "every_seconds": int(every.total_seconds()),
        "archived_at": None,
        "is_provided": False,
        "state": "broken",
        "problem": UNCONNECTED,
    }
    upsert(tx, connections, [row], by=["slug"], keep=["settings", "allow_private", "state", "problem"])


def change_settings(
    tx: Connection, connection_id: int, *, way: str, settings: Mapping[str, str], allow_private: Sequence[str]
) -> None:
    """Give a connection that no file provides other settings."""
    tx.execute(
        update(connections)
        .where(connections.c.id == connection_id, connections.c.is_provided.is_(False))
        .values(way=way, settings=dict(settings), chosen=None, allow_private=list(allow_private))
    )


def choose_site(tx: Connection, connection_id: int, settings: Mapping[str, str]) -> None:
    """Note the settings of the site that was picked for a connection of a file."""
    tx.execute(update(connections).where(connections.c.id == connection_id).values(chosen=dict(settings)))


def note_sign_in(
    tx: Connection, connection_id: int, identity: Identity, *, owner: str, lapses_at: datetime | None, now: datetime
) -> None:
    """Note whom a connection speaks for after somebody signed in: it is read at once, whatever stopped it before."""
    tx.execute(
        update(connections)
        .where(connections.c.id == connection_id)
        .values(
            **_told(identity, now),
            owner=owner,
            lapses_at=lapses_at,
            warned_days=None,
            state="ok",
            problem="",
            problem_at=None,
            paused_until=None,
            next_due_at=now,
            rung_until=None,
        )
    )


def note_identity(tx: Connection, connection_id: int, identity: Identity, now: datetime) -> None:
    """Note what a check said: the account, what it sees and what it lacks; its end where the tool tells one."""
    more: dict[str, object] = {}
    if identity.expires_at is not None:
        was = tx.execute(select(connections.c.lapses_at).where(connections.c.id == connection_id)).scalar_one()
        more = {"lapses_at": identity.expires_at}
        if was != identity.expires_at:
            more["warned_days"] = None
    tx.execute(update(connections).where(connections.c.id == connection_id).values(**_told(identity, now), **more))


def rename_connection(tx: Connection, connection_id: int, name: str) -> None:
    tx.execute(update(connections).where(connections.c.id == connection_id).values(name=name))


def is_free(tx: Connection, slug: str) -> bool:
    """Whether no connection, of now or of before, has this slug."""
    return tx.execute(select(connections.c.id).where(connections.c.slug == slug)).first() is None


def put_secrets(tx: Connection, connection_id: int, fields: Iterable[str], who: str, now: datetime) -> None:
    """Note who set these secrets just now."""
    rows = [{"connection_id": connection_id, "field": name, "set_at": now, "set_by": who} for name in fields]
    upsert(tx, secrets, rows, by=["connection_id", "field"])


def secrets_of(tx: Connection, connection_id: int) -> dict[str, SecretSet]:
    """Return which secrets of a connection are set, by field."""
    found = tx.execute(select(secrets).where(secrets.c.connection_id == connection_id).order_by(secrets.c.field))
    return {row.field: SecretSet(row.field, row.set_at, row.set_by) for row in found}


def all_settings(tx: Connection) -> list[tuple[int, str, Mapping[str, str]]]:
    """Return (id, slug, settings) of every connection, archived ones too; their rows are held."""
    wanted = select(connections.c.id, connections.c.slug, connections.c.settings).order_by(connections.c.id)
    if tx.dialect.name != "sqlite":
        wanted = wanted.with_for_update()
    return [(row.id, row.slug, row.settings) for row in tx.execute(wanted)]


def replace_settings(tx: Connection, connection_id: int, settings: Mapping[str, str]) -> None:
    """Store the same settings, sealed anew."""
    tx.execute(update(connections).where(connections.c.id == connection_id).values(settings=dict(settings)))


def lapsing(tx: Connection, before: datetime) -> list[tuple[int, datetime, int | None]]:
    """Return (id, end, days last told) of the connections whose sign-in ends before an instant."""
    found = tx.execute(
        select(connections.c.id, connections.c.lapses_at, connections.c.warned_days)
        .where(connections.c.archived_at.is_(None), connections.c.lapses_at < before)
        .order_by(connections.c.id)
    )
    return [(row.id, row.lapses_at, row.warned_days) for row in found]


def claim_warning(tx: Connection, connection_id: int, days: int) -> bool:
    """Claim the right to tell that a sign-in ends in so many days; False when it was told already."""
    untold = connections.c.warned_days.is_(None) | (connections.c.warned_days > days)
    done = tx.execute(update(connections).where(connections.c.id == connection_id, untold).values(warned_days=days))
    return done.rowcount == 1


def _told(identity: Identity, now: datetime) -> dict[str, object]:
    return {
        "account": identity.name,
        "sees": identity.sees,
        "missing": [[one.scope, one.why] for one in identity.missing],
        "checked_at": now,
    }
