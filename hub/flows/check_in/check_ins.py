"""Taking a check-in: the words, the value they bring, the status that follows and who is told, in one transaction."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

import hub.record as recording
from hub.flows.check_in.words import (
    MOST_CONFIDENCE,
    MOST_NOTE,
    NOT_THERE,
    Refused,
    Said,
    check_given_as,
    tidy,
    too_long,
)
from hub.model.key_result import KeyResult
from hub.model.kinds import Kind, Origin
from hub.model.phase import FINAL
from hub.model.spoken import NumberProblem, read_number
from hub.record import Reading, Recorded
from hub.store import Store, check_ins, key_results, measurements, okrs
from hub.store.check_ins import CheckIn
from hub.store.measurements import Measurement

NOON = time(12)


@dataclass(frozen=True, slots=True)
class CheckedIn:
    """A check-in that stands: now, or since it was handed in the first time (`is_new` is false then).

    `is_value` says that its value became the value; `has_paused` that the tool's values are kept out from now on.
    """

    check_in: CheckIn
    is_new: bool
    is_value: bool = False
    has_paused: bool = False
    recorded: Recorded | None = None

    @property
    def channels(self) -> tuple[int, ...]:
        """The channels that have letters now."""
        return self.recorded.channels if self.recorded is not None else ()


def check_in(store: Store, key: str, said: Said, *, who: str, now: datetime) -> CheckedIn:
    """Take what somebody says about a key result. Raises Refused with every problem at once, and stores nothing then.

    `who` is an e-mail address. Handed in twice under one key, it is one check-in.
    """
    check_given_as(said.given_as)
    with store.write() as tx:
        key_result = _held(tx, key)
        workspace = okrs.workspace_now(tx)
        assert workspace is not None
        provided_as = f"given:{who}:{said.given_as}"
        before = check_ins.check_in_provided_as(tx, key_result.id, provided_as)
        if before is not None:
            return _again(key_result, before, said)
        taken = _read(key_result, said, who, provided_as, workspace.zone, now)
        taken = _in_time(key_result, taken, workspace.zone, now)
        check_ins.add_check_in(tx, key_result.id, taken)
        recorded, is_value = _take(tx, key_result, taken, now)
        has_paused = said.pauses and recording.pause(tx, key_result.id, who=who, note=taken.note[:300], now=now)
    return CheckedIn(taken, True, is_value, has_paused, recorded)


def _held(tx: Connection, key: str) -> KeyResult:
    """Return the key result with its row held: two who speak at once take turns, and so does a sync."""
    found = key_results.key_result_by_key(tx, key)
    held = None if found is None else key_results.lock_key_result(tx, found.id)
    if held is None:
        raise Refused({"": NOT_THERE}, is_late=True)
    return held


def _again(key_result: KeyResult, before: CheckIn, said: Said) -> CheckedIn:
    """Return the check-in that this form brought already, if it still says the same."""
    problems: dict[str, str] = {}
    now_said = (tidy(said.note), tidy(said.blockers), _confidence(said.confidence.strip(), problems))
    value = None
    if said.value.strip():
        try:
            value = read_number(said.value, key_result.declared.unit)
        except NumberProblem:
            value = Decimal("NaN")
    if problems or now_said != (before.note, before.blockers, before.confidence) or value != before.value:
        words = "This form was saved before with other words, and those stand. Check in anew to say more."
        raise Refused({"": words}, is_late=True)
    return CheckedIn(before, False)


def _read(key_result: KeyResult, said: Said, who: str, provided_as: str, zone: ZoneInfo, now: datetime) -> CheckIn:
    problems: dict[str, str] = {}
    note, blockers = tidy(said.note), tidy(said.blockers)
    for field, text in (("note", note), ("blockers", blockers)):
        if long := too_long(text, MOST_NOTE):
            problems[field] = long
    value = _value(key_result, said.value, problems)
    confidence = _confidence(said.confidence.strip(), problems)
    at = _moment(said.on.strip(), zone, now, problems)
    if said.pauses and key_result.is_manual:
        problems["pauses"] = "No tool moves this one, so there is nothing to pause."
    if not problems and value is None and confidence is None and not note and not blockers:
        problems[""] = "Say something: a note, what is in the way, or how sure you are."
    if problems:
        raise Refused(problems)
    return CheckIn(at, who, value, confidence, note, provided_as, blockers)


def _value(key_result: KeyResult, text: str, problems: dict[str, str]) -> Decimal | None:
    if not text.strip():
        return None
    if key_result.declared.kind is Kind.MILESTONES and key_result.is_manual:
        problems["value"] = "The milestones are the value: give one its done_on in the file and apply it."
        return None
    try:
        return read_number(text, key_result.declared.unit)
    except NumberProblem as problem:
        words = str(problem)
        problems["value"] = f"{words[:1].upper()}{words[1:]}."
        return None


def _confidence(text: str, problems: dict[str, str]) -> int | None:
    if not text:
        return None
    if text.isascii() and text.isdigit() and len(text) <= 2 and int(text) <= MOST_CONFIDENCE:
        return int(text)
    problems["confidence"] = "How sure you are is a whole number from 0 to 10."
    return None


def _moment(text: str, zone: ZoneInfo, now: datetime, problems: dict[str, str]) -> datetime:
    """Return when it was so: now, or noon of an earlier day."""
    if not text:
        return now
    try:
        day = date.fromisoformat(text)
    except ValueError:
        problems["on"] = "Write the day as 2026-11-23."
        return now
    today = now.astimezone(zone).date()
    if day > today:
        problems["on"] = "That day has not come yet: a check-in says how it is, or how it was."
    return now if day >= today else datetime.combine(day, NOON, tzinfo=zone).astimezone(UTC)


def _in_time(key_result: KeyResult, taken: CheckIn, zone: ZoneInfo, now: datetime) -> CheckIn:
    """Return a check-in at the instant it is about. Raises Refused where nothing is taken for that any more, or yet.

    After the end of a cycle one for its last day is about how that day ended.
    """
    at, ending = taken.at, key_result.ending
    if key_result.is_frozen(now):
        raise Refused({"": f"{FINAL} Comments are still taken."}, is_late=True)
    if ending is not None and now >= ending.ended_at:
        day = f"{ending.day.day} {ending.day:%B}"
        if at >= ending.ended_at:
            until = f"{ending.final_day.day} {ending.final_day:%B}"
            words = f"Its cycle ended on {day}: check in for that day or one before, until {until}."
            raise Refused({"on": words}, is_late=True)
        if at.astimezone(zone).date() == ending.day:
            at = ending.last
    starts = key_result.declared.goal(zone).starts
    if at < starts:
        day = f"{starts.day} {starts:%B}"
        raise Refused({"on" if at < now else "": f"It starts on {day}: check in from then on."}, is_late=True)
    return replace(taken, at=at)


def _take(tx: Connection, key_result: KeyResult, taken: CheckIn, now: datetime) -> tuple[Recorded | None, bool]:
    """Let a value stand, or fill the past with it where a newer one stands already."""
    if taken.value is None:
        recording.note_word(tx, key_result.id, taken.at)
        return None, False
    if recording.is_newest(key_result, taken.at, now):
        return recording.record(tx, key_result.id, Reading(taken.value, Origin.CHECK_IN, taken.at), now), True
    if key_result.is_manual:
        past = Measurement(at=taken.at, value=taken.value, origin=Origin.CHECK_IN, read_at=now)
        measurements.add_measurement(tx, key_result.id, past)
    return None, False
