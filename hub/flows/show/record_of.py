"""Everything that is stored about one key result, read once for its page."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Connection

from hub.flows.show.house import House
from hub.model.forecast import Forecast, forecast, within_reason
from hub.model.key_result import KeyResult
from hub.model.kinds import Kind, Origin
from hub.model.numbers import Numbers, numbers_of, weight_of_milestones
from hub.model.okr import Goal
from hub.model.progress import expected_value
from hub.model.shares import doubt_shares
from hub.store.acceptances import Acceptance, acceptances_of
from hub.store.changes import StatusChange, changes_of
from hub.store.check_ins import CheckIn, check_ins_of
from hub.store.comments import Comment, comments_of
from hub.store.measurements import Measurement, course_of, last_measurement, last_reading
from hub.store.page_reads import Mail, mail_of
from hub.store.pauses import Pause, pauses_of
from hub.store.rules import RuleRow, current_rule, revisions
from hub.store.set_back import as_written
from mappings import Rule

TRAVELLING = frozenset({Kind.REACH, Kind.INCREASE, Kind.DECREASE, Kind.MILESTONES})


@dataclass(frozen=True, slots=True)
class Record:
    """One key result with its past. Measurements, changes and check-ins are oldest first."""

    house: House
    key_result: KeyResult
    goal: Goal
    numbers: Numbers
    measurements: tuple[Measurement, ...]
    last: Measurement | None
    reading: Measurement | None  # what the rule gave last, whether it stands or not
    changes: tuple[StatusChange, ...]
    check_ins: tuple[CheckIn, ...]
    comments: tuple[Comment, ...]
    pauses: tuple[Pause, ...]
    mail: tuple[Mail, ...]
    rule_row: RuleRow | None
    rule: Rule | None
    revisions: tuple[RuleRow, ...]
    acceptances: tuple[Acceptance, ...] = ()  # readings that somebody took although they were held back

    @property
    def now(self) -> datetime:
        return self.house.now

    @property
    def shows(self) -> str:
        """How much of its items may be shown: none, refs or titles."""
        return self.rule.show_items if self.rule is not None else "none"

    @property
    def points(self) -> list[tuple[datetime, Decimal]]:
        """The values that stood, in the order of time."""
        return [(m.at, m.value) for m in self.measurements if m.value is not None and m.stands]

    @property
    def is_travelling(self) -> bool:
        """Whether it is on its way to a target, rather than keeping a limit or being watched."""
        return self.key_result.declared.kind in TRAVELLING

    @property
    def target(self) -> Decimal | None:
        declared = self.key_result.declared
        if declared.kind is Kind.MILESTONES:
            return weight_of_milestones(declared)
        return declared.target

    def forecast(self) -> Forecast | None:
        """Return where it lands at the present pace, None where that says nothing."""
        if not self.is_travelling:
            return None
        found = forecast(self.points, self.goal.starts, self.goal.due, self.now)
        if found is None:
            return None
        known = [value for _, value in self.points] + [self.goal.baseline, self.target or Decimal(0)]
        is_share = self.rule is not None and self.rule.measure.fold == "percent"
        most = self.target if self.key_result.declared.kind is Kind.MILESTONES else None
        return within_reason(found, known, is_share=is_share, most=most)

    def doubt(self) -> str:
        """Say why the values that were read cannot be what the goal is about; "" where they can."""
        if self.rule is None or self.rule.measure.fold == "percent":
            return ""
        read = [m.value for m in self.measurements if m.origin is not Origin.CHECK_IN and m.value is not None]
        return doubt_shares(self.key_result.declared, read)

    @property
    def is_better_lower(self) -> bool:
        """Whether a smaller value is the better one."""
        declared = self.key_result.declared
        if declared.kind is Kind.STAY_BELOW:
            return True
        return self.is_travelling and self.target is not None and self.target < self.goal.baseline


def read_record(tx: Connection, house: House, key_result: KeyResult) -> Record:
    row = current_rule(tx, key_result.id)
    course = course_of(tx, key_result.id, house.now)
    goal = key_result.declared.goal(house.zone)
    reading = last_reading(tx, key_result.id)
    changes = _as_written(changes_of(tx, key_result.id), course, house.now)
    check_ins = tuple(check_ins_of(tx, key_result.id))
    said = [
        *(m.value for m in course),
        *(value for one in changes for value in (one.value_before, one.value)),
        *(one.value for one in check_ins),
        None if reading is None else reading.value,
    ]
    standing = key_result.standing
    return Record(
        house,
        key_result,
        goal,
        numbers_of(
            key_result.declared,
            standing.value,
            standing.automatic_value,
            past=(value for value in said if value is not None),
            guesses=[expected_value(goal, house.now)],
        ),
        _without_overlap(course),
        last_measurement(tx, key_result.id),
        reading,
        changes,
        check_ins,
        tuple(comments_of(tx, key_result.id)),
        tuple(pauses_of(tx, key_result.key)),
        tuple(mail_of(tx, key_result.id)),
        row,
        None if row is None else Rule.from_json(row.body),
        tuple(revisions(tx, key_result.id)),
        tuple(acceptances_of(tx, key_result.key)),
    )


def _as_written(changes: list[StatusChange], course: list[Measurement], now: datetime) -> tuple[StatusChange, ...]:
    """Give each change a time that is neither after that of the next one nor after that of its own measurement."""
    noted = {m.id: m.noted_at for m in course}
    times = [min(one.at, noted.get(one.measurement_id or 0, one.at)) for one in changes]
    return tuple(replace(one, at=at) for one, at in zip(changes, as_written(times, now), strict=True))


def _without_overlap(found: list[Measurement]) -> tuple[Measurement, ...]:
    """Leave out what was worked out for days on which the hub measured already."""
    first = min((m.at for m in found if m.origin is not Origin.RECONSTRUCTED), default=None)
    return tuple(m for m in found if m.origin is not Origin.RECONSTRUCTED or first is None or m.at < first)
