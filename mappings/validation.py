"""From a YAML node to a typed model: every problem at once, in the order of the file, at its place."""

from __future__ import annotations

import operator
import types
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from mappings.entries import Entry
from mappings.nodes import Listing, Node, Table, Text, plain
from mappings.problems import MAX_PLACED, MAX_PROBLEMS, MAX_WORD, Problem, and_more, nearest, shortened
from mappings.wording import size, word
from mappings.written import doubtful_number, doubtful_numbers, split_numbers

Model = TypeVar("Model", bound=BaseModel)
Loc = tuple[int | str, ...]

UNKNOWN, MISSING = "extra_forbidden", "missing"


def validate(model: type[Model], node: Node, path: str) -> tuple[Model | None, list[Problem]]:
    """Convert a node into a model, or return None with all that is wrong with it.

    Scalars arrive as the text that was written; the model's field types convert them. A name that has no value
    (`owner:`) is a problem unless its type allows None. `path` is only named in the problems.
    """
    for looked_at in dict.fromkeys([_start_of(node), node]):
        try:
            read = model.model_validate(plain(looked_at))
        except ValidationError as error:
            problems = _without_split(Placing(model, looked_at, path).problems(error), looked_at, path)
            # When the starts of its lists are wrong this often, the rest of a file is not worth the time it takes.
            if looked_at is node or len(problems) > MAX_PROBLEMS:
                return None, problems
        else:
            if looked_at is node:
                return read, []
    raise AssertionError("the whole node is looked at last")


def _without_split(problems: list[Problem], node: Node, path: str) -> list[Problem]:
    """Say of a number that a comma split how to write it, in the place of what is wrong with its halves."""
    split = list(split_numbers(node))
    if not split:
        return problems
    halves = {(name.line, name.column) for one in split for name in one.names}
    left = [problem for problem in problems if (problem.line, problem.column) not in halves]
    found = sorted([*left, *(one.problem(path) for one in split)])
    return and_more(path, found) if len(found) > MAX_PROBLEMS else found


def warn_of_numbers(model: type[BaseModel], node: Node, path: str) -> list[Problem]:
    """Return a warning for every number of a file that is right as it is and may have been meant otherwise."""
    return [
        doubtful_number(path, text)
        for at, text in doubtful_numbers(node)
        if (kinds := types_at(model, at)) and Decimal in kinds and str not in kinds
    ]


def _start_of(node: Node) -> Node:
    """Return the node with every list cut to its first MAX_PROBLEMS members and one; itself where none is longer."""
    if isinstance(node, Text):
        return node
    if isinstance(node, Listing):
        members = tuple(_start_of(member) for member in node.members[: MAX_PROBLEMS + 1])
        is_same = len(members) == len(node.members) and all(map(operator.is_, members, node.members))
        return node if is_same else replace(node, members=members)
    values = [_start_of(value) for _, value in node.pairs]
    if all(value is known for value, (_, known) in zip(values, node.pairs, strict=True)):
        return node
    return replace(node, pairs=tuple((key, value) for (key, _), value in zip(node.pairs, values, strict=True)))


