"""Write-backs: for each key result and target one row, which says what is to be written there and what has been."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, and_, or_, select, update

from hub.model.kinds import Status
from hub.store.connections import BELL_LASTS, LONGEST_LEASE
from hub.store.set_back import ahead
from hub.store.tables_hooks import write_backs
from hub.store.tables_okr import key_results
from hub.store.tables_work import connections
from hub.store.upsert import upsert

PACE = timedelta(minutes=1)  # between two writes to one target: what comes in between is written once
SILENT = frozenset({Status.NOT_JUDGED, Status.NOT_STARTED})
_BY = ["key_result_id", "connection_id", "target", "way", "field"]


@dataclass(frozen=True, slots=True)
class WriteBackRow:
    """One target. `version` counts the changes that are to be written, `written_version` is the last that was.

    idle: all is written; due; writing: its answer has not come; stopped: a person must act first, see `problem`.
    """

    id: int
    key_result_id: int
    connection_id: int
    target: str
    way: str
    field: str
    occasion: str
    status: str
    value: Decimal | None
    version: int
    written_version: int
    state: str
    is_ambiguous: bool
    attempts: int
    wanted_at: datetime | None
    due_at: datetime | None
    written_at: datetime | None
    said: str
    told_status: str
    problem: str
    problem_at: datetime | None


def provide_write_back(
    tx: Connection,
    key_result_id: int,
    connection_id: int,
    *,
    target: str,
    way: str,
    field: str,
    occasion: str,
) -> int:
    """Have a key result written to this target and to no other; return the row's id."""
    row = {
        "key_result_id": key_result_id,
        "connection_id": connection_id,
        "target": target,
        "way": way,
        "field": field,
        "occasion": occasion,
        "archived_at": None,
        "state": "idle",
        "attempts": 0,
        "version": 0,
        "written_version": 0,
        "status": "",
        "said": "",
        "told_status": "",
        "receipt": "",
        "problem": "",
    }
    upsert(tx, write_backs, [row], by=_BY, set_={"occasion": occasion, "archived_at": None})
    wanted = and_(*(write_backs.c[name] == row[name] for name in _BY))
    return int(tx.execute(select(write_backs.c.id).where(wanted)).scalar_one())


def archive_write_backs(tx: Connection, key_result_id: int, now: datetime, *, but: Collection[int] = ()) -> None:
    """Have a key result written to none of its targets any more, save those named."""
    tx.execute(
        update(write_backs)
        .where(
            write_backs.c.key_result_id == key_result_id,
            write_backs.c.archived_at.is_(None),
            write_backs.c.id.not_in(list(but)),
        )
        .values(archived_at=now)
    )


def want_written(
    tx: Connection, key_result_id: int, status: Status, value: Decimal | None, now: datetime, *, hold: timedelta
) -> None:
    """Note how a key result stands, and have that written where it differs from what was noted last.

    Only the newest is written: what changes while a target waits for its turn takes the place of what waited. Between
    two comments lies the time for which channels hold a flap back (`hold`); what is written over has a minute.
    """
    if value is None and status in SILENT:
        return  # there is nothing to say yet
    rows = tx.execute(
        select(write_backs)
        .where(write_backs.c.key_result_id == key_result_id, write_backs.c.archived_at.is_(None))
        .with_for_update()
    )
    for row in rows.all():
        if row.status == status.value and (row.occasion == "status_changed" or row.value == value):
            continue
        changes: dict[str, Any] = {"status": status.value, "value": value, "version": row.version + 1}
        if row.state in {"idle", "due"}:
            pace = hold if row.way in {"", "comment"} else PACE
            soonest = now if row.written_at is None else max(now, row.written_at + pace)
            changes.update(state="due", due_at=max(soonest, row.due_at) if row.state == "due" else soonest)
        if row.state == "idle":
            changes.update(wanted_at=now, attempts=0, is_ambiguous=False)
        tx.execute(update(write_backs).where(write_backs.c.id == row.id).values(**changes))


def try_stopped_again(tx: Connection, now: datetime, connection_id: int | None = None) -> None:
    """Have the targets that a person had to mend tried again, of one connection or of all: somebody has just acted."""
    wanted = and_(write_backs.c.state == "stopped", write_backs.c.archived_at.is_(None))
    if connection_id is not None:
        wanted = and_(wanted, write_backs.c.connection_id == connection_id)
    tx.execute(
        update(write_backs).where(wanted).values(state="due", wanted_at=now, due_at=now, attempts=0, is_ambiguous=False)
    )


