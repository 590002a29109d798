"""What the models of all our YAML files are made of: strict entries, and field types that read what was written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Annotated, ClassVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, WithJsonSchema
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import PydanticCustomError

from mappings.written import meant_number

SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
MAX_SLUG = 63
EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
PERCENTAGE = re.compile(r"(\d{1,3}(?:\.\d{1,6})?) ?%")
MOST_GROWTH = 999  # per cent
SHARE = re.compile(r"0?\.\d{1,6}|1\.0{1,6}")
MAX_DIGITS = 40
FIRST_YEAR, LAST_YEAR = 1900, 2999  # room on both sides for the day before, and 99,999 weeks
YES, NO = ("yes", "true"), ("no", "false")


class Entry(BaseModel):
    """A table in a file. Unknown fields are problems; `planned` are those a later version will know."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=False)

    planned: ClassVar[frozenset[str]] = frozenset()


def complaint(code: str, message: str, *, suggestion: str = "", field: str = "") -> PydanticCustomError:
    """Make the error that a validator raises: the sentence as people read it, and a stable code.

    `field` places it at that field's name, of the table being validated, rather than at the table itself.
    """
    at = {"said": message, "suggestion": suggestion, "field": field}
    return PydanticCustomError(code, "{said}", at)


def _slug(value: str) -> str:
    if SLUG.fullmatch(value) and len(value) <= MAX_SLUG:
        return value
    meant = re.sub("[^a-z0-9]+", "-", value.lower()).strip("-")[:MAX_SLUG].strip("-")
    raise complaint(
        "slug",
        f"{value[:MAX_SLUG]!r} is not a short name: use a-z, 0-9 and single hyphens, at most {MAX_SLUG} characters",
        suggestion=meant,
    )


def _email(value: str) -> str:
    if not EMAIL.fullmatch(value):
        raise complaint("email", f"{value[:MAX_SLUG]!r} is not an e-mail address")
    return value.lower()


def read_day(value: object) -> object:
    if not isinstance(value, str):
        return value
    if ISO_DAY.fullmatch(value):
        try:
            day = date.fromisoformat(value)
        except ValueError:
            raise complaint("date", f"there is no {value} in the calendar") from None
        if FIRST_YEAR <= day.year <= LAST_YEAR:
            return day
    raise complaint("date", f"{value[:MAX_SLUG]!r} is not a date: write it as 2026-10-31")


def _number(value: object) -> object:
    if isinstance(value, str) and ("_" in value or len(value) > MAX_DIGITS or "e" in value.lower()):
        raise complaint("wrong-type", f"{value[:MAX_DIGITS]!r} is not a number")
    if isinstance(value, str) and (meant := meant_number(value)):
        raise complaint("wrong-type", f"{value!r} is not a number: write {meant}")
    return value


def _percentage(value: object) -> object:
    return _share(value, 100)


def _growth(value: object) -> object:
    return _share(value, MOST_GROWTH)


def _share(value: object, most: int) -> object:
    if not isinstance(value, str):
        return value
    found = PERCENTAGE.fullmatch(value)
    if not found or Decimal(found[1]) > most:
        suggestion = next((one for one in _percentages(value) if PERCENTAGE.fullmatch(one)), "")
        raise complaint("percentage", f"{value[:MAX_DIGITS]!r} is not a percentage such as 40%", suggestion=suggestion)
    return Decimal(found[1]) / 100


def _percentages(value: str) -> Iterator[str]:
    """Yield what may have been meant by a text that is no percentage: 40% by 0.4, 40 or 40,0%."""
    number = meant_number(value) or value
    if SHARE.fullmatch(number):
        yield f"{(Decimal(number) * 100).normalize():f}%"
    yield f"{number}%"


def _yes_or_no(value: object) -> object:
    if not isinstance(value, str):
        return value
    if value.lower() in YES + NO:
        return value.lower() in YES
    raise complaint("wrong-type", f"{value[:MAX_DIGITS]!r} is neither yes nor no")


def one_or_many(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _filled(value: str) -> str:
    if not value.strip():
        raise complaint("empty", "an empty text says nothing here: fill it in, or leave the line out")
    return value


def with_short(full: JsonSchemaValue, short: list[JsonSchemaValue]) -> JsonSchemaValue:
    """Turn the schema of a table, in place, into one that also takes the short spellings a validator expands."""
    whole = {key: full.pop(key) for key in list(full)}
    whole["minProperties"] = 1
    full.update({"title": whole.pop("title", ""), "anyOf": [whole, *short]})
    return full


_ANY_SCALAR = {"type": ["string", "number", "boolean"]}  # an editor's YAML parser sees numbers where we see texts

Slug = Annotated[str, AfterValidator(_slug), WithJsonSchema({"type": "string"})]
Email = Annotated[str, AfterValidator(_email), WithJsonSchema({"type": "string", "format": "email"})]
Filled = Annotated[str, AfterValidator(_filled), WithJsonSchema({**_ANY_SCALAR, "minLength": 1})]
Word = Annotated[str, WithJsonSchema(_ANY_SCALAR)]
Words = Annotated[
    tuple[Word, ...],
    BeforeValidator(one_or_many),
    WithJsonSchema({"anyOf": [_ANY_SCALAR, {"type": "array", "items": _ANY_SCALAR}]}),
]
Number = Annotated[Decimal, BeforeValidator(_number)]
Day = Annotated[date, BeforeValidator(read_day), WithJsonSchema({"type": "string", "format": "date"})]
Percentage = Annotated[
    Decimal, BeforeValidator(_percentage), WithJsonSchema({"type": "string", "pattern": "^[0-9.]+ ?%$"})
]
Growth = Annotated[  # a percentage that may be more than the whole
    Decimal, BeforeValidator(_growth), WithJsonSchema({"type": "string", "pattern": "^[0-9.]+ ?%$"})
]
YesNo = Annotated[
    bool,
    BeforeValidator(_yes_or_no),
    WithJsonSchema({"anyOf": [{"type": "boolean"}, {"enum": ["yes", "no", "true", "false"]}]}),
]
