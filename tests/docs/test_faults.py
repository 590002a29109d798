"""Behind every row of the page of faults stands a test that exists."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "faults.md").read_text(encoding="utf-8")
HEADS = ("|---", "| what goes wrong |")
ROWS = [line for line in PAGE.splitlines() if line.startswith("|") and not line.startswith(HEADS)]
NAMED = sorted(set(re.findall(r"`([\w/]+\.py::\w+)`", PAGE)))


@cache
def names_in(path: str) -> frozenset[str]:
    """Return the names of the tests of a file, without importing it."""
    tree = ast.parse((ROOT / "tests" / path).read_text(encoding="utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


@pytest.mark.parametrize("row", ROWS, ids=[row.split("|")[1].strip()[:60] for row in ROWS])
def test_every_row_says_what_happens_and_names_a_test(row: str) -> None:
    wrong, then, behind = (cell.strip() for cell in row.strip("|").split("|"))
    assert wrong and then
    assert re.findall(r"`[\w/]+\.py::test_\w+`", behind)
    assert not re.sub(r"`[\w/]+\.py::test_\w+`|,|\s", "", behind), "only tests stand in the last cell"


@pytest.mark.parametrize("name", NAMED)
def test_every_test_that_is_named_exists(name: str) -> None:
    path, _, function = name.partition("::")
    assert function in names_in(path)


def test_the_page_has_rows_for_all_that_may_fail() -> None:
    assert len(ROWS) >= 60
    for word in ("401", "403", "404", "410", "429", "5xx", "time-out", "cut", "malformed", "token that comes twice",
                 "empty page with a token", "unknown status", "null where a number was", "field is gone", "5 MB",
                 "forged", "replayed", "out of order", "unknown connection", "disk is full", "locked", "queue server",
                 "set back", "alias bomb", "twice in one table", "deep nesting", "wrong types"):  # fmt: skip
        assert word in PAGE, word
