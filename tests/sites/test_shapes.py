"""Answers of every shape with one value of another type in them: some of them here, all in `make soak`."""

from __future__ import annotations

from random import Random

import pytest

from tests.sites.judgement import MAKERS
from tests.sites.line import Stock
from tests.sites.shapes import Shapes

CHANGES = 30  # of each tool


@pytest.mark.parametrize("tool", MAKERS)
def test_a_value_of_another_type_changes_no_other_rule_and_raises_nothing_without_a_name(
    tool: str, stock: Stock
) -> None:
    shapes = Shapes(tool, stock)
    found = shapes.run(list(shapes.changes(Random(20261201), CHANGES)))
    assert not found.wrong
    assert found.changes > CHANGES // 2
    assert found.outcomes["Unexpected"] > 0
    assert found.outcomes["read"] > 0
