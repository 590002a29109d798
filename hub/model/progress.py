"""How far along a key result is, and how far it is expected to be."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal, localcontext

from hub.model.kinds import Kind
from hub.model.okr import Goal

ZERO = Decimal(0)
ONE = Decimal(1)
PLACES = Decimal("0.000000000001")
DIGITS = 120  # room for any two numbers of 40 digits, as files may hold
TICK = timedelta(microseconds=1)


class GoalError(ValueError):
    """A goal whose numbers cannot be judged; the message says what to change."""


def check_goal(goal: Goal) -> None:
    """Raise GoalError when a goal lacks what its kind needs."""
    if goal.due <= goal.starts:
        raise GoalError("the due date is before the start")
    match goal.kind:
        case Kind.REACH | Kind.INCREASE | Kind.DECREASE:
            if goal.target is None:
                raise GoalError(f"a key result of kind {goal.kind} needs a target")
            if goal.target == goal.baseline:
                raise GoalError("baseline and target are the same: there is nothing to travel")
            if goal.kind is Kind.INCREASE and goal.target < goal.baseline:
                raise GoalError("the target of an increase lies above its baseline (or use kind: decrease)")
            if goal.kind is Kind.DECREASE and goal.target > goal.baseline:
                raise GoalError("the target of a decrease lies below its baseline (or use kind: increase)")
        case Kind.STAY_BELOW | Kind.STAY_ABOVE:
            if goal.target is None:
                raise GoalError(f"a key result of kind {goal.kind} needs a target: the threshold")
            if goal.risk_threshold is not None:
                is_safe = (
                    goal.risk_threshold < goal.target
                    if goal.kind is Kind.STAY_BELOW
                    else goal.risk_threshold > goal.target
                )
                if not is_safe:
                    raise GoalError("the risk threshold lies on the safe side of the target")
        case Kind.RANGE:
            if goal.minimum is None or goal.maximum is None:
                raise GoalError("a range needs a minimum and a maximum")
            if goal.minimum > goal.maximum:
                raise GoalError("the minimum is above the maximum")
        case Kind.MILESTONES:
            if not goal.milestones or sum((m.weight for m in goal.milestones), ZERO) <= ZERO:
                raise GoalError("milestones need at least one with a weight above 0")
        case Kind.BASELINE:
            pass


def progress(goal: Goal, value: Decimal) -> Decimal | None:
    """Return the share of the way, unclamped: 1 is the target reached. None for a baseline."""
    match goal.kind:
        case Kind.REACH | Kind.INCREASE | Kind.DECREASE:
            assert goal.target is not None
            return _share(value - goal.baseline, goal.target - goal.baseline)
        case Kind.STAY_BELOW:
            assert goal.target is not None
            return ONE if value < goal.target else ZERO
        case Kind.STAY_ABOVE:
            assert goal.target is not None
            return ONE if value > goal.target else ZERO
        case Kind.RANGE:
            assert goal.minimum is not None and goal.maximum is not None
            return ONE if goal.minimum <= value <= goal.maximum else ZERO
        case Kind.MILESTONES:
            return _share(value, sum((m.weight for m in goal.milestones), ZERO))
        case Kind.BASELINE:
            return None


def expected(goal: Goal, now: datetime) -> Decimal:
    """Return the share of the way expected at an instant, 0..1 on a straight line.

    With phased targets it is the line through them; there it may lie outside 0..1, as they say.
    """
    if now <= goal.starts:
        return ZERO
    if now >= goal.due:
        return ONE
    if not goal.phased_targets or goal.target is None or goal.target == goal.baseline:
        return _elapsed(goal.starts, goal.due, now)
    span = goal.target - goal.baseline
    before_at, before = goal.starts, ZERO
    for at, value in (*goal.phased_targets, (goal.due, goal.target)):
        share = _share(value - goal.baseline, span)
        if now <= at:
            return (before + (share - before) * _elapsed(before_at, at, now)).quantize(PLACES).normalize() + ZERO
        before_at, before = at, share
    return ONE


def expected_value(goal: Goal, now: datetime) -> Decimal | None:
    """Return the value that steady progress would have reached by now; None where there is no way to travel."""
    if goal.kind is Kind.MILESTONES:
        return sum((m.weight for m in goal.milestones), ZERO) * expected(goal, now)
    if goal.kind not in {Kind.REACH, Kind.INCREASE, Kind.DECREASE} or goal.target is None:
        return None
    return goal.baseline + (goal.target - goal.baseline) * expected(goal, now)


def milestones_value(goal: Goal, now: datetime) -> Decimal:
    """Return the weight of the milestones done by an instant, in the zone that the goal's dates are in."""
    today = now.astimezone(goal.starts.tzinfo).date()
    return sum((m.weight for m in goal.milestones if m.done_on is not None and m.done_on <= today), ZERO)


def clamp(share: Decimal) -> Decimal:
    """Return the share within 0..1, as roll-up and score use it."""
    return min(max(share, ZERO), ONE)


def _elapsed(start: datetime, end: datetime, now: datetime) -> Decimal:
    if end <= start:
        return ONE
    # In UTC: two times of one zone subtract as their clocks read, and miss the hour by which those were changed.
    first, last, at = (instant.astimezone(UTC) for instant in (start, end, now))
    return _share(Decimal((at - first) // TICK), Decimal((last - first) // TICK))


def _share(part: Decimal, whole: Decimal) -> Decimal:
    with localcontext() as context:
        context.prec = DIGITS
        return (part / whole).quantize(PLACES).normalize() + ZERO
