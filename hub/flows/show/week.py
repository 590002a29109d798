"""What changed in the last seven days, over all key results."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection

from hub.flows.show.house import House
from hub.flows.show.lights import STATUS_LIGHTS, StatusLight
from hub.flows.show.wording import is_finish
from hub.model.key_result import KeyResult
from hub.model.kinds import Status
from hub.model.moves import What
from hub.store.changes import changes_since
from hub.store.page_reads import moves_since

WEEK = timedelta(days=7)
MOST_CHANGES = 5
SILENT = frozenset({Status.NOT_JUDGED, Status.NOT_STARTED})  # arrivals are no changes


@dataclass(frozen=True, slots=True)
class WeekChange:
    """A status that changed: on which day, of what, from and to."""

    day: str
    key: str
    title: str
    before: StatusLight
    after: StatusLight


@dataclass(frozen=True, slots=True)
class Week:
    """The last seven days in a strip: changes, newest first, and how much work moved."""

    changes: tuple[WeekChange, ...]
    more: int
    work: str  # "23 items finished, 9 added"


def week_of(tx: Connection, house: House, key_results: Sequence[KeyResult]) -> Week:
    """Return what the last seven days brought to these key results."""
    since = house.now - WEEK
    known = {one.id: one for one in key_results}
    found = [
        change
        for change in sorted(changes_since(tx, since), key=lambda one: one.at, reverse=True)
        if change.key_result_id in known and change.before not in SILENT and change.after not in SILENT
    ]
    changes = tuple(
        WeekChange(
            f"{change.at.astimezone(house.zone):%a}",
            known[change.key_result_id].key,
            known[change.key_result_id].declared.title,
            STATUS_LIGHTS[change.before],
            STATUS_LIGHTS[change.after],
        )
        for change in found[:MOST_CHANGES]
    )
    return Week(changes, max(0, len(found) - MOST_CHANGES), _work(tx, house, set(known)))


def _work(tx: Connection, house: House, known: set[int]) -> str:
    finished: set[str] = set()
    added: set[str] = set()
    reopened: set[str] = set()
    for key_result_id, moves in moves_since(tx, house.now - WEEK):
        if key_result_id not in known:
            continue
        for move in moves:
            if is_finish(move):
                finished.add(move.ref or move.item_key)
            elif move.what is What.ADDED:
                added.add(move.ref or move.item_key)
            elif move.what is What.REOPENED:
                reopened.add(move.ref or move.item_key)
    parts = [(finished - reopened, "finished"), (added, "added"), (reopened, "reopened")]
    said = [f"{len(refs)} {word}" for refs, word in parts if refs]
    return f"Items: {', '.join(said)}" if said else "no work items moved"
