"""Connections: what they are set to, their lease, their bell and how their reading stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, bindparam, delete, exists, or_, select, update

from hub.store.connection_row import ConnectionRow, shape
from hub.store.set_back import ahead, is_ahead
from hub.store.tables_work import connections, memberships, selections, touched
from hub.store.upsert import upsert

__all__ = ["BELL_LASTS", "LONGEST_LEASE", "ConnectionRow"]

LONGEST_LEASE = timedelta(minutes=10)  # a lease that ends later was made before the clock was set back
BELL_LASTS = timedelta(seconds=30)  # a ring that nobody answered is rung again after this


# Built once: a webhook runs them for each delivery, and building costs more than running.
_BY_SLUG = select(connections).where(
    connections.c.slug.in_(bindparam("slugs", expanding=True)), connections.c.archived_at.is_(None)
)

_BY_ONE_SLUG = select(connections).where(connections.c.slug == bindparam("slug"), connections.c.archived_at.is_(None))
_BY_ONE_SLUG_HELD = _BY_ONE_SLUG.with_for_update()
_BY_SLUG_HELD = _BY_SLUG.order_by(connections.c.id).with_for_update()


def is_due(row: ConnectionRow, at: datetime) -> bool:
    """Whether the time for a read on schedule has come, or is not to be known because the clock was set back."""
    return row.next_due_at is not None and (row.next_due_at <= at or _was_set_back(row, at))


def is_on_schedule(row: ConnectionRow, at: datetime) -> bool:
    """Whether the schedule wants a read now, and not a person or a webhook alone: see `make_due`."""
    return is_due(row, at) and (row.scheduled_at is None or row.scheduled_at <= at or _was_set_back(row, at))


def is_paused(row: ConnectionRow, at: datetime) -> bool:
    """Whether the tool's wait, or our own after a failure, still lasts."""
    return row.paused_until is not None and row.paused_until > at and not _was_set_back(row, at)


def _was_set_back(row: ConnectionRow, at: datetime) -> bool:
    return is_ahead(row.last_ok_at, at) or is_ahead(row.problem_at, at)


def all_connections(tx: Connection) -> list[ConnectionRow]:
    """Return the connections that are not archived, by slug."""
    found = tx.execute(select(connections).where(connections.c.archived_at.is_(None)).order_by(connections.c.slug))
    return [shape(row) for row in found]


def connection_by_id(tx: Connection, connection_id: int) -> ConnectionRow | None:
    row = tx.execute(select(connections).where(connections.c.id == connection_id)).one_or_none()
    return None if row is None else shape(row)


def connection_by_slug(tx: Connection, slug: str) -> ConnectionRow | None:
    row = tx.execute(
        select(connections).where(connections.c.slug == slug, connections.c.archived_at.is_(None))
    ).one_or_none()
    return None if row is None else shape(row)


def connections_by_slug(tx: Connection, slugs: Sequence[str]) -> dict[str, ConnectionRow]:
    """Return the connections by these slugs that are not archived."""
    return {row.slug: shape(row) for row in tx.execute(_BY_SLUG, {"slugs": list(slugs)})}


def hold_by_slug(tx: Connection, slugs: Sequence[str]) -> dict[str, ConnectionRow]:
    """Return the connections by these slugs that are not archived, and hold their rows, in the order of their ids."""
    is_sqlite = tx.dialect.name == "sqlite"  # there a writer holds the whole database
    if len(slugs) == 1:
        found = tx.execute(_BY_ONE_SLUG if is_sqlite else _BY_ONE_SLUG_HELD, {"slug": slugs[0]})
    else:
        found = tx.execute(_BY_SLUG if is_sqlite else _BY_SLUG_HELD, {"slugs": list(slugs)})
    return {row.slug: shape(row) for row in found}


def put_connection(
    tx: Connection,
    *,
    slug: str,
    kind: str,
    settings: Mapping[str, str],
    allow_private: Sequence[str],
    every: timedelta,
    now: datetime,
    way: str = "",
) -> None:
    """Create or change a connection of a file. It is due at once, and a stop for a wrong sign-in is lifted."""
    row = {
        "slug": slug,
        "kind": kind,
        "settings": dict(settings),
        "allow_private": list(allow_private),
        "every_seconds": int(every.total_seconds()),
        "archived_at": None,
        "state": "ok",
        "problem": "",
        "problem_at": None,
        "next_due_at": now,
        "rung_until": None,
        "is_provided": True,
        "way": way,
    }
    upsert(tx, connections, [row], by=["slug"])


def archive_connection(tx: Connection, slug: str, now: datetime) -> None:
    tx.execute(update(connections).where(connections.c.slug == slug).values(archived_at=now))


def hold_row(tx: Connection, connection_id: int) -> None:
    """Hold a connection's row until the transaction ends. Whoever locks several things locks this one first."""
    tx.execute(select(connections.c.id).where(connections.c.id == connection_id).with_for_update())


def hold_rows(tx: Connection, connection_ids: Sequence[int]) -> None:
    """Hold several connections' rows, in the order of their ids. SQLite holds the whole database already."""
    if connection_ids and tx.dialect.name != "sqlite":
        wanted = select(connections.c.id).where(connections.c.id.in_(connection_ids)).order_by(connections.c.id)
        tx.execute(wanted.with_for_update())


# The lease: one reader a connection, however many jobs are queued.


def lease(tx: Connection, connection_id: int, *, owner: str, now: datetime, lasts: timedelta) -> bool:
    """Take the connection for one reader; False when another holds it. Taking it answers the bell."""
    free = or_(
        connections.c.leased_until.is_(None),
        connections.c.leased_until < now,
        ahead(connections.c.leased_until, now + lasts),  # the clock was set back: nobody leases for that long
    )
    done = tx.execute(
        update(connections)
        .where(connections.c.id == connection_id, connections.c.archived_at.is_(None), free)
        .values(leased_until=now + lasts, lease_owner=owner, rung_until=None)
    )
    return done.rowcount == 1


