"""What holds for all rules and all items."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from datetime import UTC, date
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.shapes import Select, State, WorkItem
from mappings import Example, ExampleItem, Guard, Measure, Rule, evaluate, read_mappings, read_yaml
from mappings.clauses import Clause, Condition, Group
from mappings.rules import Credit
from tests.mappings.builders import CYCLE, NOW, item, rule

RULES = [
    rule(f"where: [type: [Story, Bug]]\nmeasure: {measure}")
    for measure in (
        "count",
        "{count: items, credit: {doing: 0.3}}",
        "{sum: points}",
        "{average: points}",
        "{percent: points, credit: {todo: 0.1, doing: 0.5}}",
        "{percent: items}",
    )
]

amounts = st.none() | st.decimals(0, 1000, places=3)
work = st.lists(st.tuples(st.sampled_from(State), amounts, st.sampled_from(["Story", "Bug", "Sub-task"])), max_size=25)


def made(of: list[tuple[State, Decimal | None, str]]) -> list[WorkItem]:
    return [item(f"PAY-{i}", state, points, type=kind) for i, (state, points, kind) in enumerate(of)]


@given(work, st.sampled_from(RULES[-2:]))
def test_a_percentage_lies_between_0_and_100(of: list[tuple[State, Decimal | None, str]], one: Rule) -> None:
    value = evaluate(one, made(of), now=NOW, zone=UTC, cycle=CYCLE).value
    assert value is None or 0 <= value <= 100


@given(work, st.sampled_from(RULES), st.randoms(use_true_random=False))
def test_the_order_of_items_does_not_matter(
    of: list[tuple[State, Decimal | None, str]], one: Rule, chance: random.Random
) -> None:
    straight = made(of)
    shuffled = chance.sample(straight, len(straight))
    first = evaluate(one, straight, now=NOW, zone=UTC, cycle=CYCLE)
    second = evaluate(one, shuffled, now=NOW, zone=UTC, cycle=CYCLE)
    assert replace(second, lines=first.lines) == first


@given(work, st.sampled_from(RULES), st.lists(amounts, max_size=5))
def test_dropped_items_change_nothing(
    of: list[tuple[State, Decimal | None, str]], one: Rule, dropped: list[Decimal | None]
) -> None:
    extra = [item(f"GONE-{i}", "dropped", points) for i, points in enumerate(dropped)]
    without = evaluate(one, made(of), now=NOW, zone=UTC, cycle=CYCLE)
    with_them = evaluate(one, [*made(of), *extra], now=NOW, zone=UTC, cycle=CYCLE)
    assert replace(with_them, lines=without.lines, total=without.total) == without


@given(work, st.sampled_from(RULES))
def test_the_lines_add_up_to_the_numerator(of: list[tuple[State, Decimal | None, str]], one: Rule) -> None:
    got = evaluate(one, made(of), now=NOW, zone=UTC, cycle=CYCLE)
    assert sum((line.contribution for line in got.lines), Decimal(0)) == got.numerator
    assert [line.key for line in got.lines] == [one_item.key for one_item in made(of)]
    assert got.in_scope == sum(1 for line in got.lines if line.group in {"counted", "open"})


texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12)
lines = st.integers(1, 500)
numbers = st.decimals(0, 10**6, places=4)
shares = st.decimals(0, 1, places=3)
days = st.dates(date(1900, 1, 1), date(2999, 12, 31))
conditions = (
    st.builds(Condition, texts, st.sampled_from(["is", "has", "gt", "within"]), texts, st.booleans(), lines)
    | st.builds(Condition, texts, st.sampled_from(["not", "in"]), st.lists(texts).map(tuple), st.booleans(), lines)
)  # fmt: skip
clauses: st.SearchStrategy[Clause] = st.recursive(
    conditions,
    lambda inner: st.builds(
        Group, st.sampled_from(["any", "all", "none"]), st.lists(inner, min_size=1).map(tuple), lines
    ),
    max_leaves=6,
)
credits = st.builds(
    Credit, shares, shares, shares, st.lists(st.tuples(st.sampled_from(["todo", "done"]), lines)).map(tuple)
)
measures = st.builds(Measure, st.sampled_from(["sum", "percent"]), texts, st.just(True), st.none() | credits, lines)
example_items = st.builds(
    ExampleItem,
    state=st.sampled_from(State),
    labels=st.lists(texts).map(tuple),
    points=st.none() | numbers,
    assignee=st.none() | texts,
    due=st.none() | days,
    fields=st.lists(st.tuples(texts, st.none() | texts | st.lists(texts).map(tuple))).map(tuple),
)
examples = st.builds(Example, texts, st.lists(example_items, max_size=2).map(tuple), st.none() | numbers, lines)
rules = st.builds(
    Rule,
    key_result=texts,
    connection=texts,
    select=st.builds(Select, texts, st.dictionaries(texts, texts), st.frozensets(texts)),
    measure=measures,
    where=st.lists(clauses, max_size=3).map(tuple),
    owner=texts,
    guard=st.builds(Guard, st.none() | lines, st.none() | shares),
    show_items=st.sampled_from(["none", "refs", "titles"]),
    examples=st.lists(examples, max_size=2).map(tuple),
    source=texts,
    path=texts,
    line=lines,
    column=lines,
)


@settings(max_examples=60)
@given(rules)
def test_a_rule_comes_back_from_json_as_it_was(one: Rule) -> None:
    back = Rule.from_json(json.loads(json.dumps(one.to_json())))
    assert back == one
    assert back.digest == one.digest
    assert back.to_json() == one.to_json()


PIECES = [
    "mappings:",
    "\n",
    "  ",
    "- ",
    "key_result: ",
    "a/b",
    "where:",
    "measure: ",
    "count",
    "{",
    "}",
    "[",
    "]",
    ",",
    ": ",
]
PIECES += [
    "percent",
    "points",
    "credit",
    "state",
    "not",
    "any",
    "fields",
    '"',
    "'",
    "&x",
    "*x",
    "!t",
    "|",
    "%",
    "\t",
    "\x00",
    "?",
]


@settings(max_examples=150)
@given(st.text(max_size=60) | st.lists(st.sampled_from(PIECES), max_size=40).map("".join))
def test_no_text_makes_the_reader_raise(text: str) -> None:
    for problem in [*read_yaml(text, "m.yaml")[1], *read_mappings(text, "m.yaml")[1]]:
        assert (problem.line, problem.column) >= (1, 1)
        assert len(problem.caret(text).splitlines()) == 2
        assert "\n" not in str(problem)


written: st.SearchStrategy[object] = st.recursive(
    st.sampled_from(["", "x", "done", "5", "2026-10-01", "today", "28 days", "points"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["type", "points", "due", "is", "not", "any", "fields", "credit"]), inner)
    ),
    max_leaves=8,
)


@settings(max_examples=150)
@given(st.dictionaries(st.sampled_from(["where", "measure", "guard", "select", "examples", "owner", "parts"]), written))
def test_values_of_any_shape_are_problems_at_worst(body: dict[str, object]) -> None:
    text = json.dumps({"mappings": [{"key_result": "a/b", "from": "x", "select": "q", "measure": "count", **body}]})
    found, problems = read_mappings(text, "m.yaml")
    assert (len(found) == 1) is (not problems)
    for one in found:
        evaluate(one, [item(fields={"x": None})], now=NOW, zone=UTC, cycle=CYCLE)
