"""How states, shares and times are said to people, in pages, messages and the terminal alike."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from hub.model.kinds import Status
from hub.model.numbers import HUNDRED, PER_CENT, SPACE, say_exact, told_apart

STATUS_WORDS: dict[Status, str] = {
    Status.NOT_JUDGED: "Not judged yet",
    Status.NOT_STARTED: "Not started",
    Status.ON_TRACK: "On track",
    Status.AT_RISK: "At risk",
    Status.OFF_TRACK: "Off track",
    Status.ACHIEVED: "Achieved",
    Status.MISSED: "Missed",
}


def say_share(share: Decimal | None, *others: Decimal | None) -> str:
    """Say a share in per cent, whole ones where that is enough: "48 %", "99.6 %".

    What is not reached never reads "100 %", what is begun never "0 %"; `others` are the shares said beside it.
    """
    if share is None:
        return "\u2013"
    known = sorted({one * HUNDRED for one in (share, *others, Decimal(0), Decimal(1)) if one is not None})
    return f"{say_exact(told_apart(share * HUNDRED, 0, known))}{SPACE}{PER_CENT}"


def say_wait(seconds: int) -> str:
    """Say how long to wait: "1 second", "40 seconds", "5 minutes"."""
    if seconds < 60:
        return "1 second" if seconds == 1 else f"{seconds} seconds"
    minutes = -(-seconds // 60)
    return "1 minute" if minutes == 1 else f"{minutes} minutes"


def say_age(then: datetime, now: datetime) -> str:
    """Say how long ago: "just now", "2 min ago", "3 hours ago", "3 days ago"."""
    gone = now - then
    if gone < timedelta(minutes=1):
        return "just now"
    if gone < timedelta(hours=1):
        return f"{int(gone.total_seconds() // 60)} min ago"
    if gone < timedelta(days=1):
        hours = int(gone.total_seconds() // 3600)
        return "1 hour ago" if hours == 1 else f"{hours} hours ago"
    return "1 day ago" if gone.days == 1 else f"{gone.days} days ago"
