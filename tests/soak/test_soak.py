"""The soak in small, so that it cannot rot: ten kills and a bad line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from tests.soak.faults import BAD, run_syncs
from tests.soak.kills import run_kills
from tests.store.postgres import another_database

pytestmark = pytest.mark.slow


@contextmanager
def no_url() -> Iterator[str]:
    yield ""


@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_five_random_kills_lose_nothing_and_tell_everything(database: str, request: pytest.FixtureRequest) -> None:
    """The real `okrhub up`, on each database."""
    on = no_url()
    if database == "postgres":
        on = another_database(request.getfixturevalue("postgres_url"))
    with on as url:
        ran = run_kills(kills=5, seed=3, database=database, database_url=url, gap=(0.2, 1.0))
    assert sum(ran.kills.values()) == 5
    assert ran.wrong == 0
    assert ran.told is not None
    assert ran.told.second_posts <= ran.died_sending


def test_syncs_over_a_bad_line_are_right_and_keep_every_wait() -> None:
    worse = replace(BAD, throttled=0.1, unavailable=0.04, cut=0.02, truncated=0.02, jitter=0.05)
    ran = run_syncs(4, worse, 5)
    assert (ran.right, ran.wrong) == (4, ())
    assert sum(ran.faults.values()) > 3
    assert ran.waits > 0
    assert ran.undercut == 0
