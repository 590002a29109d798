"""Sites that are odd on purpose: 200 of them here, 20,000 in `make soak`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.sites.judgement import try_seed
from tests.sites.line import Stock

SEEDS = 200
AT_ONCE = 20


@pytest.fixture(scope="module")
def stock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stock]:
    made = Stock(tmp_path_factory.mktemp("sites"))
    yield made
    made.close()


@pytest.mark.parametrize("first", range(0, SEEDS, AT_ONCE))
def test_every_number_of_an_odd_site_is_right_or_says_which_items_it_leaves_out(first: int, stock: Stock) -> None:
    for seed in range(first, first + AT_ONCE):
        try_seed(seed, stock)
