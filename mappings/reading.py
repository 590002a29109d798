"""From the text of a mapping file to rules."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, cast

from connectors.shapes import Select
from mappings.clauses import Clause, Condition, Group, Operand, asked_fields
from mappings.comparisons import Comparison, Where
from mappings.grammar import GuardEntry, ItemEntry, MappingEntry, MappingFile, MeasureEntry, OwnField, WriteBackEntry
from mappings.nodes import Listing, Node, Table, Text
from mappings.places import read_yaml
from mappings.problems import Problem
from mappings.rules import Credit, Example, ExampleItem, Guard, Measure, Rule, plain_number
from mappings.validation import validate, warn_of_numbers
from mappings.vocabulary import FOLDS, GROUPS, ITEMS, POINTS, GroupKind, Predicate
from mappings.write_backs import WriteBack


def read_mappings(text: str, path: str) -> tuple[tuple[Rule, ...], list[Problem]]:
    """Read a mapping file: its rules, and every problem of it in the order of the file.

    There are no rules when any problem is an error; a warning leaves them. `path` is kept in the rules and named in
    the problems. Never raises, whatever the text.
    """
    root, problems = read_yaml(text, path)
    if root is None:
        return (), problems
    read, more = validate(MappingFile, root, path)
    problems = sorted([*problems, *more])
    if read is None or problems or not isinstance(root, Table):
        return (), problems
    warnings = warn_of_numbers(MappingFile, root, path)
    pair = root.pair("mappings")
    nodes = pair[1].members if pair and isinstance(pair[1], Listing) else ()
    lines = text.removeprefix("\ufeff").splitlines()
    rules = tuple(
        _rule(entry, cast(Table, node), lines, path) for entry, node in zip(read.mappings, nodes, strict=True)
    )
    return rules, warnings


def _rule(entry: MappingEntry, node: Table, lines: list[str], path: str) -> Rule:
    first = node.line - 1
    where = tuple(
        clause
        for part, written in zip(entry.where, _members(node, "where"), strict=True)
        for clause in _clauses(part, cast(Table, written), first)
    )
    measure = _measure(entry.measure, _value(node, "measure"), first)
    wanted = asked_fields(where) | ({measure.of} if measure.own or measure.of == POINTS else frozenset())
    picked = isinstance(entry.select, dict)
    return Rule(
        key_result=entry.key_result,
        connection=entry.from_,
        select=Select(
            query="" if picked else cast(str, entry.select),
            picker=dict(cast(dict[str, str], entry.select)) if picked else {},
            fields=frozenset(wanted),
        ),
        measure=measure,
        where=where,
        owner=entry.owner,
        guard=_guard(entry.guard),
        write_back=_write_back(entry.write_back, node, first),
        show_items=entry.show_items,
        examples=tuple(
            Example(example.says, tuple(_item(item) for item in example.items), example.gives, written.line - first)
            for example, written in zip(entry.examples, _members(node, "examples"), strict=True)
        ),
        source=_source(node, lines),
        path=path,
        line=node.line,
        column=node.column,
    )


def _value(node: Table, name: str) -> Node:
    pair = node.pair(name)
    if pair is None:
        raise LookupError(name)  # cannot happen: the model has seen this name
    return pair[1]


def _members(node: Table, name: str) -> tuple[Node, ...]:
    pair = node.pair(name)
    return pair[1].members if pair and isinstance(pair[1], Listing) else ()


def _clauses(entry: Where, node: Table, first: int) -> list[Clause]:
    """Return the clauses of one item, in the order written: they are asked in that order."""
    found: list[Clause] = []
    for key, value in node.pairs:
        held = getattr(entry, key.text)
        if key.text in GROUPS:
            members = tuple(
                _together(_clauses(part, cast(Table, written), first), written.line - first)
                for part, written in zip(held, cast(Listing, value).members, strict=True)
            )
            found.append(Group(cast(GroupKind, key.text), members, key.line - first))
        elif key.text == "fields":
            for name, written in cast(Table, value).pairs:
                found.extend(_conditions(name, held[name.text], written, first, own=True))
        else:
            found.extend(_conditions(key, held, value, first, own=False))
    return found


def _together(clauses: list[Clause], line: int) -> Clause:
    return clauses[0] if len(clauses) == 1 else Group("all", tuple(clauses), line)


def _conditions(name: Text, test: Comparison, node: Node, first: int, *, own: bool) -> list[Condition]:
    if isinstance(node, Table):
        asked = [(key.text, key.line) for key, _ in node.pairs]
    else:
        asked = [("is" if isinstance(node, Text) else "in", name.line)]
    attributes = {field.alias or attribute: attribute for attribute, field in type(test).model_fields.items()}
    return [
        Condition(name.text, cast(Predicate, word), _operand(getattr(test, attributes[word])), own, line - first)
        for word, line in asked
    ]


def _operand(value: Any) -> Operand:
    if isinstance(value, tuple):
        return tuple(_word(part) for part in value)
    return _word(value)


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return plain_number(value)
    if isinstance(value, date):
        return value.isoformat()
    return value.value if isinstance(value, StrEnum) else str(value)


def _measure(entry: MeasureEntry, node: Node, first: int) -> Measure:
    fold = next(name for name in FOLDS if name in entry.model_fields_set)
    held = getattr(entry, fold)
    own = isinstance(held, OwnField)
    of = held.field if own else str(held)
    pair = node.pair(fold) if isinstance(node, Table) else None
    line = (pair[0].line if pair else node.line) - first
    credit = None
    if "credit" in entry.model_fields_set and isinstance(node, Table):
        given = cast(Table, _value(node, "credit"))
        places = tuple((key.text, key.line - first) for key, _ in given.pairs)
        credit = Credit(entry.credit.todo, entry.credit.doing, entry.credit.done, places)
    unit = (held.in_ if own else None) or ""
    return Measure(cast(Any, fold), ITEMS if fold == "count" else of, own, credit, line, unit)


def _guard(entry: GuardEntry) -> Guard:
    named = entry.model_fields_set
    return Guard(
        entry.min_items if "min_items" in named else None,
        entry.max_drop if "max_drop" in named else None,
        entry.max_rise if "max_rise" in named else None,
    )


def _write_back(entry: WriteBackEntry | None, node: Table, first: int) -> WriteBack | None:
    if entry is None:
        return None
    return WriteBack(entry.to, entry.by, entry.when, entry.field or "", _value(node, "write_back").line - first)


def _item(entry: ItemEntry) -> ExampleItem:
    simple = {name: getattr(entry, name) for name in ItemEntry.model_fields if name != "fields"}
    return ExampleItem(**simple, fields=tuple(entry.fields.items()))


def _source(node: Table, lines: list[str]) -> str:
    """Return the lines of one mapping as they were written, without what stands before it and its indentation."""
    indent = node.column - 1
    taken = lines[node.line - 1 : node.end_line]
    if node.flow:
        taken[-1] = taken[-1][: node.end_column - 1]
    taken[0] = " " * indent + taken[0][indent:]
    dedented = [line[indent:] if not line[:indent].strip() else line.lstrip() for line in taken]
    while dedented and not dedented[-1].strip():
        dedented.pop()
    return "\n".join(dedented) + "\n"
