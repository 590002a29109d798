"""How the installation fares, in a handful of queries: what /metrics and /readyz tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, exists, func, select

from hub.store.tables_okr import rules
from hub.store.tables_told import channels, outbox
from hub.store.tables_work import connections, counts, touched
from hub.store.upsert import upsert

LOOKED = ("clock.looked", "clock")  # the counter that holds the second, since 1970 in UTC, of the clock's last look


@dataclass(frozen=True, slots=True)
class ConnectionState:
    """How the reading of a connection stands."""

    slug: str
    kind: str
    state: str  # ok | waiting | broken
    last_ok_at: datetime | None
    every_seconds: int
    touched: int  # items that moved and were not read since
    lapses_at: datetime | None = None  # when the sign-in ends for good
    is_used: bool = True  # whether a rule reads from it: of one that nobody reads from no read is missing


@dataclass(frozen=True, slots=True)
class ChannelState:
    """How the telling of a channel stands."""

    slug: str
    kind: str
    state: str  # on | off | gone
    unsent: int  # letters neither sent nor dropped
    oldest_at: datetime | None  # when the oldest of them was written


def note_look(tx: Connection, now: datetime) -> None:
    """Note that a clock looked just now."""
    name, label = LOOKED
    upsert(tx, counts, [{"name": name, "label": label, "number": int(now.timestamp())}], by=["name", "label"])


def last_look(tx: Connection) -> datetime | None:
    """Return when a clock looked last; None when none ever did."""
    name, label = LOOKED
    found = tx.execute(select(counts.c.number).where(counts.c.name == name, counts.c.label == label))
    number = found.scalar_one_or_none()
    return None if number is None else datetime.fromtimestamp(number, UTC)


def connection_states(tx: Connection) -> list[ConnectionState]:
    """Return the connections that are not archived, by slug."""
    waiting = select(touched.c.connection_id, func.count().label("number")).group_by(touched.c.connection_id).subquery()
    rows = tx.execute(
        select(
            connections.c.slug,
            connections.c.kind,
            connections.c.state,
            connections.c.last_ok_at,
            connections.c.every_seconds,
            connections.c.lapses_at,
            func.coalesce(waiting.c.number, 0).label("touched"),
            exists().where(rules.c.connection == connections.c.slug, rules.c.is_current.is_(True)).label("is_used"),
        )
        .outerjoin(waiting, waiting.c.connection_id == connections.c.id)
        .where(connections.c.archived_at.is_(None))
        .order_by(connections.c.slug)
    )
    return [
        ConnectionState(
            row.slug,
            row.kind,
            row.state,
            row.last_ok_at,
            row.every_seconds,
            row.touched,
            row.lapses_at,
            bool(row.is_used),
        )
        for row in rows
    ]


def channel_states(tx: Connection) -> list[ChannelState]:
    """Return the channels that are not archived, by slug, each with its unsent letters."""
    unsent = (
        select(outbox.c.channel_id, func.count().label("number"), func.min(outbox.c.created_at).label("oldest"))
        .where(outbox.c.state.in_(["due", "sending"]))
        .group_by(outbox.c.channel_id)
        .subquery()
    )
    rows = tx.execute(
        select(channels.c.slug, channels.c.kind, channels.c.state, unsent.c.number, unsent.c.oldest)
        .outerjoin(unsent, unsent.c.channel_id == channels.c.id)
        .where(channels.c.archived_at.is_(None))
        .order_by(channels.c.slug)
    )
    return [ChannelState(row.slug, row.kind, row.state, row.number or 0, row.oldest) for row in rows]


def all_counted(tx: Connection) -> Mapping[tuple[str, str], int]:
    """Return every counter by (name, label)."""
    return {(row.name, row.label): row.number for row in tx.execute(select(counts))}
