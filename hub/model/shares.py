"""Shares of 1 where per cent are wanted: a cell formatted as 42 % holds 0.42, and so does a percent field."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal

from hub.model.key_result import Declared
from hub.model.numbers import PER_CENT, say_exact

ONE, HUNDRED = Decimal(1), Decimal(100)
LEAST_MARK = Decimal("1.5")  # a goal up to here may be meant as a share itself
NEAR = 5  # times the goal: what lies farther from it when multiplied by 100 is a small per cent and no share


def doubt_shares(declared: Declared, values: Collection[Decimal]) -> str:
    """Say that values look like shares while the goal is in per cent, and what to do about it; "" where they do not.

    Nothing but 0 and 1 tells nothing, nor does a goal that begins or ends within 1: who wrote 0.4 % knows of it.
    """
    ends = [mark for mark in (declared.target, declared.minimum, declared.maximum) if mark is not None]
    starts = [mark for mark in (declared.baseline, declared.risk_threshold) if mark]
    if declared.unit.strip() != PER_CENT or not ends or min(map(abs, (*ends, *starts))) <= LEAST_MARK:
        return ""
    if not values or any(abs(value) > ONE for value in values) or all(value in {0, 1} for value in values):
        return ""
    if max(map(abs, values)) * HUNDRED > max(map(abs, ends)) * NEAR:
        return ""
    named = "target" if declared.target is not None else "range"
    goal = " to ".join(say_exact(end) for end in dict.fromkeys(ends))
    return (
        f"values look like shares (0 to 1), {named} {goal}: a cell or field shown as 42 % holds 0.42, "
        "so read one that holds the number in per cent (in Excel a cell such as =B4*100)"
    )
