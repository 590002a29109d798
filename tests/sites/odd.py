"""What a tool may send where something else was expected, and how it gets into an answer."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

Raw = dict[str, Any]


class _Absent:
    """Stands for a member that is not there at all."""

    def __repr__(self) -> str:
        return "absent"


ABSENT = _Absent()

EDGES: tuple[str, ...] = (
    "9999-12-31T23:59:59.000Z",
    "9999-12-31T23:59:59.999-1200",
    "0001-01-01T00:00:00.000+0000",
    "0001-01-01T00:00:00.000+1400",
    "9999-12-31",
    "0001-01-01",
    "2026-02-30",
    "2026-13-45T00:00:00.000+0000",
    "2026-11-10T25:00:00.000+0000",
    "2026-11-10T10:00:00.000",
    "1969-12-31T23:59:59.000Z",
    "+12026-11-10T10:00:00Z",
)
TEXTS: tuple[str, ...] = (
    "",
    " ",
    "\u0000",
    "\u202eeht",
    "e\u0301" * 40,
    "\U0001f469\u200d\U0001f680",
    "\ud800",
    "five",
    "3",
    " 2.5 ",
    "1e3",
    "0x10",
    "2,5",
    "\u0663",
    "\U0001d7db",
    "NaN",
    "Infinity",
    "-0",
    "null",
    "[]",
    "done",
    "x" * 30_000,
)
NUMBERS: tuple[Any, ...] = (0, -1, 3.5, 7, 2**53 + 1, 1e308, 10**40, -0.0)
SHAPES: tuple[Any, ...] = (
    True,
    False,
    [],
    [None],
    ["a"],
    [["a"]],
    [3, "a"],
    {},
    {"name": None},
    {"name": 3},
    {"value": 3},
    {"key": [1]},
    {"id": {}},
    {"type": "doc", "content": 5},
)
EVERYTHING: tuple[Any, ...] = (None, ABSENT, *EDGES, *TEXTS, *NUMBERS, *SHAPES)


@dataclass(frozen=True, slots=True)
class Change:
    """A value put at a path of an item."""

    path: tuple[str, ...]
    value: Any


def any_odd(dice: Random) -> Any:
    """Return something odd; as often nothing, a date or a number as text of which there is much more."""
    kind: Any = dice.choice(((None, ABSENT), EDGES, TEXTS, NUMBERS, SHAPES))
    return dice.choice(kind)


def put(item: Raw, change: Change) -> None:
    """Put a value at its path, where the way there exists. "[0]" is the first element of a list."""
    place: Any = item
    for name in change.path[:-1]:
        found = _member(place, name)
        place = place[found] if found is not None else None
    last = _member(place, change.path[-1])
    if last is None:
        return  # this answer does not hold it
    if change.value is ABSENT and isinstance(place, list):
        return  # a list without it is another answer, and not an odd one
    if change.value is ABSENT:
        del place[last]
    else:
        place[last] = copy.deepcopy(change.value)


def _member(place: Any, name: str) -> Any:
    """Return by what a member of an object or list is found; None where there is none."""
    if isinstance(place, list) and name.startswith("["):
        at = int(name.strip("[]"))
        return at if at < len(place) else None
    return name if isinstance(place, dict) and name in place else None


def spoil(
    answer: Any, key_of: Callable[[Mapping[str, Any]], str | None], changes: Mapping[str, Iterable[Change]]
) -> Any:
    """Change every item that stands anywhere in an answer, in place. `key_of` says whether an object is an item."""
    waiting: list[Any] = [answer]
    while waiting:
        one = waiting.pop()
        if isinstance(one, list):
            waiting.extend(one)
        elif isinstance(one, dict):
            waiting.extend(one.values())
            key = key_of(one)
            for change in changes.get(key, ()) if key is not None else ():
                put(one, change)
    return answer
