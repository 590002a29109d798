"""The one way to judge: sync, apply, check-ins and the daily re-judging all end here.

Everything happens in the caller's transaction: measurement, contributions, status change and one letter for each
routed channel are stored together or not at all.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Connection

from hub.model.judge import judge
from hub.model.key_result import Held, KeyResult
from hub.model.kinds import Freshness, Kind, Origin, Status
from hub.model.moves import SEEN_LATE, Contribution, Move, compare
from hub.model.progress import milestones_value
from hub.model.reasons import Reason
from hub.reading import Reading, Recorded, is_later, is_newest, takes
from hub.store import okrs
from hub.store.changes import StatusChange, add_status_change, changes_of
from hub.store.contributions import change_contributions, contributions_at, contributions_now
from hub.store.key_results import lock_key_result, set_standing
from hub.store.measurements import Measurement, add_measurement, last_measurement, last_reading, measurements_of
from hub.store.pauses import note_pause, note_resume
from hub.store.rules import current_rule
from hub.store.write_backs import want_written
from hub.telling import tell, tell_kept_back, tell_or_hold

__all__ = [
    "Reading",
    "Recorded",
    "confirm",
    "hold",
    "is_newest",
    "let_go",
    "note_word",
    "pause",
    "record",
    "rejudge",
    "resume",
    "settle",
    "takes",
    "tell_held_back",
]


def record(tx: Connection, key_result_id: int, reading: Reading, now: datetime) -> Recorded:
    """Record a value, judge it and leave letters for the channels. Repeating it changes nothing but `checked_at`.

    What the tool says becomes the value, unless a person's word stands over it: that holds until the tool's own value
    changes, and while it is paused, until somebody resumes it.

    After the end of the cycle what is recorded holds as of its last instant, and once the result is final nothing is.
    """
    key_result = _locked(tx, key_result_id)
    standing = key_result.standing
    if key_result.is_frozen(now):
        return _unmoved(key_result)
    reading = replace(reading, at=min(reading.at, key_result.within(now)))
    is_measured = reading.origin is Origin.MEASURED
    last = last_reading(tx, key_result.id) if is_measured else last_measurement(tx, key_result.id)
    stands = not is_measured or takes(key_result, last, reading.value)
    measurement_id, moves, is_new = _store_reading(tx, key_result, last, reading, now, stands)
    changes: dict[str, object] = {}
    if is_measured:
        changes.update(automatic_value=reading.value, checked_at=now, in_scope=reading.items_counted)
        if last is None or last.value != reading.value or standing.automatic_at is None:
            changes["automatic_at"] = reading.at
    elif key_result.is_manual and is_later(standing.checked_at, reading.at, now):
        changes["checked_at"] = reading.at
    if is_measured or key_result.is_manual:
        freshness = Freshness.PARTIAL if reading.partial else Freshness.FRESH
        code = Reason.SET_ASIDE if reading.partial else Reason.NONE
        changes.update(freshness=freshness, freshness_note=reading.partial, freshness_code=code, held=None)
        if standing.freshness is not freshness:
            changes["freshness_since"] = now
    if stands:
        changes["value"] = reading.value
        if is_new:
            changes["measured_at"] = reading.at
    set_standing(tx, key_result.id, **changes)
    if not stands:
        return _judge(tx, key_result, standing.value, now, "time", None, (), is_new)
    cause = "measurement" if is_measured else "check_in"
    return _judge(tx, key_result, reading.value, now, cause, measurement_id, moves, is_new)


def note_word(tx: Connection, key_result_id: int, at: datetime) -> None:
    """Note a check-in that leaves the value as it is: a manual one counts as looked after from then on."""
    key_result = _locked(tx, key_result_id)
    checked = key_result.standing.checked_at
    if key_result.is_manual and (checked is None or checked < at):
        set_standing(tx, key_result.id, checked_at=at)


def pause(tx: Connection, key_result_id: int, *, who: str, note: str, now: datetime) -> bool:
    """Keep the tool's values out until somebody resumes; False when they are kept out already."""
    key_result = _locked(tx, key_result_id)
    if key_result.is_paused or key_result.is_frozen(now):
        return False
    set_standing(tx, key_result.id, paused_at=now, paused_by=who, pause_note=note, tell_due_at=None)
    note_pause(tx, key_result.key, who=who, note=note, at=now)
    return True


