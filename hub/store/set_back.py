"""Times that were written by a clock which has been set back since: nothing may wait for them to come round again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement

SLACK = timedelta(minutes=1)  # clocks of two machines differ by seconds, and a small correction is no reason to hurry


def is_ahead(at: datetime | None, now: datetime) -> bool:
    """Whether something is noted as having happened at a time that has not come yet."""
    return at is not None and at > now + SLACK


def ahead(column: Any, now: datetime) -> ColumnElement[bool]:
    """Return the same as a condition over a column."""
    found: ColumnElement[bool] = column > now + SLACK
    return found


def as_written(noted: Sequence[datetime], now: datetime) -> list[datetime]:
    """Return the times of what was noted one after another, none after that of what was noted later, none after now.

    A clock that has been set back gives a later note an earlier time. Which of the two was right nobody knows; that
    the one came after the other is known.
    """
    found: list[datetime] = []
    for at in reversed(noted):
        found.append(min(at, found[-1] if found else now))
    return found[::-1]
