"""The examples beside a rule, run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, tzinfo
from decimal import Decimal, InvalidOperation

from connectors.shapes import OWN, Scalar, State, WorkItem
from mappings.amounts import length_of
from mappings.arithmetic import rounded
from mappings.entries import ISO_DAY
from mappings.evaluation import compile_rule, evaluate
from mappings.rules import ExampleItem, Rule, plain_number

STATUS = {State.TODO: "To Do", State.DOING: "In Progress", State.DONE: "Done", State.DROPPED: "Dropped"}


@dataclass(frozen=True, slots=True)
class ExampleResult:
    """How an example came out. None is "no value"; `problem` says what is wrong, or is empty."""

    says: str
    expected: Decimal | None
    got: Decimal | None
    passed: bool
    problem: str = ""
    line: int = 1  # in the rule's own text


def run_examples(rule: Rule, *, now: datetime, zone: tzinfo, cycle: tuple[date, date] | None) -> list[ExampleResult]:
    """Evaluate each example of a rule at `now`, its days in `zone`.

    An example's item has what it says and otherwise the plainest value: created and updated now, done now when
    its state is done, no number, no label, and nothing in a field of the tool's own. A length of time is written as a
    number in the unit that the rule counts it in. A value expected with decimals (33.3) is compared to that many.
    """
    compiled = compile_rule(rule)
    results = []
    for example in rule.examples:
        items = [_work_item(item, place, rule, now, zone) for place, item in enumerate(example.items, start=1)]
        outcome = evaluate(compiled, items, now=now, zone=zone, cycle=cycle)
        problem = outcome.broken
        if not problem and not _agree(example.gives, outcome.value):
            problem = f"gives {_told(outcome.value)}, and {_told(example.gives)} was expected"
        results.append(ExampleResult(example.says, example.gives, outcome.value, not problem, problem, example.line))
    return results


def _agree(expected: Decimal | None, got: Decimal | None) -> bool:
    if expected is None or got is None:
        return expected is got
    exponent = expected.as_tuple().exponent
    if isinstance(exponent, int) and exponent < 0:
        return rounded(got, -exponent) == expected
    return got == expected


def _told(value: Decimal | None) -> str:
    return "no value" if value is None else plain_number(value)


def _work_item(item: ExampleItem, place: int, rule: Rule, now: datetime, zone: tzinfo) -> WorkItem:
    def start_of(day: date | None, otherwise: datetime | None) -> datetime | None:
        return datetime.combine(day, time.min, tzinfo=zone) if day else otherwise

    unreadable: dict[str, str] = {}
    own: dict[str, Scalar] = dict.fromkeys(rule.select.fields)
    own.update((name, _scalar(written)) for name, written in item.fields)
    if rule.measure.unit and isinstance(number := own.get(rule.measure.of), Decimal):
        try:
            own[rule.measure.of] = length_of(number, rule.measure.unit)
        except ArithmeticError:
            unreadable[OWN + rule.measure.of] = "it is longer than any length of time"
    return WorkItem(
        key=f"example-{place}",
        ref=item.ref or f"item {place}",
        title=item.title,
        state=item.state,
        status=item.status or STATUS[item.state],
        type=item.type,
        url="",
        created=start_of(item.created, now) or now,
        updated=start_of(item.updated, now) or now,
        done=start_of(item.done, now if item.state is State.DONE else None),
        due=item.due,
        assignee=item.assignee,
        points=item.points,
        parent=item.parent,
        labels=frozenset(item.labels),
        fields=own,
        unreadable=unreadable,
    )


def _scalar(written: str | tuple[str, ...] | None) -> Scalar:
    """Read a field of the tool's own as a tool would hold it: a number, a day, a list, or text."""
    if not isinstance(written, str):
        return written
    try:
        if ISO_DAY.fullmatch(written):
            return date.fromisoformat(written)
        number = Decimal(written)
    except (ValueError, InvalidOperation):
        return written
    return number if number.is_finite() else written