def resume(tx: Connection, key_result_id: int, *, who: str, now: datetime) -> Recorded | None:
    """Take the tool's value again, at once, and tell what a pause kept back; None when it is not paused."""
    key_result = _locked(tx, key_result_id)
    if not key_result.is_paused or key_result.is_frozen(now):
        return None
    set_standing(tx, key_result.id, paused_at=None, paused_by="", pause_note="")
    note_resume(tx, key_result.key, who=who, at=now)
    key_result = replace(key_result, standing=replace(key_result.standing, paused_at=None))
    standing, last, rule = key_result.standing, last_reading(tx, key_result.id), current_rule(tx, key_result.id)
    value, measurement_id = standing.value, None
    if last is not None and rule is not None and last.rule_revision not in {None, rule.revision}:
        # It was said by a rule that somebody has changed since: what the new one says is taken when it is worked out.
        set_standing(tx, key_result.id, automatic_value=None, automatic_at=None)
        last = None
    at = key_result.within(now)
    if last is not None and last.at <= at and (last.value != value or not last.stands):
        value = last.value
        measurement_id = add_measurement(tx, key_result.id, replace(last, at=at, moves=(), stands=True))
        set_standing(tx, key_result.id, value=value, measured_at=at)
    found = _judge(tx, key_result, value, now, "resume", measurement_id, (), measurement_id is not None)
    told = tell_kept_back(tx, key_result, found.before, found.after, now)
    return replace(found, letters=len(told), channels=told) if told else found


def let_go(tx: Connection, key_result_id: int, *, who: str, now: datetime) -> Recorded:
    """Leave a key result that has lost its rule to people: its value stands, and no light or pause of the tool's.

    What the rule said is forgotten as a measure too: one that comes back is taken whatever it says. Tells what a
    pause kept back.
    """
    key_result = _locked(tx, key_result_id)
    standing = key_result.standing
    if standing.paused_at is not None:
        note_resume(tx, key_result.key, who=who, at=now)
    freshness = Freshness.WAITING if standing.checked_at is None else Freshness.FRESH
    cleared: dict[str, object] = {"paused_at": None, "paused_by": "", "pause_note": "", "freshness_note": ""}
    cleared.update(freshness_code=Reason.NONE, held=None)
    cleared.update(automatic_value=None, automatic_at=None, in_scope=None, freshness=freshness)
    if standing.freshness is not freshness:
        cleared["freshness_since"] = now
    set_standing(tx, key_result.id, **cleared)
    key_result = replace(key_result, standing=replace(standing, paused_at=None))
    told = tell_kept_back(tx, key_result, standing.status, standing.status, now)
    return Recorded(key_result.key, standing.value, standing.value, standing.status, standing.status, len(told), told)


def rejudge(tx: Connection, key_result_id: int, now: datetime, *, is_new_policy: bool = False) -> Recorded:
    """Judge the value that stands again: time has passed, or the goal or the workspace's policy was changed."""
    key_result = _locked(tx, key_result_id)
    if key_result.is_frozen(now) and not _awaits_its_last_status(tx, key_result):
        return _unmoved(key_result)
    is_same_goal = key_result.standing.judged_goal == key_result.declared.goal_digest() and not is_new_policy
    cause = "time" if is_same_goal else "goal"
    return _judge(tx, key_result, key_result.standing.value, now, cause, None, (), False)


def settle(tx: Connection, key_result_id: int, now: datetime) -> Recorded:
    """Go back, or on, to the value of the instant that counts since the cycle of a key result was given another end.

    What was measured after that instant stays in its history and is no longer the value; what is behind the value goes
    back with it. The newest rows are written anew as of that instant, so that what comes next is compared with them.
    """
    key_result = _locked(tx, key_result_id)
    workspace = okrs.workspace_now(tx)
    assert workspace is not None
    at = key_result.within(now)
    course = [one for one in measurements_of(tx, key_result.id) if one.at <= at]
    read = next((one for one in reversed(course) if one.origin is Origin.MEASURED), None)
    stood = next((one for one in reversed(course) if one.stands), None)
    value = None if stood is None else stood.value
    if key_result.is_manual and key_result.declared.kind is Kind.MILESTONES:
        value = milestones_value(key_result.declared.goal(workspace.zone), at)
    newest_read, newest = last_reading(tx, key_result.id), last_measurement(tx, key_result.id)
    if read is not None and newest_read is not None and read.id != newest_read.id and read != stood:
        add_measurement(tx, key_result.id, replace(read, at=at, moves=()))
    if stood is not None and newest is not None and stood.id != newest.id:
        add_measurement(tx, key_result.id, replace(stood, at=at, moves=()))
    set_standing(
        tx,
        key_result.id,
        value=value,
        measured_at=None if stood is None else stood.at,
        automatic_value=None if read is None else read.value,
        automatic_at=None if read is None else read.at,
    )
    before, behind = contributions_now(tx, key_result.id), contributions_at(tx, key_result.id, at)
    change_contributions(
        tx,
        key_result.id,
        closed=[key for key, one in before.items() if behind.get(key) != one],
        opened=[one for key, one in behind.items() if before.get(key) != one],
        at=now,
    )
    return _judge(tx, key_result, value, now, "goal", None, (), False)


