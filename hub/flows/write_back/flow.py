"""Writing one target: marked before the tool is asked, settled after it has answered.

A note that may stand there already is written again where writing it twice leaves one (a link, a property, a field, a
value). A comment is not: it is written once more after a lost answer, marked ambiguous, and never a third time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Connection

from connectors.contract import WriteBack
from connectors.errors import ConnectorError, Gone, Misconfigured, TryLater, Unauthorized
from connectors.registry import Opener, load, open_connector
from connectors.shapes import ProgressNote, Receipt
from connectors.wire import Counter
from hub.flows.write_back.note import is_over, write_note
from hub.heartbeat import heartbeat
from hub.opening import open_connection
from hub.store import Store, connections, counts, okrs, write_backs
from hub.store.connections import ConnectionRow
from hub.store.outbox import OVER
from hub.store.write_backs import PACE, WriteBackRow
from hub.vault import Vault

LEASE = timedelta(seconds=300)  # a write of several calls may last longer: then its heart beats
GIVE_UP = timedelta(days=3)
MOST_DEATHS = 5  # tries, after which a note whose writer died again is given up
FIRST_PAUSE = timedelta(seconds=10)
LONGEST_PAUSE = timedelta(hours=1)
TWICE = "comment"  # the way of which two stand where it was written twice


@dataclass(frozen=True, slots=True)
class Written:
    """How a write ended. `again` is true when something newer came up meanwhile."""

    state: str  # written | waiting | stopped | given_up | idle | lost
    problem: str = ""
    requests: int = 0
    again: bool = False


@dataclass(frozen=True, slots=True)
class _Taken:
    row: WriteBackRow
    connection: ConnectionRow
    note: ProgressNote
    attempt: int


def write_back(
    store: Store,
    write_back_id: int,
    *,
    owner: str,
    now: Callable[[], datetime],
    environ: Mapping[str, str],
    vault: Vault | None,
    opener: Opener = open_connector,
) -> Written:
    """Write what stands to one target, if that is due. Two writers never write to it at once."""
    with store.write() as tx:
        row = write_backs.lease_write_back(tx, write_back_id, owner=owner, now=now(), lasts=LEASE)
        if row is None:
            return Written("idle")
        taken = _take(tx, row, owner, now())
        if isinstance(taken, Written):
            return taken
    counter = Counter()
    try:
        connector = open_connection(
            store, taken.connection, vault=vault, environ=environ, now=now, opener=opener, counter=counter
        )
        if not isinstance(connector, WriteBack):
            raise Misconfigured(f"a connection of kind {taken.connection.kind} cannot be written to", field="kind")
        with heartbeat(partial(_renew_lease, store, write_back_id, owner, now), lease=taken.connection.slug):
            receipt, problem = connector.write(taken.note), None
    except ConnectorError as failure:
        receipt, problem = None, failure
    with store.write() as tx:
        counts.count(tx, "requests", taken.connection.slug, counter.requests)
        counts.count(tx, "throttled", taken.connection.slug, counter.throttled)
        counts.count(tx, "retried", taken.connection.slug, counter.retried)
        version = write_backs.version_of(tx, write_back_id)
        state, changes = _ending(taken, receipt, problem, version, now())
        if not write_backs.settle_write_back(tx, write_back_id, owner=owner, **changes):
            return Written("lost", "another writer took over", counter.requests)
        told = str(changes["problem"])
        if state == "stopped":
            okrs.write_audit(
                tx,
                at=now(),
                who="hub",
                what="write-back stopped",
                subject=taken.note.key.partition(":")[2],
                detail={"target": row.target, "problem": told},
            )
    return Written(state, told, counter.requests, changes["state"] == "due" and problem is None)


def _renew_lease(store: Store, write_back_id: int, owner: str, now: Callable[[], datetime]) -> bool:
    with store.write() as tx:
        return write_backs.settle_write_back(tx, write_back_id, owner=owner, release=False, leased_until=now() + LEASE)


def _take(tx: Connection, row: WriteBackRow, owner: str, at: datetime) -> _Taken | Written:
    """Decide what is written, and mark it as on its way; one that was on its way had a writer that died."""
    connection = connections.connection_by_id(tx, row.connection_id)
    assert connection is not None
    offered = load(connection.kind).describe().write_backs
    way = row.way or (offered[0] if offered else "")
    note = write_note(tx, row, way)
    is_ambiguous = row.is_ambiguous
    problem = ""
    if row.state == "writing":
        if row.attempts >= MOST_DEATHS:
            problem = "its writers died; not written again"
        elif way == TWICE and row.is_ambiguous:
            problem = "two answers were lost; not written again"
        is_ambiguous = True
    elif row.wanted_at is not None and at - row.wanted_at > GIVE_UP:
        problem = "given up after three days"
    if note is not None and is_over(tx, row, at):
        note, problem = None, OVER
    is_told = note is not None and row.written_at is not None and note.status == row.told_status
    if row.state == "due" and is_told and row.occasion == "status_changed" and not row.is_ambiguous:
        note = None  # it came back to what stands there before its turn came
    if note is None or problem:
        settled: dict[str, Any] = {
            "state": "idle",
            "problem": problem,
            "problem_at": at,
            "written_version": row.version,
        }
        write_backs.settle_write_back(tx, row.id, owner=owner, **settled, is_ambiguous=False)
        return Written("given_up" if problem else "idle", problem)
    attempt = row.attempts + 1
    write_backs.settle_write_back(
        tx, row.id, owner=owner, release=False, state="writing", attempts=attempt, is_ambiguous=is_ambiguous
    )
    return _Taken(row, connection, note, attempt)


def _ending(
    taken: _Taken, receipt: Receipt | None, problem: ConnectorError | None, version: int, at: datetime
) -> tuple[str, dict[str, Any]]:
    """Return how a write ended, and what is stored of it. `version` is what has come up by now."""
    row = taken.row
    is_newer = version > row.version
    if receipt is not None:
        done: dict[str, Any] = {
            "state": "due" if is_newer else "idle",
            "due_at": at + PACE if is_newer else None,
            "wanted_at": at if is_newer else None,
            "written_at": at,
            "written_version": row.version,
            "said": taken.note.text,
            "told_status": taken.note.status,
            "receipt": receipt.key,
            "attempts": 0,
            "is_ambiguous": False,
            "problem": "",
            "problem_at": None,
        }
        return "written", done
    assert problem is not None
    noted: dict[str, Any] = {"problem": problem.told, "problem_at": at}
    if not isinstance(problem, TryLater):
        kinds = (Gone, Misconfigured, Unauthorized)
        why = problem.told if isinstance(problem, kinds) else f"the tool's answer was not understood: {problem.told}"
        return "stopped", {**noted, "problem": why, "state": "stopped"}
    is_lost = problem.maybe_arrived and taken.note.by == TWICE
    if is_lost and (row.is_ambiguous or row.state == "writing"):
        told = "two answers were lost; not written again"
        return "given_up", {
            **noted,
            "problem": told,
            "state": "due" if is_newer else "idle",
            "due_at": at + PACE,
            "wanted_at": at,
            "is_ambiguous": False,
            "attempts": 0,
        }
    pause = problem.after or min(FIRST_PAUSE * 2 ** min(row.attempts, 10), LONGEST_PAUSE)
    return "waiting", {
        **noted,
        "state": "due",
        "due_at": at + pause,
        "is_ambiguous": is_lost or row.is_ambiguous,
    }
