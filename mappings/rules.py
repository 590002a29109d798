"""A rule: how the work items of one selection become the value of one key result."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from connectors.shapes import Select, State
from mappings.clauses import Clause, Group, clause_from_json, clause_to_json, conditions
from mappings.vocabulary import DAY_FIELDS, EXACT_FIELDS, ITEMS, POINTS, TODAY, Fold, ShowItems
from mappings.write_backs import WriteBack

FORMAT = 1  # of the JSON below


@dataclass(frozen=True, slots=True)
class Credit:
    """How much of an item counts by its state, each 0..1, and the lines that say so."""

    todo: Decimal = Decimal(0)
    doing: Decimal = Decimal(0)
    done: Decimal = Decimal(1)
    lines: tuple[tuple[str, int], ...] = ()  # (state, line), where the rule spells it out

    def of(self, state: State) -> Decimal:
        """Return the credit of a state; dropped work has none."""
        return {State.TODO: self.todo, State.DOING: self.doing, State.DONE: self.done}.get(state, Decimal(0))


@dataclass(frozen=True, slots=True)
class Measure:
    """How items become a number. `of` is "items", "points", or with `own` the tool's own field.

    Without a credit, percent takes done work in full and other work not at all; count and sum take every item.
    """

    fold: Fold
    of: str = ITEMS
    own: bool = False
    credit: Credit | None = None
    line: int = 1
    unit: str = ""  # what lengths of time are counted in: one of UNITS


@dataclass(frozen=True, slots=True)
class Guard:
    """When a new reading is suspect: too few items, or a larger share of them gone or come (from 0) than allowed.

    Of a number that the tool works out the shares are of the value, and so is `max_rise` of a sum.
    """

    min_items: int | None = None
    max_drop: Decimal | None = None
    max_rise: Decimal | None = None


@dataclass(frozen=True, slots=True)
class ExampleItem:
    """An item as an example writes it. Days are in the workspace's zone; empty texts take the plainest value."""

    state: State = State.TODO
    status: str = ""
    type: str = "Task"
    title: str = ""
    ref: str = ""
    labels: tuple[str, ...] = ()
    points: Decimal | None = None
    assignee: str | None = None
    parent: str | None = None
    created: date | None = None
    updated: date | None = None
    done: date | None = None
    due: date | None = None
    fields: tuple[tuple[str, str | tuple[str, ...] | None], ...] = ()


@dataclass(frozen=True, slots=True)
class Example:
    """A test beside the rule: these items give that value, or None for no value."""

    says: str
    items: tuple[ExampleItem, ...]
    gives: Decimal | None
    line: int = 1


