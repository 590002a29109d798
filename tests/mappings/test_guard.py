"""Readings that are not believed at once."""

from __future__ import annotations

import pytest

from mappings import Evaluation, check_guard
from tests.mappings.builders import rule

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