def _awaits_its_last_status(tx: Connection, key_result: KeyResult) -> bool:
    """Whether nobody judged it since its cycle ended, though its time was up then: the hub was away all the while."""
    workspace, ending = okrs.workspace_now(tx), key_result.ending
    if workspace is None or ending is None or ending.is_closed or key_result.standing.value is None:
        return False
    is_due = key_result.declared.goal(workspace.zone).due <= ending.ended_at
    return is_due and key_result.standing.status not in {Status.ACHIEVED, Status.MISSED, Status.NOT_JUDGED}


def _unmoved(key_result: KeyResult) -> Recorded:
    standing = key_result.standing
    return Recorded(key_result.key, standing.value, standing.value, standing.status, standing.status)


def hold(
    tx: Connection,
    key_result_id: int,
    freshness: Freshness,
    note: str,
    now: datetime,
    *,
    code: Reason = Reason.NONE,
    held: Held | None = None,
) -> None:
    """Keep the last good value and say why no newer one is there, and which was held back. An error is never a value.

    `code` says what the note is about: by it is decided who may read it.
    """
    key_result = _locked(tx, key_result_id)
    standing = key_result.standing
    if key_result.is_frozen(now):
        return
    known = (standing.freshness, standing.freshness_note, standing.freshness_code, standing.held)
    if known != (freshness, note, code, held):
        since = standing.freshness_since if standing.freshness is freshness else now
        changes: dict[str, object] = {"freshness": freshness, "freshness_note": note, "freshness_since": since}
        set_standing(tx, key_result.id, **changes, freshness_code=code, held=held)


def confirm(tx: Connection, key_result_id: int, now: datetime) -> None:
    """Note that a read found nothing changed: the value that stands is as fresh as the read."""
    key_result = _locked(tx, key_result_id)
    if key_result.is_frozen(now):
        return
    changes: dict[str, object] = {"checked_at": now}
    if key_result.standing.freshness is not Freshness.FRESH:
        changes.update(freshness=Freshness.FRESH, freshness_note="", freshness_since=now)
        changes.update(freshness_code=Reason.NONE, held=None)
    set_standing(tx, key_result.id, **changes)


def tell_held_back(tx: Connection, key_result_id: int, now: datetime) -> Recorded:
    """Tell a change that was held back as a flap, if it still stands."""
    key_result = _locked(tx, key_result_id)
    standing = key_result.standing
    told = standing.told_status
    set_standing(tx, key_result.id, tell_due_at=None)
    channels: tuple[int, ...] = ()
    if told is not None and told is not standing.status and not (key_result.is_paused or key_result.is_over(now)):
        last = changes_of(tx, key_result.id)[-1]
        channels = tell(tx, key_result, last.id, told, standing.status, now)
    return Recorded(
        key_result.key, standing.value, standing.value, standing.status, standing.status, len(channels), channels
    )


def _locked(tx: Connection, key_result_id: int) -> KeyResult:
    key_result = lock_key_result(tx, key_result_id)
    if key_result is None:
        raise LookupError(f"key result {key_result_id} is archived or was never there")
    return key_result


def _store_reading(
    tx: Connection, key_result: KeyResult, last: Measurement | None, reading: Reading, now: datetime, stands: bool
) -> tuple[int | None, tuple[Move, ...], bool]:
    """Write a measurement if anything differs from the last one; return its id, the moves and whether it is new."""
    moves: tuple[Move, ...] = ()
    closed: list[str] = []
    opened: list[Contribution] = []
    if reading.contributions is not None:
        before = contributions_now(tx, key_result.id)
        same_rule = last is not None and last.rule_revision == reading.rule_revision
        if last is not None and same_rule:
            born, ended = reading.created or {}, reading.done or {}
            moves = compare(
                before,
                reading.contributions,
                left_out=reading.left_out,
                known=frozenset(key for key, at in born.items() if at <= last.read_at),
                done=frozenset(key for key, at in ended.items() if at <= last.read_at - SEEN_LATE),
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
        and (last.stands or not stands)
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
        stands=stands,
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
    as_of = key_result.judged_as_of(now)
    verdict = judge(key_result.declared.goal(workspace.zone), value, as_of, workspace.policy)
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
        change = StatusChange(
            key_result_id=key_result.id,
            at=now,
            before=before,
            after=verdict.status,
            value_before=key_result.standing.value,
            value=value,
            progress=verdict.progress,
            expected=verdict.expected,
            cause=cause,
            measurement_id=measurement_id,
            moves=moves,
        )
        change_id = add_status_change(tx, change)
        channels = tell_or_hold(tx, key_result, change_id, verdict.status, now, workspace.policy.hold)
    if not (key_result.is_paused or key_result.is_over(now)) and (
        cause == "resume" or verdict.status is not before or value != key_result.standing.value
    ):
        want_written(tx, key_result.id, verdict.status, value, now, hold=workspace.policy.hold)
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
