"""The house of these tests, on each database in turn."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.store import Store
from tests.hooks.house import HookHouse, open_hook_house


@pytest.fixture
def house(tmp_path: Path, store: Store) -> Iterator[HookHouse]:
    """A house whose tool has the lists a and b, with nothing applied yet."""
    folder = tmp_path / "workspace"
    folder.mkdir()
    with open_hook_house(folder, store) as made:
        yield made


@pytest.fixture
def lite(tmp_path: Path, sqlite_store: Store) -> Iterator[HookHouse]:
    """The same on SQLite alone, for what no database decides."""
    folder = tmp_path / "workspace"
    folder.mkdir()
    with open_hook_house(folder, sqlite_store) as made:
        yield made
