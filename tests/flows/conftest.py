"""A house for each test: a store, simulated tools on loopback and a clock."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.store import Store
from tests.flows.house import House, open_house


@pytest.fixture
def sqlite_store(tmp_path: Path) -> Iterator[Store]:
    """A new database in a file."""
    made = Store(f"sqlite:///{tmp_path / 'hub.db'}")
    made.create_all()
    yield made
    made.close()


@pytest.fixture
def house(tmp_path: Path, sqlite_store: Store) -> Iterator[House]:
    """A hub with an applied workspace of three key results and nothing in Jira yet."""
    folder = tmp_path / "workspace"
    folder.mkdir()
    with open_house(folder, sqlite_store) as made:
        made.apply()
        yield made
