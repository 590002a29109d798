"""Key results and connections as programs read them: plain facts, none in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from hub.flows.show.house import House, read_house
from hub.model.key_result import KeyResult
from hub.model.rights import Viewer
from hub.store import Store, connections


@dataclass(frozen=True, slots=True)
class Listed:
    """A key result. Times are aware, UTC; `progress` is a share from 0, not cut off at 1."""

    key: str
    title: str
    objective: str
    team: str
    cycle: str
    owner: str
    kind: str
    unit: str
    baseline: Decimal | None
    target: Decimal | None
    starts: date
    due: date
    value: Decimal | None
    progress: Decimal | None
    status: str
    status_since: datetime | None
    freshness: str
    measured_at: datetime | None
    connection: str  # slug; "" when it is kept by hand
    phase: str  # of its cycle: running, grace (ended, numbers may still move) or ended (they are final)
    ended: str  # the same in words, "" while it runs


@dataclass(frozen=True, slots=True)
class ListedConnection:
    """A connection and how it stands, its problem in full."""

    slug: str
    kind: str
    state: str
    problem: str
    problem_at: datetime | None
    last_ok_at: datetime | None
    next_due_at: datetime | None


def list_key_results(store: Store, now: datetime, viewer: Viewer, *, team: str = "") -> list[Listed]:
    """Return the key results that the viewer may see, in the order they were declared; of one team if it is named."""
    with store.read() as tx:
        house = read_house(tx, now, viewer)
    if house is None:
        return []
    return [_listed(house, one) for one in house.key_results if team in {"", one.team}]


def list_connections(store: Store) -> list[ListedConnection]:
    """Return every connection, by slug."""
    with store.read() as tx:
        return [
            ListedConnection(
                row.slug, row.kind, row.state, row.problem, row.problem_at, row.last_ok_at, row.next_due_at
            )
            for row in connections.all_connections(tx)
        ]


def _listed(house: House, one: KeyResult) -> Listed:
    declared, standing = one.declared, one.standing
    return Listed(
        key=one.key,
        title=declared.title,
        objective=declared.objective,
        team=one.team,
        cycle=one.cycle,
        owner=declared.owner,
        kind=declared.kind.value,
        unit=declared.unit,
        baseline=declared.baseline,
        target=declared.target,
        starts=declared.starts,
        due=declared.due,
        value=standing.value,
        progress=standing.progress,
        status=standing.status.value,
        status_since=standing.status_since,
        freshness=one.freshness_at(house.now)[0].value,
        measured_at=standing.measured_at,
        connection=one.connection,
        phase=one.phase_at(house.now).value,
        ended=one.ended_words(house.now),
    )
