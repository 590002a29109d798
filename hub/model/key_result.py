"""A key result as it is stored: what was declared, and how it stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal
from hashlib import sha256

from hub.model.judge import freshness_at
from hub.model.kinds import Freshness, Kind, Status
from hub.model.okr import Goal, Milestone, midnight
from hub.model.phase import Ending, Phase


@dataclass(frozen=True, slots=True)
class Declared:
    """What people set about a key result. Days are in the workspace's time zone, `due` is inclusive."""

    key: str  # objective slug / key result slug
    title: str
    kind: Kind
    starts: date
    due: date
    unit: str = ""
    baseline: Decimal | None = None
    target: Decimal | None = None
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    risk_threshold: Decimal | None = None
    phased_targets: tuple[tuple[date, Decimal], ...] = ()
    milestones: tuple[Milestone, ...] = ()
    weight: Decimal | None = None
    owner: str = ""
    cadence_days: int = 7
    position: int = 0

    @property
    def objective(self) -> str:
        return self.key.split("/", 1)[0]

    def goal(self, zone: tzinfo) -> Goal:
        """Return what the arithmetic needs, days turned into instants of the zone."""
        day = timedelta(days=1)
        return Goal(
            kind=self.kind,
            starts=midnight(self.starts, zone),
            due=midnight(self.due + day, zone),
            baseline=self.baseline if self.baseline is not None else Decimal(0),
            target=self.target,
            minimum=self.minimum,
            maximum=self.maximum,
            risk_threshold=self.risk_threshold,
            milestones=self.milestones,
            phased_targets=tuple((midnight(on + day, zone), value) for on, value in self.phased_targets),
        )

    def goal_digest(self) -> str:
        """Return a digest of all that its status is judged by; two goals with the same one judge alike."""
        parts = (
            self.kind,
            self.starts,
            self.due,
            self.baseline,
            self.target,
            self.minimum,
            self.maximum,
            self.risk_threshold,
            self.phased_targets,
            tuple((m.name, m.weight, m.done_on) for m in self.milestones),
        )
        return sha256(repr(parts).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Held:
    """A reading that was held back as suspect: since `at`, with so many items in scope."""

    value: Decimal | None
    in_scope: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """How a key result stands. `checked_at` is the last good read or check-in.

    `automatic_value` is what the rule gave last, since `automatic_at`, whether it is the value or not; `freshness` is
    that of the reading, also while a pause keeps its value out (see `KeyResult.freshness_at`).
    """

    value: Decimal | None = None
    progress: Decimal | None = None
    status: Status = Status.NOT_JUDGED
    status_since: datetime | None = None
    freshness: Freshness = Freshness.WAITING
    freshness_since: datetime | None = None
    freshness_note: str = ""
    freshness_code: str = ""  # of Reason: what the note is about
    held: Held | None = None  # while it is suspect: what was read
    checked_at: datetime | None = None
    measured_at: datetime | None = None
    in_scope: int | None = None
    judged_goal: str = ""
    told_status: Status | None = None
    told_before: Status | None = None
    told_at: datetime | None = None
    tell_due_at: datetime | None = None
    automatic_value: Decimal | None = None
    automatic_at: datetime | None = None
    paused_at: datetime | None = None
    paused_by: str = ""
    pause_note: str = ""


@dataclass(frozen=True, slots=True)
class KeyResult:
    """A key result with its row id, its standing, and where its value comes from."""

    id: int
    declared: Declared
    standing: Standing
    team: str
    cycle: str
    connection: str = ""  # slug; empty for a manual key result
    every: timedelta | None = None  # how often its connection is read
    ending: Ending | None = None  # of its cycle; None where that is not known

    @property
    def key(self) -> str:
        return self.declared.key

    @property
    def is_manual(self) -> bool:
        return not self.connection

    @property
    def is_paused(self) -> bool:
        """Whether somebody keeps the tool's values out. There is nothing to keep out of a manual one."""
        return self.standing.paused_at is not None and not self.is_manual

    @property
    def is_overruled(self) -> bool:
        """Whether a person's value stands where the tool says another one."""
        standing = self.standing
        return not self.is_manual and standing.automatic_at is not None and standing.value != standing.automatic_value

    @property
    def allowed_age(self) -> timedelta:
        """How old its last good read may be before it is stale: two intervals, or one check-in cadence."""
        if self.every is not None:
            return 2 * self.every
        return timedelta(days=self.declared.cadence_days)

    def ended_words(self, now: datetime) -> str:
        """Say that its cycle is over and whether the result is final; "" while it runs."""
        return "" if self.ending is None else self.ending.words(now)

    def phase_at(self, now: datetime) -> Phase:
        """Return the phase of its cycle at an instant."""
        return Phase.RUNNING if self.ending is None else self.ending.phase(now)

    def is_over(self, now: datetime) -> bool:
        """Whether its cycle has ended: nothing is told of it any more, and nobody is asked for a word."""
        return self.phase_at(now) is not Phase.RUNNING

    def is_frozen(self, now: datetime) -> bool:
        """Whether its result is final: nothing moves it any more."""
        return self.phase_at(now) is Phase.ENDED

    def within(self, now: datetime) -> datetime:
        """Return the instant as of which its value is worked out: now, or the last one of its cycle."""
        return now if self.ending is None else self.ending.within(now)

    def judged_as_of(self, now: datetime) -> datetime:
        """Return the instant as of which its status is judged: now, or the end of its cycle."""
        return now if self.ending is None else min(now, self.ending.ended_at)

    def freshness_at(self, now: datetime) -> tuple[Freshness, datetime | None]:
        """Return the freshness at an instant, and since when (the last good read while it is fresh).

        After the end of its cycle nothing grows old, and once the result is final no light is of any use.
        """
        checked = self.standing.checked_at
        if self.is_frozen(now):
            return (Freshness.WAITING if checked is None else Freshness.FRESH), checked
        if self.is_over(now) and self.standing.freshness is Freshness.FRESH and not self.is_paused:
            return (Freshness.WAITING if checked is None else Freshness.FRESH), checked
        if self.is_paused:
            return Freshness.PAUSED, self.standing.paused_at
        return freshness_at(self.standing.freshness, self.standing.checked_at, self.allowed_age, now)
