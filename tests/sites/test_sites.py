"""Sites that are odd on purpose: 200 of them here, 20,000 in `make soak`."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.sites.judgement import MAKERS, try_seed
from tests.sites.line import Clock, Stock

SEEDS = 200
AT_ONCE = 20
HERE = Path(__file__).parent
# What works out the truth, and what it reads with.
TRUTH = ("truth", "reading", "odd", "jira", "asana", "trello", "microsoft")


@pytest.mark.parametrize("first", range(0, SEEDS, AT_ONCE))
def test_every_number_of_an_odd_site_is_right_or_says_which_items_it_leaves_out(first: int, stock: Stock) -> None:
    for seed in range(first, first + AT_ONCE):
        try_seed(seed, stock)


def test_a_site_of_a_seed_is_the_same_each_time() -> None:
    for make in MAKERS.values():
        one, other = make(7, Clock()), make(7, Clock())
        assert one.told == other.told
        assert [(piece.key, str(piece.shown)) for piece in one.pieces()] == [
            (piece.key, str(piece.shown)) for piece in other.pieces()
        ]


@pytest.mark.parametrize("name", TRUTH)
def test_the_truth_is_worked_out_without_the_hub_and_without_the_mapping_language(name: str) -> None:
    imported: set[str] = set()
    for node in ast.walk(ast.parse((HERE / f"{name}.py").read_text())):
        if isinstance(node, ast.Import):
            imported.update(one.name for one in node.names)
        elif isinstance(node, ast.ImportFrom):
            imported.add(node.module or "")
    assert not {one for one in imported if one.partition(".")[0] in {"hub", "mappings"}}
    assert not {one for one in imported if one.startswith("connectors.") and "sandbox" not in one}
