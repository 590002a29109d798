"""The page of one key result, put together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from hub.flows.show.activity import Happening, activity_of
from hub.flows.show.days import say_day, say_moment
from hub.flows.show.explained import explain
from hub.flows.show.frame import Frame, frame_of
from hub.flows.show.hero import Fact, facts_of, standing_words
from hub.flows.show.house import House, read_house
from hub.flows.show.moved import Moved, moved_of
from hub.flows.show.record_of import Record, read_record
from hub.flows.show.rows import KeyResultRow, row_of
from hub.flows.show.said import (
    Asking,
    CheckInRow,
    CommentRow,
    Standstill,
    asking_of,
    check_in_rows,
    comment_rows,
    standstill_of,
)
from hub.flows.show.series import ReadingRow, Series, readings_of, series_of
from hub.flows.show.why import Chosen, Why, why_of
from hub.flows.show.wording import join_names, sentence
from hub.flows.show.written import Written, written_of
from hub.model.held_back import keeps_last_good
from hub.model.key_result import KeyResult
from hub.model.kinds import Freshness, Kind, Status
from hub.model.numbers import say_exact
from hub.model.rights import Viewer
from hub.model.words import STATUS_WORDS
from hub.store import Store
from hub.store.channels import all_channels, all_routes
from hub.store.okrs import teams_to_be_named
from hub.store.page_reads import change_token

REAL_STATUSES = tuple(status for status in Status if status not in {Status.NOT_JUDGED, Status.NOT_STARTED})


@dataclass(frozen=True, slots=True)
class MilestoneRow:
    name: str
    weight: str  # "" where all weigh the same
    done: str  # "done 9 Oct", or ""
    is_done: bool


@dataclass(frozen=True, slots=True)
class Provenance:
    """What the value stands on."""

    query: str
    revision: int
    rule_note: str  # "Mira, 2 Nov"
    read: str  # "today 09:28"
    items: str  # "11 of 11 items"
    is_complete: bool
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Offer:
    """A reading that is held back, to be taken: the exact number, "" for none, and as people say it."""

    value: str
    words: str


@dataclass(frozen=True, slots=True)
class KeyResultPage:
    """All that the page of a key result shows."""

    frame: Frame
    company: str
    team: str
    objective: str
    objective_slug: str
    row: KeyResultRow
    big: str
    has_value: bool
    tells: str
    facts: tuple[Fact, ...]
    standing: str
    ended: str  # that its cycle is over, and whether the numbers are final
    held: str  # why the value shown is not today's
    doubt: str  # why the values cannot be what the goal is about
    series: Series
    readings: tuple[ReadingRow, ...]
    older_readings: int
    provenance: Provenance | None
    written: tuple[Written, ...]
    why: Why | None
    moved: Moved | None
    milestones: tuple[MilestoneRow, ...]
    check_ins: tuple[CheckInRow, ...]
    comments: tuple[CommentRow, ...]
    asking: Asking
    standstill: Standstill | None
    activity: tuple[Happening, ...]
    activity_total: int
    offer: Offer | None


def show_key_result(
    store: Store,
    key: str,
    now: datetime,
    viewer: Viewer,
    *,
    item: str = "",
    unfolded: str = "",
    whole_activity: bool = False,
) -> KeyResultPage | None:
    """Return the page of a key result as of now; None where there is none by this key that the viewer may see.

    `item` is the key of the item whose line of the rule is pointed at, `unfolded` the group that is shown whole.
    """
    with store.read() as tx:
        house = read_house(tx, now, viewer)
        if house is None:
            return None
        found = next((one for one in house.key_results if one.key == key), None)
        if found is None:
            return None
        return _page(tx, house, found, Chosen(item, unfolded), whole_activity=whole_activity)


def _page(
    tx: Connection, house: House, key_result: KeyResult, chosen: Chosen, *, whole_activity: bool
) -> KeyResultPage:
    record = read_record(tx, house, key_result)
    explained = explain(tx, record)
    objective = next((one for one in house.objectives if one.slug == key_result.declared.objective), None)
    team = next((one.name for one in house.teams if one.slug == key_result.team), key_result.team)
    row = row_of(house, key_result)
    readings, older = readings_of(record)
    asking = asking_of(record)
    activity, total = activity_of(record, whole=whole_activity, is_number=explained.is_number)
    return KeyResultPage(
        frame=frame_of(house, change_token(tx)),
        company=house.workspace.name,
        team=team,
        objective=objective.title if objective is not None else "",
        objective_slug=key_result.declared.objective,
        row=row,
        big=row.value if key_result.standing.value is not None else "No value yet",
        has_value=key_result.standing.value is not None,
        tells=_tells(tx, key_result, house.now),
        facts=facts_of(record),
        standing=standing_words(record),
        ended=key_result.ended_words(house.now),
        held=_held(record, row),
        doubt=sentence(record.doubt()),
        series=series_of(record),
        readings=readings,
        older_readings=older,
        provenance=_provenance(record),
        written=written_of(tx, house, key_result),
        why=why_of(tx, record, explained, chosen),
        moved=moved_of(tx, record, explained),
        milestones=_milestones(record),
        check_ins=check_in_rows(record),
        comments=comment_rows(house, record.comments),
        asking=asking,
        standstill=standstill_of(record),
        activity=activity,
        activity_total=total,
        offer=_offer(record, asking),
    )


def _tells(tx: Connection, key_result: KeyResult, now: datetime) -> str:
    """Say which channels a change goes to, and where only some do; nothing is told after the end of a cycle."""
    if key_result.is_over(now):
        return ""
    team, key, must_name = key_result.team, key_result.key, key_result.team in teams_to_be_named(tx)
    routes = [
        (route, [s for s in REAL_STATUSES if route.takes(team=team, key=key, after=s, must_name=must_name)])
        for route in all_routes(tx)
    ]
    names = {channel.slug: channel.name for channel in all_channels(tx) if channel.state == "on"}
    always = {route.channel for route, taken in routes if len(taken) == len(REAL_STATUSES)}
    sometimes = {route.channel for route, taken in routes if taken} - always
    taken_by: dict[str, set[str]] = {}
    for route, taken in routes:
        taken_by.setdefault(route.channel, set()).update(STATUS_WORDS[status].lower() for status in taken)
    every = [names[slug] for slug in names if slug in always]
    some = [f"{names[slug]} when {_either(sorted(taken_by[slug]))}" for slug in names if slug in sometimes]
    return f"Tells {join_names([*every, *some])}" if every or some else "Tells no channel"


def _either(words: list[str]) -> str:
    return " or ".join((", ".join(words[:-1]), words[-1])) if len(words) > 1 else words[0]


def _held(record: Record, row: KeyResultRow) -> str:
    """Say why the value shown is an older one."""
    if not row.fresh.is_faded or record.key_result.is_manual:
        return ""
    note = row.fresh.note
    said = f"{note[0].upper()}{note[1:]}" if note else "It was not read for two intervals."
    said = said if said.endswith((".", "!", "?")) else f"{said}."
    return f"{said} The last good value stands." if keeps_last_good(record.key_result) else said


def _offer(record: Record, asking: Asking) -> Offer | None:
    """Return the reading that this viewer may take although it is held back."""
    standing = record.key_result.standing
    if standing.freshness is not Freshness.SUSPECT or standing.held is None or record.key_result.is_paused:
        return None
    if not asking.may_check_in:
        return None
    value = standing.held.value
    if value is None:
        return Offer("", "no value")
    return Offer(f"{value:f}", record.numbers.plain(value))


def _provenance(record: Record) -> Provenance | None:
    row, last = record.rule_row, record.reading
    if row is None or record.rule is None:
        return None
    zone = record.house.zone
    author = record.house.name(row.author)
    day = say_day(row.created_at.astimezone(zone).date())
    checked = record.key_result.standing.checked_at
    measured = last
    select = record.rule.select
    query = (measured.query if measured is not None else "") or select.query
    query = query or ", ".join(f"{name}: {value}" for name, value in select.picker.items())
    return Provenance(
        query,
        row.revision,
        f"{author}, {day}" if author else day,
        "" if checked is None else say_moment(checked, record.now, zone),
        "" if measured is None else _items(measured.items_read, measured.items_reported),
        measured is not None and measured.is_complete,
        measured.notes if measured is not None else (),
    )


def _items(read: int | None, reported: int | None) -> str:
    if read is None:
        return ""
    if reported is not None:
        return f"{read} of {reported} items"
    return "1 item" if read == 1 else f"{read} items"


def _milestones(record: Record) -> tuple[MilestoneRow, ...]:
    declared = record.key_result.declared
    if declared.kind is not Kind.MILESTONES:
        return ()
    today = record.now.astimezone(record.house.zone).date()
    is_equal = len({milestone.weight for milestone in declared.milestones}) == 1
    return tuple(
        MilestoneRow(
            milestone.name,
            "" if is_equal else say_exact(milestone.weight),
            f"done {say_day(milestone.done_on)}" if milestone.done_on and milestone.done_on <= today else "",
            milestone.done_on is not None and milestone.done_on <= today,
        )
        for milestone in declared.milestones
    )
