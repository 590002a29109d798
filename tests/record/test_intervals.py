"""Contributions as intervals: at any instant of the past exactly what stood behind the value then."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from hub.model.moves import Contribution
from hub.store import Store
from hub.store.tables_told import contributions, measurements, outbox, status_changes
from tests.record.company import Hub, item, minutes

readings = st.lists(
    st.dictionaries(
        st.sampled_from("abcd"),
        st.tuples(st.sampled_from([None, 0, 1, 7]), st.booleans(), st.sampled_from(["One", "Two"])),
    ),
    min_size=1,
    max_size=7,
)
gaps = st.lists(st.integers(min_value=0, max_value=90), min_size=7, max_size=7)


def clear(store: Store) -> None:
    with store.write() as tx:
        for table in (outbox, status_changes, contributions, measurements):
            tx.execute(delete(table))


def intervals(store: Store) -> list[Any]:
    with store.read() as tx:
        return list(tx.execute(select(contributions)))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(readings, gaps)
def test_at_any_past_instant_each_item_has_exactly_the_interval_of_then(
    sqlite_store: Store, found: list[dict[str, tuple[int | None, bool, str]]], gaps: list[int]
) -> None:
    clear(sqlite_store)
    hub = Hub(sqlite_store)
    truth: dict[datetime, dict[str, Contribution]] = {}
    at = minutes(0)
    for reading, gap in zip(found, gaps, strict=False):
        at = max(truth, default=at) + (minutes(gap) - minutes(0))  # two readings may fall on one instant
        items = {key: item(key, amount, done=done, title=title) for key, (amount, done, title) in reading.items()}
        hub.stand_on(items, at)
        truth[at] = items
    instants = sorted(truth)
    for number, instant in enumerate(instants):
        until = instants[number + 1] if number + 1 < len(instants) else minutes(100_000)
        for seen in (instant, instant + (until - instant) / 2):
            assert hub.stood_on(seen) == truth[instant]
            open_then = Counter(
                row.item_key
                for row in intervals(sqlite_store)
                if row.valid_from <= seen and (row.valid_to is None or row.valid_to > seen)
            )
            assert set(open_then.values()) <= {1}
    assert hub.stood_on(minutes(-1)) == {}
    assert hub.stands_on() == truth[instants[-1]]


def test_an_item_that_leaves_and_comes_back_has_two_intervals(store: Store) -> None:
    hub = Hub(store)
    one = {"1": item("1", 5, done=True)}
    hub.stand_on(one, minutes(0))
    hub.stand_on({}, minutes(10))
    hub.stand_on(one, minutes(20))
    assert [(row.valid_from, row.valid_to) for row in intervals(store)] == [
        (minutes(0), minutes(10)),
        (minutes(20), None),
    ]
    assert [set(hub.stood_on(minutes(at))) for at in (0, 9.9, 10, 19.9, 20)] == [{"1"}, {"1"}, set(), set(), {"1"}]


def test_an_item_that_does_not_change_keeps_its_interval_while_others_do(store: Store) -> None:
    hub = Hub(store)
    hub.stand_on({"1": item("1"), "2": item("2")}, minutes(0))
    hub.stand_on({"1": item("1"), "2": item("2", done=True)}, minutes(10))
    assert [(row.item_key, row.valid_from, row.valid_to) for row in intervals(store)] == [
        ("1", minutes(0), None),
        ("2", minutes(0), minutes(10)),
        ("2", minutes(10), None),
    ]
