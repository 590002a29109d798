"""Status by pace: the one place that says on track, at risk or off track."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from hub.model.kinds import Freshness, Kind, Status
from hub.model.okr import Goal
from hub.model.progress import ONE, PLACES, expected, progress


@dataclass(frozen=True, slots=True)
class Policy:
    """Where the lights change, as shares of the expected progress, and how long a flap is held back."""

    on_track: Decimal = Decimal("0.7")
    at_risk: Decimal = Decimal("0.4")
    hold: timedelta = timedelta(hours=1)


DEFAULT_POLICY = Policy()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a value means at an instant. `progress` is unclamped, `expected` a share of the way."""

    status: Status
    progress: Decimal | None
    expected: Decimal | None


def judge(goal: Goal, value: Decimal | None, now: datetime, policy: Policy = DEFAULT_POLICY) -> Verdict:
    """Judge a value at an instant. No value is no status; a baseline is watched and never judged."""
    share = None if value is None else progress(goal, value)
    if value is None or share is None:
        return Verdict(Status.NOT_JUDGED, share, None)
    if now < goal.starts:
        return Verdict(Status.NOT_STARTED, share, Decimal(0))
    due = None if goal.kind.is_control else expected(goal, now)
    if now >= goal.due:
        return Verdict(Status.ACHIEVED if share >= ONE else Status.MISSED, share, due)
    if goal.kind.is_control:
        return Verdict(_control_status(goal, value), share, None)
    assert due is not None
    if share >= ONE:
        return Verdict(Status.ACHIEVED, share, due)
    if _reaches(share, policy.on_track, due):
        return Verdict(Status.ON_TRACK, share, due)
    return Verdict(Status.AT_RISK if _reaches(share, policy.at_risk, due) else Status.OFF_TRACK, share, due)


def _reaches(share: Decimal, part: Decimal, due: Decimal) -> bool:
    """Whether a share is at least this part of the expected one; of an expected dip below 0, all of it."""
    # Both are rounded to PLACES: without that much room, exactly 70 % of a third would fall short of it.
    return share + PLACES >= min(part * due, due)


def _control_status(goal: Goal, value: Decimal) -> Status:
    if progress(goal, value) != ONE:
        return Status.OFF_TRACK
    limit = goal.risk_threshold
    if limit is None:
        return Status.ON_TRACK
    is_close = value >= limit if goal.kind is Kind.STAY_BELOW else value <= limit
    return Status.AT_RISK if is_close else Status.ON_TRACK


def freshness_at(
    stored: Freshness, checked_at: datetime | None, allowed: timedelta, now: datetime
) -> tuple[Freshness, datetime | None]:
    """Return the freshness at an instant and since when, from the stored one and the last good read.

    `allowed` is how old a read may be: two intervals of a connection, or the cadence of manual check-ins.
    """
    if checked_at is None:
        return (Freshness.WAITING if stored is Freshness.FRESH else stored), None
    if stored is Freshness.FRESH and now - checked_at > allowed:
        return Freshness.STALE, checked_at + allowed
    return stored, checked_at
