"""Channels and routes: whom a change is told to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, func, insert, or_, select, update

from hub.model.kinds import Status
from hub.store.okrs import teams_to_be_named
from hub.store.set_back import ahead, is_ahead
from hub.store.tables_told import channels, receipts, routes, threads
from hub.store.upsert import upsert

SENDER_DIED = "the sender died"  # the problem in the receipt of a send that nobody came back from


@dataclass(frozen=True, slots=True)
class ChannelRow:
    """A channel: settings with secrets still as ${ENV_NAME}, and whether it is on."""

    id: int
    slug: str
    name: str
    kind: str
    settings: Mapping[str, str]
    allow_private: tuple[str, ...]
    owner: str
    state: str  # on | off (a person must act; letters wait) | gone (letters are dropped)
    problem: str
    problem_at: datetime | None
    paused_until: datetime | None


@dataclass(frozen=True, slots=True)
class Route:
    """Which changes go to a channel. What is None or empty does not narrow.

    Of a private team only what is named goes there: by team, objective or key result.
    """

    channel: str
    team: str | None = None
    objective: str | None = None
    key_result: str | None = None
    becomes: frozenset[Status] = frozenset()

    @property
    def names(self) -> bool:
        """Whether it says of whom it takes changes."""
        return not (self.team is None and self.objective is None and self.key_result is None)

    def takes(self, *, team: str, key: str, after: Status, must_name: bool = False) -> bool:
        """Whether a change of this key result to this status goes to the channel."""
        return (
            (self.names or not must_name)
            and self.team in {None, team}
            and self.objective in {None, key.split("/", 1)[0]}
            and self.key_result in {None, key}
            and (not self.becomes or after in self.becomes)
        )


def _shape(row: Row[Any]) -> ChannelRow:
    return ChannelRow(
        row.id,
        row.slug,
        row.name,
        row.kind,
        row.settings,
        tuple(row.allow_private),
        row.owner,
        row.state,
        row.problem,
        row.problem_at,
        row.paused_until,
    )


def all_channels(tx: Connection) -> list[ChannelRow]:
    rows = tx.execute(select(channels).where(channels.c.archived_at.is_(None)).order_by(channels.c.slug))
    return [_shape(row) for row in rows]


def channel_by_id(tx: Connection, channel_id: int) -> ChannelRow | None:
    """Return a channel; None when there is none, or it was archived."""
    row = tx.execute(
        select(channels).where(channels.c.id == channel_id, channels.c.archived_at.is_(None))
    ).one_or_none()
    return None if row is None else _shape(row)


def put_channel(
    tx: Connection,
    *,
    slug: str,
    name: str,
    kind: str,
    settings: Mapping[str, str],
    allow_private: Sequence[str],
    owner: str,
) -> None:
    """Create or change a channel. One that was switched off because it was gone is switched on again."""
    row = {
        "slug": slug,
        "name": name,
        "kind": kind,
        "settings": dict(settings),
        "allow_private": list(allow_private),
        "owner": owner,
        "archived_at": None,
        "state": "on",
        "problem": "",
        "problem_at": None,
    }
    upsert(tx, channels, [row], by=["slug"])


def give_channels_another_chance(tx: Connection) -> list[int]:
    """Switch on the channels that were switched off, and return their ids: somebody has just acted."""
    found = tx.execute(
        update(channels)
        .where(channels.c.state != "on", channels.c.archived_at.is_(None))
        .values(state="on", problem="", problem_at=None)
        .returning(channels.c.id)
    )
    return sorted(row.id for row in found)


def archive_channel(tx: Connection, slug: str, now: datetime) -> int:
    """Tell a channel nothing more; return its id."""
    found = tx.execute(update(channels).where(channels.c.slug == slug).values(archived_at=now).returning(channels.c.id))
    return int(found.scalar_one())


def note_channel(tx: Connection, channel_id: int, **changes: Any) -> None:
    """Set columns of a channel: state, problem, problem_at, paused_until."""
    tx.execute(update(channels).where(channels.c.id == channel_id).values(**changes))


def lease_channel(tx: Connection, channel_id: int, *, owner: str, now: datetime, lasts: timedelta) -> bool:
    """Take the channel for one sender, so that its messages keep their order; False when another has it."""
    free = or_(
        channels.c.leased_until.is_(None),
        channels.c.leased_until < now,
        ahead(channels.c.leased_until, now + lasts),  # the clock was set back: nobody leases for that long
        channels.c.lease_owner == owner,
    )
    done = tx.execute(
        update(channels)
        .where(channels.c.id == channel_id, free)
        .values(leased_until=now + lasts, lease_owner=owner, rung_until=None)
    )
    return done.rowcount == 1


def renew_channel_lease(tx: Connection, channel_id: int, *, owner: str, now: datetime, lasts: timedelta) -> bool:
    """Hold the channel longer; False when it was lost to somebody else."""
    done = tx.execute(
        update(channels)
        .where(channels.c.id == channel_id, channels.c.lease_owner == owner)
        .values(leased_until=now + lasts)
    )
    return done.rowcount == 1


def still_holds(tx: Connection, channel_id: int, owner: str) -> bool:
    """Whether a sender still has the channel; its row is held until the transaction ends."""
    found = tx.execute(select(channels.c.lease_owner).where(channels.c.id == channel_id).with_for_update())
    return bool(found.scalar_one() == owner)


def release_channel(tx: Connection, channel_id: int, owner: str) -> None:
    tx.execute(
        update(channels)
        .where(channels.c.id == channel_id, channels.c.lease_owner == owner)
        .values(leased_until=None, lease_owner=None, rung_until=None)
    )


def claim_channel_ring(tx: Connection, channel_id: int, now: datetime, lasts: timedelta) -> bool:
    """Claim the right to ring for a channel; False when it was rung a moment ago and not answered yet."""
    silent = is_silent(now, lasts)
    done = tx.execute(update(channels).where(channels.c.id == channel_id, silent).values(rung_until=now + lasts))
    return done.rowcount == 1


def is_silent(now: datetime, lasts: timedelta) -> ColumnElement[bool]:
    """Return the condition that a channel was not rung a moment ago."""
    return or_(
        channels.c.rung_until.is_(None),
        channels.c.rung_until < now,
        channels.c.rung_until > now + 2 * lasts,  # rung before the clock was set back
    )


def is_paused(channel: ChannelRow, at: datetime) -> bool:
    """Whether a channel still rests, or waits after a failure."""
    if channel.paused_until is None or channel.paused_until <= at:
        return False
    # A rest between two messages is short and has no problem beside it.
    return not is_ahead(channel.problem_at or channel.paused_until, at)


def awake(now: datetime) -> ColumnElement[bool]:
    """Return the same, turned round, as a condition."""
    return or_(
        channels.c.paused_until.is_(None),
        channels.c.paused_until <= now,
        ahead(func.coalesce(channels.c.problem_at, channels.c.paused_until), now),
    )


def put_routes(tx: Connection, wanted: Iterable[Route]) -> None:
    """Replace the routes by these, in their order."""
    tx.execute(delete(routes))
    rows = [
        {
            "channel": route.channel,
            "team": route.team,
            "objective": route.objective,
            "key_result": route.key_result,
            "becomes": sorted(status.value for status in route.becomes),
            "position": position,
        }
        for position, route in enumerate(wanted)
    ]
    if rows:
        tx.execute(insert(routes), rows)


def all_routes(tx: Connection) -> list[Route]:
    return [
        Route(row.channel, row.team, row.objective, row.key_result, frozenset(Status(word) for word in row.becomes))
        for row in tx.execute(select(routes).order_by(routes.c.position))
    ]


def channels_for(tx: Connection, *, team: str, key: str, after: Status) -> list[ChannelRow]:
    """Return the channels that a change goes to, each once, whatever number of routes lead there."""
    must_name = team in teams_to_be_named(tx)
    named = {
        route.channel for route in all_routes(tx) if route.takes(team=team, key=key, after=after, must_name=must_name)
    }
    return [channel for channel in all_channels(tx) if channel.slug in named]


# Threads: the first message about a key result in a channel, so that later ones stand below it.


def thread_of(tx: Connection, channel_id: int, key_result_id: int) -> str:
    found = tx.execute(
        select(threads.c.key).where(threads.c.channel_id == channel_id, threads.c.key_result_id == key_result_id)
    )
    return found.scalar_one_or_none() or ""


def put_thread(tx: Connection, channel_id: int, key_result_id: int, key: str, now: datetime) -> None:
    row = {"channel_id": channel_id, "key_result_id": key_result_id, "key": key, "at": now}
    upsert(tx, threads, [row], by=["channel_id", "key_result_id"])


def add_receipt(
    tx: Connection,
    outbox_id: int,
    *,
    attempt: int,
    at: datetime,
    outcome: str,
    key: str = "",
    problem: str = "",
    payload: Mapping[str, Any] | None = None,
) -> None:
    tx.execute(
        insert(receipts).values(
            outbox_id=outbox_id, attempt=attempt, at=at, outcome=outcome, key=key, problem=problem, payload=payload
        )
    )


def count_lost_answers(tx: Connection, outbox_id: int) -> int:
    """Return how many tries of a letter ended with a lost answer; a sender that died is another matter."""
    return _count_receipts(tx, outbox_id, receipts.c.problem != SENDER_DIED)


def count_deaths(tx: Connection, outbox_id: int) -> int:
    """Return how many senders died with a letter on its way."""
    return _count_receipts(tx, outbox_id, receipts.c.problem == SENDER_DIED)


def _count_receipts(tx: Connection, outbox_id: int, which: ColumnElement[bool]) -> int:
    of_it = (receipts.c.outbox_id == outbox_id, receipts.c.outcome == "lost_answer", which)
    return int(tx.execute(select(func.count()).select_from(receipts).where(*of_it)).scalar_one())
