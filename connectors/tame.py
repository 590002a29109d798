"""Foreign JSON is wild until tamed with a type; every failure names its path.

`Wild` is for webhooks and odd bits; whole pages are decoded straight into typed structs by `decode`.
"""

from __future__ import annotations

import json
import re
from codecs import BOM_UTF8
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Protocol, TypeVar

import msgspec

from connectors.errors import Unexpected

T = TypeVar("T")
Made_co = TypeVar("Made_co", covariant=True)
B = TypeVar("B", bytes, str, bytes | str)
_STRUCT_PATH = re.compile(r"^(?P<said>.*?)(?: - at `(?P<path>.*)`)?$", re.DOTALL)
_HALF = re.compile(rb"\\u[dD][89a-fA-F]")  # half of a pair that is one letter, or the whole pair
_STRAY_COLON = re.compile(r"([+-]\d\d)(\d\d)$")


class Wild:
    """A piece of a tool's answer that nothing is known about yet but where it was found."""

    __slots__ = ("_path", "_tool", "_value")

    def __init__(self, value: object, tool: str, path: str = "") -> None:
        self._value = value
        self._tool = tool
        self._path = path

    def __getitem__(self, name: str | int) -> Wild:
        """Step into an object or a list. Raises Unexpected when there is nothing by that name."""
        if isinstance(name, int):
            items = self._value
            if not isinstance(items, list):
                raise self.unexpected("a list")
            if not -len(items) <= name < len(items):
                raise Unexpected(f"{self._tool} changed shape at {self._path}[{name}]: it is missing")
            return Wild(items[name], self._tool, f"{self._path}[{name}]")
        found = self.maybe(name)
        if found is None:
            raise Unexpected(f"{self._tool} changed shape at {self._join(name)}: it is missing")
        return found

    def __iter__(self) -> Iterator[Wild]:
        """Yield the elements of a list. Raises Unexpected for anything else."""
        if not isinstance(self._value, list):
            raise self.unexpected("a list")
        for index, value in enumerate(self._value):
            yield Wild(value, self._tool, f"{self._path}[{index}]")

    def maybe(self, name: str) -> Wild | None:
        """Step into an object, or return None when the name is absent. Raises Unexpected unless an object."""
        if not isinstance(self._value, dict):
            raise self.unexpected("an object")
        if name not in self._value:
            return None
        return Wild(self._value[name], self._tool, self._join(name))

    def names(self) -> tuple[str, ...]:
        """Return the names of an object, in its order. Raises Unexpected for anything else."""
        if not isinstance(self._value, dict):
            raise self.unexpected("an object")
        return tuple(self._value)

    @property
    def is_null(self) -> bool:
        return self._value is None

    @property
    def is_object(self) -> bool:
        return isinstance(self._value, dict)

    def text(self) -> str:
        if not isinstance(self._value, str):
            raise self.unexpected("text")
        return self._value

    def flag(self) -> bool:
        if not isinstance(self._value, bool):
            raise self.unexpected("true or false")
        return self._value

    def number(self) -> Decimal:
        """Return a JSON number, or digits in text, as Decimal. Not-a-number and infinity are refused."""
        value = self._value
        if isinstance(value, bool) or not isinstance(value, (int, float, str, Decimal)):
            raise self.unexpected("a number")
        try:
            found = Decimal(str(value))
        except InvalidOperation:
            raise self.unexpected("a number") from None
        if not found.is_finite():
            raise self.unexpected("a finite number")
        return found

    def key(self) -> str:
        """Return an id, which tools write as text or as a whole number."""
        if isinstance(self._value, bool) or not isinstance(self._value, (int, str)) or self._value == "":
            raise self.unexpected("an id")
        return str(self._value)

    def moment(self) -> datetime:
        """Return an ISO 8601 time with its offset, in UTC."""
        try:
            return moment(self.text())
        except ValueError:
            raise self.unexpected("a time with an offset") from None

    def day(self) -> date:
        try:
            return date.fromisoformat(self.text())
        except ValueError:
            raise self.unexpected("a date") from None

    def unexpected(self, expected: str) -> Unexpected:
        """Return the error that says what was expected here and what kind of thing was found."""
        return Unexpected(
            f"{self._tool} changed shape at {self._path or 'the top'}: "
            f"expected {expected}, found {describe(self._value)}"
        )

    def _join(self, name: str) -> str:
        return f"{self._path}.{name}" if self._path else name


