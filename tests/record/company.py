"""One key result on a route to channels, and short words for recording it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from hub.model.key_result import KeyResult
from hub.model.kinds import Freshness, Origin, Status
from hub.model.moves import Contribution
from hub.record import Reading, Recorded, confirm, hold, record, rejudge, tell_held_back
from hub.store import Store, key_results, outbox
from hub.store.changes import StatusChange, changes_of
from hub.store.channels import Route
from hub.store.contributions import contributions_at, contributions_now
from hub.store.measurements import Measurement, measurements_of
from tests.store.builders import NOW, add_channel, found_key_result

# On 23 November at noon 53.5 of 92 days have gone by: of 40 merchants 23.3 are expected.
ON_TRACK, AT_RISK, OFF_TRACK, ACHIEVED = Decimal(20), Decimal(12), Decimal(5), Decimal(40)


class Hub:
    """A store with one key result of 40 merchants, and what was told of it."""

    def __init__(self, store: Store, *routes: Route, **changes: Any) -> None:
        self.store = store
        self.key_result = found_key_result(store, **changes)
        with store.write() as tx:
            for slug in sorted({route.channel for route in routes}):
                add_channel(tx, slug, *(route for route in routes if route.channel == slug))

    def record(self, value: Decimal | int | None, at: datetime = NOW, **more: Any) -> Recorded:
        value = Decimal(value) if isinstance(value, int) else value
        with self.store.write() as tx:
            return record(tx, self.key_result, Reading(value, more.pop("origin", Origin.MEASURED), at, **more), at)

    def stand_on(self, items: Mapping[str, Contribution], at: datetime, **more: Any) -> Recorded:
        value = sum((item.counts for item in items.values()), Decimal(0))
        return self.record(value, at, contributions=items, items_counted=len(items), rule_revision=1, **more)

    def rejudge(self, at: datetime) -> Recorded:
        with self.store.write() as tx:
            return rejudge(tx, self.key_result, at)

    def hold(self, freshness: Freshness, note: str, at: datetime = NOW) -> None:
        with self.store.write() as tx:
            hold(tx, self.key_result, freshness, note, at)

    def confirm(self, at: datetime) -> None:
        with self.store.write() as tx:
            confirm(tx, self.key_result, at)

    def tell_what_was_held_back(self, at: datetime) -> list[Recorded]:
        with self.store.write() as tx:
            return [tell_held_back(tx, one.id, at) for one in key_results.key_results_to_tell(tx, at)]

    @property
    def now(self) -> KeyResult:
        with self.store.read() as tx:
            found = key_results.key_result_by_id(tx, self.key_result)
        assert found is not None
        return found

    @property
    def changes(self) -> list[StatusChange]:
        with self.store.read() as tx:
            return changes_of(tx, self.key_result)

    @property
    def moves(self) -> list[tuple[Status, Status]]:
        return [(one.before, one.after) for one in self.changes]

    @property
    def measurements(self) -> list[Measurement]:
        with self.store.read() as tx:
            return measurements_of(tx, self.key_result)

    def letters(self, channel_id: int = 1) -> list[tuple[str, str]]:
        """What a channel will be told, in order, as (from, to)."""
        found: list[tuple[str, str]] = []
        with self.store.write() as tx:
            while (letter := outbox.next_letter(tx, channel_id, NOW + timedelta(days=366))) is not None:
                found.append((letter.before, letter.after))
                outbox.settle(tx, letter.id, state="read", now=None)
        return found

    def stood_on(self, at: datetime) -> dict[str, Contribution]:
        with self.store.read() as tx:
            return contributions_at(tx, self.key_result, at)

    def stands_on(self) -> dict[str, Contribution]:
        with self.store.read() as tx:
            return contributions_now(tx, self.key_result)


def minutes(number: float) -> datetime:
    return NOW + timedelta(minutes=number)


def item(key: str, amount: int | str | None = 1, *, done: bool = False, **more: Any) -> Contribution:
    return Contribution(
        item_key=key,
        ref=f"PAY-{key}",
        title=more.pop("title", f"Item {key}"),
        url=f"https://jira.test/browse/PAY-{key}",
        amount=None if amount is None else Decimal(amount),
        credit=Decimal(1 if done else 0),
        grouping="counted" if done else "open",
        state="done" if done else "todo",
        status="Done" if done else "To Do",
        reason="state is done",
        line=3,
        **more,
    )
