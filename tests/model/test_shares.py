"""Shares of 1 where a goal is in per cent."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from hub.model.kinds import Kind
from hub.model.shares import doubt_shares
from tests.model.test_numbers import declared

FORTY = {"unit": "%", "target": 40}


@pytest.mark.parametrize(
    ("goal", "values", "is_doubted"),
    [
        (FORTY, ["0.42"], True),
        (FORTY, ["0", "0.1", "-0.2", "1"], True),
        ({"kind": Kind.STAY_ABOVE, "unit": "%", "target": "99.5"}, ["0.998"], True),
        ({"kind": Kind.RANGE, "unit": "%", "minimum": 40, "maximum": 60}, ["0.5"], True),
        (FORTY, ["0.42", "42"], False),
        (FORTY, ["0", "1"], False),
        (FORTY, [], False),
        ({"unit": "hours", "target": 40}, ["0.42"], False),
        ({"unit": "%", "target": 1}, ["0.42"], False),  # meant as a small per cent
        ({"kind": Kind.DECREASE, "unit": "%", "baseline": 5, "target": "0.5"}, ["0.7"], False),
        ({"kind": Kind.INCREASE, "unit": "%", "baseline": "0.4", "target": 5}, ["0.9"], False),
        ({"kind": Kind.STAY_BELOW, "unit": "%", "target": 2}, ["0.4", "0.7"], False),  # 40 % would be far off
        ({"kind": Kind.STAY_BELOW, "unit": "%", "target": 2}, ["0.02"], True),
    ],
)
def test_values_within_1_are_doubted_where_the_goal_is_in_per_cent(
    goal: dict[str, Any], values: list[str], is_doubted: bool
) -> None:
    assert bool(doubt_shares(declared(**goal), [Decimal(value) for value in values])) is is_doubted


def test_the_doubt_names_the_goal_and_what_to_do() -> None:
    assert doubt_shares(declared(**FORTY), [Decimal("0.42")]) == (
        "values look like shares (0 to 1), target 40: a cell or field shown as 42 % holds 0.42, so read one that holds "
        "the number in per cent (in Excel a cell such as =B4*100)"
    )
