"""The two lights as people see them: status (word, icon, colour) and freshness (mark and words)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, tzinfo
from enum import StrEnum

from hub.flows.show.days import say_day, say_since
from hub.model.held_back import say_note
from hub.model.key_result import KeyResult
from hub.model.kinds import Freshness, Kind, Status
from hub.model.words import STATUS_WORDS, say_age


class Tint(StrEnum):
    """The colour names of the theme."""

    ON = "on"
    RISK = "risk"
    OFF = "off"
    DONE = "done"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class StatusLight:
    """A status as a pill. `group` is the word that filters use in addresses."""

    word: str
    tint: Tint
    icon: str
    group: str


STATUS_LIGHTS: dict[Status, StatusLight] = {
    status: StatusLight(STATUS_WORDS[status], tint, icon, group)
    for status, tint, icon, group in (
        (Status.ON_TRACK, Tint.ON, "check-circle-fill", "on"),
        (Status.AT_RISK, Tint.RISK, "exclamation-triangle-fill", "risk"),
        (Status.OFF_TRACK, Tint.OFF, "x-octagon-fill", "off"),
        (Status.ACHIEVED, Tint.DONE, "patch-check-fill", "done"),
        (Status.MISSED, Tint.OFF, "flag-fill", "missed"),
        (Status.NOT_STARTED, Tint.NONE, "clock", "none"),
        (Status.NOT_JUDGED, Tint.NONE, "dash-circle", "none"),
    )
}


@dataclass(frozen=True, slots=True)
class FreshLight:
    """How current a value is: `mark` is "dot", the name of an icon, or nothing."""

    state: str  # of Freshness
    words: str
    mark: str
    tint: Tint
    is_faded: bool  # the value shown is not today's
    note: str = ""  # the stored reason, if there is one


def first_name(name: str) -> str:
    """Return what somebody is called: the first word of a name, an address as it is."""
    return name if "@" in name else name.split(" ", 1)[0]


def freshness_light(key_result: KeyResult, now: datetime, zone: tzinfo, name: Callable[[str], str] = str) -> FreshLight:
    """Return the freshness of a key result at an instant, in words of the workspace's zone.

    `name` turns an address into a person's name.
    """
    state, _ = key_result.freshness_at(now)
    checked = key_result.standing.checked_at
    note = say_note(key_result)
    if key_result.ending is not None and key_result.is_over(now) and state in {Freshness.FRESH, Freshness.WAITING}:
        words = "final" if key_result.is_frozen(now) else f"ended {say_day(key_result.ending.day)}"
        return FreshLight(state, words, "", Tint.NONE, False)
    if key_result.is_manual and state in {Freshness.FRESH, Freshness.STALE, Freshness.WAITING}:
        return _by_hand(key_result, state, now)
    when = "" if checked is None else say_since(checked, now, zone)
    match state:
        case Freshness.FRESH:
            assert checked is not None
            if key_result.is_overruled and key_result.standing.measured_at is not None:
                age = say_age(key_result.standing.measured_at, now)
                return FreshLight(state, f"set by hand {age}", "", Tint.NONE, False)
            return FreshLight(state, say_age(checked, now), "dot", Tint.ON, False)
        case Freshness.STALE:
            assert checked is not None
            since = say_since(checked + key_result.allowed_age, now, zone)
            return FreshLight(state, f"stale since {since}", "circle-half", Tint.RISK, True, note)
        case Freshness.WAITING:
            return FreshLight(state, "not read yet", "hourglass", Tint.NONE, False, note)
        case Freshness.PAUSED:
            standing = key_result.standing
            assert standing.paused_at is not None
            day = say_day(standing.paused_at.astimezone(zone).date())
            who = first_name(name(standing.paused_by))
            words = f"paused by {who}, {day}" if who else f"paused, {day}"
            return FreshLight(state, words, "pause-circle", Tint.NONE, False, standing.pause_note)
    word, mark, tint = {
        Freshness.BROKEN: ("broken", "plug", Tint.OFF),
        Freshness.SUSPECT: ("held back", "question-circle", Tint.RISK),
        Freshness.PARTIAL: ("partly read", "pie-chart", Tint.RISK),
    }[state]
    return FreshLight(state, f"{word}, as of {when}" if when else word, mark, tint, True, note)


def _by_hand(key_result: KeyResult, state: Freshness, now: datetime) -> FreshLight:
    checked = key_result.standing.checked_at
    verb = "ticked off" if key_result.declared.kind is Kind.MILESTONES else "checked in"
    if checked is None:
        return FreshLight(state, "no check-in yet", "", Tint.NONE, False)
    if state is Freshness.STALE:
        return FreshLight(state, f"{verb} {say_age(checked, now)}, overdue", "circle-half", Tint.RISK, True)
    return FreshLight(state, f"{verb} {say_age(checked, now)}", "", Tint.NONE, False)
