"""Clauses as closures over items, each able to say in plain words why it held or did not."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from connectors.shapes import State, WorkItem
from mappings.clauses import Clause, Condition, Group
from mappings.moments import Moment
from mappings.predicates import Holds, compile_condition
from mappings.values import Reading, is_missing, reading, told

DATE_UNKNOWN = "done, date unknown"


@dataclass(frozen=True, slots=True)
class Why:
    """A reason, and the line of the rule that gave it."""

    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Check:
    """A compiled clause. `explain` is asked after `holds`, and told what that answered."""

    holds: Callable[[WorkItem, Moment], bool]
    explain: Callable[[WorkItem, Moment, bool], Why]


def compile_clause(clause: Clause) -> Check:
    """Compile a condition or a group. Raises ValueError for an operand that cannot be read."""
    return _group(clause) if isinstance(clause, Group) else _condition(clause)


def compile_all(clauses: Iterable[Clause]) -> tuple[Check, ...]:
    """Compile clauses that all have to hold; they are asked in order, up to the first that does not."""
    return tuple(compile_clause(clause) for clause in clauses)


def first_refusal(checks: tuple[Check, ...], item: WorkItem, moment: Moment) -> Why | None:
    """Return why an item does not pass, or None when it does."""
    for check in checks:
        if not check.holds(item, moment):
            return check.explain(item, moment, False)
    return None


def _condition(condition: Condition) -> Check:
    read, satisfied = reading(condition.field, own=condition.own), compile_condition(condition)
    return Check(
        _over(read, satisfied), lambda item, moment, held: Why(_words(condition, item, moment, held), condition.line)
    )


def _over(read: Reading, satisfied: Holds) -> Callable[[WorkItem, Moment], bool]:
    return lambda item, moment: satisfied(read(item), moment)


def _group(group: Group) -> Check:
    checks = compile_all(group.members)

    def held_members(item: WorkItem, moment: Moment) -> list[Check]:
        return [check for check in checks if check.holds(item, moment)]

    def explain(item: WorkItem, moment: Moment, held: bool) -> Why:
        if group.kind == "none":
            deciding, outcome = (checks, False) if held else (tuple(held_members(item, moment)[:1]), True)
        elif group.kind == "any":
            deciding, outcome = (tuple(held_members(item, moment)[:1]), True) if held else (checks, False)
        else:
            failed = next((check for check in checks if not held and not check.holds(item, moment)), None)
            deciding, outcome = (checks, True) if failed is None else ((failed,), False)
        reasons = [check.explain(item, moment, outcome) for check in deciding]
        text = "; ".join(dict.fromkeys(reason.text for reason in reasons))
        return Why(text, reasons[0].line if len(reasons) == 1 else group.line)

    if group.kind == "any":
        return Check(lambda item, moment: any(check.holds(item, moment) for check in checks), explain)
    if group.kind == "all":
        return Check(lambda item, moment: all(check.holds(item, moment) for check in checks), explain)
    return Check(lambda item, moment: not any(check.holds(item, moment) for check in checks), explain)


_NUMBER_FAILED = {"gt": "not more than", "gte": "less than", "lt": "not less than", "lte": "more than"}
_NUMBER_HELD = {"gt": "more than", "gte": "at least", "lt": "less than", "lte": "at most"}


def _words(condition: Condition, item: WorkItem, moment: Moment, held: bool) -> str:
    """Say what the field holds, and how that meets the condition or does not."""
    value = reading(condition.field, own=condition.own)(item)
    fact = told(condition.field, value, moment, own=condition.own)
    if condition.field == "done" and not condition.own and value is None and item.state is State.DONE:
        return DATE_UNKNOWN
    predicate, asked = condition.predicate, ", ".join(condition.words)
    if predicate == "missing" or is_missing(value):
        return fact
    if condition.field == "title" and not condition.own:
        is_there = held is not (predicate == "not")
        verb = ("has" if is_there else "does not have") if predicate == "has" else ("is" if is_there else "is not")
        return f"the title {verb} {asked}"
    if predicate in _NUMBER_FAILED:
        return f"{fact}, {(_NUMBER_HELD if held else _NUMBER_FAILED)[predicate]} {asked}"
    if predicate in {"before", "after", "within"}:
        return f"{fact}, {'' if held else 'not '}{predicate} {asked}"
    if held is (predicate != "not"):
        return fact  # it is what was asked for, or what was not wanted
    if predicate == "has":
        return f"{fact}, without {asked}"
    several = isinstance(condition.operand, tuple) and len(condition.operand) > 1
    return f"{fact}, not {'one of ' if several else ''}{asked}"
