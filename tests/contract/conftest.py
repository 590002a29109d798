"""A simulated Jira to exchange words with."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from connectors.sandbox.jira import JiraSandbox


@pytest.fixture
def jira() -> Iterator[JiraSandbox]:
    made = JiraSandbox(now=lambda: datetime(2026, 11, 22, 9, 30, tzinfo=UTC))
    made.add_project("PAY", "Payments")
    made.create("PAY", summary="Pay by invoice")
    yield made
    made.close()
