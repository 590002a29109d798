"""The examples beside a rule, as `okrhub test` runs them."""

from __future__ import annotations

from datetime import UTC
from decimal import Decimal

import pytest

from mappings import ExampleResult, run_examples
from tests.mappings.builders import CYCLE, NOW, rule


def run(body: str) -> list[ExampleResult]:
    """Run the examples of a rule at NOW."""
    return run_examples(rule(body), now=NOW, zone=UTC, cycle=CYCLE)


def test_an_example_that_holds_passes() -> None:
    body = (
        "where: [labels: {has: checkout}]\nmeasure: {percent: points}\nexamples:\n  - says: half the points are done\n"
    )
    body += (
        "    items: [{state: done, points: 5, labels: [checkout]}, {points: 5, labels: [checkout]}]\n    gives: 50\n"
    )
    assert run(body) == [ExampleResult("half the points are done", Decimal(50), Decimal(50), True, "", 7)]


def test_an_example_that_fails_says_what_it_got() -> None:
    (result,) = run("measure: count\nexamples: [{says: two, items: [{}], gives: 2}]")
    assert (result.passed, result.got, result.problem) == (False, Decimal(1), "gives 1, and 2 was expected")


@pytest.mark.parametrize(("gives", "passed"), [("33.3", True), ("33.33", True), ("33.4", False), ("33", False)])
def test_a_value_is_compared_to_the_decimals_written(gives: str, passed: bool) -> None:
    (result,) = run(
        "measure: {percent: items}\nexamples:\n"
        f"  - {{says: a third, items: [{{state: done}}, {{}}, {{}}], gives: {gives}}}"
    )
    assert result.passed is passed


def test_no_value_can_be_expected() -> None:
    assert run("measure: {average: points}\nexamples: [{says: none, items: [], gives: no value}]")[0].passed
    (result,) = run("measure: count\nexamples: [{says: none, items: [], gives: no value}]")
    assert result.problem == "gives 0, and no value was expected"


def test_an_item_has_the_plainest_values_where_it_says_nothing() -> None:
    body = (
        "where: [{type: Task, status: In Progress, created: {within: 1 hour}, done: {missing: yes}}]\nmeasure: count\n"
    )
    assert run(body + "examples: [{says: one, items: [{state: doing}], gives: 1}]")[0].passed


def test_done_work_was_done_now_unless_it_says_when() -> None:
    body = "where: [done: {after: cycle start}]\nmeasure: count\nexamples:\n"
    body += "  - {says: one, items: [{state: done}, {state: done, done: 2026-09-30}], gives: 1}"
    assert run(body)[0].passed


def test_a_field_of_the_tools_own_that_an_example_leaves_out_holds_nothing() -> None:
    body = "where: [fields: {Team: {not: Blue}}]\nmeasure: {sum: {field: Size}}\nexamples:\n"
    body += "  - {says: two, items: [{}, {fields: {Size: 2}}, {fields: {Team: blue, Size: 3}}], gives: 2}"
    assert run(body)[0].problem == ""


def test_a_broken_example_fails_with_the_reason() -> None:
    body = "measure: {sum: {field: Size}}\nexamples: [{says: x, items: [{fields: {Size: big}}], gives: 0}]"
    (result,) = run(body)
    assert (result.passed, result.got) == (False, None)
    assert result.problem == '"Size" holds text, and sum wants a number: 1 of 1 item, item 1'


def test_an_example_writes_a_length_of_time_in_the_unit_that_the_rule_counts_in() -> None:
    body = "measure: {sum: {field: Time Spent, in: hours}}\nexamples:\n"
    body += "  - {says: two, items: [{fields: {Time Spent: 1.5}}, {fields: {Time Spent: 2}}], gives: 3.5}"
    assert [(one.got, one.problem) for one in run(body)] == [(Decimal("3.5"), "")]


@pytest.mark.parametrize("length", ["1000000000000", "1e999999", "-1e40"])
def test_a_length_of_time_beyond_all_measure_fails_its_example_and_stops_nothing(length: str) -> None:
    (result,) = run(
        "measure: {sum: {field: Time Spent, in: days}}\n"
        f"examples: [{{says: for ever, items: [{{fields: {{Time Spent: '{length}'}}}}], gives: 1}}]"
    )
    assert (result.passed, "longer than any length of time" in result.problem) == (False, True)


def test_a_value_written_with_many_decimals_is_compared_to_all_of_them() -> None:
    (result,) = run(
        "measure: {sum: points}\n"
        "examples: [{says: fine, items: [{points: 100000}], gives: 100000.0000000000000000000000001}]"
    )
    assert (result.passed, "was expected" in result.problem) == (False, True)
