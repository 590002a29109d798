"""The examples of a rule are folded away, without a line of it being lost or numbered anew."""

from __future__ import annotations

import pytest

from hub.web.drawings.rule_lines import fold_examples

INDENTED = (
    "from: jira\nexamples:\n  - says: one\n    items:\n      - {state: done}\n  - says: two\n    gives: 0\nguard: no"
)
FLUSH = "from: jira\nexamples:\n- says: one\n  items:\n  - {state: done}\n- says: two\n  gives: 0\nguard: no"


@pytest.mark.parametrize("text", [INDENTED, FLUSH])
def test_examples_are_counted_and_stand_apart(text: str) -> None:
    found = fold_examples(text.splitlines(), 0)
    assert found.words == "2 examples"
    assert [line.number for line in found.before] == [1]
    assert [line.number for line in found.examples] == [2, 3, 4, 5, 6, 7]
    assert [line.number for line in found.after] == [8]


@pytest.mark.parametrize(("hit", "is_open"), [(0, False), (1, False), (2, True), (7, True), (8, False)])
def test_examples_open_by_themselves_when_their_line_is_the_chosen_one(hit: int, is_open: bool) -> None:
    found = fold_examples(INDENTED.splitlines(), hit)
    assert found.is_open is is_open
    lines = (*found.before, *found.examples, *found.after)
    assert [line.number for line in lines if line.is_hit] == ([hit] if hit else [])


def test_a_rule_without_examples_is_whole() -> None:
    found = fold_examples(["from: jira", "measure: count"], 2)
    assert len(found.before) == 2
    assert found.words == ""
