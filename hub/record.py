"""The one way to judge: sync, apply, check-ins and the daily re-judging all end here.

Everything happens in the caller's transaction: measurement, contributions, status change and one letter for each
routed channel are stored together or not at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import Connection

from hub.model.judge import Verdict, judge
from hub.model.key_result import KeyResult
from hub.model.kinds import ChangeKind, Freshness, Origin, Status
from hub.model.moves import Contribution, Move, compare
from hub.store import okrs
from hub.store.changes import StatusChange, add_status_change, changes_of
from hub.store.channels import channels_for
from hub.store.contributions import change_contributions, contributions_now
from hub.store.key_results import lock_key_result, set_standing
from hub.store.measurements import Measurement, add_measurement, last_measurement
from hub.store.outbox import post_letter

# Statuses that say nothing yet: leaving them is an arrival, and arrivals are not told.
SILENT = frozenset({Status.NOT_JUDGED, Status.NOT_STARTED})


@dataclass(frozen=True, slots=True)
class Reading:
    """A value to be recorded with all it stands on. `contributions` is None where there are no items behind it."""

    value: Decimal | None
    origin: Origin
    at: datetime
    contributions: Mapping[str, Contribution] | None = None
    left_out: Mapping[str, Contribution] | None = None  # items that were read and that the rule does not take
    created: Mapping[str, datetime] | None = None  # when each item that was read came into being
    gone: frozenset[str] = frozenset()  # of the items that left: those the tool does not show any more
    rule_revision: int | None = None
    connection: str | None = None
    query: str = ""
    items_counted: int | None = None
    items_read: int | None = None
    items_reported: int | None = None
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Recorded:
    """What recording did: the status before and after, and how many channels will be told."""

    key: str
    value_before: Decimal | None
    value: Decimal | None
    before: Status
    after: Status
    letters: int = 0
    channels: tuple[int, ...] = field(default=())
    is_new_measurement: bool = False


def record(tx: Connection, key_result_id: int, reading: Reading, now: datetime) -> Recorded:
    """Record a value, judge it and leave letters for the channels. Repeating it changes nothing but `checked_at`."""
    key_result = _locked(tx, key_result_id)
    measurement_id, moves, is_new = _store_reading(tx, key_result, reading, now)
    changes: dict[str, object] = {
        "value": reading.value,
        "freshness": Freshness.FRESH,
        "freshness_note": "",
        "checked_at": now if reading.origin is Origin.MEASURED else reading.at,
        "in_scope": reading.items_counted,
    }
    if key_result.standing.freshness is not Freshness.FRESH:
        changes["freshness_since"] = now
    if is_new:
        changes["measured_at"] = reading.at
    set_standing(tx, key_result.id, **changes)
    cause = "check_in" if reading.origin is Origin.CHECK_IN else "measurement"
    return _judge(tx, key_result, reading.value, now, cause, measurement_id, moves, is_new)


def rejudge(tx: Connection, key_result_id: int, now: datetime, *, is_new_policy: bool = False) -> Recorded:
    """Judge the value that stands again: time has passed, or the goal or the workspace's policy was changed."""
    key_result = _locked(tx, key_result_id)
    is_same_goal = key_result.standing.judged_goal == key_result.declared.goal_digest() and not is_new_policy
    cause = "time" if is_same_goal else "goal"
    return _judge(tx, key_result, key_result.standing.value, now, cause, None, (), False)


def hold(tx: Connection, key_result_id: int, freshness: Freshness, note: str, now: datetime) -> None:
    """Keep the last good value and say why no newer one is there. An error is never a value."""
    key_result = _locked(tx, key_result_id)
    standing = key_result.standing
    if (standing.freshness, standing.freshness_note) != (freshness, note):
        since = standing.freshness_since if standing.freshness is freshness else now
        set_standing(tx, key_result.id, freshness=freshness, freshness_note=note, freshness_since=since)


def confirm(tx: Connection, key_result_id: int, now: datetime) -> None:
    """Note that a read found nothing changed: the value that stands is as fresh as the read."""
    key_result = _locked(tx, key_result_id)
    changes: dict[str, object] = {"checked_at": now}
    if key_result.standing.freshness is not Freshness.FRESH:
        changes.update(freshness=Freshness.FRESH, freshness_note="", freshness_since=now)
    set_standing(tx, key_result.id, **changes)


def tell_held_back(tx: Connection, key_result_id: int, now: datetime) -> Recorded:
    """Tell a change that was held back as a flap, if it still stands."""
    key_result = _locked(tx, key_result_id)
    standing = key_result.standing
    told = standing.told_status
    set_standing(tx, key_result.id, tell_due_at=None)
    channels: tuple[int, ...] = ()
    if told is not None and told is not standing.status:
        last = changes_of(tx, key_result.id)[-1]
        channels = _tell(tx, key_result, last.id, told, standing.status, now)
    return Recorded(
        key_result.key, standing.value, standing.value, standing.status, standing.status, len(channels), channels
    )


def _locked(tx: Connection, key_result_id: int) -> KeyResult:
    key_result = lock_key_result(tx, key_result_id)
    if key_result is None:
        raise LookupError(f"key result {key_result_id} is archived or was never there")
    return key_result