class Placing:
    """Finds the node that an error is about, and the type that was wanted there."""

    def __init__(self, model: type[BaseModel], root: Node, path: str) -> None:
        self._model, self._root, self._path = model, root, path
        self._pairs: dict[int, dict[str, tuple[Text, Node]]] = {}
        self._planned: dict[Loc, frozenset[str]] = {}

    def problems(self, error: ValidationError) -> list[Problem]:
        """Return the problems of a failed validation: MAX_PROBLEMS, and one that says so where there are more."""
        errors = error.errors(include_url=False, include_input=False)[:MAX_PLACED]
        found = [(self._spot(e), i, e) for i, e in enumerate(errors)]
        early = {e["loc"][:-1] for _, _, e in found if e["type"] == UNKNOWN and self._is_planned(e["loc"])}
        # a table that uses what is not built yet misses other fields for that reason alone
        told = [f for f in found if not (f[2]["type"] == MISSING and f[2]["loc"][:-1] in early)]
        told = [f for f in told if not self._is_long_enough(f[2])]
        told.sort(key=lambda f: (f[0].line, f[0].column, f[1]))
        unique = list(dict.fromkeys(self._problem(spot, e) for spot, _, e in told[: MAX_PROBLEMS + 1]))
        return and_more(self._path, unique) if len(unique) > MAX_PROBLEMS else unique

    def _problem(self, spot: Node, error: Any) -> Problem:
        loc: Loc = error["loc"]
        written = spot.text if isinstance(spot, Text) else ""
        place = (self._path, spot.line, spot.column)
        name = str(loc[-1]) if loc and isinstance(loc[-1], str) else ""
        if error["type"] == UNKNOWN:
            if self._is_planned(loc):
                return Problem(*place, f"{name!r} is not available yet: remove it", "not-yet", word=name)
            near = nearest(name, fields_at(self._model, loc[:-1]))
            return Problem(*place, f"unknown field {shortened(name)!r}", "unknown-field", near, name)
        if error["type"] == MISSING:
            return Problem(*place, f"{name!r} is missing", "missing-field", word=written)
        node, _, inner = self._walk(loc)
        said = word(error, inner, node, choices_at(self._model, loc))
        return Problem(*place, said.message, said.code, said.suggestion, written)

    def _is_long_enough(self, error: Any) -> bool:
        """Say whether a list is only too short once its members with problems are not counted."""
        node, _, _ = self._walk(error["loc"])
        return error["type"] == "too_short" and size(node) >= int(error["ctx"]["min_length"])

    def _is_planned(self, loc: Loc) -> bool:
        shape = tuple(0 if isinstance(step, int) else step for step in loc[:-1])  # all members of a list are alike
        if shape not in self._planned:
            entries = (kind for kind in types_at(self._model, shape) if isinstance(kind, type))
            self._planned[shape] = frozenset().union(*(kind.planned for kind in entries if issubclass(kind, Entry)))
        return loc[-1] in self._planned[shape]

    def _spot(self, error: Any) -> Node:
        """Return the node to point at: a key, a value, or the first key of a table."""
        loc: Loc = error["loc"]
        if error["type"] in {UNKNOWN, MISSING}:
            node, _, _ = self._walk(loc[:-1])
            pair = self._pair(node, str(loc[-1]))
            return pair[0] if pair else _head(node)
        node, key, _ = self._walk(loc)
        pair = self._pair(node, str(error.get("ctx", {}).get("field", "")))
        if pair:
            return pair[0]
        if key and isinstance(node, Text) and node.is_empty:
            return key
        return _head(node)

    def _walk(self, loc: Iterable[int | str]) -> tuple[Node, Text | None, str]:
        """Follow a location as far as it names nodes (pydantic also names the branches of a union)."""
        node, key, name = self._root, None, ""
        for step in loc:
            if isinstance(step, str):
                pair = self._pair(node, step)
                if pair:
                    key, node = pair
                    name = step
            elif isinstance(node, Listing) and step < len(node.members):
                node, key, name = node.members[step], None, ""
        return node, key, name[:MAX_WORD]

    def _pair(self, node: Node, name: str) -> tuple[Text, Node] | None:
        if not isinstance(node, Table):
            return None
        if id(node) not in self._pairs:
            self._pairs[id(node)] = {pair[0].text: pair for pair in node.pairs}
        return self._pairs[id(node)].get(name)


def _head(node: Node) -> Node:
    """Return what a person would point at: the first name of a table written over several lines."""
    return node.pairs[0][0] if isinstance(node, Table) and node.pairs and not node.flow else node


def types_at(model: Any, loc: Sequence[int | str]) -> list[Any]:
    """Return the types that may stand at a location below a model."""
    found = list(_branches(model))
    for step in loc:
        below: list[Any] = []
        for kind in found:
            below.extend(_below(kind, step))
        found = [branch for kind in below for branch in _branches(kind)] or found  # else: the branch of a union
    return found


def fields_at(model: Any, loc: Sequence[int | str]) -> list[str]:
    """Return the field names, as files write them, of the models at a location."""
    return [
        field.alias or name
        for kind in types_at(model, loc)
        if isinstance(kind, type) and issubclass(kind, BaseModel)
        for name, field in kind.model_fields.items()
    ]


def choices_at(model: Any, loc: Sequence[int | str]) -> list[str]:
    """Return the words that a Literal or an Enum at a location allows."""
    words: list[str] = []
    for kind in types_at(model, loc):
        if get_origin(kind) is Literal:
            words.extend(str(word) for word in get_args(kind))
        elif isinstance(kind, type) and issubclass(kind, Enum):
            words.extend(str(member.value) for member in kind)
    return words


def _branches(kind: Any) -> Iterator[Any]:
    origin = get_origin(kind)
    if origin is Annotated:
        yield from _branches(get_args(kind)[0])
    elif origin in {Union, types.UnionType}:
        for part in get_args(kind):
            yield from _branches(part)
    else:
        yield kind


def _below(kind: Any, step: int | str) -> list[Any]:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        fields = kind.model_fields
        return [
            # a field's metadata is split off its annotation; the annotation alone names the type
            field.annotation
            for name, field in fields.items()
            if (field.alias or name) == step
        ]
    parts = [part for part in get_args(kind) if part is not Ellipsis]
    if isinstance(step, int):
        return parts[:1] if get_origin(kind) in {list, tuple, set, frozenset} else []
    return parts[1:2] if get_origin(kind) is dict else []
