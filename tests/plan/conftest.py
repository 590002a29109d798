"""A workspace as files, one that was applied, and a Jira to read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from connectors.sandbox.jira import JiraSandbox
from connectors.sandbox.server import serve
from hub.store import Store
from tests.plan.company import Workspace


@pytest.fixture
def files(store: Store, tmp_path: Path, now: datetime) -> Workspace:
    return Workspace(store, tmp_path / "files", now)


@pytest.fixture
def applied(files: Workspace) -> Workspace:
    files.apply()
    return files


@pytest.fixture
def jira(now: datetime) -> Iterator[tuple[JiraSandbox, str]]:
    at = [now - timedelta(days=5)]
    site = JiraSandbox(email="hub@acme.test", token="sandbox-token", now=lambda: at[0])
    site.add_project("PAY", "Payments")
    for number in range(6):
        key = site.create("PAY", summary=f"Task {number}")
        if number < 4:
            site.transition(key, "Done")
    at[0] = now
    with serve(site) as server:
        yield site, server.url
    site.close()
