"""The overview: how the company stands, what moved and what needs somebody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from hub.flows.show.attention import Attention, attention_of
from hub.flows.show.days import say_long_day
from hub.flows.show.filters import BY_HAND_WORD, GROUPS, NOT_FRESH_WORD, Filters
from hub.flows.show.frame import Frame, frame_of
from hub.flows.show.house import House, read_house, running_cycles
from hub.flows.show.lights import STATUS_LIGHTS, StatusLight, freshness_light
from hub.flows.show.rows import needs_a_person
from hub.flows.show.tree import Tree, grow_tree
from hub.flows.show.week import Week, week_of
from hub.model.key_result import KeyResult
from hub.model.kinds import Freshness, Status
from hub.model.phase import ending_of
from hub.model.rights import Action, Viewer
from hub.model.words import say_age
from hub.store import Store
from hub.store.page_reads import change_token

LIGHT_OF_GROUP: dict[str, StatusLight] = {
    "on": STATUS_LIGHTS[Status.ON_TRACK],
    "risk": STATUS_LIGHTS[Status.AT_RISK],
    "off": STATUS_LIGHTS[Status.OFF_TRACK],
    "done": STATUS_LIGHTS[Status.ACHIEVED],
    "missed": STATUS_LIGHTS[Status.MISSED],
    "none": STATUS_LIGHTS[Status.NOT_JUDGED],
}
ALWAYS_COUNTED = ("on", "risk", "off")
MIX_ORDER = ("done", "on", "risk", "off", "missed", "none")
GAP = Decimal("0.5")


@dataclass(frozen=True, slots=True)
class Count:
    """How many key results have a status."""

    light: StatusLight
    number: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of the mix bar, in per cent of its width."""

    tint: str
    x: Decimal
    width: Decimal


@dataclass(frozen=True, slots=True)
class Choice:
    """An option of a filter."""

    value: str
    words: str


@dataclass(frozen=True, slots=True)
class OverviewPage:
    """All that the overview shows. `tree` is None while there are no key results at all."""

    frame: Frame
    name: str
    when: str
    counts: tuple[Count, ...]
    mix: tuple[Stretch, ...]
    total: int
    total_words: str
    freshness: str
    week: Week
    filters: Filters
    teams: tuple[Choice, ...]
    owners: tuple[Choice, ...]
    sources: tuple[Choice, ...]
    cycles: tuple[Choice, ...]
    tree: Tree | None
    attention: Attention
    has_gauges: bool
    has_connections: bool


def show_overview(store: Store, now: datetime, viewer: Viewer, filters: Filters) -> OverviewPage | None:
    """Return the overview as of now; None when no workspace was applied yet."""
    with store.read() as tx:
        house = read_house(tx, now, viewer)
        if house is None:
            return None
        every = _of_cycle(house, filters.cycle)
        shown = [one for one in every if filters.take(house, one)]
        counts = _counts(every)
        return OverviewPage(
            frame=frame_of(house, change_token(tx)),
            name=house.workspace.name,
            when=_when(house, filters.cycle),
            counts=counts,
            mix=_mix(counts, len(every)),
            total=len(every),
            total_words="1 key result" if len(every) == 1 else f"{len(every)} key results",
            freshness=_freshness(house, every),
            week=week_of(tx, house, every),
            filters=filters,
            teams=tuple(Choice(team.slug, team.name) for team in house.teams),
            owners=_owners(house, every),
            sources=_sources(house, every),
            cycles=tuple(Choice(c.slug, c.name) for c in house.cycles) if len(house.cycles) > 1 else (),
            tree=grow_tree(house, shown, every) if every else None,
            attention=attention_of(tx, house, every),
            has_gauges=any(one.declared.kind.is_control for one in shown),
            has_connections=bool(house.connections),
        )


def _of_cycle(house: House, slug: str) -> list[KeyResult]:
    """Return the key results of one cycle, or of all that run today."""
    wanted = {slug} if house.cycle(slug) is not None else {cycle.slug for cycle in running_cycles(house)}
    return [one for one in house.key_results if one.cycle in wanted]


def _counts(every: Sequence[KeyResult]) -> tuple[Count, ...]:
    groups = [STATUS_LIGHTS[one.standing.status].group for one in every]
    return tuple(
        Count(LIGHT_OF_GROUP[group], groups.count(group))
        for group in GROUPS
        if group in groups or group in ALWAYS_COUNTED
    )


