"""Sites that are odd on purpose: 200 of them here, 20,000 in `make soak`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sites.judgement import templates, tool_of, try_seed

SEEDS = 200
AT_ONCE = 10


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return templates(tmp_path_factory.mktemp("templates"))


@pytest.mark.parametrize("first", range(0, SEEDS, AT_ONCE))
def test_every_number_of_an_odd_site_is_right_or_says_which_items_it_leaves_out(
    first: int, made: dict[str, Path], tmp_path: Path
) -> None:
    for seed in range(first, first + AT_ONCE):
        folder = tmp_path / str(seed)
        folder.mkdir()
        try_seed(seed, made[tool_of(seed)], folder)