@dataclass(frozen=True, slots=True)
class Rule:
    """One mapping, read and checked.

    `source` is its YAML, dedented; `line` and `column` are where that starts in the file at `path`. The lines of
    `where`, `measure` and `examples` count within `source`, from 1.
    """

    key_result: str  # "objective/key-result"
    connection: str
    select: Select
    measure: Measure
    where: tuple[Clause, ...] = ()
    owner: str = ""
    guard: Guard = Guard()
    write_back: WriteBack | None = None
    show_items: ShowItems = "refs"
    examples: tuple[Example, ...] = ()
    source: str = ""
    path: str = ""
    line: int = 1
    column: int = 1

    @property
    def digest(self) -> str:
        """Return a SHA-256, in hex, over what decides the value: not over comments, owner, examples or write-back."""
        decisive = {
            "connection": self.connection,
            "select": _select_to_json(self.select),
            "where": [clause_to_json(clause, with_lines=False) for clause in self.where],
            "measure": _measure_to_json(self.measure, with_lines=False),
            "guard": _guard_to_json(self.guard),
        }
        canonical = json.dumps(decisive, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()

    @property
    def refs(self) -> frozenset[str]:
        """What people call the items that the rule mentions: the words it has for `parent` and `ref`."""
        asked = (c for c in conditions(self.where) if c.field in EXACT_FIELDS and not c.own)
        return frozenset(word for condition in asked if condition.predicate != "missing" for word in condition.words)

    def renamed(self, aliases: Mapping[str, str]) -> Rule:
        """Return the rule with what its tool now calls the items that it mentions, beside its own words for them."""
        if not aliases:
            return self
        return replace(self, where=tuple(_renamed(clause, aliases) for clause in self.where))

    @property
    def own_fields(self) -> frozenset[str]:
        """The tool's own fields that the rule reads."""
        asked = {condition.field for condition in conditions(self.where) if condition.own}
        return frozenset(asked | ({self.measure.of} if self.measure.own else set()))

    @property
    def depends_on_time(self) -> bool:
        """Whether the value may move with time alone: the rule asks for `within`, or for a day called today.

        The cycle's edges do not move.
        """
        return any(
            condition.predicate == "within"
            or ((condition.own or condition.field in DAY_FIELDS) and TODAY in condition.words)
            for condition in conditions(self.where)
        )

    def to_json(self) -> dict[str, Any]:
        """Return the rule as JSON values; `from_json` gives back an equal rule."""
        return {
            "format": FORMAT,
            "key_result": self.key_result,
            "owner": self.owner,
            "connection": self.connection,
            "select": _select_to_json(self.select),
            "where": [clause_to_json(clause) for clause in self.where],
            "measure": _measure_to_json(self.measure),
            "guard": _guard_to_json(self.guard),
            "write_back": None if self.write_back is None else self.write_back.to_json(),
            "show_items": self.show_items,
            "examples": [_example_to_json(example) for example in self.examples],
            "source": self.source,
            "path": self.path,
            "line": self.line,
            "column": self.column,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Rule:
        """Rebuild a rule. Raises ValueError for a format that is not known, KeyError for a part that is missing."""
        if data.get("format") != FORMAT:
            raise ValueError(f"a rule of format {data.get('format')!r}; this version reads {FORMAT}")
        return cls(
            key_result=data["key_result"],
            owner=data["owner"],
            connection=data["connection"],
            select=_select_from_json(data["select"]),
            where=tuple(clause_from_json(clause) for clause in data["where"]),
            measure=_measure_from_json(data["measure"]),
            guard=_guard_from_json(data["guard"]),
            write_back=WriteBack.from_json(data["write_back"]) if data.get("write_back") else None,
            show_items=data["show_items"],
            examples=tuple(_example_from_json(example) for example in data["examples"]),
            source=data["source"],
            path=data["path"],
            line=data["line"],
            column=data["column"],
        )


def plain_number(number: Decimal) -> str:
    """Return a number in plain digits, without trailing zeros: the same number is always the same text."""
    if not number:
        return "0"
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _renamed(clause: Clause, aliases: Mapping[str, str]) -> Clause:
    if isinstance(clause, Group):
        return replace(clause, members=tuple(_renamed(member, aliases) for member in clause.members))
    if clause.own or clause.field not in EXACT_FIELDS or not aliases.keys() & set(clause.words):
        return clause
    names = dict.fromkeys(clause.words)
    for word in clause.words:
        name = word
        while (further := aliases.get(name)) is not None and further not in names:
            names[further] = None  # an item that was renamed twice had a name between
            name = further
    return replace(clause, operand=tuple(names))


def _select_to_json(select: Select) -> dict[str, Any]:
    return {"query": select.query, "picker": dict(select.picker), "fields": sorted(select.fields)}


def _select_from_json(data: Mapping[str, Any]) -> Select:
    return Select(query=data["query"], picker=dict(data["picker"]), fields=frozenset(data["fields"]))


def _measure_to_json(measure: Measure, *, with_lines: bool = True) -> dict[str, Any]:
    credit: dict[str, Any] | None = None
    if measure.credit:
        credit = {state: plain_number(getattr(measure.credit, state)) for state in ("todo", "doing", "done")}
        if with_lines:
            credit["lines"] = [list(pair) for pair in measure.credit.lines]
    data: dict[str, Any] = {"fold": measure.fold, "of": measure.of, "own": measure.own, "credit": credit}
    if measure.unit:
        data["in"] = measure.unit
    return {**data, "line": measure.line} if with_lines else data


def _measure_from_json(data: Mapping[str, Any]) -> Measure:
    held = data["credit"]
    credit = None
    if held is not None:
        places = tuple((state, line) for state, line in held["lines"])
        credit = Credit(Decimal(held["todo"]), Decimal(held["doing"]), Decimal(held["done"]), places)
    if data["fold"] not in {"count", "sum", "average", "percent"} or not (data["of"] in {ITEMS, POINTS} or data["own"]):
        raise ValueError(f"no measure: {data['fold']} of {data['of']}")
    return Measure(data["fold"], data["of"], data["own"], credit, data["line"], data.get("in", ""))


def _guard_to_json(guard: Guard) -> dict[str, Any]:
    said: dict[str, Any] = {
        "min_items": guard.min_items,
        "max_drop": None if guard.max_drop is None else plain_number(guard.max_drop),
    }
    if guard.max_rise is not None:  # only then: what rules without it mean, and their digest, is as it was
        said["max_rise"] = plain_number(guard.max_rise)
    return said


def _guard_from_json(data: Mapping[str, Any]) -> Guard:
    drop, rise = data["max_drop"], data.get("max_rise")
    return Guard(data["min_items"], None if drop is None else Decimal(drop), None if rise is None else Decimal(rise))


_DAYS = ("created", "updated", "done", "due")
_TEXTS = ("status", "type", "title", "ref", "assignee", "parent")


def _example_to_json(example: Example) -> dict[str, Any]:
    items = [
        {
            "state": item.state.value,
            **{name: getattr(item, name) for name in _TEXTS},
            **{name: day.isoformat() if (day := getattr(item, name)) else None for name in _DAYS},
            "labels": list(item.labels),
            "points": None if item.points is None else plain_number(item.points),
            "fields": [[name, list(held) if isinstance(held, tuple) else held] for name, held in item.fields],
        }
        for item in example.items
    ]
    gives = None if example.gives is None else str(example.gives)  # the decimals written say how exact it is
    return {"says": example.says, "items": items, "gives": gives, "line": example.line}


def _example_from_json(data: Mapping[str, Any]) -> Example:
    items = tuple(
        ExampleItem(
            state=State(item["state"]),
            **{name: item[name] for name in _TEXTS},
            created=_day(item["created"]),
            updated=_day(item["updated"]),
            done=_day(item["done"]),
            due=_day(item["due"]),
            labels=tuple(item["labels"]),
            points=None if item["points"] is None else Decimal(item["points"]),
            fields=tuple((name, tuple(held) if isinstance(held, list) else held) for name, held in item["fields"]),
        )
        for item in data["items"]
    )
    gives = None if data["gives"] is None else Decimal(data["gives"])
    return Example(data["says"], items, gives, data["line"])


def _day(written: str | None) -> date | None:
    return date.fromisoformat(written) if written else None
