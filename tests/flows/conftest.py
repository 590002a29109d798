"""A house for each test: a store, simulated tools on loopback and a clock."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.store import Store
from tests.flows.house import FINISHED, FINISHED_RULE, House, open_house


@pytest.fixture
def house(tmp_path: Path, store: Store) -> Iterator[House]:
    """A hub with an applied workspace of three key results and nothing in Jira yet, on each database in turn."""
    folder = tmp_path / "workspace"
    folder.mkdir()
    with open_house(folder, store) as made:
        made.apply()
        yield made


@pytest.fixture
def house_on_both(house: House) -> House:
    """The same, by the name of what it insists on."""
    return house


@pytest.fixture
def sqlite_house(tmp_path: Path, sqlite_store: Store) -> Iterator[House]:
    """The same on SQLite alone, for what its file does."""
    folder = tmp_path / "workspace"
    folder.mkdir()
    with open_house(folder, sqlite_store) as made:
        made.apply()
        yield made


@pytest.fixture
def changed(house: House) -> House:
    """A house in which one status went from at risk to achieved: three letters wait."""
    house.apply((FINISHED_RULE,), (FINISHED,))
    keys = house.stories(10, done=3)
    house.sync()
    house.clock.pass_(minutes=15)
    house.finish(*keys[3:])
    house.sync()
    return house
