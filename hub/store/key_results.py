"""Key results: declared, standing, and what their value comes from."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, Select, and_, or_, select, update

from hub.model.key_result import Declared, Held, KeyResult, Standing
from hub.model.kinds import Freshness, Kind, Status
from hub.model.okr import Cycle, Milestone
from hub.model.phase import Ending, ending_of
from hub.model.reasons import Reason
from hub.store.set_back import ahead
from hub.store.tables_okr import cycles, key_results, objectives, rules, workspace
from hub.store.tables_work import connections
from hub.store.upsert import upsert

_QUERY: Select[Any] = (
    select(
        key_results,
        objectives.c.team,
        objectives.c.cycle,
        rules.c.connection,
        connections.c.every_seconds,
        cycles.c.starts.label("cycle_starts"),
        cycles.c.ends.label("cycle_ends"),
        cycles.c.closed_at.label("cycle_closed_at"),
        select(workspace.c.time_zone).scalar_subquery().label("time_zone"),
    )
    .join(objectives, objectives.c.id == key_results.c.objective_id)
    .outerjoin(cycles, cycles.c.slug == objectives.c.cycle)
    .outerjoin(rules, and_(rules.c.key_result_id == key_results.c.id, rules.c.is_current.is_(True)))
    .outerjoin(connections, connections.c.slug == rules.c.connection)
    .where(key_results.c.archived_at.is_(None), objectives.c.archived_at.is_(None))
)


def all_key_results(tx: Connection) -> list[KeyResult]:
    """Return the key results that are not archived, in the order they were declared."""
    rows = tx.execute(_QUERY.order_by(objectives.c.position, key_results.c.position, key_results.c.id))
    return [_shape(row) for row in rows]


def key_result_by_key(tx: Connection, key: str) -> KeyResult | None:
    row = tx.execute(_QUERY.where(key_results.c.key == key)).one_or_none()
    return None if row is None else _shape(row)


def key_result_by_id(tx: Connection, key_result_id: int) -> KeyResult | None:
    row = tx.execute(_QUERY.where(key_results.c.id == key_result_id)).one_or_none()
    return None if row is None else _shape(row)


def key_results_on(tx: Connection, selection_ids: Sequence[int]) -> list[KeyResult]:
    """Return the key results whose current rule reads one of the selections."""
    rows = tx.execute(_QUERY.where(rules.c.selection_id.in_(selection_ids)).order_by(key_results.c.id))
    return [_shape(row) for row in rows]


def key_results_to_tell(tx: Connection, now: datetime) -> list[KeyResult]:
    """Return the key results whose held-back change is due to be told."""
    due = or_(
        key_results.c.tell_due_at <= now,
        and_(key_results.c.tell_due_at.is_not(None), ahead(key_results.c.told_at, now)),
    )
    rows = tx.execute(_QUERY.where(due).order_by(key_results.c.id))
    return [_shape(row) for row in rows]


def put_key_result(tx: Connection, objective_id: int, declared: Declared) -> int:
    """Create or change what was declared; how it stands is left as it is. Returns the row's id."""
    row = {
        "key": declared.key,
        "objective_id": objective_id,
        "title": declared.title,
        "kind": declared.kind.value,
        "unit": declared.unit,
        "baseline": declared.baseline,
        "target": declared.target,
        "minimum": declared.minimum,
        "maximum": declared.maximum,
        "risk_threshold": declared.risk_threshold,
        "phased_targets": [[on.isoformat(), str(value)] for on, value in declared.phased_targets],
        "milestones": [
            {"name": m.name, "weight": str(m.weight), "done_on": m.done_on.isoformat() if m.done_on else None}
            for m in declared.milestones
        ],
        "weight": declared.weight,
        "owner": declared.owner,
        "starts": declared.starts,
        "due": declared.due,
        "cadence_days": declared.cadence_days,
        "position": declared.position,
        "archived_at": None,
    }
    upsert(tx, key_results, [row], by=["key"])
    return int(tx.execute(select(key_results.c.id).where(key_results.c.key == declared.key)).scalar_one())


def set_standing(tx: Connection, key_result_id: int, **changes: Any) -> None:
    """Set columns of the standing; values of the closed lists and what is held back may be given as they are."""
    plain = {name: _plain(value) for name, value in changes.items()}
    tx.execute(update(key_results).where(key_results.c.id == key_result_id).values(**plain))


def _plain(value: Any) -> Any:
    if isinstance(value, Status | Freshness | Reason):
        return value.value
    if isinstance(value, Held):
        said = None if value.value is None else str(value.value)
        return {"value": said, "in_scope": value.in_scope, "at": value.at.isoformat()}
    return value


def _held(stored: Any) -> Held | None:
    if stored is None:
        return None
    value = None if stored["value"] is None else Decimal(stored["value"])
    return Held(value, stored["in_scope"], datetime.fromisoformat(stored["at"]))


def lock_key_result(tx: Connection, key_result_id: int) -> KeyResult | None:
    """Return the key result with its row held until the transaction ends, so that two writers take turns.

    On SQLite the transaction holds the whole database already.
    """
    tx.execute(select(key_results.c.id).where(key_results.c.id == key_result_id).with_for_update())
    return key_result_by_id(tx, key_result_id)


def archive_key_result(tx: Connection, key: str, now: datetime) -> None:
    tx.execute(update(key_results).where(key_results.c.key == key).values(archived_at=now))


def _shape(row: Row[Any]) -> KeyResult:
    declared = Declared(
        key=row.key,
        title=row.title,
        kind=Kind(row.kind),
        starts=row.starts,
        due=row.due,
        unit=row.unit,
        baseline=row.baseline,
        target=row.target,
        minimum=row.minimum,
        maximum=row.maximum,
        risk_threshold=row.risk_threshold,
        phased_targets=tuple((date.fromisoformat(on), Decimal(value)) for on, value in row.phased_targets),
        milestones=tuple(
            Milestone(m["name"], Decimal(m["weight"]), date.fromisoformat(m["done_on"]) if m["done_on"] else None)
            for m in row.milestones
        ),
        weight=row.weight,
        owner=row.owner,
        cadence_days=row.cadence_days,
        position=row.position,
    )
    standing = Standing(
        value=row.value,
        progress=row.progress,
        status=Status(row.status),
        status_since=row.status_since,
        freshness=Freshness(row.freshness),
        freshness_since=row.freshness_since,
        freshness_note=row.freshness_note,
        freshness_code=row.freshness_code,
        held=_held(row.held),
        checked_at=row.checked_at,
        measured_at=row.measured_at,
        in_scope=row.in_scope,
        judged_goal=row.judged_goal,
        told_status=Status(row.told_status) if row.told_status else None,
        told_before=Status(row.told_before) if row.told_before else None,
        told_at=row.told_at,
        tell_due_at=row.tell_due_at,
        automatic_value=row.automatic_value,
        automatic_at=row.automatic_at,
        paused_at=row.paused_at,
        paused_by=row.paused_by,
        pause_note=row.pause_note,
    )
    every = timedelta(seconds=row.every_seconds) if row.every_seconds else None
    return KeyResult(row.id, declared, standing, row.team, row.cycle, row.connection or "", every, _ending(row))


def _ending(row: Row[Any]) -> Ending | None:
    if row.cycle_ends is None or row.time_zone is None:
        return None
    cycle = Cycle(row.cycle, "", row.cycle_starts, row.cycle_ends)
    return ending_of(cycle, ZoneInfo(row.time_zone), is_closed=row.cycle_closed_at is not None)
