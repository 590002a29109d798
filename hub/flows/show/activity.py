"""What happened to a key result, newest first: readings, changes and whom they told, check-ins, rules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from hub.flows.show.days import say_moment
from hub.flows.show.house import House
from hub.flows.show.lights import STATUS_LIGHTS, StatusLight
from hub.flows.show.record_of import Record
from hub.flows.show.wording import join_names, say_cause, say_moves, say_step, sentence
from hub.model.kinds import Freshness, Origin, Status
from hub.model.numbers import goal_words
from hub.model.progress import expected_value
from hub.store.acceptances import Acceptance
from hub.store.changes import StatusChange
from hub.store.check_ins import CheckIn
from hub.store.comments import Comment
from hub.store.measurements import Measurement
from hub.store.page_reads import Mail
from hub.store.rules import RuleRow

MOST = 9
MOST_LETTERS = 160  # of a comment; it stands whole in a place of its own


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happened. `status` stands before the words, `note` below them."""

    at: datetime
    when: str
    words: str
    status: StatusLight | None = None
    note: str = ""
    is_strong: bool = False
    blockers: str = ""


def activity_of(record: Record, *, whole: bool = False, is_number: bool = False) -> tuple[tuple[Happening, ...], int]:
    """Return what happened, newest first, and how much there is in all. `is_number`: no items stand behind it."""
    found = [  # what led to something at the same instant stands after it here, and below it on the page
        *(_changed(record, change) for change in reversed(record.changes)),
        *_reads(record),
        *(_moved(record, m, before, is_number=is_number) for m, before in reversed(_measured(record))),
        *(_said(record, said) for said in reversed(record.check_ins) if said.at <= record.now),
        *(_commented(record, said) for said in reversed(record.comments)),
        *reversed(_paused(record)),
        *(_accepted(record, one) for one in reversed(record.acceptances)),
        *(_ruled(record, row) for row in record.revisions),
    ]
    found.sort(key=lambda one: one.at, reverse=True)  # stable: the order above stays among equals
    return tuple(found if whole else found[:MOST]), len(found)


def _happening(house: House, at: datetime, words: str, **more: object) -> Happening:
    return Happening(at, say_moment(at, house.now, house.zone), words, **more)  # type: ignore[arg-type]


def _reads(record: Record) -> list[Happening]:
    standing, last = record.key_result.standing, record.reading
    if record.key_result.is_manual or standing.checked_at is None:
        return []
    source = record.house.source(record.key_result).title
    happened = []
    if last is None or standing.checked_at > last.read_at:
        happened.append(_happening(record.house, standing.checked_at, f"Read from {source}, no change."))
    if standing.freshness not in {Freshness.FRESH, Freshness.WAITING} and standing.freshness_since is not None:
        held = f"The last good value was kept. {sentence(standing.freshness_note)}".strip()
        happened.append(_happening(record.house, standing.freshness_since, held))
    return happened


def _measured(record: Record) -> list[tuple[Measurement, Measurement | None]]:
    """Return the readings that the hub took itself, each with the one before; check-ins tell for themselves."""
    pairs: list[tuple[Measurement, Measurement | None]] = []
    shown: Measurement | None = None  # the last one that stood
    read: Measurement | None = None
    for m in record.measurements:
        if m.origin is Origin.MEASURED:
            pairs.append((m, shown if m.stands and read is not None else read))
            read = m
        if m.origin is not Origin.RECONSTRUCTED and m.stands:
            shown = m
    return pairs


def _moved(record: Record, m: Measurement, before: Measurement | None, *, is_number: bool) -> Happening:
    if before is None:
        counted = "" if is_number else m.items_counted
        items = f", {counted} {'item counts' if counted == 1 else 'items count'}" if counted else ""
        return _happening(record.house, m.at, f"First read: {record.numbers.plain(m.value)}{items}.")
    moved = say_moves(m.moves, record.shows)
    step = say_step(before.value, m.value, record.numbers)
    if before.origin is Origin.MEASURED and before.rule_revision != m.rule_revision:
        moved = f"Worked out by revision {m.rule_revision}"
    words = ", ".join(part for part in (moved, step) if part) or "Read anew, same value"
    if any(pause.until == m.at for pause in record.pauses):
        words = f"Taken from {record.house.source(record.key_result).title} again, {step or 'same value'}"
    if not m.stands:
        words = f"{words}, not taken"
    if m.value is None:
        words = f"{words}, no value any more"
    return _happening(record.house, m.at, f"{words[:1].upper()}{words[1:]}.", note="; ".join(m.notes))


