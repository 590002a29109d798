"""Telling what happens, a line each: reads, status changes and posts, in the order the store holds them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from hub.model.kinds import Status
from hub.model.numbers import numbers_of
from hub.model.words import STATUS_WORDS
from hub.store import Store, key_results, okrs, outbox
from hub.store.changes import changes_after
from hub.store.reads import Read, reads_after

Say = Callable[[str, str, str], None]  # time, what, text


class Narrator:
    """Follows a store and says each new row once."""

    def __init__(self, store: Store, say: Say) -> None:
        self._store = store
        self._say = say
        self._last_read = self._last_change = 0
        self._told: set[int] = set()

    def look(self) -> None:
        """Say everything that came since the last look."""
        with self._store.read() as tx:
            workspace = okrs.workspace_now(tx)
            if workspace is None:
                return
            declared = {one.id: one.declared for one in key_results.all_key_results(tx)}
            reads = reads_after(tx, self._last_read)
            changes = changes_after(tx, self._last_change)
            letters = outbox.told(tx, limit=200)
        zone = workspace.zone
        for read in reads:
            self._last_read = read.id
            self._say(_clock(read.ended_at, zone), "read", _say_read(read))
        for change in changes:
            self._last_change = change.id
            if change.before not in {Status.NOT_JUDGED, Status.NOT_STARTED}:
                move = f"{STATUS_WORDS[change.before]} → {STATUS_WORDS[change.after]}"
                goal = declared.get(change.key_result_id)  # None where it was archived meanwhile
                if goal is not None:
                    value = numbers_of(goal, change.value).full(change.value)
                    self._say(_clock(change.at, zone), "status", f"{goal.title}: {move} at {value}")
        for told in reversed(letters):
            if told.letter.id not in self._told:
                self._told.add(told.letter.id)
                words = (
                    f"{STATUS_WORDS[Status(told.letter.after)]}, was {STATUS_WORDS[Status(told.letter.before)].lower()}"
                )
                self._say(_clock(told.at, zone), "post", f"{told.channel_name} ← {words}: {told.title}")


def _say_read(read: Read) -> str:
    seconds = (read.ended_at - read.started_at).total_seconds()
    cost = f"{_count(read.items, 'item')}, {_count(read.requests, 'request')}, {seconds:.1f} s"
    if read.problem:
        return f"{read.connection} ({read.reason}): {read.problem}"
    moved = f"; moved {', '.join(key.split('/')[1] for key in read.moved)}" if 0 < len(read.moved) <= 4 else ""
    if len(read.moved) > 4:
        moved = f"; moved {len(read.moved)} key results"
    return f"{read.connection} ({read.reason}): {cost}{moved}"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _clock(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%H:%M:%S}"
