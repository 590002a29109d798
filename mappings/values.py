"""What an item holds in a field, and how people would say it."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal

from connectors.shapes import OWN, Scalar, WorkItem, plain_decimal
from mappings.moments import Moment
from mappings.rules import plain_number
from mappings.vocabulary import POINTS

MAX_TOLD = 60  # characters of a value in a reason

Reading = Callable[[WorkItem], Scalar]


class FieldError(Exception):
    """A field cannot be asked what the rule asks: the evaluation is broken, never 0."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(field, why)
        self.field, self.why = field, why


STANDARD: dict[str, Reading] = {
    "state": lambda item: item.state.value,
    "status": lambda item: item.status,
    "type": lambda item: item.type,
    "labels": lambda item: tuple(item.labels),
    POINTS: lambda item: item.points,
    "assignee": lambda item: item.assignee,
    "parent": lambda item: item.parent,
    "created": lambda item: item.created,
    "updated": lambda item: item.updated,
    "done": lambda item: item.done,
    "due": lambda item: item.due,
    "title": lambda item: item.title,
    "ref": lambda item: item.ref,
}


def reading(field: str, *, own: bool) -> Reading:
    """Return what reads a field of an item; one of the tool's own that this item lacks holds nothing.

    Tools leave a field out of the items that it is not meant for (a bug without story points). Whether it is absent
    from *every* item, and so renamed or removed, is asked once for all of them: see `absent_fields`. What it returns
    raises FieldError for an item of which the tool sent what nobody can read there.
    """
    read, name = STANDARD.get(field), field
    if own or read is None:
        read, name = (lambda item: item.fields.get(field)), OWN + field

    def readable(item: WorkItem) -> Scalar:
        if item.unreadable:
            if name in item.unreadable:
                raise FieldError(field, f"cannot be read: {item.unreadable[name]}")
            if name == "done" and "state" in item.unreadable:  # whether it is done at all
                raise FieldError("state", f"cannot be read: {item.unreadable['state']}")
        return read(item)

    return readable


def absent_fields(asked: Iterable[str], items: Iterable[WorkItem]) -> list[str]:
    """Return which of the fields asked for no item has at all, not even without a value. Sorted.

    They are the tool's own, and "points", which stands in `fields` as well where the tool has a field for it.
    """
    wanting = set(asked)
    for item in items:
        if not wanting:
            break
        wanting.difference_update(item.fields)
        wanting.difference_update(name.removeprefix(OWN) for name in item.unreadable)
        if item.points is not None:
            wanting.discard(POINTS)
    return sorted(wanting)


def number(field: str, value: Scalar, wanted_by: str) -> Decimal:
    """Return a value that has to be a number; text that is plainly one is taken for it."""
    found = plain_decimal(value)
    if found is not None:
        return found
    raise FieldError(field, f"holds {kind_of(value)}, and {wanted_by} wants a number")


def kind_of(value: Scalar) -> str:
    """Name what a value is."""
    if isinstance(value, bool):
        return "yes or no"
    if isinstance(value, tuple):
        return "a list"
    if isinstance(value, date):
        return "a day"
    if isinstance(value, Decimal):
        return "a number" if value.is_finite() else "no finite number"
    if isinstance(value, timedelta):
        return "a length of time"
    return "text"


def folded(text: str) -> str:
    """Return a text as it is compared: without regard to case, and to how an accent is encoded."""
    return text.lower() if text.isascii() else unicodedata.normalize("NFC", text).casefold()


def is_missing(value: Scalar) -> bool:
    """Say whether a field holds nothing: no value, an empty text, an empty list."""
    return value is None or value in ("", ())  # a tuple: a set would hash what may not be hashed


def amount_name(field: str) -> str:
    """Name a numeric field in a sentence: "story points", or the tool's own name in quotes."""
    return "story points" if field == POINTS else f'"{field}"'


def told(field: str, value: Scalar, moment: Moment, *, own: bool) -> str:
    """Say what a field holds: "type is Sub-task", "no due date", "done 24 Sep 2026".

    Never quotes a title: reasons are shown where titles may not be.
    """
    if own:
        return f'no "{field}"' if is_missing(value) else f'"{field}" is {_written(value, moment)}'
    if is_missing(value):
        return {"done": "not done yet", "due": "no due date", "points": "no story points"}.get(field, f"no {field}")
    if field == "title":
        return "the title"
    if field == POINTS and isinstance(value, Decimal):
        return f"{plain_number(value)} story point{'' if value == 1 else 's'}"
    if isinstance(value, date):
        return f"{field} {_written(value, moment)}"
    if isinstance(value, tuple):
        return f"{'label is' if len(value) == 1 else 'labels are'} {_written(value, moment)}"
    return f"{field} is {_written(value, moment)}"


def day_told(day: date) -> str:
    """Write a day as "8 Oct 2026"."""
    months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    return f"{day.day} {months[day.month - 1]} {day.year}"


def length_told(length: timedelta) -> str:
    """Write a length of time as "2 h 30 min"."""
    minutes, seconds = divmod(abs(length) // timedelta(seconds=1), 60)
    hours, minutes = divmod(minutes, 60)
    parts = [f"{count} {unit}" for count, unit in ((hours, "h"), (minutes, "min"), (seconds, "s")) if count]
    return ("\u2212" if length < timedelta(0) else "") + (" ".join(parts) or "0 h")


def _written(value: Scalar, moment: Moment) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return plain_number(value)
    if isinstance(value, timedelta):
        return length_told(value)
    if isinstance(value, (datetime, date)):
        return day_told(moment.local_day(value))
    flat = ", ".join(sorted(value)) if isinstance(value, tuple) else " ".join(str(value).split())
    return flat if len(flat) <= MAX_TOLD else flat[: MAX_TOLD - 1] + "…"
