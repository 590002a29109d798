"""How the numbers of one key result are said: with as many decimals as its goal needs."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from hub.model.key_result import Declared
from hub.model.kinds import Kind
from hub.model.words import say_goal, say_number

NARROW_SPACE = "\u00a0"


@dataclass(frozen=True, slots=True)
class Numbers:
    """The wording of one key result's values. `places` is how many decimals they are shown with at most."""

    unit: str
    places: int
    guess_places: int = 1  # of what is expected or foreseen: on a long way, a tenth more or less says nothing

    def plain(self, value: Decimal | None) -> str:
        """Say a value without its unit, but with the per cent sign where that is the unit."""
        text = say_number(value, places=self.places)
        return f"{text}{NARROW_SPACE}%" if self.unit == "%" and value is not None else text

    def bare(self, value: Decimal | None) -> str:
        return say_number(value, places=self.places)

    def guess(self, value: Decimal | None) -> str:
        """Say an estimate without its unit."""
        return say_number(value, places=self.guess_places)

    def signed(self, value: Decimal) -> str:
        """Say a difference: "+3", "−0.2 points" where the unit is per cent."""
        text = say_number(value, places=self.places)
        return f"+{text}" if value > 0 and text != "0" else text

    def full(self, value: Decimal | None) -> str:
        """Say a value with its unit."""
        if self.unit in {"", "%"} or value is None:
            return self.plain(value)
        return f"{self.bare(value)} {self.unit}"


def numbers_of(declared: Declared) -> Numbers:
    """Return how a key result's numbers are said: two decimals where its goal is narrow, else one."""
    marks = [
        mark
        for mark in (declared.baseline, declared.target, declared.minimum, declared.maximum, declared.risk_threshold)
        if mark is not None
    ]
    span = max(marks) - min(marks) if marks else Decimal(0)
    is_narrow = Decimal(0) < span < 5 and any(mark != mark.to_integral_value() for mark in marks)
    places = 2 if is_narrow else 1
    return Numbers(declared.unit, places, 0 if _way(declared) >= 20 else places)


def _way(declared: Declared) -> Decimal:
    """Return how far it is from the baseline to the target."""
    return abs(declared.target - (declared.baseline or Decimal(0))) if declared.target is not None else Decimal(0)


def goal_words(declared: Declared) -> str:
    """Say what the value is held against: "of 40 merchants", "to 1.2 %"."""
    target = declared.target
    if declared.kind is Kind.MILESTONES:
        target = weight_of_milestones(declared)
        if declared.unit:
            return f"of {say_number(target)} {declared.unit}"
    return say_goal(
        declared.kind,
        declared.unit,
        baseline=declared.baseline,
        target=target,
        minimum=declared.minimum,
        maximum=declared.maximum,
    )


def weight_of_milestones(declared: Declared) -> Decimal:
    return sum((milestone.weight for milestone in declared.milestones), Decimal(0))
