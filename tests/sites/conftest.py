"""Hubs to read odd sites with."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.sites.line import Stock


@pytest.fixture(scope="module")
def stock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stock]:
    """Databases of hubs that have read nothing yet, one a tool."""
    made = Stock(tmp_path_factory.mktemp("sites"))
    yield made
    made.close()