def _changed(record: Record, change: StatusChange) -> Happening:
    light = STATUS_LIGHTS[change.after]
    numbers = record.numbers
    if change.before in {Status.NOT_JUDGED, Status.NOT_STARTED}:
        return _happening(record.house, change.at, "is the first status.", status=light)
    parts = [f"from {STATUS_LIGHTS[change.before].word.lower()}."]
    cause = _against(record, change) or say_cause(change, record.shows, numbers)
    if cause:
        parts.append(f"{cause[:1].upper()}{cause[1:]}.")
    told = _told([mail for mail in record.mail if mail.change_id == change.id])
    return _happening(record.house, change.at, " ".join([*parts, *told]), status=light)


def _against(record: Record, change: StatusChange) -> str:
    """Say what a value was held against; what moved it stands with the reading itself."""
    if change.measurement_id is None or change.value is None:
        return ""
    due = expected_value(record.goal, change.at)
    value = record.numbers.plain(change.value)
    if due is not None:
        return f"{value} against {record.numbers.guess(due)} expected"
    goal = goal_words(record.key_result.declared)
    return f"{value} (goal: {goal})" if record.key_result.declared.kind.is_control else f"{value} {goal}"


def _told(mails: list[Mail]) -> list[str]:
    said = []
    for states, verb in ((("sent",), "Told"), (("due", "sending"), "Still to tell")):
        names = [mail.channel for mail in mails if mail.state in states]
        if names:
            said.append(f"{verb} {join_names(names)}.")
    given_up: dict[tuple[bool, str], list[str]] = {}
    for mail in mails:
        if mail.state == "dropped":
            given_up.setdefault((mail.is_ambiguous, mail.problem.rstrip(".")), []).append(mail.channel)
    for (is_ambiguous, why), names in given_up.items():
        verb = "Perhaps not told to" if is_ambiguous else "Could not tell"
        said.append(f"{verb} {join_names(names)}: {why}." if why else f"{verb} {join_names(names)}.")
    return said


def _said(record: Record, said: CheckIn) -> Happening:
    author = record.house.name(said.author) or "Somebody"
    value = f": {record.numbers.full(said.value)}" if said.value is not None else ""
    sure = f", confidence {said.confidence} of 10" if said.confidence is not None else ""
    words = f"{author} checked in{value}{sure}."
    return _happening(record.house, said.at, words, note=said.note, is_strong=True, blockers=said.blockers)


def _commented(record: Record, said: Comment) -> Happening:
    line = " ".join(said.body.split())
    note = line if len(line) <= MOST_LETTERS else f"{line[: MOST_LETTERS - 1].rstrip()}\u2026"
    return _happening(record.house, said.at, f"{record.house.name(said.author) or 'Somebody'} commented.", note=note)


def _paused(record: Record) -> list[Happening]:
    happened = []
    for pause in record.pauses:
        by = record.house.name(pause.by) or "Somebody"
        happened.append(_happening(record.house, pause.since, f"{by} paused the reading.", note=pause.note))
        if pause.until is not None:
            ended_by = record.house.name(pause.ended_by) or "Somebody"
            happened.append(_happening(record.house, pause.until, f"{ended_by} resumed the reading."))
    return happened


def _accepted(record: Record, one: Acceptance) -> Happening:
    by = record.house.name(one.by) or "Somebody"
    step = say_step(one.before, one.value, record.numbers) or record.numbers.plain(one.value)
    return _happening(record.house, one.at, f"{by} took what was held back: {step}.", note=sentence(one.why))


def _ruled(record: Record, row: RuleRow) -> Happening:
    author = record.house.name(row.author)
    by = f"{author} published" if author else "Published"
    return _happening(record.house, row.created_at, f"{by} revision {row.revision} of the rule.")
