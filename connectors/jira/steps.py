"""A change of status, as a changelog has it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from connectors.tame import Wild


@dataclass(frozen=True, slots=True)
class Step:
    """A change of status as a changelog has it: the ids and the words before and after."""

    at: datetime
    was_id: str
    was: str
    now_id: str
    now: str


def steps_of(changes: Wild) -> Iterator[Step]:
    """Yield the changes of status among the histories of one issue, as they come."""
    for change in changes:
        for item in change["items"]:
            id = item.maybe("fieldId")
            if (id if id is not None and not id.is_null else item["field"]).text() == "status":
                yield Step(change["created"].moment(), _text(item, "from"), _text(item, "fromString"),
                           _text(item, "to"), _text(item, "toString"))  # fmt: skip


def _text(item: Wild, name: str) -> str:
    found = item.maybe(name)
    return "" if found is None or found.is_null else found.text()
