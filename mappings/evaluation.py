"""A rule over stored items: the value, and for every item what it added and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from decimal import Decimal
from typing import Literal

from connectors.shapes import WorkItem
from mappings.amounts import Amounts
from mappings.arithmetic import ZERO, product, quotient, total
from mappings.checks import Check, compile_all, first_refusal
from mappings.moments import CycleError, Moment
from mappings.rules import Rule
from mappings.values import FieldError, absent_fields, amount_name
from mappings.vocabulary import ITEMS

GroupName = Literal["counted", "open", "left_out", "dropped"]


@dataclass(frozen=True, slots=True)
class Line:
    """One item: its own number (1 where items are counted, None where it has none), its credit 0..1, and why.

    `line` is the line of the rule's own text that decided. A "counted" item has credit, an "open" one is in
    scope without any, "left_out" did not pass `where`, "dropped" will not be done.
    """

    key: str
    ref: str
    title: str
    url: str
    state: str
    status: str
    amount: Decimal | None
    credit: Decimal
    group: GroupName
    reason: str
    line: int

    @property
    def contribution(self) -> Decimal:
        """Return what the item adds above the line: its amount times its credit."""
        return ZERO if self.amount is None else product(self.amount, self.credit)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What a rule made of its items. `value` is None for "no value yet", and where `broken` says why.

    `total` counts the items given, `in_scope` those that passed `where` and are not dropped, `counted` those with
    credit, `missing` those in scope without the number. A broken evaluation has no lines.
    """

    value: Decimal | None
    in_scope: int = 0
    total: int = 0
    counted: int = 0
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    missing: int = 0
    notes: tuple[str, ...] = ()
    broken: str = ""
    lines: tuple[Line, ...] = ()
    set_aside: tuple[str, ...] = ()  # refs of items whose values could not be read; `notes` say why


@dataclass(frozen=True, slots=True)
class Compiled:
    """A rule made ready to run over many items, many times."""

    rule: Rule
    checks: tuple[Check, ...]
    amounts: Amounts


def compile_rule(rule: Rule) -> Compiled:
    """Compile a rule to closures. Raises ValueError when it was not made by `read_mappings` or `from_json`."""
    return Compiled(rule, compile_all(rule.where), Amounts(rule.measure))


def evaluate(
    rule: Rule | Compiled,
    items: Iterable[WorkItem],
    *,
    now: datetime,
    zone: tzinfo,
    cycle: tuple[date, date] | None,
) -> Evaluation:
    """Work out the value of a rule over items, which may come in any order.

    `now` is aware; days are judged in `zone`, the workspace's; `cycle` holds its first and last day. Never raises
    for what items hold: a field that is absent or of the wrong kind makes the evaluation broken, never 0.
    """
    compiled = compile_rule(rule) if isinstance(rule, Rule) else rule
    moment = Moment(now, zone, cycle)
    items = list(items)
    if items and (absent := absent_fields(compiled.rule.select.fields, items)):
        told = " and ".join(f'"{field}"' for field in absent)
        verb = "is" if len(absent) == 1 else "are"
        return Evaluation(
            None,
            total=len(items),
            broken=f"{told} {verb} not in the tool's answer: renamed, removed, or no longer visible",
        )
    lines: list[Line] = []
    failures: dict[tuple[str, str], list[str]] = {}
    try:
        for item in items:
            try:
                lines.append(_line(compiled, item, moment))
            except FieldError as failure:
                failures.setdefault((failure.field, failure.why), []).append(item.ref or item.key)
    except CycleError as failure:
        return Evaluation(None, broken=str(failure))
    if failures:
        seen = len(lines) + sum(len(refs) for refs in failures.values())
        return Evaluation(None, total=seen, broken=_broken(failures, seen))
    return _fold(compiled, lines)


def _line(compiled: Compiled, item: WorkItem, moment: Moment) -> Line:
    amounts = compiled.amounts
    group: GroupName
    if item.state.value == "dropped":
        amount, credit, group = amounts.peek(item), ZERO, "dropped"
        reason, line = f"{item.status or 'Dropped'}, dropped", compiled.rule.measure.line
    elif refusal := first_refusal(compiled.checks, item, moment):
        amount, credit, group, reason, line = amounts.peek(item), ZERO, "left_out", refusal.text, refusal.line
    else:
        amount = amounts.of(item)
        credit = amounts.credit(item, amount)
        group = "counted" if credit else "open"
        reason, line = amounts.reason(item, amount, credit), amounts.line(item)
    return Line(
        item.key, item.ref, item.title, item.url, item.state.value, item.status, amount, credit, group, reason, line
    )


def _fold(compiled: Compiled, lines: list[Line]) -> Evaluation:
    measure = compiled.rule.measure
    scope = [line for line in lines if line.group in {"counted", "open"}]
    without = sum(1 for line in scope if line.amount is None)
    counted = sum(1 for line in scope if line.credit)
    numerator = total(line.contribution for line in scope)
    notes: list[str] = []
    if without:
        verb = "has" if without == 1 else "have"
        notes.append(f"{without} of {len(scope)} items {verb} no {amount_name(measure.of)}")
    value: Decimal | None
    denominator: Decimal | None = None
    if measure.fold == "percent":
        denominator = total(line.amount or ZERO for line in scope)
        value = quotient(numerator, denominator, 100) if denominator else None
    elif measure.fold == "average":
        denominator = Decimal(len(scope) - without)
        value = quotient(numerator, denominator) if denominator else None
    else:
        value = numerator
    if not scope:
        notes.append("no items match")
    elif value is None and measure.of != ITEMS:
        notes.append(f"no value yet: the items have no {amount_name(measure.of)} to divide by")
    return Evaluation(
        value, len(scope), len(lines), counted, numerator, denominator, without, tuple(notes), "", tuple(lines)
    )


def _broken(failures: dict[tuple[str, str], list[str]], seen: int) -> str:
    """Say what cannot be read, the same whatever the order of the items."""
    told = [
        f'"{field}" {why}: {len(refs)} of {seen} items, such as {min(refs)}'
        for (field, why), refs in sorted(failures.items())
    ]
    return "; ".join(told)
