"""The `where` of a rule once it is read: conditions and groups, each with its line in the rule's own text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast, get_args

from mappings.vocabulary import POINTS, GroupKind, Predicate

Operand = str | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Condition:
    """One question to one field. `own` tells the tool's own fields from the standard words.

    The operand is text as a file may hold it (a number in plain digits, a day, "28 days", "yes"); what it means
    depends on the predicate.
    """

    field: str
    predicate: Predicate
    operand: Operand
    own: bool = False
    line: int = 1

    @property
    def words(self) -> tuple[str, ...]:
        """Return the operand as words, one or many."""
        return self.operand if isinstance(self.operand, tuple) else (self.operand,)


@dataclass(frozen=True, slots=True)
class Group:
    """Several clauses of which any, all or none have to hold."""

    kind: GroupKind
    members: tuple[Clause, ...]
    line: int = 1


Clause = Condition | Group


def conditions(clauses: Iterable[Clause]) -> Iterator[Condition]:
    """Yield every condition, those inside groups too."""
    for clause in clauses:
        if isinstance(clause, Group):
            yield from conditions(clause.members)
        else:
            yield clause


def asked_fields(clauses: Iterable[Clause]) -> frozenset[str]:
    """Return what the tool has to deliver beyond the standard words: its own fields, and "points"."""
    return frozenset(c.field for c in conditions(clauses) if c.own or c.field == POINTS)


def clause_to_json(clause: Clause, *, with_lines: bool = True) -> dict[str, Any]:
    """Return a clause as JSON; without lines it says only what decides."""
    line = {"line": clause.line} if with_lines else {}
    if isinstance(clause, Group):
        members = [clause_to_json(member, with_lines=with_lines) for member in clause.members]
        return {clause.kind: members, **line}
    operand = list(clause.operand) if isinstance(clause.operand, tuple) else clause.operand
    return {"field": clause.field, "own": clause.own, clause.predicate: operand, **line}


def clause_from_json(data: Mapping[str, Any]) -> Clause:
    """Rebuild a clause. Raises ValueError when it is not one."""
    for kind in get_args(GroupKind):
        if kind in data:
            return Group(kind, tuple(clause_from_json(member) for member in data[kind]), int(data["line"]))
    for predicate in get_args(Predicate):
        if predicate in data:
            operand = data[predicate]
            held = tuple(str(word) for word in operand) if isinstance(operand, list) else str(operand)
            return Condition(str(data["field"]), cast(Predicate, predicate), held, bool(data["own"]), int(data["line"]))
    raise ValueError(f"neither a condition nor a group: {sorted(data)}")
