"""Every shape that a connector's answers have, and at each of its paths values of every other type.

What is recorded while a site is read is asked for again with one value changed. No exception but the named ones may
leave the connector, and no rule may show another value as if it were right: where the value changed, it is one item's
own, and the rule's selection holds that item.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from connectors import errors, ledgers
from hub.model.kinds import Freshness
from tests.sites.judgement import MAKERS
from tests.sites.line import Clock, Line, Stock
from tests.sites.odd import ABSENT
from tests.sites.site import Site

VALUES: tuple[Any, ...] = (
    None, ABSENT, True, "text", "\ud800", 7, 3.5, 10**40, -1, [], ["text"], {}, {"id": {}}, "9999-12-31T23:59:59.000Z",
    "x" * 30_000,
)  # fmt: skip
NAMED = {name for name, one in vars(errors).items() if isinstance(one, type) and issubclass(one, Exception)}
_ID = re.compile(r"[0-9A-Za-z_=-]{16,}|\d+")
_KEYS = {"id", "gid", "key"}  # without which nobody knows what an item is
Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Spot:
    """A path in the answers to one kind of request, in the first read or in a later one."""

    phase: str  # "first" | "again"
    asked: str
    path: Path

    def __str__(self) -> str:
        return f"{self.phase} {self.asked} {'.'.join(self.path)}"


@dataclass
class Tally:
    """What came of the changes."""

    shapes: int = 0
    spots: int = 0
    changes: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        self.shapes, self.spots = self.shapes + other.shapes, self.spots + other.spots
        self.changes += other.changes
        self.outcomes.update(other.outcomes)
        self.wrong += other.wrong

    def as_text(self) -> str:
        said = ", ".join(f"{name} {number:,}" for name, number in self.outcomes.most_common())
        return f"{self.shapes} shapes, {self.spots:,} paths, {self.changes:,} changes: {said}; {len(self.wrong)} wrong"


class Shapes:
    """One tool's answers, recorded once and then bent one value at a time."""

    def __init__(self, tool: str, stock: Stock) -> None:
        self.tool, self.stock, self.clock = tool, stock, Clock()
        self.site: Site = MAKERS[tool](0, self.clock)
        self.site.changes.clear()
        self._spots: dict[Spot, None] = {}
        self._values: dict[str, Any] = {}
        self._record()

    @property
    def spots(self) -> list[Spot]:
        return list(self._spots)

    @property
    def shapes(self) -> int:
        """How many kinds of answers there are."""
        return len({(spot.phase, spot.asked) for spot in self._spots})

    def changes(self, dice: Random | None = None, number: int = 0) -> Iterator[tuple[Spot, Any]]:
        """Yield every change, or so many at random."""
        every = [(spot, value) for spot in self._spots for value in VALUES]
        yield from dice.sample(every, min(number, len(every))) if dice else every

    def run(self, changes: Sequence[tuple[Spot, Any]]) -> Tally:
        """Read the site once for each change, and say what came of it."""
        tally = Tally(self.shapes, len(self._spots))
        for spot, value in changes:
            self._one(spot, value, tally)
        return tally

    # -- recording

    def _record(self) -> None:
        line = self.stock.line(self.site, self.clock)
        self.site.bend = lambda asked, drawn: self._note("first", asked, drawn)
        self._read(line)
        self.stock.keep(self.site, "read")
        self._values = self._shown(line)
        self.clock.pass_(minutes=16)
        for piece in self.site.pieces():
            self.site.touch(piece.key)
        self.site.bend = lambda asked, drawn: self._note("again", asked, drawn)
        self._read(line)
        self.site.bend = None
        if line.defects or self._shown(line) != self._values:
            raise AssertionError(f"{self.tool} without any change is not read as it must be: {line.defects}")

    def _read(self, line: Line) -> None:
        ledgers.share(ledgers.Memory())
        line.sync()

    def _note(self, phase: str, asked: str, drawn: Any) -> None:
        for path in _paths(drawn):
            self._spots.setdefault(Spot(phase, _kind(asked), path))

    def _shown(self, line: Line) -> dict[str, tuple[Any, Freshness]]:
        standings = {rule.name: line.key_result(rule.name).standing for rule in self.site.rules}
        return {name: (one.value, one.freshness) for name, one in standings.items()}

    # -- one change

    def _one(self, spot: Spot, value: Any, tally: Tally) -> None:
        line = self.stock.line(self.site, self.clock, "template" if spot.phase == "first" else "read")
        changed: set[str] = set()  # the items that it was about; "" for an answer as a whole

        def bend(asked: str, drawn: Any) -> None:
            if _kind(asked) == spot.asked:
                self._bend(drawn, spot.path, value, changed)

        self.site.bend = bend
        try:
            self._read(line)
        finally:
            self.site.bend = None
        if not changed:
            tally.outcomes["as it was"] += 1
            return
        tally.changes += 1
        unnamed = [*line.defects, *(name for name in line.raised if name not in NAMED)]
        if unnamed:
            tally.wrong.append(f"{self.tool}: {spot} = {str(value)[:40]!r}: {unnamed[0]}")
        shown = self._shown(line)
        is_item = "" not in changed
        held = {one.key: one.held for one in self.site.pieces()}
        for rule in self.site.rules:
            was, (now, light) = self._values[rule.name], shown[rule.name]
            own = is_item and any(rule.holds(held[key]) for key in changed if key in held)
            says = light is not Freshness.FRESH
            if now != was[0] and not own and not says:
                tally.wrong.append(f"{self.tool}: {spot} = {str(value)[:40]!r}: {rule.name} {was[0]} to {now}, {light}")
            if is_item and not own and (says or now != was[0]):
                tally.wrong.append(f"{self.tool}: {spot} = {str(value)[:40]!r}: {rule.name} is {now}, {light}")
        names = {name for name in line.raised if name in NAMED}
        partial = any(light is not Freshness.FRESH for _, light in shown.values())
        tally.outcomes["+".join(sorted(names)) or ("named by its rules" if partial else "read")] += 1

    def _bend(self, drawn: Any, path: Path, value: Any, changed: set[str]) -> None:
        """Put a value at a path; of lists into the first element. Note whose it is."""
        place, key = drawn, ""
        for at, step in enumerate(path):
            if isinstance(place, dict) and (found := self.site.key_of(place)) is not None:
                key = "" if step in _KEYS else found
            if isinstance(place, list) and step == "[]" and place:
                index: Any = 0
            elif isinstance(place, dict) and step in place:
                index = step
            else:
                return
            if at == len(path) - 1:
                if type(place[index]) is type(value):
                    return  # another value of its type is no other shape
                if value is ABSENT:
                    del place[index]
                else:
                    place[index] = json.loads(json.dumps(value))
                changed.add(key)
                return
            place = place[index]


def _kind(asked: str) -> str:
    return _ID.sub("#", asked)


def _paths(drawn: Any, so_far: Path = ()) -> Iterator[Path]:
    if isinstance(drawn, dict):
        for name, value in drawn.items():
            yield (*so_far, name)
            yield from _paths(value, (*so_far, name))
    elif isinstance(drawn, list) and drawn:
        yield (*so_far, "[]")
        yield from _paths(drawn[0], (*so_far, "[]"))
