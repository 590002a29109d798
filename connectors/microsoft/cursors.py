"""Where the reads of a connection stand, as text that only this connector reads.

Planner has no delta: a plan is read whole, and the mark of each task (of its etag and content) says whether it is as it
was. To Do's lists have links of Graph's own. Names are kept here too, so that they are asked for once a day.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from connectors.errors import Unexpected
from connectors.shapes import Cursor
from connectors.tame import Wild, tame

UNREAD = ""  # the mark of a task that is known and must be read again


@dataclass(frozen=True, slots=True)
class PlanNames:
    """What the ids within a plan are called, as of `at` (UTC)."""

    at: datetime
    buckets: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)  # category3 -> Legal


@dataclass(frozen=True, slots=True)
class PlanState:
    """A plan as it was last read: its names, and the mark of each of its tasks."""

    names: PlanNames
    marks: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Standing:
    """All that is remembered between two reads. `people` are names by user id, as of `people_at` (UTC)."""

    plans: Mapping[str, PlanState] = field(default_factory=dict)
    people: Mapping[str, str] = field(default_factory=dict)
    people_at: datetime | None = None
    lists: Mapping[str, str] = field(default_factory=dict)  # scope key -> deltaLink
    gauges: Mapping[str, str] = field(default_factory=dict)  # scope key -> the number as it was read

    def text(self) -> Cursor:
        """Write it as a cursor."""
        plans = {
            plan: {
                "at": state.names.at.isoformat(),
                "buckets": dict(state.names.buckets),
                "labels": dict(state.names.labels),
                "marks": dict(state.marks),
            }
            for plan, state in self.plans.items()
        }
        kept = {"plans": plans, "people": self.people, "lists": self.lists, "gauges": self.gauges}
        held: dict[str, object] = {"v": 1} | {name: value for name, value in kept.items() if value}
        if self.people_at is not None:
            held["people_at"] = self.people_at.isoformat()
        return Cursor(json.dumps(held, separators=(",", ":"), ensure_ascii=False))


def read_cursor(cursor: Cursor) -> Standing:
    """Read a cursor this connector wrote. Raises Unexpected for any other text."""
    try:
        wild = tame(cursor, "the cursor")
        if wild["v"].number() != 1:
            raise wild["v"].unexpected("version 1")
        plans = wild.maybe("plans")
        at = wild.maybe("people_at")
        return Standing(
            plans={} if plans is None else {plan: _plan(plans[plan]) for plan in plans.names()},
            people=_texts(wild.maybe("people")),
            people_at=None if at is None else at.moment(),
            lists=_texts(wild.maybe("lists")),
            gauges=_texts(wild.maybe("gauges")),
        )
    except Unexpected as broken:
        raise Unexpected(
            f"microsoft: the stored cursor cannot be read ({broken})",
            hint="clear it: the next sync reads everything again",
        ) from broken


def merge(held: Cursor, read: Cursor) -> Cursor:
    """Return the cursor from which nothing is missed.

    The first read of one bucket marks its whole plan, although it gave out that bucket's tasks alone. So where both
    know a plan, only marks that agree stay; the others say "known, and to be read again".
    """
    old, new = read_cursor(held), read_cursor(read)
    plans = dict(old.plans)
    for plan, state in new.plans.items():
        before = old.plans.get(plan)
        if before is None:
            plans[plan] = state
            continue
        marks = {
            task: state.marks[task] if state.marks.get(task) == before.marks.get(task) else UNREAD
            for task in {**before.marks, **state.marks}
        }
        plans[plan] = PlanState(state.names, marks)
    return Standing(
        plans=plans,
        people={**old.people, **new.people},
        people_at=old.people_at or new.people_at,
        # the older link tells again what the newer has told; the newer would keep from others what lies between
        lists={**new.lists, **old.lists},
        gauges={
            key: value
            for key, value in {**old.gauges, **new.gauges}.items()
            if old.gauges.get(key, value) == new.gauges.get(key, value)
        },
    ).text()


def _plan(wild: Wild) -> PlanState:
    names = PlanNames(wild["at"].moment(), _texts(wild["buckets"]), _texts(wild["labels"]))
    return PlanState(names, _texts(wild["marks"]))


def _texts(wild: Wild | None) -> dict[str, str]:
    return {} if wild is None else {name: wild[name].text() for name in wild.names()}