def tame(body: bytes | str, tool: str) -> Wild:
    """Parse JSON of unknown shape. Raises Unexpected when it is not JSON, or nested beyond reason."""
    try:
        return Wild(json.loads(unmarked(body)), tool)
    except (ValueError, RecursionError) as broken:
        raise Unexpected(f"{tool} sent what is not JSON") from broken


class Decoder(Protocol[Made_co]):
    """What turns a body into typed structs, and raises as msgspec does."""

    def decode(self, body: bytes, /) -> Made_co:
        """Return what a body holds."""


def decode(decoder: Decoder[T], body: bytes, tool: str) -> T:
    """Decode an answer into typed structs. Raises Unexpected with the path where the shape differs."""
    try:
        try:
            return decoder.decode(unmarked(body))
        except msgspec.ValidationError:
            raise
        except (msgspec.DecodeError, UnicodeDecodeError):
            return decoder.decode(mended(body))
    except msgspec.ValidationError as differs:
        raise Unexpected(f"{tool} changed shape at {_plain(str(differs))}") from differs
    except (ValueError, RecursionError) as broken:
        raise Unexpected(f"{tool} sent what is not JSON") from broken


def mended(body: bytes) -> bytes:
    """Return JSON in which half a letter, which a strict decoder refuses the whole answer for, is a question mark.

    Raises ValueError for what is no JSON.
    """
    found = json.loads(unmarked(body).decode("utf-8", "replace"), parse_int=_whole)
    return json.dumps(found, ensure_ascii=False).encode("utf-8", "replace")


def without_halves(body: bytes) -> bytes:
    """Return an answer for a lenient reader of JSON, without the half letters that nobody can write down again."""
    if not _HALF.search(body):
        return body
    try:
        return mended(body)
    except (ValueError, RecursionError):
        return body


def _whole(digits: str) -> int | float:
    return int(digits) if len(digits) <= 300 else float("inf")


def unmarked(body: B) -> B:
    """Return a body without the mark of its encoding, which some servers put before JSON."""
    return body.removeprefix(BOM_UTF8) if isinstance(body, bytes) else body.removeprefix("\ufeff")


def shape(found: object, kind: type[T], tool: str) -> T:
    """Hold plain JSON values, as a library returns them, to a type. Raises Unexpected as `decode` does."""
    try:
        return msgspec.convert(found, kind)
    except msgspec.ValidationError as differs:
        raise Unexpected(f"{tool} changed shape at {_plain(str(differs))}") from differs
    except UnicodeError as broken:  # half a surrogate pair where something else was expected
        raise Unexpected(f"{tool} sent what is hardly text") from broken


def moment(text: str) -> datetime:
    """Return an ISO 8601 time in UTC; an offset without colon (+0000) is read too.

    Raises ValueError for anything else, and for a time without an offset.
    """
    return instant(text)


_EDGES = (2, 9998)  # years: beyond them an instant has no day in some time zone


def instant(found: str | datetime) -> datetime:
    """Return a time in UTC. Raises ValueError for what is none, has no offset, or lies at the edge of the calendar."""
    at = datetime.fromisoformat(_STRAY_COLON.sub(r"\1:\2", found)) if isinstance(found, str) else found
    if at.tzinfo is None:
        raise ValueError("the time has no offset")
    if not _EDGES[0] <= at.year <= _EDGES[1]:
        raise ValueError("the time lies at the edge of the calendar")
    return at.astimezone(UTC)


def describe(value: object) -> str:
    """Say in a word what kind of JSON a value is; never the value, which may be private."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, str):
        return "text" if value else "empty text"
    if isinstance(value, (int, float, Decimal)):
        return "a number"
    if isinstance(value, list):
        return "a list"
    return "an object"


_WORDS = {"str": "text", "int": "a whole number", "array": "a list", "object": "an object", "bool": "true or false"}


def _plain(said: str) -> str:
    """Turn msgspec's sentence into ours: the path first, JSON's words instead of Python's."""
    match = _STRUCT_PATH.match(said)
    sentence, path = (match["said"], match["path"] or "$") if match else (said, "$")
    where = path.removeprefix("$").removeprefix(".")
    missing = re.fullmatch(r"Object missing required field `(.*)`", sentence)
    if missing:
        name = missing[1]
        return f"{where + '.' if where else ''}{name}: it is missing"
    differs = re.fullmatch(r"Expected `(.*)`, got `(.*)`", sentence)
    if differs:
        wanted = " or ".join(_WORDS.get(word, word) for word in differs[1].split(" | "))
        sentence = f"expected {wanted}, found {_WORDS.get(differs[2], differs[2])}"
    return f"{where or 'the top'}: {sentence}"