def _store_reading(
    tx: Connection, key_result: KeyResult, reading: Reading, now: datetime
) -> tuple[int | None, tuple[Move, ...], bool]:
    """Write a measurement if anything differs from the last one; return its id, the moves and whether it is new."""
    last = last_measurement(tx, key_result.id)
    moves: tuple[Move, ...] = ()
    closed: list[str] = []
    opened: list[Contribution] = []
    if reading.contributions is not None:
        before = contributions_now(tx, key_result.id)
        same_rule = last is not None and last.rule_revision == reading.rule_revision
        if last is not None and same_rule:
            born = reading.created or {}
            moves = compare(
                before,
                reading.contributions,
                left_out=reading.left_out,
                known=frozenset(key for key, at in born.items() if at <= last.read_at),
                gone=reading.gone,
            )
        closed = [key for key, one in before.items() if reading.contributions.get(key) != one]
        opened = [one for key, one in reading.contributions.items() if before.get(key) != one]
    is_same = (
        last is not None
        and last.origin is reading.origin
        and last.value == reading.value
        and last.rule_revision == reading.rule_revision
        and last.notes == reading.notes
        and not closed
        and not opened
        and (reading.origin is Origin.MEASURED or last.at == reading.at)
    )
    if is_same and last is not None:
        return last.id, (), False
    change_contributions(tx, key_result.id, closed=closed, opened=opened, at=now)
    found = Measurement(
        at=reading.at,
        value=reading.value,
        origin=reading.origin,
        read_at=now,
        rule_revision=reading.rule_revision,
        connection=reading.connection,
        query=reading.query,
        items_counted=reading.items_counted,
        items_read=reading.items_read,
        items_reported=reading.items_reported,
        numerator=reading.numerator,
        denominator=reading.denominator,
        notes=reading.notes,
        moves=moves,
    )
    return add_measurement(tx, key_result.id, found), moves, True


def _judge(
    tx: Connection,
    key_result: KeyResult,
    value: Decimal | None,
    now: datetime,
    cause: str,
    measurement_id: int | None,
    moves: tuple[Move, ...],
    is_new: bool,
) -> Recorded:
    workspace = okrs.workspace_now(tx)
    if workspace is None:
        raise LookupError("there is no workspace yet: run `okrhub apply`")
    verdict = judge(key_result.declared.goal(workspace.zone), value, now, workspace.policy)
    before = key_result.standing.status
    set_standing(
        tx,
        key_result.id,
        progress=verdict.progress,
        status=verdict.status,
        judged_goal=key_result.declared.goal_digest(),
    )
    channels: tuple[int, ...] = ()
    if verdict.status is not before:
        set_standing(tx, key_result.id, status_since=now)
        change_id = add_status_change(tx, _change(key_result, verdict, value, now, cause, measurement_id, moves))
        channels = _tell_or_hold(tx, key_result, change_id, verdict.status, now, workspace.policy.hold)
    return Recorded(
        key_result.key,
        key_result.standing.value,
        value,
        before,
        verdict.status,
        len(channels),
        channels,
        is_new,
    )


def _change(
    key_result: KeyResult,
    verdict: Verdict,
    value: Decimal | None,
    now: datetime,
    cause: str,
    measurement_id: int | None,
    moves: tuple[Move, ...],
) -> StatusChange:
    return StatusChange(
        key_result_id=key_result.id,
        at=now,
        before=key_result.standing.status,
        after=verdict.status,
        value_before=key_result.standing.value,
        value=value,
        progress=verdict.progress,
        expected=verdict.expected,
        cause=cause,
        measurement_id=measurement_id,
        moves=moves,
    )


def _tell_or_hold(
    tx: Connection, key_result: KeyResult, change_id: int, after: Status, now: datetime, lasts: timedelta
) -> tuple[int, ...]:
    """Tell a change at once, unless it takes back what was told within the hold time: that waits and may vanish."""
    standing = key_result.standing
    told = standing.told_status
    if told is None or told in SILENT or after in SILENT:
        # An arrival, or no value any more: nothing to tell, and what comes next is compared with this.
        set_standing(tx, key_result.id, told_status=after, told_before=None, told_at=None, tell_due_at=None)
        return ()
    if after is told:
        set_standing(tx, key_result.id, tell_due_at=None)
        return ()
    is_flap = standing.told_at is not None and now < standing.told_at + lasts and after is standing.told_before
    if is_flap and standing.told_at is not None:
        set_standing(tx, key_result.id, tell_due_at=standing.told_at + lasts)
        return ()
    return _tell(tx, key_result, change_id, told, after, now)


def _tell(
    tx: Connection, key_result: KeyResult, change_id: int, before: Status, after: Status, now: datetime
) -> tuple[int, ...]:
    set_standing(tx, key_result.id, told_status=after, told_before=before, told_at=now, tell_due_at=None)
    told: list[int] = []
    for channel in channels_for(tx, team=key_result.team, key=key_result.key, after=after):
        if channel.state != "gone" and post_letter(
            tx,
            kind=ChangeKind.STATUS_CHANGE.value,
            change_id=change_id,
            channel_id=channel.id,
            before=before.value,
            after=after.value,
            now=now,
        ):
            told.append(channel.id)
    return tuple(told)
