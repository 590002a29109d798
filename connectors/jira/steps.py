"""Changes of status, as changelogs have them, and what they say of when an issue was done."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from connectors.errors import Unexpected
from connectors.shapes import State
from connectors.tame import Wild

ISSUES = 1000  # whose histories are asked for at once


@dataclass(frozen=True, slots=True)
class Step:
    """A change of status as a changelog has it: the ids and the words before and after."""

    at: datetime
    was_id: str
    was: str
    now_id: str
    now: str


class Histories(Protocol):
    """What tells the changes of status."""

    @property
    def states(self) -> Mapping[str, State]:
        """What each status of the site stands for, by its id."""

    def steps(self, ids: Sequence[int]) -> Mapping[int, list[Step]]:
        """Return the changes of status of at most 1,000 issues, by issue."""


def steps_of(changes: Wild) -> Iterator[Step]:
    """Yield the changes of status among the histories of one issue, as they come.

    One whose time cannot be read is passed over: nothing can be said of when it happened.
    """
    for change in changes:
        made = change["created"]
        try:
            at = made.moment()
        except Unexpected:
            continue
        for item in change["items"]:
            id = item.maybe("fieldId")
            if (id if id is not None and not id.is_null else item["field"]).text() == "status":
                yield Step(at, _text(item, "from"), _text(item, "fromString"),
                           _text(item, "to"), _text(item, "toString"))  # fmt: skip


def done_dates(calls: Histories, ids: Sequence[int]) -> dict[int, datetime]:
    """Return since when issues that are done have been so: their last move into a status of that category.

    Without one nothing is said of an issue: it began as done, or an admin has moved its status there.
    """
    found: dict[int, datetime] = {}
    for first in range(0, len(ids), ISSUES):
        for id, steps in calls.steps(ids[first : first + ISSUES]).items():
            at = _last_done(steps, calls.states)
            if at is not None:
                found[id] = at
    return found


def _last_done(steps: Iterable[Step], states: Mapping[str, State]) -> datetime | None:
    found = None
    for step in sorted(steps, key=lambda step: step.at):
        if states.get(step.now_id) is State.DONE and states.get(step.was_id) is not State.DONE:
            found = step.at
    return found


def _text(item: Wild, name: str) -> str:
    found = item.maybe(name)
    return "" if found is None or found.is_null else found.key()
