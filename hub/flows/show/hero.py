"""The big number and what it means: the list beside the chart, and one sentence on its status."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from hub.flows.show.days import say_day, say_weekday
from hub.flows.show.lights import STATUS_LIGHTS
from hub.flows.show.record_of import Record
from hub.flows.show.wording import say_cause
from hub.model.forecast import value_at
from hub.model.key_result import KeyResult
from hub.model.kinds import Kind, Status
from hub.model.numbers import estimated
from hub.model.progress import ONE, expected_value

WEEK = timedelta(weeks=1)


@dataclass(frozen=True, slots=True)
class Fact:
    """A line of the list: what, how much, and a quieter addition."""

    label: str
    value: str
    note: str = ""


def facts_of(record: Record) -> tuple[Fact, ...]:
    """Return the list beside the big number; what it holds depends on the kind."""
    declared = record.key_result.declared
    if declared.kind.is_control:
        return tuple(_limit_facts(record))
    if declared.kind is Kind.BASELINE:
        return tuple(_extremes(record))
    return tuple(_travel_facts(record))


def _travel_facts(record: Record) -> list[Fact]:
    numbers, goal, standing = record.numbers, record.goal, record.key_result.standing
    found: list[Fact] = []
    due = expected_value(goal, record.now)
    is_over = record.now >= goal.due or record.key_result.is_over(record.now)
    if due is not None and not is_over:
        found.append(Fact("Expected today", numbers.plain_guess(due)))
        if standing.value is not None and standing.progress is not None:
            is_ahead = (standing.value - due) * _direction(record) >= 0
            gap = numbers.apart_by_about(standing.value - estimated(due))
            found.append(Fact("Ahead by" if is_ahead else "Behind by", gap))
    found.extend(_this_week(record))
    ahead = None if is_over else record.forecast()
    if ahead is not None:
        band = f"({numbers.guess(ahead.low)} to {numbers.guess(ahead.high)})"
        found.append(Fact("At this pace", numbers.plain_guess(ahead.at_due), band))
    if not is_over and standing.value is not None and record.target is not None and standing.progress is not None:
        weeks = Decimal(str((goal.due - record.now) / WEEK))
        if standing.progress < ONE and weeks > 0:
            a_week = (record.target - standing.value) / max(weeks, Decimal("0.15"))
            found.append(Fact("Needed a week", numbers.rate(a_week)))
    if ahead is not None:
        found.append(Fact("Pace, 4 weeks", numbers.rate(ahead.pace)))
    if is_over:
        found.append(Fact("Ended", say_day(record.key_result.declared.due)))
    return found


def _direction(record: Record) -> int:
    target = record.target
    return -1 if target is not None and target < record.goal.baseline else 1


def _this_week(record: Record) -> list[Fact]:
    points = record.points
    before, now = value_at(points, record.now - WEEK), record.key_result.standing.value
    if before is None or now is None:
        return []
    return [Fact("This week", record.numbers.signed(now - before))]


def _limit_facts(record: Record) -> list[Fact]:
    declared, numbers, value = record.key_result.declared, record.numbers, record.key_result.standing.value
    found: list[Fact] = []
    if declared.kind is Kind.RANGE:
        found.append(Fact("To stay within", f"{numbers.bare(declared.minimum)} to {numbers.plain(declared.maximum)}"))
        room = _room_in_range(declared.minimum, declared.maximum, value)
    else:
        word = "below" if declared.kind is Kind.STAY_BELOW else "above"
        found.append(Fact(f"To stay {word}", numbers.plain(declared.target)))
        if declared.risk_threshold is not None:
            found.append(Fact("At risk from", numbers.plain(declared.risk_threshold)))
        sign = 1 if declared.kind is Kind.STAY_BELOW else -1
        room = None if value is None or declared.target is None else (declared.target - value) * sign
    if room is not None:
        is_safe = record.key_result.standing.progress == ONE
        found.append(Fact("Room left" if is_safe else "Outside by", numbers.apart_by(room)))
    return [*found, *_this_week(record), *_lowest_and_highest(record)]


def _room_in_range(low: Decimal | None, high: Decimal | None, value: Decimal | None) -> Decimal | None:
    if value is None or low is None or high is None:
        return None
    return min(value - low, high - value)


def _lowest_and_highest(record: Record) -> list[Fact]:
    values = [value for _, value in record.points]
    if len(set(values)) < 2:
        return []
    return [Fact("Lowest", record.numbers.plain(min(values))), Fact("Highest", record.numbers.plain(max(values)))]


def _extremes(record: Record) -> list[Fact]:
    points = record.points
    if not points:
        return []
    at, first = points[0]
    day = say_day(at.astimezone(record.house.zone).date())
    return [Fact(f"First, {day}", record.numbers.plain(first)), *_this_week(record), *_lowest_and_highest(record)]


def standing_words(record: Record) -> str:
    """Say since when the status holds and why; or why there is none."""
    key_result: KeyResult = record.key_result
    standing, declared = key_result.standing, key_result.declared
    status = standing.status
    if status is Status.NOT_JUDGED:
        if declared.kind is Kind.BASELINE:
            return "Watched, not judged: a target can be set once the numbers say what is usual."
        if standing.value is not None:
            return "Not judged yet."
        return "No check-in yet, so there is nothing to judge." if key_result.is_manual else _unread(record)
    if status is Status.NOT_STARTED:
        return f"Starts on {say_day(declared.starts)}. Until then the value is shown and not judged."
    last = record.changes[-1] if record.changes else None
    if last is None or last.after is not status:
        return ""
    word = STATUS_LIGHTS[status].word
    since = say_weekday(last.at, record.now, record.house.zone)
    if last.before in {Status.NOT_JUDGED, Status.NOT_STARTED}:
        return f"{word} since {since}, its first status."
    cause = say_cause(last, record.shows, record.numbers)
    return f"{word} since {since}: {cause}." if cause else f"{word} since {since}."


def _unread(record: Record) -> str:
    note = record.key_result.standing.freshness_note
    if note:
        return f"No value yet. {note[0].upper()}{note[1:]}"
    if record.last is not None:
        notes = f" ({'; '.join(record.last.notes)})" if record.last.notes else ""
        return f"No value yet: it was read, and there is nothing to divide by{notes}."
    return "No value yet: the first read has not come through."
