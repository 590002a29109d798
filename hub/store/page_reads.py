"""Reads that pages need and no other flow does."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, func, or_, select

from hub.model.kinds import Status
from hub.model.moves import Move
from hub.store.outbox import UNMISSED, UNSETTLED
from hub.store.tables_okr import audit, check_ins, comments, key_results, rules, workspace
from hub.store.tables_told import channels, measurements, outbox, receipts, status_changes
from hub.store.tables_work import connections, reads


def change_token(tx: Connection) -> str:
    """Return a short text that differs as soon as anything a page shows may differ."""
    newest = [
        select(func.max(table.c.id)).scalar_subquery()
        for table in (measurements, status_changes, check_ins, comments, audit, rules, receipts, reads)
    ]
    standing = [
        select(func.max(key_results.c.checked_at)).scalar_subquery(),
        select(func.max(key_results.c.freshness_since)).scalar_subquery(),
        select(func.count(key_results.c.archived_at)).scalar_subquery(),
        select(func.max(workspace.c.judged_at)).scalar_subquery(),
        select(func.count(outbox.c.id)).where(outbox.c.state == "dropped").scalar_subquery(),
    ]
    found = list(tx.execute(select(*newest, *standing)).one())
    states = tx.execute(select(connections.c.slug, connections.c.state, connections.c.progress).order_by("slug"))
    found.extend((row.slug, row.state, str(row.progress)) for row in states)
    open_channels = tx.execute(select(channels.c.slug, channels.c.state, channels.c.problem).order_by("slug"))
    found.extend(tuple(row) for row in open_channels)
    return hashlib.sha256(repr(found).encode()).hexdigest()[:20]


def moves_since(tx: Connection, since: datetime) -> list[tuple[int, tuple[Move, ...]]]:
    """Return the moves of every measurement taken from an instant on, with the id of its key result."""
    rows = tx.execute(
        select(measurements.c.key_result_id, measurements.c.moves)
        .where(measurements.c.read_at >= since, measurements.c.origin == "measured")
        .order_by(measurements.c.id)
    )
    return [(row.key_result_id, tuple(Move.from_json(move) for move in row.moves)) for row in rows]


@dataclass(frozen=True, slots=True)
class Mail:
    """A letter of one change: which channel it goes to and how far it got."""

    change_id: int
    channel: str  # the channel's name
    state: str  # due | sending | sent | dropped
    problem: str  # why it was dropped, or is not sent yet
    is_ambiguous: bool  # an answer was lost: it may stand there all the same


def mail_of(tx: Connection, key_result_id: int) -> list[Mail]:
    """Return the letters about a key result, oldest first."""
    rows = tx.execute(
        select(outbox.c.change_id, outbox.c.state, outbox.c.problem, outbox.c.is_ambiguous, channels.c.name)
        .join(status_changes, status_changes.c.id == outbox.c.change_id)
        .join(channels, channels.c.id == outbox.c.channel_id)
        .where(status_changes.c.key_result_id == key_result_id)
        .order_by(outbox.c.id)
    )
    return [Mail(row.change_id, row.name, row.state, row.problem, row.is_ambiguous) for row in rows]


@dataclass(frozen=True, slots=True)
class Untold:
    """A change that a channel was not told, because its letter was dropped."""

    key_result_id: int
    change_id: int
    channel: str  # the channel's name
    after: Status
    at: datetime  # of the change
    problem: str  # why it was dropped
    is_ambiguous: bool  # it may stand there all the same


def untold_since(tx: Connection, since: datetime) -> list[Untold]:
    """Return the changes given up on from an instant on, the newest first; not those of an archived key result."""
    rows = tx.execute(
        select(
            status_changes.c.key_result_id,
            outbox.c.change_id,
            channels.c.name,
            outbox.c.after,
            status_changes.c.at,
            outbox.c.problem,
            outbox.c.is_ambiguous,
        )
        .join(status_changes, status_changes.c.id == outbox.c.change_id)
        .join(channels, channels.c.id == outbox.c.channel_id)
        .where(outbox.c.state == "dropped", outbox.c.settled_at >= since, outbox.c.problem.not_in(UNMISSED))
        .where(channels.c.archived_at.is_(None))
        .order_by(outbox.c.change_id.desc(), outbox.c.id)
    )
    return [
        Untold(row.key_result_id, row.change_id, row.name, Status(row.after), row.at, row.problem, row.is_ambiguous)
        for row in rows
    ]


@dataclass(frozen=True, slots=True)
class Late:
    """A letter that ought to have been sent: since when, when it is tried next, and why it was not sent yet.

    Nothing is sent to its channel before `paused_until`, and nothing before an older one about its key result.
    """

    key_result_id: int
    channel: str  # slug
    name: str
    at: datetime
    due_at: datetime
    paused_until: datetime | None
    problem: str  # the channel's where nobody tried the letter yet


def late_letters(tx: Connection, before: datetime) -> list[Late]:
    """Return the letters to channels that are on which wait since an instant or longer, the oldest first."""
    rows = tx.execute(
        select(
            status_changes.c.key_result_id,
            channels.c.slug,
            channels.c.name,
            outbox.c.created_at,
            outbox.c.due_at,
            outbox.c.problem,
            channels.c.paused_until,
            channels.c.problem.label("why"),
        )
        .join(status_changes, status_changes.c.id == outbox.c.change_id)
        .join(channels, channels.c.id == outbox.c.channel_id)
        .where(outbox.c.state.in_(UNSETTLED), outbox.c.created_at <= before, outbox.c.told_with.is_(None))
        .where(channels.c.state == "on", channels.c.archived_at.is_(None))
        .order_by(outbox.c.id)
    )
    return [
        Late(
            row.key_result_id,
            row.slug,
            row.name,
            row.created_at,
            row.due_at,
            row.paused_until,
            row.problem or row.why,
        )
        for row in rows
    ]


@dataclass(frozen=True, slots=True)
class Unsent:
    """A letter that was not sent: it waits, or was given up on lately."""

    key_result_id: int
    channel: str  # slug
    is_dropped: bool


def unsent_letters(tx: Connection, since: datetime) -> list[Unsent]:
    """Return the letters that wait, and those given up on from an instant on; not those of what was archived."""
    rows = tx.execute(
        select(status_changes.c.key_result_id, channels.c.slug, outbox.c.state)
        .join(status_changes, status_changes.c.id == outbox.c.change_id)
        .join(channels, channels.c.id == outbox.c.channel_id)
        .where(
            or_(
                outbox.c.state.in_(UNSETTLED),
                and_(outbox.c.state == "dropped", outbox.c.settled_at >= since, outbox.c.problem.not_in(UNMISSED)),
            )
        )
        .where(outbox.c.told_with.is_(None))
        .order_by(outbox.c.id)
    )
    return [Unsent(row.key_result_id, row.slug, row.state == "dropped") for row in rows]


def changes_by_key_result(tx: Connection, ids: Sequence[int]) -> dict[int, int]:
    """Return the id of the last status change of each of the key results."""
    found: dict[int, int] = {}
    for start in range(0, len(ids), 400):
        rows = tx.execute(
            select(status_changes.c.key_result_id, func.max(status_changes.c.id).label("last"))
            .where(status_changes.c.key_result_id.in_(ids[start : start + 400]))
            .group_by(status_changes.c.key_result_id)
        )
        found.update((row.key_result_id, row.last) for row in rows)
    return found


def first_measured_at(tx: Connection, key_result_id: int) -> datetime | None:
    """Return when the hub first measured a key result itself."""
    return tx.execute(
        select(func.min(measurements.c.read_at)).where(
            measurements.c.key_result_id == key_result_id, measurements.c.origin == "measured"
        )
    ).scalar_one_or_none()
