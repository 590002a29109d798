"""How states and numbers are said to people, in pages, messages and the terminal alike."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, localcontext

from hub.model.kinds import Kind, Status
from hub.model.progress import DIGITS

STATUS_WORDS: dict[Status, str] = {
    Status.NOT_JUDGED: "Not judged yet",
    Status.NOT_STARTED: "Not started",
    Status.ON_TRACK: "On track",
    Status.AT_RISK: "At risk",
    Status.OFF_TRACK: "Off track",
    Status.ACHIEVED: "Achieved",
    Status.MISSED: "Missed",
}


def say_number(value: Decimal | None, *, places: int = 1) -> str:
    """Say a number as people read it: at most `places` decimals, a true minus sign, thousands apart."""
    if value is None:
        return "no value yet"
    with localcontext() as context:
        context.prec = DIGITS
        rounded = value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    text = f"{rounded:,f}".replace(",", "\u202f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    if text in {"-0", ""}:
        text = "0"
    return text.replace("-", "\u2212")


def say_signed(value: Decimal) -> str:
    """Say a difference with its sign: "+3", "−1", "0"."""
    text = say_number(value)
    return f"+{text}" if value > 0 and text != "0" else text


def say_share(share: Decimal | None) -> str:
    """Say a share as whole per cent: "48 %"."""
    if share is None:
        return "\u2013"
    return f"{say_number(share * 100, places=0)}\u00a0%"


def say_value(value: Decimal | None, unit: str) -> str:
    """Say a value with its unit; per cent stands apart by a space, as in "82 %"."""
    text = say_number(value)
    return text if value is None or not unit else f"{text}\u00a0{unit}" if unit == "%" else f"{text} {unit}"


def say_goal(
    kind: Kind,
    unit: str,
    *,
    baseline: Decimal | None = None,
    target: Decimal | None = None,
    minimum: Decimal | None = None,
    maximum: Decimal | None = None,
) -> str:
    """Say what a value is held against, to stand after the value: "of 40 merchants", "to 4 bugs", "stay below 5"."""
    match kind:
        case Kind.REACH if not baseline:
            return f"of {say_value(target, unit)}"
        case Kind.MILESTONES:
            return f"of {say_number(target)} milestones" if target is not None else "milestones"
        case Kind.REACH | Kind.INCREASE | Kind.DECREASE:
            return f"to {say_value(target, unit)}"
        case Kind.STAY_BELOW:
            return f"stay below {say_value(target, unit)}"
        case Kind.STAY_ABOVE:
            return f"stay above {say_value(target, unit)}"
        case Kind.RANGE:
            return f"stay within {say_number(minimum)} to {say_value(maximum, unit)}"
        case Kind.BASELINE:
            return unit or "watched"
    raise AssertionError(kind)


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
