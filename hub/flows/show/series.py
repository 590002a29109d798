"""The course of a key result over its time, as a chart and a table show it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from decimal import Decimal

from hub.flows.show.days import say_day, say_moment
from hub.flows.show.lights import STATUS_LIGHTS, Tint
from hub.flows.show.record_of import Record
from hub.flows.show.wording import say_cause, say_moves
from hub.model.forecast import Forecast, value_at
from hub.model.kinds import Kind, Origin, Status
from hub.model.numbers import Numbers, goal_words
from hub.model.progress import expected_value
from hub.store.changes import StatusChange
from hub.store.measurements import Measurement

MOST_READINGS = 40
ARRIVALS = frozenset({Status.NOT_JUDGED, Status.NOT_STARTED})


@dataclass(frozen=True, slots=True)
class Step:
    """A value from an instant on. Approximate ones were worked out from the items' dates."""

    at: datetime
    value: Decimal
    is_approximate: bool


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened at a value."""

    at: datetime
    value: Decimal
    tint: Tint
    words: str


@dataclass(frozen=True, slots=True)
class Stay:
    """A stretch of time in one status."""

    since: datetime
    until: datetime
    tint: Tint
    words: str


@dataclass(frozen=True, slots=True)
class Level:
    """A line that the value is held against."""

    value: Decimal
    words: str


@dataclass(frozen=True, slots=True)
class Series:
    """All that the chart draws. `safe` is the stretch a limit allows, open at an end that is None."""

    starts: datetime
    due: datetime
    now: datetime
    zone: tzinfo
    numbers: Numbers
    steps: tuple[Step, ...]
    expected: tuple[tuple[datetime, Decimal], ...]
    expected_now: Decimal | None
    forecast: Forecast | None
    levels: tuple[Level, ...]
    safe: tuple[Decimal | None, Decimal | None] | None
    changes: tuple[Mark, ...]
    check_ins: tuple[Mark, ...]
    lane: tuple[Stay, ...]
    beside: tuple[tuple[datetime, datetime, Decimal], ...]  # what the tool said while a person's word stood
    pauses: tuple[Stay, ...]
    words: str

    @property
    def has_approximate(self) -> bool:
        return any(step.is_approximate for step in self.steps)

    @property
    def tints(self) -> tuple[Tint, ...]:
        """The colours of the changes drawn, each once."""
        return tuple(dict.fromkeys(mark.tint for mark in self.changes))


@dataclass(frozen=True, slots=True)
class ReadingRow:
    """A line of the table of readings."""

    day: str
    value: str
    expected: str
    cause: str
    is_approximate: bool


def series_of(record: Record) -> Series:
    """Return the course of a key result."""
    by_moment = {m.at: m for m in record.measurements if m.value is not None and m.stands}  # the last one of each
    steps = tuple(
        Step(at, m.value, m.origin is Origin.RECONSTRUCTED) for at, m in by_moment.items() if m.value is not None
    )
    ahead = record.forecast()
    return Series(
        starts=record.goal.starts,
        due=record.goal.due,
        now=record.now,
        zone=record.house.zone,
        numbers=record.numbers,
        steps=steps,
        expected=_expected(record),
        expected_now=expected_value(record.goal, record.now) if record.now < record.goal.due else None,
        forecast=ahead,
        levels=_levels(record),
        safe=_safe(record),
        changes=_marks(record),
        check_ins=_check_ins(record),
        lane=_lane(record),
        beside=_beside(record),
        pauses=_pauses(record),
        words=_describe(record, ahead),
    )


def _expected(record: Record) -> tuple[tuple[datetime, Decimal], ...]:
    goal = record.goal
    corners = [goal.starts, *(at for at, _ in goal.phased_targets if goal.starts < at < goal.due), goal.due]
    found = [(at, expected_value(goal, at)) for at in corners]
    return tuple((at, value) for at, value in found if value is not None)


def _levels(record: Record) -> tuple[Level, ...]:
    declared, numbers = record.key_result.declared, record.numbers
    match declared.kind:
        case Kind.RANGE:
            assert declared.minimum is not None
            assert declared.maximum is not None
            return (
                Level(declared.maximum, f"Most {numbers.plain(declared.maximum)}"),
                Level(declared.minimum, f"Least {numbers.plain(declared.minimum)}"),
            )
        case Kind.STAY_BELOW | Kind.STAY_ABOVE:
            assert declared.target is not None
            return (Level(declared.target, f"Limit {numbers.plain(declared.target)}"),)
        case Kind.BASELINE:
            return ()
    target = record.target
    return () if target is None else (Level(target, f"Target {numbers.plain(target)}"),)


def _safe(record: Record) -> tuple[Decimal | None, Decimal | None] | None:
    declared = record.key_result.declared
    match declared.kind:
        case Kind.RANGE:
            return declared.minimum, declared.maximum
        case Kind.STAY_BELOW:
            return None, declared.target
        case Kind.STAY_ABOVE:
            return declared.target, None
    return None


def _marks(record: Record) -> tuple[Mark, ...]:
    marks = []
    for change in record.changes:
        if change.before in ARRIVALS or change.after in ARRIVALS or change.value is None:
            continue
        light = STATUS_LIGHTS[change.after]
        cause = say_cause(change, record.shows, record.numbers)
        day = say_day(change.at.astimezone(record.house.zone).date())
        was = STATUS_LIGHTS[change.before].word.lower()
        words = f"{day}: {was} to {light.word.lower()}"
        marks.append(Mark(change.at, change.value, light.tint, f"{words}, {cause}" if cause else words))
    return tuple(marks)


def _check_ins(record: Record) -> tuple[Mark, ...]:
    points = record.points
    marks = []
    for said in record.check_ins:
        value = said.value if said.value is not None else value_at(points, said.at)
        if value is None or said.at > record.now:
            continue
        day = say_day(said.at.astimezone(record.house.zone).date())
        author = record.house.name(said.author)
        marks.append(Mark(said.at, value, Tint.NONE, f"{day} check-in, {author}" if author else f"{day} check-in"))
    return tuple(marks)


def _lane(record: Record) -> tuple[Stay, ...]:
    end = min(record.now, record.goal.due)
    stays = []
    for number, change in enumerate(record.changes):
        until = record.changes[number + 1].at if number + 1 < len(record.changes) else end
        since, until = max(change.at, record.goal.starts), min(until, end)
        light = STATUS_LIGHTS[change.after]
        if since < until:
            stays.append(Stay(since, until, light.tint, light.word))
    return tuple(stays)


def _beside(record: Record) -> tuple[tuple[datetime, datetime, Decimal], ...]:
    """Return the stretches in which the tool said something else than the value that stood."""
    read = [m for m in record.measurements if m.origin is Origin.MEASURED]
    said = [m.at for m in record.measurements if m.origin is Origin.CHECK_IN and m.stands]
    end = min(record.now, record.goal.due)
    found = []
    for number, m in enumerate(read):
        until = min(read[number + 1].at if number + 1 < len(read) else end, end)
        since = m.at if not m.stands else next((at for at in said if m.at <= at < until), None)
        if since is not None and since < until and m.value is not None:
            found.append((since, until, m.value))
    return tuple(found)


def _pauses(record: Record) -> tuple[Stay, ...]:
    end = min(record.now, record.goal.due)
    stays = []
    for pause in record.pauses:
        since, until = max(pause.since, record.goal.starts), min(pause.until or end, end)
        if since < until:
            day = say_day(since.astimezone(record.house.zone).date())
            by = record.house.name(pause.by)
            stays.append(Stay(since, until, Tint.NONE, f"Paused from {day}{f', {by}' if by else ''}"))
    return tuple(stays)


def _describe(record: Record, ahead: Forecast | None) -> str:
    """Say in words what the chart shows."""
    declared, numbers, zone = record.key_result.declared, record.numbers, record.house.zone
    said = [f"{declared.title}, {say_day(declared.starts)} to {say_day(declared.due)}."]
    value = record.key_result.standing.value
    today = say_day(record.now.astimezone(zone).date())
    if value is None:
        said.append("There is no value yet.")
    else:
        due = expected_value(record.goal, record.now)
        held = f", expected {numbers.plain_guess(due)}" if due is not None else f", {goal_words(declared)}"
        said.append(f"{numbers.plain(value)} on {today}{held}.")
    if ahead is not None and record.target is not None:
        said.append(
            f"At the pace of the last four weeks it reaches {numbers.plain_guess(ahead.at_due)} "
            f"by {say_day(declared.due)}, "
            f"likely between {numbers.plain_guess(ahead.low)} and {numbers.plain_guess(ahead.high)}, "
            f"against a target of {numbers.plain(record.target)}."
        )
    return " ".join([*said, "The table of readings holds the same numbers."])


def readings_of(record: Record) -> tuple[tuple[ReadingRow, ...], int]:
    """Return the newest readings as rows, and how many older ones there are."""
    newest = record.measurements[::-1]
    by_measurement: dict[int, list[StatusChange]] = {}
    for change in record.changes:
        if change.measurement_id is not None and change.before not in ARRIVALS:
            by_measurement.setdefault(change.measurement_id, []).append(change)
    rows = tuple(_row(record, m, by_measurement.get(m.id, [])) for m in newest[:MOST_READINGS])
    return rows, max(0, len(newest) - MOST_READINGS)


def _row(record: Record, m: Measurement, changes: Sequence[StatusChange]) -> ReadingRow:
    due = expected_value(record.goal, m.at)
    cause = {Origin.CHECK_IN: "checked in", Origin.RECONSTRUCTED: "worked out from the items' dates"}.get(m.origin)
    if cause is None:
        cause = say_moves(m.moves, record.shows) or (m.notes[0] if m.notes else "read")
    if not m.stands:
        cause += ", not taken"
    for change in changes:
        cause += f", {STATUS_LIGHTS[change.before].word.lower()} to {STATUS_LIGHTS[change.after].word.lower()}"
    return ReadingRow(
        say_moment(m.at, record.now, record.house.zone),
        record.numbers.plain(m.value),
        "" if due is None else record.numbers.guess(due),
        cause,
        m.origin is Origin.RECONSTRUCTED,
    )
