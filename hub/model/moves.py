"""Why a number moved: the contributions of two points in time compared, work done and scope apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from connectors.gauges import READ
from hub.model.absences import MOVED_OUT
from hub.model.numbers import NO_NUMBER, apart

ZERO = Decimal(0)
SEEN_LATE = timedelta(
    hours=1
)  # by which a tool's search may run behind: what was done within it may be news all the same


@dataclass(frozen=True, slots=True)
class Contribution:
    """One item in the scope of a rule, with its own amount and credit, never its share of the result."""

    item_key: str
    ref: str
    title: str
    url: str
    amount: Decimal | None  # None: the item has no number
    credit: Decimal  # 0..1
    grouping: str  # counted | open
    state: str
    status: str
    reason: str
    line: int

    @property
    def counts(self) -> Decimal:
        return (self.amount or ZERO) * self.credit

    @property
    def is_number(self) -> bool:
        """Whether it is a number that a tool works out, such as a cell: no piece of work, so it has no size."""
        return self.status == READ


class What(StrEnum):
    """What happened to an item, as far as the number is concerned."""

    FINISHED = "finished"
    PROGRESSED = "progressed"
    REOPENED = "reopened"
    ADDED = "added"
    REMOVED = "removed"
    RESIZED = "resized"
    CHANGED = "changed"  # of a number that a tool works out

    @property
    def is_scope(self) -> bool:
        """Whether the scope changed, rather than work being done."""
        return self in {What.ADDED, What.REMOVED, What.RESIZED}


@dataclass(frozen=True, slots=True)
class Move:
    """One item's part in a change. `effect` is on what is counted, `scope` on all that could count."""

    item_key: str
    ref: str
    title: str
    url: str
    what: What
    effect: Decimal
    scope: Decimal
    text: str  # "finished", "moved to In Review", "added, already done"

    def to_json(self) -> dict[str, Any]:
        return {
            "item": self.item_key,
            "ref": self.ref,
            "title": self.title,
            "url": self.url,
            "what": self.what.value,
            "effect": str(self.effect),
            "scope": str(self.scope),
            "text": self.text,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Move:
        return cls(
            data["item"],
            data["ref"],
            data["title"],
            data["url"],
            What(data["what"]),
            Decimal(data["effect"]),
            Decimal(data["scope"]),
            data["text"],
        )


def compare(
    before: Mapping[str, Contribution],
    after: Mapping[str, Contribution],
    *,
    left_out: Mapping[str, Contribution] | None = None,
    known: frozenset[str] = frozenset(),
    done: frozenset[str] = frozenset(),
    gone: Mapping[str, str] | None = None,
) -> tuple[Move, ...]:
    """Return what changed between two sets of contributions by item key, the largest effect first.

    The others tell why an item came or went: `left_out` are those that the rule's `where` leaves out now, `known` those
    that were there before in whatever state and `done` those that were done by then, `gone` those that the tool does
    not show any more, with why in words.
    """
    if _are_numbers(before) and _are_numbers(after):
        return tuple(_numbers_moves(before, after, gone or {}))
    moves: list[Move] = []
    for key, new in after.items():
        old = before.get(key)
        if old is None:
            moves.append(_came(new, was_known=key in known, was_done=key in done))
        elif (old.amount, old.credit) != (new.amount, new.credit):
            moves.append(_changed(old, new))
    for key, old in before.items():
        if key not in after:
            moves.append(_went(old, (left_out or {}).get(key), (gone or {}).get(key, MOVED_OUT)))
    return tuple(sorted(moves, key=lambda move: (-abs(move.effect), -abs(move.scope), move.ref)))


def _came(new: Contribution, *, was_known: bool, was_done: bool) -> Move:
    """Say how an item came into scope: it is new, or it changed so that the rule takes it now."""
    scope = new.amount or ZERO
    if not was_known:
        text = "added, already done" if new.credit > ZERO and new.state == "done" else "added"
        return _move(new, What.ADDED, new.counts, scope, text)
    if new.state == "done" and not was_done:
        return _move(new, What.FINISHED, new.counts, scope, "finished")
    return _move(new, What.ADDED, new.counts, scope, f"came into scope, {new.status}")


def _went(old: Contribution, now: Contribution | None, why: str) -> Move:
    """Say how an item went out of scope: it changed so that the rule leaves it out now, or it is not read any more."""
    effect, scope = -old.counts, -(old.amount or ZERO)
    if now is not None and now.state == "done" and old.state != "done":
        return _move(now, What.FINISHED, effect, scope, "finished")
    if now is not None and now.state != "done" and old.state == "done":
        return _move(now, What.REOPENED, effect, scope, "reopened")
    if now is not None:
        return _move(now, What.REMOVED, effect, scope, f"left out now: {now.reason}")
    return _move(old, What.REMOVED, effect, scope, why)


def _changed(old: Contribution, new: Contribution) -> Move:
    effect = new.counts - old.counts
    scope = (new.amount or ZERO) - (old.amount or ZERO)
    if old.credit == new.credit:
        text = f"resized from {_step(old.amount, new.amount)}"
        return _move(new, What.RESIZED, effect, scope, text)
    if new.state == "done" and old.state != "done":
        return _move(new, What.FINISHED, effect, scope, "finished")
    if old.state == "done" and new.state != "done":
        return _move(new, What.REOPENED, effect, scope, "reopened")
    return _move(new, What.PROGRESSED, effect, scope, f"moved to {new.status}")


def _move(item: Contribution, what: What, effect: Decimal, scope: Decimal, text: str) -> Move:
    return Move(item.item_key, item.ref, item.title, item.url, what, effect, scope, text)


def _are_numbers(held: Mapping[str, Contribution]) -> bool:
    """Whether nothing or a single number of a tool's own stands behind a value: a gauge has no other items."""
    return not held or (len(held) == 1 and all(one.is_number for one in held.values()))


def _numbers_moves(
    before: Mapping[str, Contribution], after: Mapping[str, Contribution], gone: Mapping[str, str]
) -> Iterator[Move]:
    """Yield what a number that a tool works out did: it is read, it changes, it is not read any more."""
    for key, new in after.items():
        old = before.get(key)
        if old is None:
            yield _move(new, What.CHANGED, new.counts, new.amount or ZERO, "read for the first time")
        elif old.amount != new.amount or old.credit != new.credit:
            effect, scope = new.counts - old.counts, (new.amount or ZERO) - (old.amount or ZERO)
            yield _move(new, What.CHANGED, effect, scope, f"changed from {_step(old.amount, new.amount)}")
    for key, old in before.items():
        if key not in after:
            why = gone.get(key, MOVED_OUT)
            text = "not read any more" if why == MOVED_OUT else why
            yield _move(old, What.CHANGED, -old.counts, -(old.amount or ZERO), text)


def _step(old: Decimal | None, new: Decimal | None) -> str:
    numbers = apart([old, new])
    return " to ".join(NO_NUMBER if amount is None else numbers.bare(amount) for amount in (old, new))
