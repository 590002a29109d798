"""Items that stood behind a value and are not read any more: deleted, hidden, or moved out of the selection."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from connectors.registry import load
from hub.model.absences import MOVED_OUT, say_absence
from hub.model.moves import Contribution
from hub.store import work
from hub.store.connections import connection_by_slug
from hub.store.contributions import contributions_closed
from hub.store.measurements import first_read_by
from hub.store.rules import RuleRow


@dataclass(frozen=True, slots=True)
class Departure:
    """An item as it stood last, when it was missed first, and why in words."""

    item: Contribution
    at: datetime
    why: str


def absence_words(tx: Connection, connection: str, keys: Collection[str]) -> dict[str, str]:
    """Return which of the items the tool of a connection (a slug) does not show any more, with why in words."""
    row = connection_by_slug(tx, connection)
    if row is None or not keys:
        return {}
    tool = load(row.kind).describe().title
    return {key: say_absence(why, tool) for key, why in work.absences(tx, row.id, keys).items()}


def departures(tx: Connection, row: RuleRow, held: Collection[str], since: datetime) -> list[Departure]:
    """Return the items that have left since an instant, the newest first. `held` are the keys that are still read.

    What an older revision of the rule counted and this one never read has not left: another question was asked.
    """
    began = first_read_by(tx, row.key_result_id, row.revision)
    if began is None:
        return []
    closed = contributions_closed(tx, row.key_result_id, max(since, began))
    left = {key: found for key, found in closed.items() if key not in held}
    words = absence_words(tx, row.connection, left)
    found = [Departure(item, at, words.get(key, MOVED_OUT)) for key, (item, at) in left.items()]
    return sorted(found, key=lambda one: (one.at, one.item.ref), reverse=True)
