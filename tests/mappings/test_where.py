"""Which items a rule takes."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from connectors.shapes import State
from mappings import evaluate
from tests.mappings.builders import CYCLE, NOW, item, rule, value_of


def taken(where: str, **one: Any) -> bool:
    """Say whether a `where` takes an item that holds these values."""
    got = value_of(f"where: {where}\nmeasure: count", [item("PAY-1", **one)])
    assert got.broken == ""
    return got.value == 1


def reason(where: str, **one: Any) -> str:
    """Return why a `where` leaves an item out."""
    line = value_of(f"where: {where}\nmeasure: count", [item("PAY-1", **one)]).lines[0]
    assert line.group == "left_out"
    return line.reason


@pytest.mark.parametrize(
    ("where", "values", "expected"),
    [
        ("[type: story]", {}, True),
        ("[type: {is: Bug}]", {}, False),
        ("[type: [bug, STORY]]", {}, True),
        ("[type: {in: [Bug, Task]}]", {}, False),
        ("[type: {not: [Bug, Task]}]", {}, True),
        ("[type: {not: Story}]", {}, False),
        ("[state: done]", {"state": "done"}, True),
        ("[state: [todo, doing]]", {"state": "done"}, False),
        ("[status: überprüfung]", {"status": "U\u0308BERPRU\u0308FUNG"}, True),
        ("[status: 已完成]", {"status": "已完成"}, True),
        ("[ref: pay-1]", {}, False),
        ("[ref: PAY-1]", {}, True),
        ("[labels: {has: Checkout}]", {"labels": ["checkout", "q4"]}, True),
        ("[labels: checkout]", {"labels": ["checkout", "q4"]}, True),
        ("[labels: {has: check}]", {"labels": ["checkout"]}, False),
        ("[labels: {not: [q3, q4]}]", {"labels": ["checkout", "q4"]}, False),
        ("[labels: {missing: yes}]", {}, True),
        ("[title: {has: 'OF PAY'}]", {}, True),
        ("[points: {gt: 5}]", {"points": 5}, False),
        ("[points: {gte: 5}]", {"points": "5.0"}, True),
        ("[points: {lt: 5, gte: 2}]", {"points": 2}, True),
        ("[points: 5]", {"points": "5.00"}, True),
        ("[points: {lte: 5}]", {"points": None}, False),
        ("[points: {missing: true}]", {"points": 0}, False),
        ("[assignee: {missing: no}]", {"assignee": "mira@acme.test"}, True),
        ("[assignee: {not: mira@acme.test}]", {"assignee": None}, True),
        ("[{type: Story, points: {gte: 3}}]", {"points": 2}, False),
        ("[any: [{type: Bug}, {points: {gte: 3}}]]", {"points": 3}, True),
        ("[any: [{type: Bug}, {points: {gte: 3}}]]", {"points": 2}, False),
        ("[all: [{type: Story}, {points: {gte: 3}}]]", {"points": 2}, False),
        ("[none: [{type: Bug}, {points: {gte: 3}}]]", {"points": 2}, True),
        ("[none: [{any: [{type: Story}]}]]", {}, False),
        ("[fields: {Team: blue}]", {"fields": {"Team": "Blue"}}, True),
        ("[fields: {Team: {has: blue}}]", {"fields": {"Team": ("Red", "Blue")}}, True),
        ("[fields: {Size: {gte: 2}}]", {"fields": {"Size": Decimal(2)}}, True),
        ("[fields: {Size: '2'}]", {"fields": {"Size": Decimal("2.0")}}, True),
        ("[fields: {Live: yes}]", {"fields": {"Live": True}}, True),
        ("[fields: {Go live: {before: 2026-12-01}}]", {"fields": {"Go live": date(2026, 11, 30)}}, True),
        ("[fields: {Go live: 2026-11-30}]", {"fields": {"Go live": date(2026, 11, 30)}}, True),
        ("[fields: {Team: {missing: yes}}]", {"fields": {"Team": None}}, True),
    ],
)
def test_a_condition_takes_what_it_says(where: str, values: dict[str, Any], expected: bool) -> None:
    assert taken(where, **values) is expected


@pytest.mark.parametrize(
    ("condition", "due", "expected"),
    [
        ("before: 2026-11-22", date(2026, 11, 22), False),
        ("before: 2026-11-22", date(2026, 11, 21), True),
        ("after: 2026-11-22", date(2026, 11, 22), False),
        ("after: 2026-11-22", date(2026, 11, 23), True),
        ("before: today", date(2026, 11, 21), True),
        ("before: today", date(2026, 11, 22), False),
        ("is: today", date(2026, 11, 22), True),
        ("after: cycle start", date(2026, 10, 1), True),
        ("before: cycle start", date(2026, 10, 1), False),
        ("before: cycle start", date(2026, 9, 30), True),
        ("before: cycle end", date(2026, 12, 31), True),
        ("after: cycle end", date(2026, 12, 31), False),
        ("after: cycle end", date(2027, 1, 1), True),
        ("within: 28 days", date(2026, 10, 25), True),
        ("within: 28 days", date(2026, 10, 24), False),
        ("within: 28 days", date(2026, 11, 23), False),
    ],
)
def test_a_day_is_whole_and_the_cycle_has_edges(condition: str, due: date, expected: bool) -> None:
    assert taken(f"[due: {{{condition}}}]", due=due) is expected


def test_an_instant_is_judged_on_the_day_it_has_in_the_workspaces_zone() -> None:
    given = [item("PAY-1", "done", done=datetime(2026, 9, 30, 22, 30, tzinfo=UTC))]
    body = "where: [done: {after: cycle start}]\nmeasure: count"
    assert value_of(body, given, zone=UTC).value == 0
    assert value_of(body, given, zone=ZoneInfo("Europe/Berlin")).value == 1


def test_within_compares_instants_to_the_second() -> None:
    edge = NOW - timedelta(days=28)
    assert taken("[updated: {within: 28 days}]", updated=edge)
    assert not taken("[updated: {within: 28 days}]", updated=edge - timedelta(seconds=1))
    assert not taken("[updated: {within: 4 weeks}]", updated=NOW + timedelta(seconds=1))


@pytest.mark.parametrize(
    ("where", "values", "expected"),
    [
        ("[type: {not: Sub-task}]", {"type": "Sub-task"}, "type is Sub-task"),
        ("[type: Bug]", {}, "type is Story, not Bug"),
        ("[type: [Bug, Task]]", {}, "type is Story, not one of Bug, Task"),
        ("[labels: {has: checkout}]", {"labels": ["b", "a"]}, "labels are a, b, without checkout"),
        ("[labels: {has: checkout}]", {}, "no labels"),
        ("[points: {gte: 5}]", {"points": 3}, "3 story points, less than 5"),
        ("[points: {gte: 5}]", {}, "no story points"),
        ("[done: {after: cycle start}]", {}, "not done yet"),
        ("[due: {before: today}]", {"due": date(2026, 11, 24)}, "due 24 Nov 2026, not before today"),
        ("[fields: {Team: Blue}]", {"fields": {"Team": "Red"}}, '"Team" is Red, not Blue'),
        ("[any: [{type: Bug}, {points: {gte: 5}}]]", {}, "type is Story, not Bug; no story points"),
        ("[none: [{type: Bug}, {type: Story}]]", {}, "type is Story"),
    ],
)
def test_an_item_left_out_says_why(where: str, values: dict[str, Any], expected: str) -> None:
    assert reason(where, **values) == expected


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("{has: wallet}", "the title does not have wallet"),
        ("{not: Secret merger}", "the title is Secret merger"),
        ("Wallet", "the title is not Wallet"),
    ],
)
def test_a_reason_never_quotes_a_title_the_rule_did_not_write(condition: str, expected: str) -> None:
    assert reason(f"[title: {condition}]", title="Secret merger") == expected


def test_the_line_of_a_reason_counts_within_the_rule() -> None:
    body = "where:\n  - state: todo\n  - any:\n      - type: Bug\n      - labels:\n          has: x\nmeasure: count"
    given = [item("A", "done"), item("B", labels=["y"])]
    assert [line.line for line in value_of(body, given).lines] == [5, 6]


def test_comparing_text_as_a_number_breaks_rather_than_leaving_out() -> None:
    got = value_of("where: [fields: {Team: {gte: 2}}]\nmeasure: count", [item("A", fields={"Team": "Blue"})])
    assert (got.value, got.broken) == (None, "\"Team\" holds text, and 'gte' wants a number: 1 of 1 item, A")


def test_a_field_absent_from_the_answer_breaks_a_where() -> None:
    got = value_of("where: [fields: {Team: {missing: yes}}]\nmeasure: count", [item("A", fields={})])
    assert got.value is None
    assert "not in the tool's answer" in got.broken


def test_a_rule_that_names_the_cycle_is_broken_without_one() -> None:
    made = rule("where: [created: {after: cycle start}]\nmeasure: count")
    got = evaluate(made, [item()], now=NOW, zone=UTC, cycle=None)
    assert (got.value, got.broken) == (None, "the rule names the cycle start, and its key result belongs to no cycle")


def test_dropped_items_are_not_even_asked() -> None:
    got = value_of("where: [state: dropped]\nmeasure: count", [item(state="dropped")])
    assert (got.value, got.lines[0].state) == (Decimal(0), State.DROPPED)


def test_a_naive_now_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        evaluate(rule("measure: count"), [], now=NOW.replace(tzinfo=None), zone=UTC, cycle=CYCLE)


@pytest.mark.parametrize("asked", ["is: 2", "not: 2", "in: [2, 3]", "has: 2", "gt: 2", "before: today"])
def test_a_length_of_time_is_compared_with_nothing_and_that_is_said(asked: str) -> None:
    given = [item("A", fields={"Time Spent": timedelta(hours=2)})]
    found = value_of(f"where: [fields: {{Time Spent: {{{asked}}}}}]\nmeasure: count", given)
    assert found.value is None
    assert "holds a length of time" in found.broken
