"""A key result as one row: its bar, its value, its lights and its owner."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from hub.flows.show.house import House, Source
from hub.flows.show.lights import STATUS_LIGHTS, FreshLight, StatusLight, Tint, freshness_light
from hub.model.key_result import KeyResult
from hub.model.kinds import Freshness, Kind
from hub.model.numbers import goal_words, numbers_of
from hub.model.progress import ONE, clamp, expected
from hub.model.words import say_share


@dataclass(frozen=True, slots=True)
class Bar:
    """A progress bar, shares in per cent of its width. `tick` is where steady progress would be today."""

    words: str
    share: Decimal
    tint: Tint
    tick: Decimal | None = None
    is_faded: bool = False


@dataclass(frozen=True, slots=True)
class Gauge:
    """A value against the limits it must keep, in per cent of the width: the safe stretch and the value."""

    words: str
    safe_from: Decimal
    safe_to: Decimal
    value: Decimal | None
    limits: tuple[Decimal, ...]
    tint: Tint
    is_faded: bool = False


@dataclass(frozen=True, slots=True)
class Owner:
    name: str
    initials: str


@dataclass(frozen=True, slots=True)
class KeyResultRow:
    """One row of the overview."""

    key: str
    title: str
    value: str
    note: str
    status: StatusLight
    fresh: FreshLight
    source: Source
    owner: Owner | None
    bar: Bar | None
    gauge: Gauge | None


def initials(name: str) -> str:
    """Return the letters of an avatar: first and last word of a name, or the start of an address."""
    words = name.split("@", 1)[0].replace(".", " ").split()
    if not words:
        return "?"
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()


def owner_of(house: House, email: str) -> Owner | None:
    if not email:
        return None
    name = house.name(email)
    return Owner(name, initials(name))


def row_of(house: House, key_result: KeyResult) -> KeyResultRow:
    """Return a key result as a row."""
    declared, standing = key_result.declared, key_result.standing
    status = STATUS_LIGHTS[standing.status]
    fresh = freshness_light(key_result, house.now, house.zone, house.name)
    numbers = numbers_of(declared, standing.value)
    return KeyResultRow(
        key=declared.key,
        title=declared.title,
        value="\u2013" if standing.value is None else numbers.plain(standing.value),
        note=goal_words(declared),
        status=status,
        fresh=fresh,
        source=house.source(key_result),
        owner=owner_of(house, declared.owner),
        bar=bar_of(house, key_result, status, fresh),
        gauge=gauge_of(key_result, status, fresh, house),
    )


def bar_of(house: House, key_result: KeyResult, status: StatusLight, fresh: FreshLight) -> Bar | None:
    """Return the bar of a key result that travels to a target; None for limits and for what is only watched."""
    kind, share = key_result.declared.kind, key_result.standing.progress
    if kind.is_control or kind is Kind.BASELINE:
        return None
    due = clamp(expected(key_result.declared.goal(house.zone), key_result.judged_as_of(house.now)))
    when = "at the end" if key_result.is_over(house.now) else "today"
    way = "no value yet" if share is None else f"{say_share(share, due)} of the way"
    faded = " (the last value that could be read)" if fresh.is_faded and share is not None else ""
    return Bar(
        f"{way}{faded}, {say_share(due, share)} expected {when}",
        percent(share or Decimal(0)),
        status.tint,
        percent(due),
        fresh.is_faded,
    )


def gauge_of(key_result: KeyResult, status: StatusLight, fresh: FreshLight, house: House) -> Gauge | None:
    """Return the drawing of a value against its limits, None for kinds that have none."""
    declared, value = key_result.declared, key_result.standing.value
    if not declared.kind.is_control:
        return None
    low, high, limits = _scale(key_result)
    span = high - low

    def at(number: Decimal) -> Decimal:
        return percent((number - low) / span)

    match declared.kind:
        case Kind.STAY_BELOW:
            safe = (Decimal(0), at(limits[0]))
        case Kind.STAY_ABOVE:
            safe = (at(limits[0]), Decimal(100))
        case _:
            safe = (at(limits[0]), at(limits[1]))
    numbers = numbers_of(declared, value)
    said = "no value yet" if value is None else numbers.full(value)
    words = f"{said}, {goal_words(declared)}"
    shown = None if value is None else min(max(at(value), Decimal(3)), Decimal(97))
    return Gauge(words, *safe, shown, tuple(at(limit) for limit in limits), status.tint, fresh.is_faded)


def _scale(key_result: KeyResult) -> tuple[Decimal, Decimal, tuple[Decimal, ...]]:
    """Return the ends of a gauge and its limits: the limit in the middle, a range with room at both sides."""
    declared, value = key_result.declared, key_result.standing.value
    if declared.kind is Kind.RANGE:
        assert declared.minimum is not None
        assert declared.maximum is not None
        width = (declared.maximum - declared.minimum) or Decimal(1)
        return (
            declared.minimum - width * Decimal("0.6"),
            declared.maximum + width * Decimal("0.6"),
            (declared.minimum, declared.maximum),
        )
    limit = declared.target
    assert limit is not None
    reach = [abs(mark - limit) * factor for mark, factor in _marks(declared.risk_threshold, value)]
    half = max(reach, default=Decimal(0)) or abs(limit) / 2 or Decimal(1)
    return limit - half, limit + half, (limit,)


def _marks(risk: Decimal | None, value: Decimal | None) -> list[tuple[Decimal, Decimal]]:
    held = [(risk, Decimal(2)), (value, Decimal("1.4"))]
    return [(mark, factor) for mark, factor in held if mark is not None]


def percent(share: Decimal) -> Decimal:
    """Return a share as per cent of a width, within 0..100, with one decimal. What is not whole is never drawn full."""
    width = (clamp(share) * 100).quantize(Decimal("0.1"))
    return width if share >= ONE else min(width, Decimal("99.9"))


def needs_a_person(fresh: FreshLight) -> bool:
    """Whether the second light is one that somebody should look at."""
    return fresh.state in {Freshness.STALE, Freshness.BROKEN, Freshness.SUSPECT, Freshness.PARTIAL}
