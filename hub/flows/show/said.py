"""What people say on the page of a key result: check-ins, comments, the form for one, and a pause that holds."""

from __future__ import annotations

from dataclasses import dataclass

from hub.flows.show.days import say_moment, say_since
from hub.flows.show.house import House
from hub.flows.show.lights import first_name
from hub.flows.show.record_of import Record
from hub.flows.show.rows import Owner, owner_of
from hub.model.kinds import Kind
from hub.model.phase import FINAL
from hub.model.rights import Action
from hub.store.comments import Comment

MOST_CONFIDENCE = 10
SURE = {0: "not at all", 5: "it could go either way", 10: "certain"}


@dataclass(frozen=True, slots=True)
class CheckInRow:
    when: str
    author: str
    value: str
    confidence: str
    note: str
    blockers: str


@dataclass(frozen=True, slots=True)
class CommentRow:
    when: str
    author: Owner
    body: str


@dataclass(frozen=True, slots=True)
class Choice:
    """One line of a list to choose from."""

    value: str
    words: str


@dataclass(frozen=True, slots=True)
class Asking:
    """What the forms ask of this viewer. `closed` says why nothing can be said, "" where something can."""

    lead: str
    value_label: str  # "" where no value is asked for
    last_value: str
    takes_over: str  # the tool whose value it would stand over, "" for one kept by hand
    confidences: tuple[Choice, ...]
    confidence: str  # what was said last time
    may_check_in: bool
    may_pause: bool
    may_comment: bool
    closed: str
    on: str = ""  # the day that a check-in is for, where it is not today: the last one of the cycle


@dataclass(frozen=True, slots=True)
class Standstill:
    """A person's word that stands over the tool's: paused, or until the tool's own value changes."""

    is_paused: bool
    words: str
    note: str
    would: str  # what the tool says instead


def check_in_rows(record: Record) -> tuple[CheckInRow, ...]:
    """Return what was said, the newest first."""
    return tuple(
        CheckInRow(
            say_moment(said.at, record.now, record.house.zone),
            record.house.name(said.author),
            "" if said.value is None else record.numbers.plain(said.value),
            "" if said.confidence is None else f"{said.confidence} of {MOST_CONFIDENCE}",
            said.note,
            said.blockers,
        )
        for said in reversed(record.check_ins)
        if said.at <= record.now
    )


def comment_rows(house: House, comments: tuple[Comment, ...]) -> tuple[CommentRow, ...]:
    """Return the comments as they are read, the newest last."""
    return tuple(
        CommentRow(
            say_moment(said.at, house.now, house.zone),
            owner_of(house, said.author) or Owner("Somebody", "?"),
            said.body,
        )
        for said in comments
    )


def asking_of(record: Record) -> Asking:
    """Return what the viewer may say here, and how it is asked."""
    key_result, house, numbers = record.key_result, record.house, record.numbers
    declared = key_result.declared
    tool = "" if key_result.is_manual else house.source(key_result).title
    is_milestones = key_result.is_manual and declared.kind is Kind.MILESTONES
    closed = ""
    if key_result.is_frozen(house.now):
        closed = f"{FINAL} Comments are still taken."
    elif house.now < record.goal.starts:
        closed = f"It starts on {record.goal.starts.day} {record.goal.starts:%B}: check in from then on."
    lead = f"The value comes from {tool}. Say what the number cannot."
    if is_milestones:
        lead = "The milestones are the value: each is done by its done_on in the file. Say what they cannot."
    elif not tool:
        every = "every day" if declared.cadence_days == 1 else f"every {declared.cadence_days} days"
        lead = f"Kept by hand, {every}. Without a value the last one stands."
    on = ""
    if key_result.ending is not None and key_result.is_over(house.now):
        on = "" if closed else key_result.ending.day.isoformat()
        lead = f"Its cycle {key_result.ended_words(house.now)}."
    label = "" if is_milestones else f"Value, {declared.unit}" if declared.unit else "Value"
    last = next((one.confidence for one in reversed(record.check_ins) if one.confidence is not None), None)
    choices = [Choice("", "Not said")]
    for number in range(MOST_CONFIDENCE, -1, -1):
        more = SURE.get(number, "")
        again = ", as last time" if number == last else ""
        choices.append(Choice(str(number), f"{number} of 10{again or (f', {more}' if more else '')}"))
    team = next((one for one in house.teams if one.slug == key_result.team), None)
    owners = {declared.owner, *(one.owner for one in house.objectives if one.slug == declared.objective)}
    is_private = team is not None and team.is_private
    is_owner = house.viewer.email in owners

    def may(action: Action) -> bool:
        return house.viewer.may(action, key_result.team, is_private=is_private, is_owner=is_owner)

    value = key_result.standing.value
    return Asking(
        lead,
        label,
        "" if value is None else numbers.plain(value),
        tool,
        tuple(choices),
        "" if last is None else str(last),
        may(Action.CHECK_IN) and not closed,
        may(Action.PAUSE) and bool(tool) and not closed,
        may(Action.COMMENT),
        closed,
        on,
    )


def standstill_of(record: Record) -> Standstill | None:
    """Return why the value shown is not the tool's, None where it is."""
    key_result, house = record.key_result, record.house
    standing = key_result.standing
    if not key_result.is_paused and not key_result.is_overruled:
        return None
    tool = house.source(key_result).title
    would = f"{tool} has said nothing yet."
    if standing.automatic_at is not None:
        since = say_since(standing.automatic_at, house.now, house.zone)
        number = record.numbers.full(standing.automatic_value)
        is_same = standing.automatic_value == standing.value
        would = f"{tool} says {number}, {'the same' if is_same else f'since {since}'}."
    if key_result.is_paused and standing.paused_at is not None:
        local = standing.paused_at.astimezone(house.zone)
        who = first_name(house.name(standing.paused_by))
        by = f" by {who}" if who else ""
        words = f"Paused{by} on {local.day} {local:%B}. The value stands, no messages are sent."
        return Standstill(True, words, standing.pause_note, would)
    said = [one for one in record.check_ins if one.value is not None and one.at <= house.now]
    who = first_name(house.name(said[-1].author)) if said else ""
    when = say_moment(said[-1].at, house.now, house.zone) if said else ""
    words = f"Set by hand{f' by {who}' if who else ''}{f', {when}' if when else ''}. It stands until {tool} moves."
    return Standstill(False, words, "", would)
