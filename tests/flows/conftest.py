"""A house for each test: a store, simulated tools on loopback and a clock."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.store import Store
from tests.flows.house import House, open_house


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
