"""Readings that are not believed at once."""

from __future__ import annotations

from decimal import Decimal

import pytest

from connectors.shapes import WorkItem
from mappings import Doubt, Evaluation, Rule, check_guard, find_doubt, find_lost_word, words_of
from tests.mappings.builders import item, rule

GUARDED = rule("measure: count\nguard: {min_items: 5, max_drop: 40%}")
UNGUARDED = rule("measure: count")


def reading(in_scope: int) -> Evaluation:
    return Evaluation(None, in_scope=in_scope)


@pytest.mark.parametrize(
    ("now", "before", "told"),
    [
        (5, None, ""),
        (4, None, "4 items in scope, and the rule wants at least 5"),
        (6, 10, ""),
        (5, 10, "items in scope fell from 10 to 5, by 50 %, and the rule allows 40 %"),
        (599, 1000, "items in scope fell from 1000 to 599, by 40.1 %, and the rule allows 40 %"),
        (5, 100_000, "items in scope fell from 100000 to 5, by 99.995 %, and the rule allows 40 %"),
        (20, 10, ""),
        (0, 10, "no items match now, and 10 did at the last reading"),
        (0, 0, "0 items in scope, and the rule wants at least 5"),
    ],
)
def test_a_guard_doubts_small_and_shrunken_selections(now: int, before: int | None, told: str) -> None:
    assert check_guard(GUARDED, reading(now), before) == told


def test_a_selection_that_has_become_empty_is_suspect_without_any_guard() -> None:
    assert check_guard(UNGUARDED, reading(0), 3) == "no items match now, and 3 did at the last reading"


@pytest.mark.parametrize(("now", "before"), [(0, None), (0, 0), (1, 100)])
def test_without_a_guard_nothing_else_is_suspect(now: int, before: int | None) -> None:
    assert check_guard(UNGUARDED, reading(now), before) == ""


def test_a_broken_evaluation_has_no_reading_to_doubt() -> None:
    assert check_guard(GUARDED, Evaluation(None, broken="a field is gone"), 10) == ""


# -- how much may come, and numbers that a tool works out

RISING = rule("measure: count\nguard: {max_rise: 50%}")
SUMMED = rule("measure: {sum: points}\nguard: {max_rise: 50%, max_drop: 40%}")


def value_of(value: str, in_scope: int = 1) -> Evaluation:
    return Evaluation(Decimal(value), in_scope=in_scope)


@pytest.mark.parametrize(
    ("now", "before", "told"),
    [
        (15, 10, ""),
        (16, 10, "items in scope rose from 10 to 16, by 60 %, and the rule allows 50 %"),
        (44, 14, "items in scope rose from 14 to 44, by 214 %, and the rule allows 50 %"),
        (44, 0, ""),  # from nothing there is no share
        (44, None, ""),
    ],
)
def test_a_rise_of_the_items_is_held_against_the_last_reading(now: int, before: int | None, told: str) -> None:
    assert check_guard(RISING, reading(now), before) == told


def test_of_a_sum_the_value_may_not_rise_and_the_items_may_not_fall() -> None:
    assert find_doubt(SUMMED, value_of("15", 10), 10, previous_value=Decimal(10)) is None
    rise = find_doubt(SUMMED, value_of("16", 10), 10, previous_value=Decimal(10))
    assert rise == Doubt("max_rise", "the value rose from 10 to 16, by 60 %, and the rule allows 50 %")
    fall = find_doubt(SUMMED, value_of("1", 10), 10, previous_value=Decimal(10))
    assert fall is None  # the items are all there
    fewer = find_doubt(SUMMED, value_of("10", 5), 10, previous_value=Decimal(10))
    assert fewer is not None and fewer.code == "max_drop"


@pytest.mark.parametrize(
    ("now", "before", "code"),
    [
        ("60", "100", None),
        ("59", "100", "max_drop"),
        ("150", "100", None),
        ("151", "100", "max_rise"),
        ("-15", "-10", "max_drop"),
        ("-4", "-10", "max_rise"),
        ("5", "0", None),
    ],
)
def test_of_a_number_that_the_tool_works_out_both_are_about_the_value(now: str, before: str, code: str | None) -> None:
    found = find_doubt(SUMMED, value_of(now), 1, previous_value=Decimal(before), of_gauge=True)
    assert (found.code if found else None) == code


def test_more_than_the_whole_may_come() -> None:
    assert rule("measure: count\nguard: {max_rise: 300%}").guard.max_rise == 3


def test_a_rule_without_the_new_guard_has_the_digest_that_it_had() -> None:
    # A rule that means the same must not become another revision by an upgrade of the hub.
    assert "max_rise" not in GUARDED.to_json()["guard"]
    assert Rule.from_json(RISING.to_json()) == RISING
    assert RISING.digest != UNGUARDED.digest


# -- words of a rule that no item has any more


def items(**numbers: int) -> list[WorkItem]:
    kinds = [kind.replace("_", "-") for kind, number in numbers.items() for _ in range(number)]
    return [item(f"PAY-{at}", type=kind) for at, kind in enumerate(kinds)]


NO_TASKS = rule("measure: count\nwhere:\n  - type: {not: Sub-task}")


def lost(before: list[WorkItem], now: list[WorkItem]) -> str:
    return find_lost_word(NO_TASKS, words_of(NO_TASKS, before), now, {})


def test_a_word_that_went_while_as_many_items_have_a_new_one_is_said() -> None:
    assert lost(items(Sub_task=12, Story=3), items(Unteraufgabe=12, Story=3)) == (
        'No item\'s type is "Sub-task" any more; 12 items are "Unteraufgabe" now. Correct the rule, or take this value.'
    )


@pytest.mark.parametrize(
    ("before", "now"),
    [
        ({"Sub_task": 12, "Story": 3}, {"Story": 15}),  # a word that was known: work was retyped, or went
        ({"Sub_task": 12, "Story": 3}, {"Bug": 3, "Story": 3}),  # fewer than had the old one
        ({"Sub_task": 12}, {"Sub_task": 1, "Bug": 11}),  # some have it still
        ({"Story": 3}, {"Bug": 3}),  # nobody had it before
        ({"Sub_task": 12}, {}),
    ],
)
def test_otherwise_a_word_that_went_is_nobodys_business(before: dict[str, int], now: dict[str, int]) -> None:
    assert lost(items(**before), items(**now)) == ""


def test_words_of_rules_that_name_none_are_not_counted() -> None:
    assert words_of(UNGUARDED, items(Story=3)) == {}
    assert words_of(NO_TASKS, items(Story=2, Bug=1)) == {"type": {"Story": 2, "Bug": 1}}


def test_a_rise_beyond_all_measure_is_doubted_and_said() -> None:
    found = Evaluation(Decimal("1e25"), 1)
    ruled = rule("measure: {sum: points}\nguard: {max_rise: 50%}")
    doubt = find_doubt(ruled, found, 1, previous_value=Decimal("0.0001"))
    assert doubt is not None
    assert (doubt.code, "by 9999999999999999999999999999900 %" in doubt.why) == ("max_rise", True)
