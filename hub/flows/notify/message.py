"""From a status change to the words of a message, before any channel dresses them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlalchemy import Connection

from connectors.registry import load
from connectors.shapes import Notification, Reason, Tone
from hub.model.forecast import forecast, within_reason
from hub.model.key_result import KeyResult
from hub.model.kinds import Kind, Origin, Status
from hub.model.moves import Move, What
from hub.model.numbers import Numbers, apart, goal_words, numbers_of
from hub.model.progress import clamp, expected_value
from hub.model.words import STATUS_WORDS, say_share
from hub.store import channels, okrs, outbox
from hub.store.changes import StatusChange, change_by_id
from hub.store.check_ins import check_ins_of
from hub.store.connections import connection_by_slug
from hub.store.key_results import key_result_by_id
from hub.store.measurements import Measurement, course_of, last_measurement
from hub.store.okrs import Workspace
from hub.store.outbox import Letter
from hub.store.rules import current_rule
from mappings import Rule

MOST_REASONS = 8
MOST_WORD = 280  # letters of a person's note in a message

TONES = {
    Status.ON_TRACK: Tone.GOOD,
    Status.ACHIEVED: Tone.DONE,
    Status.AT_RISK: Tone.WARN,
    Status.OFF_TRACK: Tone.BAD,
    Status.MISSED: Tone.BAD,
}


def find_objection(tx: Connection, letter: Letter, now: datetime) -> str:
    """Return why a letter must not be sent any more, though it was right when it was written; "" where it may."""
    change = change_by_id(tx, letter.change_id)
    key_result = None if change is None else key_result_by_id(tx, change.key_result_id)
    if key_result is None:
        return outbox.ARCHIVED
    if key_result.is_over(now):
        return outbox.OVER
    if key_result.team in okrs.teams_to_be_named(tx):
        after = Status(letter.after)
        named = channels.channels_for(tx, team=key_result.team, key=key_result.key, after=after)
        return "" if letter.channel_id in {one.id for one in named} else outbox.PRIVATE
    return ""


def write_message(tx: Connection, letter: Letter) -> Notification | None:
    """Write what a letter says, from the change it tells of; None when its key result is no more."""
    change = change_by_id(tx, letter.change_id)
    key_result = None if change is None else key_result_by_id(tx, change.key_result_id)
    workspace = okrs.workspace_now(tx)
    if change is None or key_result is None or workspace is None:
        return None
    before, after = Status(letter.before), Status(letter.after)
    rule = current_rule(tx, key_result.id)
    shows = str(rule.body.get("show_items", "refs")) if rule is not None else "none"
    reasons, more = _reasons(change.moves, shows)
    due = expected_value(key_result.declared.goal(workspace.zone), change.at)
    numbers = numbers_of(key_result.declared, change.value, change.value_before, guesses=[due])
    return Notification(
        key=f"change-{letter.change_id}-channel-{letter.channel_id}",
        kind=letter.kind,
        headline=f"{STATUS_WORDS[after]}, was {STATUS_WORDS[before].lower()}",
        tone=TONES.get(after, Tone.PLAIN),
        subject=key_result.declared.title,
        link=f"{workspace.public_url.rstrip('/')}/key-results/{key_result.key}" if workspace.public_url else "",
        was=STATUS_WORDS[before],
        now=STATUS_WORDS[after],
        value=numbers.bare(change.value),
        value_note=_value_note(key_result, numbers, due),
        # Of a limit or a range there is no way to be halfway: its words say it, and no bar is drawn.
        progress=None if change.progress is None or key_result.declared.kind.is_control else clamp(change.progress),
        expected=None if change.expected is None else clamp(change.expected),
        summary=_summary(change, numbers),
        reasons=reasons,
        more_reasons=more,
        facts=_facts(tx, key_result, workspace, change, numbers),
        footnote=_footnote(tx, key_result, workspace, last_measurement(tx, key_result.id)),
        thread=channels.thread_of(tx, letter.channel_id, key_result.id),
    )


def _value_note(key_result: KeyResult, numbers: Numbers, due: Decimal | None) -> str:
    note = goal_words(key_result.declared)
    if key_result.declared.kind.is_control:
        return f"(goal: {note})"  # after the value, which may lie beyond it
    return note if due is None else f"{note}, {numbers.guess(due)} expected today"


def _summary(change: StatusChange, numbers: Numbers) -> str:
    if change.value_before is None or change.value is None or change.value_before == change.value:
        return ""
    return f"{numbers.bare(change.value_before)} to {numbers.bare(change.value)}"


def _reasons(moves: tuple[Move, ...], shows: str) -> tuple[tuple[Reason, ...], int]:
    """Turn moves into lines; a rule that shows no items has them counted instead."""
    if shows == "none":
        counted: dict[str, int] = {}
        if moves and all(move.what is What.CHANGED for move in moves):
            return (Reason(text="the number moved"),), 0
        for move in moves:
            counted[move.what.value] = counted.get(move.what.value, 0) + 1
        return tuple(
            Reason(text=f"{number} {'item' if number == 1 else 'items'} {what}") for what, number in counted.items()
        ), 0
    effects = apart(move.effect for move in moves)
    lines = tuple(
        Reason(
            text=move.text,
            ref=move.ref,
            title=move.title if shows == "titles" else "",
            url=move.url,
            amount=effects.with_sign(move.effect) if move.effect else "",
        )
        for move in moves[:MOST_REASONS]
    )
    return lines, max(0, len(moves) - MOST_REASONS)


def _facts(
    tx: Connection, key_result: KeyResult, workspace: Workspace, change: StatusChange, numbers: Numbers
) -> tuple[tuple[str, str], ...]:
    facts: list[tuple[str, str]] = []
    if change.cause == "time" and change.expected is not None and change.progress is not None:
        way, due = say_share(change.progress, change.expected), say_share(change.expected, change.progress)
        facts.append(("Why", f"no change in the value; {way} of the way, {due} due"))
    elif change.cause == "goal":
        facts.append(("Why", "the target or the dates were changed"))
    elif change.cause == "resume":
        facts.append(("Why", "the value is taken from the tool again"))
    elif change.cause == "check_in":
        facts.extend(_word(tx, key_result, change))
    pace = _pace(tx, key_result, workspace, change.at, numbers)
    if pace and change.after is not Status.ACHIEVED:
        facts.append(("At this pace", pace))
    names = okrs.people_names(tx)
    owner = names.get(key_result.declared.owner, key_result.declared.owner)
    if owner:
        facts.append(("Owner", owner))
    return tuple(facts)


def _word(tx: Connection, key_result: KeyResult, change: StatusChange) -> list[tuple[str, str]]:
    """Return who checked in and what they said."""
    said = [one for one in check_ins_of(tx, key_result.id) if one.at <= change.at and one.value == change.value]
    if not said:
        return [("Why", "checked in by a person")]
    last = said[-1]
    author = okrs.people_names(tx).get(last.author, last.author)
    found = [("Why", f"checked in by {author or 'a person'}")]
    found += [(name, _short(text)) for name, text in (("Note", last.note), ("In the way", last.blockers)) if text]
    return found


def _short(text: str) -> str:
    """Return a text in one line, cut where a message would get long."""
    line = " ".join(text.split())
    return line if len(line) <= MOST_WORD else f"{line[: MOST_WORD - 1].rstrip()}\u2026"


def _pace(tx: Connection, key_result: KeyResult, workspace: Workspace, at: datetime, numbers: Numbers) -> str:
    declared = key_result.declared
    if declared.kind not in {Kind.REACH, Kind.INCREASE, Kind.DECREASE}:
        return ""
    goal = declared.goal(workspace.zone)
    points = [(m.at, m.value) for m in course_of(tx, key_result.id, at) if m.value is not None and m.stands]
    ahead = forecast(points, goal.starts, goal.due, at)
    if ahead is None:
        return ""
    rule = current_rule(tx, key_result.id)
    is_share = rule is not None and Rule.from_json(rule.body).measure.fold == "percent"
    known = [value for _, value in points] + [goal.baseline, goal.target or Decimal(0)]
    ahead = within_reason(ahead, known, is_share=is_share)
    return f"{numbers.guess(ahead.at_due)} by {declared.due.day} {declared.due:%B}"


def _footnote(tx: Connection, key_result: KeyResult, workspace: Workspace, last: Measurement | None) -> str:
    if last is None or last.origin is Origin.CHECK_IN or last.connection is None:
        return "Checked in by hand."
    row = connection_by_slug(tx, last.connection)
    tool = load(row.kind).describe().title if row is not None else last.connection
    at = last.read_at.astimezone(workspace.zone)
    complete = "complete" if last.is_complete else "incomplete"
    return f"Read from {tool} at {at:%H:%M}, {complete}."