def _mix(counts: Sequence[Count], total: int) -> tuple[Stretch, ...]:
    numbers = {count.light.group: count.number for count in counts}
    parts = [(group, numbers[group]) for group in MIX_ORDER if numbers.get(group)]
    room = Decimal(100) - GAP * max(0, len(parts) - 1)
    x = Decimal(0)
    stretches = []
    for group, number in parts:
        width = (room * number / total).quantize(Decimal("0.1"))
        stretches.append(Stretch(LIGHT_OF_GROUP[group].tint, x, width))
        x += width + GAP
    return tuple(stretches)


def _when(house: House, slug: str) -> str:
    today = house.now.astimezone(house.zone)
    chosen = house.cycle(slug)
    cycles = running_cycles(house) if chosen is None else (chosen,)
    ended = ending_of(cycles[0], house.zone).words(house.now) if cycles else ""
    name = f"{cycles[0].name}, " if cycles else ""
    if ended:
        name = f"{cycles[0].name} {ended}. "
    day = say_long_day(today.date())
    return f"{name}{day}. {_read(house)}"


def _read(house: House) -> str:
    """Say what is read and how new it is, or how far a read that is under way has come.

    Of a connection that reads for those alone who see what the viewer does not, nothing is said.
    """
    used = {one.connection for one in house.key_results}
    sees_all = house.viewer.may(Action.SEE_OPERATIONS)
    rows = [row for row in house.connections.values() if sees_all or row.slug in used]
    for row in rows:
        if row.progress:
            done, total = row.progress.get("done"), row.progress.get("total")
            of = f" of {total}" if total else ""
            return f"Reading {row.slug} now: {done}{of} items."
    newest = max((row.last_ok_at for row in rows if row.last_ok_at is not None), default=None)
    if not rows:
        return "Nothing is connected, every value is kept by hand."
    tools = house.source_of(rows[0].slug).title if len(rows) == 1 else f"{_number(len(rows)).lower()} tools"
    if newest is None:
        return f"Nothing was read from {tools} yet."
    return f"Read from {tools}, {'' if len(rows) == 1 else 'newest '}{say_age(newest, house.now)}."


def _freshness(house: House, every: Sequence[KeyResult]) -> str:
    if every and all(one.is_over(house.now) for one in every):
        return ""  # the line above the page says how it stands
    lights = [(one, freshness_light(one, house.now, house.zone, house.name)) for one in every]
    old = [one for one, light in lights if needs_a_person(light) and not one.is_manual]
    late = sum(1 for one, light in lights if light.state == Freshness.STALE and one.is_manual)
    unread = sum(1 for _, light in lights if light.state == Freshness.WAITING)
    said = []
    if old:
        slugs = sorted({one.connection for one in old})
        names = " and ".join(house.source_of(slug).title for slug in slugs)
        verb = "shows its" if len(old) == 1 else "show their"
        said.append(
            f"{_number(len(old))} {verb} last reading: {'it waits' if len(old) == 1 else 'they wait'} for {names}."
        )
    if late:
        said.append(f"{_number(late)} {'waits' if late == 1 else 'wait'} for a check-in.")
    if unread:
        said.append(f"{_number(unread)} {'has' if unread == 1 else 'have'} no value yet.")
    return " ".join(said) or "Every reading is fresh."


WORDS = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten", "Eleven", "Twelve")


def _number(number: int) -> str:
    return WORDS[number] if number < len(WORDS) else str(number)


def _owners(house: House, every: Sequence[KeyResult]) -> tuple[Choice, ...]:
    mails = {one.declared.owner for one in every if one.declared.owner}
    return tuple(sorted((Choice(mail, house.name(mail)) for mail in mails), key=lambda choice: choice.words))


def _sources(house: House, every: Sequence[KeyResult]) -> tuple[Choice, ...]:
    slugs = sorted({one.connection for one in every if one.connection})
    found = [Choice(slug, house.source_of(slug).title) for slug in slugs]
    if any(one.is_manual for one in every):
        found.append(Choice(BY_HAND_WORD, "By hand"))
    return (*found, Choice(NOT_FRESH_WORD, "Stale or broken"))
