"""One odd value stays one odd value: an object of an answer, held to its struct one attribute at a time."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin

import msgspec

from connectors.errors import Unexpected
from connectors.shapes import NOT_A_NUMBER, plain_decimal
from connectors.tame import describe, mended

S = TypeVar("S", bound=msgspec.Struct)
MISSING = "it is missing"
_LONGEST = 300  # digits; a longer number is no count of anything
_REACH = 28  # powers of ten in which a number may lie, to both sides of 1


def salvage(
    raw: object, kind: type[S], where: str, *, keys: Sequence[str] = ("id",), instead: Mapping[str, object]
) -> tuple[S, dict[str, str]]:
    """Hold an object to a struct, and return it with what of it cannot be read: attribute -> why.

    Such an attribute takes its value of `instead`, or its default. Of a list the elements that can be read stay.
    Raises Unexpected where it is no object, or one of the attributes `keys` is not right: then nobody knows what it is.
    """
    if not isinstance(raw, dict):
        raise Unexpected(f"{where}: expected an object, found {describe(raw)}")
    values: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    for one in msgspec.structs.fields(kind):
        if one.encode_name not in raw:
            if not one.required:
                continue
            why: str | None = MISSING
        else:
            values[one.name], why = _held(raw[one.encode_name], one.type)
        if why is None:
            continue
        if one.name in keys:
            raise Unexpected(f"{where}.{one.encode_name}: {why}")
        wrong[one.name] = why
        if values.get(one.name) is None:  # of a list there may be some
            values.pop(one.name, None)
            if one.name in instead:
                values[one.name] = instead[one.name]
    return kind(**values), wrong


def salvage_all(
    raw: object, make: Callable[[object, str], S], where: str, key: Callable[[S], str] | None = None
) -> list[S]:
    """Hold every element of a list to a struct. Raises Unexpected where it is no list, or has one key twice."""
    if not isinstance(raw, list):
        raise Unexpected(f"{where}: expected a list, found {describe(raw)}")
    found = [make(one, f"{where}[{at}]") for at, one in enumerate(raw)]
    if key is not None:
        no_doubles([key(one) for one in found], where)
    return found


def no_doubles(keys: Sequence[str], where: str) -> None:
    """Raise Unexpected where one answer has a key twice: nobody can say which of the two is right."""
    if len(set(keys)) != len(keys):
        twice = next(key for key in keys if keys.count(key) > 1)
        raise Unexpected(f"{where}: {twice[:40]} is there twice")


def loosely(body: bytes, tool: str) -> Any:
    """Parse JSON that the strict decoder refuses for what one value in it holds, such as half a surrogate pair."""
    try:
        return json.loads(mended(body), parse_int=_whole)
    except (ValueError, RecursionError) as broken:
        raise Unexpected(f"{tool} sent what is not JSON") from broken


def number(raw: object) -> Decimal:
    """Return a number, or text that plainly is one. Raises ValueError saying what was found instead."""
    if isinstance(raw, bool) or not isinstance(raw, (int, float, Decimal, str)):
        raise ValueError(expected("a number", raw))
    found = plain_decimal(Decimal(str(raw)) if not isinstance(raw, str) else raw)
    if found is None:
        raise ValueError(NOT_A_NUMBER if isinstance(raw, str) else "found no finite number")
    if found and not -_REACH <= found.adjusted() <= _REACH:
        raise ValueError("found a number that is too long")
    return found


def text(raw: object) -> str:
    """Return a text. Raises ValueError saying what was found instead."""
    if not isinstance(raw, str):
        raise ValueError(expected("text", raw))
    return raw


def expected(what: str, found: object) -> str:
    """Say what was found, and what should have been."""
    return f"found {describe(found)} where {what} was expected"


def _whole(digits: str) -> int | float:
    return int(digits) if len(digits) <= _LONGEST else float("inf")


def _held(raw: object, kind: Any) -> tuple[Any, str | None]:
    try:
        return msgspec.convert(raw, kind), None
    except (msgspec.ValidationError, UnicodeEncodeError, RecursionError):
        pass
    element = _element(kind)
    if element is None or not isinstance(raw, list):
        return None, expected(_word(kind), raw)
    kept, why = [], ""
    for one in raw:
        held, problem = _held(one, element)
        if problem is None:
            kept.append(held)
        else:
            why = why or f"in a list {problem}"
    return kept, why


def _element(kind: Any) -> Any:
    """Return what a list of this type holds; None for a type that is no list."""
    for one in _choices(kind):
        if get_origin(one) is list:
            return get_args(one)[0]
    return None


def _choices(kind: Any) -> tuple[Any, ...]:
    return get_args(kind) if get_origin(kind) in (Union, UnionType) else (kind,)


_WORDS = {str: "text", bool: "true or false", int: "a whole number", float: "a number", datetime: "a time"}


def _word(kind: Any) -> str:
    for one in _choices(kind):
        if one in _WORDS:
            return _WORDS[one]
        if get_origin(one) is list:
            return "a list"
    return "an object"