def renew_lease(tx: Connection, connection_id: int, *, owner: str, now: datetime, lasts: timedelta) -> bool:
    """Hold the lease longer; False when it was lost to somebody else, and then nothing more may be written."""
    done = tx.execute(
        update(connections)
        .where(connections.c.id == connection_id, connections.c.lease_owner == owner)
        .values(leased_until=now + lasts)
    )
    return done.rowcount == 1


def release(tx: Connection, connection_id: int, *, owner: str, **changes: Any) -> None:
    """Let the connection go and note how the read ended.

    The bell is free again: a ring that came during the read found the connection taken and was in vain.
    """
    tx.execute(
        update(connections)
        .where(connections.c.id == connection_id, connections.c.lease_owner == owner)
        .values(leased_until=None, lease_owner=None, rung_until=None, progress=None, **changes)
    )


def note_progress(tx: Connection, connection_id: int, *, name: str, done: int, total: int | None) -> None:
    tx.execute(
        update(connections)
        .where(connections.c.id == connection_id)
        .values(progress={"selection": name, "done": done, "total": total})
    )


def move_to_site(tx: Connection, connection_id: int, site: str) -> None:
    """Note which address the connection reads, and forget how far another one was read: keys mean nothing there."""
    tx.execute(update(connections).where(connections.c.id == connection_id).values(site=site, cursor=None))
    tx.execute(
        update(selections)
        .where(selections.c.connection_id == connection_id)
        .values(joined_at=None, cursor=None, scope_key=None)
    )
    tx.execute(delete(memberships).where(memberships.c.connection_id == connection_id))
    tx.execute(delete(touched).where(touched.c.connection_id == connection_id))


def cursor_of(tx: Connection, connection_id: int) -> str | None:
    """Return the cursor from which the next sweep begins; None before the first read."""
    found: str | None = tx.execute(
        select(connections.c.cursor).where(connections.c.id == connection_id)
    ).scalar_one_or_none()
    return found


def move_cursor(tx: Connection, connection_id: int, cursor: str | None) -> None:
    tx.execute(update(connections).where(connections.c.id == connection_id).values(cursor=cursor))


# The bell: at most one unanswered ring a connection.


def claim_ring(tx: Connection, connection_id: int, now: datetime) -> bool:
    """Claim the right to ring for a connection; False when it was rung a moment ago and not answered yet."""
    found = {"which": connection_id, "now": now, "until": now + BELL_LASTS, "latest": now + 2 * BELL_LASTS}
    return tx.execute(_CLAIM_RING, found).rowcount == 1


def is_silent(row: ConnectionRow, at: datetime) -> bool:
    """Whether nobody was rung for a connection, or the ring has died away; see `claim_ring`."""
    return row.rung_until is None or row.rung_until < at or row.rung_until > at + 2 * BELL_LASTS


def _is_silent(now: datetime) -> ColumnElement[bool]:
    return or_(
        connections.c.rung_until.is_(None),
        connections.c.rung_until < now,
        connections.c.rung_until > now + 2 * BELL_LASTS,  # rung before the clock was set back
    )


def _instant(name: str) -> Any:
    return bindparam(name, type_=connections.c.rung_until.type)


_CLAIM_RING = (
    update(connections)
    .where(
        connections.c.id == bindparam("which"),
        or_(
            connections.c.rung_until.is_(None),
            connections.c.rung_until < _instant("now"),
            connections.c.rung_until > _instant("latest"),  # rung before the clock was set back
        ),
    )
    .values(rung_until=_instant("until"))
)


def due_connections(tx: Connection, now: datetime) -> list[int]:
    """Return the ids of connections with something to read: the time has come, or an item was touched."""
    was_touched = exists().where(touched.c.connection_id == connections.c.id)
    is_free = or_(
        connections.c.leased_until.is_(None),
        connections.c.leased_until < now,
        connections.c.leased_until > now + LONGEST_LEASE,
    )
    is_silent = _is_silent(now)
    set_back = or_(ahead(connections.c.last_ok_at, now), ahead(connections.c.problem_at, now))
    may_read = or_(connections.c.paused_until.is_(None), connections.c.paused_until <= now, set_back)
    is_due = or_(connections.c.next_due_at <= now, and_(connections.c.next_due_at.is_not(None), set_back))
    has_work = or_(is_due, and_(was_touched, connections.c.state != "broken"))
    found = tx.execute(
        select(connections.c.id).where(connections.c.archived_at.is_(None), is_free, is_silent, may_read, has_work)
    )
    return [row.id for row in found]


def make_due(tx: Connection, connection_id: int, now: datetime) -> None:
    """Let the next job read what changed, whatever the schedule says; a wait that the tool asked for stays.

    The schedule itself stays as it was: what a look on schedule alone may confirm is not confirmed by this one.
    """
    tx.execute(update(connections).where(connections.c.id == connection_id).values(next_due_at=now))


def give_another_chance(tx: Connection, now: datetime) -> list[int]:
    """Lift the stop of connections that a person had to mend, and return their ids: somebody has just acted.

    What was wrong may lie outside the files: a token in the environment, a right in the tool.
    """
    found = tx.execute(
        update(connections)
        .where(connections.c.state == "broken", connections.c.archived_at.is_(None))
        .values(state="ok", next_due_at=now, rung_until=None)
        .returning(connections.c.id)
    )
    return sorted(row.id for row in found)
