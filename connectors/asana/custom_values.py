"""The values of custom fields: https://developers.asana.com/docs/custom-fields-guide"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime

from msgspec import UNSET

from connectors.asana.answers import CustomValue, Task
from connectors.salvage import MISSING, expected, number, text
from connectors.shapes import Scalar
from connectors.tame import instant


def custom_values(task: Task, gids: Collection[str]) -> tuple[dict[str, Scalar], dict[str, str]]:
    """Return the values of the fields asked for by gid, and of those that cannot be read why.

    A field that is in neither is absent: none of the task's projects has it.
    """
    values: dict[str, Scalar] = {}
    unreadable: dict[str, str] = {}
    held = task.custom_fields if isinstance(task.custom_fields, list) else []
    for field in held:
        if field.gid not in gids:
            continue
        if field.gid in values or field.gid in unreadable:
            values.pop(field.gid, None)
            unreadable[field.gid] = "the task has it twice"
            continue
        try:
            values[field.gid] = _value(field)
        except ValueError as why:
            unreadable[field.gid] = str(why)
    odd = task.wrong.get("custom_fields", MISSING if task.custom_fields is UNSET else "")
    if odd:  # what could not be read may have been any of those that are missing
        missing = set(gids) - values.keys() - unreadable.keys()
        unreadable |= dict.fromkeys(missing, odd)
    return values, unreadable


def _value(field: CustomValue) -> Scalar:
    """Return a number, an option's name, a day or time, a list of names, or text. Raises ValueError saying what is odd.

    A formula comes under the type of what it gives: a number, a date or text. A kind of field that is not known here is
    read as people see it (`display_value`), which is how Asana would have it.
    """
    match field.type:
        case "number":
            found = _given(field.number_value)
            return None if found is None else number(found)
        case "text":
            found = _given(field.text_value)
            return None if found is None else text(found)
        case "enum":
            found = _given(field.enum_value)
            return None if found is None else _name(found)
        case "multi_enum":
            return _names(_given(field.multi_enum_values))
        case "people":
            return _names(_given(field.people_value))
        case "reference":
            if field.reference_value is not UNSET:
                return _names(field.reference_value)
        case "date":
            return _date(_given(field.date_value))
        case str():
            pass
        case _:
            raise ValueError(f"its type: {expected('text', field.type)}")
    found = _given(field.display_value)
    return None if found is None else text(found)


def _given(found: object) -> object:
    if found is UNSET:
        raise ValueError(MISSING)
    return found


def _name(found: object) -> str:
    if not isinstance(found, Mapping):
        raise ValueError(expected("an object with a name", found))
    return text(found.get("name"))


def _names(found: object) -> tuple[str, ...]:
    if found is None:
        return ()
    if not isinstance(found, list):
        raise ValueError(expected("a list", found))
    return tuple(_name(one) for one in found)


def calendar_day(written: str) -> date:
    """Return a day. Raises ValueError for what is none, or lies at the edge of the calendar."""
    day = date.fromisoformat(written)
    instant(datetime(day.year, day.month, day.day, tzinfo=UTC))
    return day


def _date(found: object) -> Scalar:
    """Return an instant where the field has a time, else a day."""
    if found is None:
        return None
    if not isinstance(found, Mapping):
        raise ValueError(expected("a date", found))
    at, day = found.get("date_time"), found.get("date")
    if at is None and day is None:
        return None
    try:
        return instant(text(at)) if at is not None else calendar_day(text(day))
    except ValueError:
        raise ValueError(expected("a date", at if at is not None else day)) from None
