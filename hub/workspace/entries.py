"""What hub.yaml and okrs/*.yaml may say; everything else is a problem."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from hub.model.kinds import Kind
from mappings import Day, Email, Entry, Filled, Number, Percentage, Slug, Word, YesNo, complaint

MOST_LETTERS = 300  # of a title, a name or a purpose


def _short(value: str) -> str:
    if len(value) > MOST_LETTERS:
        raise complaint("too-long", f"{len(value)} letters: {MOST_LETTERS} are the most that anybody reads")
    return value


Title = Annotated[Filled, AfterValidator(_short)]
UNITS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 604800}
MOST_NUMBER = 100_000


def read_duration(value: object) -> object:
    """Read "15 minutes", "1 hour", "7 days"."""
    if not isinstance(value, str):
        return value
    number, _, unit = value.strip().partition(" ")
    unit = unit.strip().removesuffix("s")
    if number.isdigit() and 0 < int(number) <= MOST_NUMBER and unit in UNITS:
        return timedelta(seconds=int(number) * UNITS[unit])
    raise complaint("duration", f"{value[:40]!r} is not a duration: write 15 minutes, 1 hour or 7 days")


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise complaint("time-zone", f"{value[:60]!r} is not a time zone: write one such as Europe/Berlin") from None
    return value


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


Duration = Annotated[timedelta, BeforeValidator(read_duration), WithJsonSchema({"type": "string"})]
Zone = Annotated[str, AfterValidator(_zone), WithJsonSchema({"type": "string"})]
Channels = Annotated[tuple[Slug, ...], BeforeValidator(_listed), Field(min_length=1)]
Statuses = Annotated[
    tuple[Literal["on_track", "at_risk", "off_track", "achieved", "missed"], ...], BeforeValidator(_listed)
]


class PolicyEntry(Entry):
    on_track: Percentage = Field(default_factory=lambda: Decimal("0.7"))
    at_risk: Percentage = Field(default_factory=lambda: Decimal("0.4"))
    hold: Duration = timedelta(hours=1)

    @model_validator(mode="after")
    def _in_order(self) -> PolicyEntry:
        if self.at_risk > self.on_track:
            raise complaint("policy", "at_risk lies above on_track: a status could be neither", field="at_risk")
        return self


class RouteEntry(Entry):
    to: Channels
    team: Slug | None = None
    objective: Slug | None = None
    key_result: Word | None = None
    becomes: Statuses = ()


class HubEntry(Entry):
    """hub.yaml. Connections and channels are checked against their connector's own table of settings."""

    workspace: Filled
    purpose: Word = ""
    time_zone: Zone = "UTC"
    public_url: Word = ""
    connections: dict[Slug, dict[str, Any]] = Field(default_factory=dict)
    channels: dict[Slug, dict[str, Any]] = Field(default_factory=dict)
    routes: tuple[RouteEntry, ...] = ()
    policy: PolicyEntry = Field(default_factory=PolicyEntry)

    planned = frozenset({"rituals"})


class CycleEntry(Entry):
    starts: Day
    ends: Day
    name: Word = ""

    @model_validator(mode="after")
    def _in_order(self) -> CycleEntry:
        if self.ends < self.starts:
            raise complaint("dates", "the cycle ends before it starts", field="ends")
        return self


class TeamEntry(Entry):
    name: Title
    lead: Email | None = None
    parent: Slug | None = None
    private: YesNo = False
    members: tuple[Email, ...] = ()


class MilestoneEntry(Entry):
    name: Title
    weight: Number = Field(default_factory=lambda: Decimal("1"), gt=0)
    done_on: Day | None = None


class CheckInEntry(Entry):
    on: Day
    value: Number | None = None
    by: Email | None = None
    confidence: int | None = Field(default=None, ge=0, le=10)
    note: Word = ""


class KeyResultEntry(Entry):
    key_result: Slug
    title: Title
    kind: Kind
    unit: Word = ""
    baseline: Number | None = None
    target: Number | None = None
    minimum: Number | None = None
    maximum: Number | None = None
    risk_threshold: Number | None = None
    phased_targets: dict[Day, Number] = Field(default_factory=dict)
    milestones: tuple[MilestoneEntry, ...] = ()
    weight: Number | None = Field(default=None, ge=0)
    owner: Email | None = None
    starts: Day | None = None
    due: Day | None = None
    cadence: Duration = timedelta(days=7)
    check_ins: tuple[CheckInEntry, ...] = ()

    planned = frozenset({"was", "adopt"})


class ObjectiveEntry(Entry):
    objective: Slug
    title: Title
    team: Slug
    cycle: Slug
    owner: Email | None = None
    supports: Slug | None = None
    weight: Number | None = Field(default=None, ge=0)
    key_results: tuple[KeyResultEntry, ...] = ()

    planned = frozenset({"was", "adopt"})


class OkrsEntry(Entry):
    """okrs/*.yaml: any of these, in any file."""

    cycles: dict[Slug, CycleEntry] = Field(default_factory=dict)
    people: dict[Email, Filled] = Field(default_factory=dict)
    teams: dict[Slug, TeamEntry] = Field(default_factory=dict)
    objectives: tuple[ObjectiveEntry, ...] = ()
