"""The closed lists: kinds of key result, status, freshness, and where a measurement comes from."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """How a key result is measured against its target."""

    REACH = "reach"  # from 0 (or a baseline) up or down to the target
    INCREASE = "increase"
    DECREASE = "decrease"
    STAY_BELOW = "stay_below"  # strictly
    STAY_ABOVE = "stay_above"  # strictly
    RANGE = "range"  # minimum to maximum, both included
    MILESTONES = "milestones"
    BASELINE = "baseline"  # watch a number before a target exists

    @property
    def is_control(self) -> bool:
        """Whether it guards a threshold instead of travelling to a target."""
        return self in {Kind.STAY_BELOW, Kind.STAY_ABOVE, Kind.RANGE}

    @property
    def is_scored(self) -> bool:
        """Whether the review scores it and roll-up counts it without being told to."""
        return self in {Kind.REACH, Kind.INCREASE, Kind.DECREASE, Kind.MILESTONES}


class Status(StrEnum):
    """The traffic light of a key result. No value yet is no status: NOT_JUDGED."""

    NOT_JUDGED = "not_judged"
    NOT_STARTED = "not_started"
    ON_TRACK = "on_track"
    AT_RISK = "at_risk"
    OFF_TRACK = "off_track"
    ACHIEVED = "achieved"
    MISSED = "missed"


class Freshness(StrEnum):
    """The second, quieter light: whether the value can be relied on to be current."""

    FRESH = "fresh"
    STALE = "stale"
    PARTIAL = "partial"  # fewer items were read than the tool reports
    BROKEN = "broken"  # a person must act before it can be read again
    SUSPECT = "suspect"  # a guard held the new value back
    PAUSED = "paused"
    WAITING = "waiting"  # never read yet


class Origin(StrEnum):
    """Where a measurement comes from."""

    MEASURED = "measured"
    CHECK_IN = "check_in"
    RECONSTRUCTED = "reconstructed"  # from the items' own dates, before the first read: approximate


class ChangeKind(StrEnum):
    """What a post to a channel tells of."""

    STATUS_CHANGE = "status_change"