def due_write_backs(tx: Connection, now: datetime) -> list[int]:
    """Return the ids of the targets that are to be written to now, and that nobody is writing to."""
    found = tx.execute(
        select(write_backs.c.id)
        .join(connections, connections.c.id == write_backs.c.connection_id)
        .join(key_results, key_results.c.id == write_backs.c.key_result_id)
        .where(
            write_backs.c.archived_at.is_(None),
            key_results.c.archived_at.is_(None),
            connections.c.archived_at.is_(None),
            connections.c.state != "broken",
            or_(connections.c.paused_until.is_(None), connections.c.paused_until <= now),
            _is_due(now),
            _is_free(now, LONGEST_LEASE),
            _is_silent(now),
        )
        .order_by(write_backs.c.id)
    )
    return [row.id for row in found]


def claim_write_ring(tx: Connection, write_back_id: int, now: datetime) -> bool:
    """Claim the right to ring for a target; False when somebody was rung a moment ago."""
    done = tx.execute(
        update(write_backs)
        .where(write_backs.c.id == write_back_id, _is_silent(now))
        .values(rung_until=now + BELL_LASTS)
    )
    return done.rowcount == 1


def lease_write_back(
    tx: Connection, write_back_id: int, *, owner: str, now: datetime, lasts: timedelta
) -> WriteBackRow | None:
    """Take a target for one writer, if it is due; None when it is not, or another writes. It answers the bell."""
    done = tx.execute(
        update(write_backs)
        .where(
            write_backs.c.id == write_back_id, write_backs.c.archived_at.is_(None), _is_due(now), _is_free(now, lasts)
        )
        .values(leased_until=now + lasts, lease_owner=owner, rung_until=None)
    )
    if done.rowcount != 1:
        return None
    return _shape(tx.execute(select(write_backs).where(write_backs.c.id == write_back_id)).one())


def settle_write_back(tx: Connection, write_back_id: int, *, owner: str, release: bool = True, **changes: Any) -> bool:
    """Set columns of a target that is held, and let it go; False when it was lost, and then nothing is set."""
    freed: dict[str, Any] = {"leased_until": None, "lease_owner": None, "rung_until": None} if release else {}
    done = tx.execute(
        update(write_backs)
        .where(write_backs.c.id == write_back_id, write_backs.c.lease_owner == owner)
        .values(**changes, **freed)
    )
    return done.rowcount == 1


def version_of(tx: Connection, write_back_id: int) -> int:
    """Return how many changes have come up, with the row held until the transaction ends."""
    wanted = select(write_backs.c.version).where(write_backs.c.id == write_back_id).with_for_update()
    return int(tx.execute(wanted).scalar_one())


def write_backs_of(tx: Connection, key_result_id: int) -> list[WriteBackRow]:
    """Return the targets that a key result is written to."""
    rows = tx.execute(
        select(write_backs)
        .where(write_backs.c.key_result_id == key_result_id, write_backs.c.archived_at.is_(None))
        .order_by(write_backs.c.id)
    )
    return [_shape(row) for row in rows]


def _is_due(now: datetime) -> Any:
    set_back = or_(ahead(write_backs.c.wanted_at, now), ahead(write_backs.c.problem_at, now))
    # One that is being written by nobody had a writer that died.
    return or_(
        write_backs.c.state == "writing",
        and_(write_backs.c.state == "due", or_(write_backs.c.due_at <= now, set_back)),
    )


def _is_free(now: datetime, longest: timedelta) -> Any:
    return or_(
        write_backs.c.leased_until.is_(None),
        write_backs.c.leased_until < now,
        write_backs.c.leased_until > now + longest,  # the clock was set back
    )


def _is_silent(now: datetime) -> Any:
    return or_(
        write_backs.c.rung_until.is_(None),
        write_backs.c.rung_until < now,
        write_backs.c.rung_until > now + 2 * BELL_LASTS,
    )


def _shape(row: Row[Any]) -> WriteBackRow:
    return WriteBackRow(
        id=row.id,
        key_result_id=row.key_result_id,
        connection_id=row.connection_id,
        target=row.target,
        way=row.way,
        field=row.field,
        occasion=row.occasion,
        status=row.status,
        value=row.value,
        version=row.version,
        written_version=row.written_version,
        state=row.state,
        is_ambiguous=row.is_ambiguous,
        attempts=row.attempts,
        wanted_at=row.wanted_at,
        due_at=row.due_at,
        written_at=row.written_at,
        said=row.said,
        told_status=row.told_status,
        problem=row.problem,
        problem_at=row.problem_at,
    )
