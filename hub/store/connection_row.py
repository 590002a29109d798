"""A connection as it is stored: what it is set to, and how its reading stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row


@dataclass(frozen=True, slots=True)
class ConnectionRow:
    """A connection: settings with secrets still as ${ENV_NAME} or sealed, and where its reading stands."""

    id: int
    slug: str
    kind: str
    settings: Mapping[str, str]
    allow_private: tuple[str, ...]
    every: timedelta
    site: str
    cursor: str | None
    next_due_at: datetime | None
    paused_until: datetime | None
    rung_until: datetime | None
    leased_until: datetime | None
    last_ok_at: datetime | None
    state: str
    problem: str
    problem_at: datetime | None
    progress: Mapping[str, Any] | None
    name: str = ""
    is_provided: bool = True  # by a file
    way: str = ""  # how it is signed in: token | authorization_code | client_credentials; "": as its settings say
    owner: str = ""
    account: str = ""
    sees: str = ""
    missing: tuple[tuple[str, str], ...] = ()  # permissions that the sign-in lacks, and why each is needed
    checked_at: datetime | None = None
    lapses_at: datetime | None = None  # when the sign-in ends for good
    scheduled_at: datetime | None = None  # when the schedule alone wants a read; None: it always does
    declared: Mapping[str, str] = field(default_factory=dict)  # the settings without those of the site that was chosen

    @property
    def title(self) -> str:
        return self.name or self.slug


def shape(row: Row[Any]) -> ConnectionRow:
    """Return a row of the table as it is used."""
    return ConnectionRow(
        id=row.id,
        slug=row.slug,
        kind=row.kind,
        settings={**row.settings, **(row.chosen or {})},
        declared=row.settings,
        allow_private=tuple(row.allow_private),
        every=timedelta(seconds=row.every_seconds),
        site=row.site,
        cursor=row.cursor,
        next_due_at=row.next_due_at,
        paused_until=row.paused_until,
        rung_until=row.rung_until,
        leased_until=row.leased_until,
        last_ok_at=row.last_ok_at,
        state=row.state,
        problem=row.problem,
        problem_at=row.problem_at,
        progress=row.progress,
        name=row.name,
        is_provided=row.is_provided,
        way=row.way,
        owner=row.owner,
        account=row.account,
        sees=row.sees,
        missing=tuple((name, why) for name, why in row.missing or ()),
        checked_at=row.checked_at,
        lapses_at=row.lapses_at,
        scheduled_at=row.scheduled_at,
    )
