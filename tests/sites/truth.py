"""What a rule's number is, worked out from what a tool sends: an item that nobody could read is said to be one.

Written from docs/mappings.md; nothing here comes from the hub, from what reads the tools or from the mapping language.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from tests.sites.odd import Raw

NOTHING: Any = object()


@dataclass(frozen=True, slots=True)
class Odd:
    """What cannot be read for certain. `value` is what it may be taken for; without one the item has to be named."""

    value: Any = NOTHING


Ask = Callable[[Raw], Any]


@dataclass(frozen=True, slots=True)
class Piece:
    """An item: as the tool holds it, which decides what selections hold it, and as the tool shows it."""

    key: str
    held: Any
    shown: Raw


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as written in YAML, and a second time as what it means.

    `holds` is asked of the item as held; `state` gives todo, doing, done or dropped; `asks` give true or false; each
    of these and `amount` (None for no number) may give Odd.
    """

    name: str
    select: str
    measure: str
    where: str
    holds: Callable[[Any], bool]
    state: Ask
    asks: tuple[Ask, ...] = ()
    amount: Ask | None = None
    fold: str = "count"


@dataclass(frozen=True, slots=True)
class _Read:
    """One item under one rule. `is_in` is None where that depends on what nobody can read."""

    key: str
    is_odd: bool
    is_unknown: bool
    is_in: bool
    is_done: bool
    amount: Fraction | None


@dataclass(frozen=True, slots=True)
class Truth:
    """What is true of a rule. Items of `must` have to be set aside and named, others than `may` must not be."""

    rule: Rule
    items: tuple[_Read, ...]

    @property
    def must(self) -> set[str]:
        return {one.key for one in self.items if one.is_unknown}

    @property
    def may(self) -> set[str]:
        return {one.key for one in self.items if one.is_odd}

    @property
    def is_empty(self) -> bool:
        """Whether no item is in scope for certain."""
        return not any(one.is_in for one in self.items)

    def value(self, aside: Iterable[str] = ()) -> Fraction | None:
        """Return the number without those items; None where there is none."""
        without = set(aside)
        scope = [one for one in self.items if one.is_in and one.key not in without]
        if self.rule.fold == "count":
            return Fraction(len(scope))
        if self.rule.fold == "sum":
            return sum((one.amount or Fraction(0) for one in scope), Fraction(0))
        whole = sum((one.amount or Fraction(0) for one in scope), Fraction(0))
        done = sum((one.amount or Fraction(0) for one in scope if one.is_done), Fraction(0))
        return done / whole * 100 if whole else None


def truth_of(rule: Rule, pieces: Sequence[Piece]) -> Truth:
    """Work a rule out over what a tool shows."""
    return Truth(rule, tuple(_read(rule, one) for one in pieces if rule.holds(one.held)))


def _read(rule: Rule, piece: Piece) -> _Read:
    answers = [rule.state(piece.shown), *(ask(piece.shown) for ask in rule.asks)]
    amount = rule.amount(piece.shown) if rule.amount else Fraction(1)
    is_odd = any(isinstance(one, Odd) for one in [*answers, amount])
    state, *held = [one.value if isinstance(one, Odd) else one for one in answers]
    number = amount.value if isinstance(amount, Odd) else amount
    is_out = state == "dropped" or any(one is False for one in held)
    unknown = not is_out and any(one is NOTHING for one in [state, *held, number])
    is_in = not is_out and not unknown
    return _Read(piece.key, is_odd, unknown, is_in, state == "done", number if is_in else None)


def then(reading: Any, judge: Callable[[Any], Any]) -> Any:
    """Judge a reading that may be odd."""
    if isinstance(reading, Odd):
        return Odd() if reading.value is NOTHING else Odd(judge(reading.value))
    return judge(reading)
