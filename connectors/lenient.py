"""Read one item's parts one by one: what cannot be read is noted for that item, and stops nothing else."""

from __future__ import annotations

import json
from codecs import BOM_UTF8
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import msgspec

from connectors.tame import describe, instant, without_halves

LONGEST = 20_000  # characters of one text: no title, status or name that people read is longer


class Legible:
    """What could be read of one item. `unreadable` says of the rest why not, by attribute or field id."""

    def __init__(self) -> None:
        self.unreadable: dict[str, str] = {}

    def note(self, name: str, why: str) -> None:
        """Note that something cannot be read; the first reason stays."""
        self.unreadable.setdefault(name, why)

    def odd(self, name: str, found: object, wanted: str) -> None:
        """Note what kind of thing was found where another was expected."""
        self.note(name, expected(found, wanted))

    def text(self, name: str, found: object, otherwise: str = "") -> str:
        """Return a text that every item has; `otherwise` where there is none."""
        if not isinstance(found, str):
            self.odd(name, found, "text")
            return otherwise
        if len(found) > LONGEST:
            self.note(name, f"found a text of {len(found):,} characters")
            return otherwise or found[:LONGEST]
        return found

    def maybe_text(self, name: str, found: object) -> str | None:
        """Return a text that an item may do without."""
        return None if found is None else self.text(name, found) or None

    def moment(self, name: str, found: object) -> datetime | None:
        """Return an instant in UTC; None where there is none."""
        if found is None:
            return None
        if not isinstance(found, str):
            self.odd(name, found, "a time")
            return None
        try:
            return instant(found)
        except (ValueError, OverflowError) as problem:
            self.note(name, f"found {_edge(problem) or 'text where a time with an offset was expected'}")
            return None

    def day(self, name: str, found: object) -> date | None:
        """Return a day; None where there is none."""
        if found is None:
            return None
        if not isinstance(found, str):
            self.odd(name, found, "a day")
            return None
        try:
            at = date.fromisoformat(found)
        except ValueError:
            self.odd(name, found, "a day")
            return None
        if not is_usable(at):
            self.note(name, "found a day at the edge of the calendar")
            return None
        return at

    def names(self, name: str, found: object) -> frozenset[str]:
        """Return a list of texts as a set."""
        if found is None:
            return frozenset()
        if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
            self.odd(name, found, "a list of texts")
            return frozenset()
        return frozenset(found)

    def number(self, name: str, found: object) -> Decimal | None:
        """Return a JSON number; None where there is none."""
        if found is None:
            return None
        number = exact(found)
        if number is None:
            self.odd(name, found, "a number")
        return number


def parts(found: object) -> dict[str, Any]:
    """Return an object's members; none where it is no object."""
    return found if isinstance(found, dict) else {}


def member(found: object, *path: str) -> object:
    """Step into objects by name; None where there is nothing by that name."""
    for name in path:
        found = parts(found).get(name)
    return found


def texts_in(found: object, *names: str) -> Iterator[str]:
    """Yield those members of an object that are texts, in the order of the names."""
    for name in names:
        if isinstance(one := member(found, name), str):
            yield one


def exact(found: object) -> Decimal | None:
    """Return a JSON number as people wrote it; None for anything else, and for one that is not finite."""
    if isinstance(found, bool) or not isinstance(found, int | float | Decimal):
        return None
    number = Decimal(str(found))
    return number if number.is_finite() and number.adjusted() < 28 else None


def expected(found: object, wanted: str) -> str:
    """Say what kind of thing was found where another was expected; never the thing itself, which may be private."""
    if isinstance(found, float | int) and not isinstance(found, bool) and exact(found) is None:
        return "found a number that is too large"
    return f"found {describe(found)} where {wanted} was expected"


def is_usable(day: date) -> bool:
    """Whether a day has an instant in every time zone."""
    return 2 <= day.year <= 9998


def loosely(body: bytes) -> Any:
    """Parse JSON as far as it can be read: a number beyond reason becomes infinite, half a letter a mark.

    Raises ValueError for what is no JSON, and where it is nested beyond reason.
    """
    body = body.removeprefix(BOM_UTF8)
    try:
        return msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        pass
    try:
        return json.loads(without_halves(body).decode("utf-8", "replace"), parse_int=_whole)
    except RecursionError as deep:
        raise ValueError("nested beyond reason") from deep


def _whole(text: str) -> int | float:
    return int(text) if len(text) < 400 else float("inf")


def _edge(problem: Exception) -> str:
    said = str(problem)
    return "a time at the edge of the calendar" if isinstance(problem, OverflowError) or "edge" in said else ""
