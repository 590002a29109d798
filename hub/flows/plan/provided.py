"""What files say of values: the check-ins they provide, and how a key result is judged after them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from hub.model.key_result import KeyResult
from hub.model.kinds import Kind, Origin
from hub.model.progress import milestones_value
from hub.record import Reading, Recorded, is_newest, note_word, record, rejudge
from hub.store import (
    check_ins,
    measurements,
)
from hub.store.check_ins import CheckIn
from hub.store.measurements import Measurement
from hub.workspace.entries import CheckInEntry

NOON = time(12)


def take_check_ins(
    tx: Connection, key_result: KeyResult, entries: tuple[CheckInEntry, ...], zone: ZoneInfo, now: datetime
) -> Iterator[CheckIn]:
    """Take the check-ins that a file provides and are not taken yet; those dated in the future wait."""
    for entry in sorted(entries, key=lambda one: one.on):
        if entry.on > now.astimezone(zone).date() or comes_too_late(key_result, entry, now):
            continue
        at = min(datetime.combine(entry.on, NOON, tzinfo=zone), now).astimezone(UTC)
        if key_result.ending is not None and key_result.is_over(now) and entry.on == key_result.ending.day:
            at = key_result.ending.last  # how its last day ended
        said = CheckIn(
            at, entry.by or "", entry.value, entry.confidence, entry.note, f"file:{entry.on}", entry.blockers
        )
        if check_ins.add_check_in(tx, key_result.id, said):
            yield said


def comes_too_late(key_result: KeyResult, entry: CheckInEntry, now: datetime) -> bool:
    """Whether a check-in is not taken any more: the result is final, or it is for a day after the end of the cycle."""
    ending = key_result.ending
    return key_result.is_frozen(now) or (ending is not None and key_result.is_over(now) and entry.on > ending.day)


def rate(
    tx: Connection, key_result: KeyResult, zone: ZoneInfo, now: datetime, *, news: Sequence[CheckIn], anew: bool
) -> Iterator[Recorded]:
    """Judge a key result after its declaration was stored: a new check-in, a new goal or policy, or new milestones."""
    declared = key_result.declared
    if news:
        note_word(tx, key_result.id, max(one.at for one in news))
    said = check_ins.check_ins_of(tx, key_result.id)
    reading = None
    if declared.kind is Kind.MILESTONES and key_result.is_manual:
        value = milestones_value(declared.goal(zone), key_result.within(now))
        if news or value != key_result.standing.value:
            today = now.astimezone(zone).date()
            days = [one.done_on for one in declared.milestones if one.done_on is not None and one.done_on <= today]
            noons = [datetime.combine(day, NOON, tzinfo=zone) for day in days]
            reading = Reading(value, Origin.CHECK_IN, min(max([*noons, *(one.at for one in said)], default=now), now))
    else:
        newest = max((one for one in said if one.value is not None), key=lambda one: one.at, default=None)
        for one in news:
            is_last = newest is not None and one.provided_as == newest.provided_as
            if is_last and is_newest(key_result, one.at, now):
                reading = Reading(one.value, Origin.CHECK_IN, one.at)
            elif one.value is not None and key_result.is_manual:
                past = Measurement(at=one.at, value=one.value, origin=Origin.CHECK_IN, read_at=now)
                measurements.add_measurement(tx, key_result.id, past)
    if reading is not None:
        yield record(tx, key_result.id, reading, now)
    elif anew or key_result.standing.judged_goal != declared.goal_digest():
        yield rejudge(tx, key_result.id, now, is_new_policy=anew)
