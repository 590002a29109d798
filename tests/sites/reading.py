"""Reading what tools send, a second time: numbers, days and texts, and when they are none."""

from __future__ import annotations

import re
from datetime import date, datetime
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from tests.sites.odd import ABSENT
from tests.sites.truth import Odd

ZONE = ZoneInfo("Europe/Berlin")
_NUMBER = re.compile(r"\s*[+-]?[0-9]{1,28}(\.[0-9]{1,28})?\s*")
_OFFSET = re.compile(r"(Z|[+-]\d\d:?\d\d)$")
LONG = 20_000


def step(raw: Any, *path: str) -> Any:
    """Step into an object; ABSENT where there is no way."""
    for name in path:
        raw = raw.get(name, ABSENT) if isinstance(raw, dict) else ABSENT
    return raw


def is_none(raw: Any) -> bool:
    return raw is None or raw is ABSENT


def number(raw: Any) -> Any:
    """Return a number as a fraction, None for none; text that is plainly one is taken for it."""
    if is_none(raw):
        return None
    if isinstance(raw, bool):
        return Odd()
    if isinstance(raw, int | float):
        exact = Fraction(str(raw))
        return exact if abs(exact) < 10**15 else Odd(exact) if abs(exact) < 10**27 else Odd()
    if isinstance(raw, str) and _NUMBER.fullmatch(raw):
        return Fraction(raw.strip())
    if raw in ("", []):
        return Odd(None)  # nothing, as likely as not
    return Odd()


def text(raw: Any) -> Any:
    """Return a text that every item has."""
    if not isinstance(raw, str):
        return Odd()
    return raw if len(raw) <= LONG else Odd()


def instant(raw: Any) -> Any:
    """Return an aware time, None for none."""
    if is_none(raw):
        return None
    if not isinstance(raw, str) or not _OFFSET.search(raw):
        return Odd()
    try:
        at = datetime.fromisoformat(re.sub(r"([+-]\d\d)(\d\d)$", r"\1:\2", raw))
        at.astimezone(ZONE)
    except (ValueError, OverflowError):
        return Odd()
    return at if 2 <= at.year <= 9998 else Odd()


def day(raw: Any) -> Any:
    """Return a day, None for none."""
    if is_none(raw):
        return None
    if not isinstance(raw, str):
        return Odd()
    try:
        found = date.fromisoformat(raw)
    except ValueError:
        return Odd()
    return found if 2 <= found.year <= 9998 else Odd()


def local_day(at: Any) -> Any:
    """Return the day of an instant where the workspace is, or the day itself; None for none."""
    return at.astimezone(ZONE).date() if isinstance(at, datetime) else at


def is_same(one: str, other: str) -> bool:
    return one.casefold() == other.casefold()
