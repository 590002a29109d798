"""Goals for the tests of the arithmetic, short to write, and values for hypothesis."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from hub.model.kinds import Kind
from hub.model.okr import Goal

STARTS = datetime(2026, 10, 1, tzinfo=UTC)
DUE = STARTS + timedelta(days=100)


def goal(kind: Kind = Kind.REACH, **numbers: Any) -> Goal:
    """Make a goal of 100 days from 1 October 2026; numbers may be written as text."""
    found: dict[str, Any] = {
        name: Decimal(value) if isinstance(value, str | int) else value for name, value in numbers.items()
    }
    return Goal(kind=kind, starts=found.pop("starts", STARTS), due=found.pop("due", DUE), **found)


def day(number: float) -> datetime:
    return STARTS + timedelta(days=number)


amounts = st.decimals(min_value=-10_000, max_value=10_000, places=3)
shares = st.decimals(min_value=-3, max_value=3, places=6)
instants = st.integers(min_value=-20 * 86400, max_value=120 * 86400).map(lambda s: STARTS + timedelta(seconds=s))
