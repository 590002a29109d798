"""What recording writes: values when something differs, what they stand on, and how the key result stands."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from hub.model.kinds import Freshness, Origin, Status
from hub.record import Reading, record
from hub.store import Store, key_results
from tests.record.company import AT_RISK, ON_TRACK, Hub, item, minutes
from tests.store.builders import MERCHANTS, NOW, found_key_result


def test_a_value_is_kept_with_all_it_stands_on(store: Store) -> None:
    hub = Hub(store)
    outcome = hub.record(
        ON_TRACK,
        rule_revision=2,
        connection="jira-main",
        query="project = PAY",
        items_counted=3,
        items_read=5,
        numerator=Decimal(20),
        denominator=Decimal(40),
        notes=("1 of 3 items has no points",),
    )
    assert outcome.is_new_measurement
    found = hub.measurements[0]
    assert (found.value, found.at, found.read_at, found.origin) == (ON_TRACK, NOW, NOW, Origin.MEASURED)
    assert (found.rule_revision, found.connection, found.query) == (2, "jira-main", "project = PAY")
    assert (found.items_counted, found.items_read, found.notes) == (3, 5, ("1 of 3 items has no points",))
    standing = hub.now.standing
    assert (standing.value, standing.status, standing.progress) == (ON_TRACK, Status.ON_TRACK, Decimal("0.5"))
    assert (standing.status_since, standing.checked_at, standing.measured_at, standing.in_scope) == (NOW, NOW, NOW, 3)
    assert (standing.freshness, standing.freshness_since) == (Freshness.FRESH, NOW)


def test_the_change_says_what_was_expected_and_by_which_value(store: Store) -> None:
    hub = Hub(store)
    hub.record(ON_TRACK)
    hub.record(AT_RISK, minutes(5))
    change = hub.changes[-1]
    assert (change.value_before, change.value, change.progress) == (ON_TRACK, AT_RISK, Decimal("0.3"))
    assert change.expected is not None
    assert Decimal("0.581") < change.expected < Decimal("0.582")
    assert (change.cause, change.measurement_id, change.at) == ("measurement", hub.measurements[-1].id, minutes(5))


def test_the_same_reading_again_writes_nothing_but_when_it_was_checked(store: Store) -> None:
    hub = Hub(store)
    items = {"1": item("1", 20, done=True), "2": item("2", None)}
    hub.stand_on(items, NOW, notes=("one has no number",))
    before = hub.now
    outcome = hub.stand_on(dict(reversed(items.items())), minutes(15), notes=("one has no number",))
    assert not outcome.is_new_measurement
    assert len(hub.measurements) == 1
    assert len(hub.changes) == 1
    assert hub.stood_on(minutes(15)) == hub.stood_on(NOW) == items
    assert hub.now == replace(before, standing=replace(before.standing, checked_at=minutes(15)))


@pytest.mark.parametrize(
    "more",
    [
        pytest.param({"rule_revision": 2}, id="another rule"),
        pytest.param({"notes": ("2 of 3 items have no points",)}, id="another note"),
        pytest.param({"origin": Origin.CHECK_IN}, id="another origin"),
        pytest.param({"contributions": {"1": item("1", 20, done=True, title="New title")}}, id="an item's new title"),
        pytest.param({"contributions": {}}, id="an item that left"),
    ],
)
def test_the_same_value_for_another_reason_is_another_measurement(store: Store, more: dict[str, Any]) -> None:
    hub = Hub(store)
    first: dict[str, Any] = {"rule_revision": 1, "contributions": {"1": item("1", 20, done=True)}}
    hub.record(ON_TRACK, **first)
    assert hub.record(ON_TRACK, minutes(15), **{**first, **more}).is_new_measurement
    assert len(hub.measurements) == 2


def test_a_number_longer_than_usual_is_recognised_when_it_comes_again(store: Store) -> None:
    hub = Hub(store)
    items = {"1": item("1", "0.123456789012345678901234567890123", done=True)}
    hub.stand_on(items, NOW)
    assert not hub.stand_on(items, minutes(15)).is_new_measurement


def test_why_it_moved_is_kept_with_the_measurement_and_the_change(store: Store) -> None:
    hub = Hub(store)
    hub.stand_on({"1": item("1", 20, done=True), "2": item("2", 3)}, NOW)
    hub.stand_on({"1": item("1", 20), "2": item("2", 3)}, minutes(5))
    moves = [(move.ref, move.text, move.effect) for move in hub.measurements[-1].moves]
    assert moves == [("PAY-1", "reopened", Decimal(-20))]
    assert hub.changes[-1].moves == hub.measurements[-1].moves


def test_what_another_rule_counts_is_no_move_of_the_work(store: Store) -> None:
    hub = Hub(store)
    hub.stand_on({"1": item("1", 20, done=True)}, NOW)
    hub.record(AT_RISK, minutes(5), contributions={"2": item("2", 12, done=True)}, rule_revision=2)
    assert hub.measurements[-1].moves == ()
    assert set(hub.stands_on()) == {"2"}


def test_what_is_held_back_keeps_value_and_status(store: Store) -> None:
    hub = Hub(store)
    hub.record(ON_TRACK)
    before = hub.now.standing
    hub.hold(Freshness.BROKEN, "sign in again", minutes(5))
    after = hub.now.standing
    assert (after.value, after.status, after.checked_at) == (before.value, before.status, NOW)
    assert (after.freshness, after.freshness_note, after.freshness_since) == (
        Freshness.BROKEN,
        "sign in again",
        minutes(5),
    )
    assert len(hub.measurements) == 1
    hub.hold(Freshness.BROKEN, "sign in again", minutes(20))
    assert hub.now.standing.freshness_since == minutes(5)
    hub.hold(Freshness.BROKEN, "the field is gone", minutes(30))
    assert (hub.now.standing.freshness_since, hub.now.standing.freshness_note) == (minutes(5), "the field is gone")
    hub.hold(Freshness.SUSPECT, "fell by half", minutes(40))
    assert hub.now.standing.freshness_since == minutes(40)


def test_a_good_read_lifts_what_was_held_back(store: Store) -> None:
    hub = Hub(store)
    hub.record(ON_TRACK)
    hub.hold(Freshness.SUSPECT, "fell by half", minutes(5))
    hub.record(ON_TRACK, minutes(10))
    standing = hub.now.standing
    assert (standing.freshness, standing.freshness_note, standing.freshness_since) == (
        Freshness.FRESH,
        "",
        minutes(10),
    )


def test_a_read_that_finds_nothing_changed_confirms_what_stands(store: Store) -> None:
    hub = Hub(store)
    hub.record(ON_TRACK)
    hub.confirm(minutes(15))
    standing = hub.now.standing
    assert (standing.checked_at, standing.freshness, standing.freshness_since) == (minutes(15), Freshness.FRESH, NOW)
    hub.hold(Freshness.BROKEN, "x", minutes(20))
    hub.confirm(minutes(30))
    standing = hub.now.standing
    assert (standing.freshness, standing.freshness_note, standing.freshness_since) == (
        Freshness.FRESH,
        "",
        minutes(30),
    )
    assert len(hub.measurements) == 1


def test_a_check_in_is_as_fresh_as_the_day_it_speaks_of(store: Store) -> None:
    hub = Hub(store)
    hub_day = NOW - timedelta(days=9)
    with store.write() as tx:
        record(tx, hub.key_result, Reading(ON_TRACK, Origin.CHECK_IN, hub_day), NOW)
    assert hub.now.standing.checked_at == hub_day
    assert hub.now.freshness_at(NOW) == (Freshness.STALE, hub_day + timedelta(days=7))


def test_a_new_goal_moves_the_status_and_is_named_as_the_cause(store: Store) -> None:
    hub = Hub(store)
    hub.record(ON_TRACK)
    found_key_result(store, target=Decimal(100))
    outcome = hub.rejudge(minutes(5))
    assert (outcome.before, outcome.after) == (Status.ON_TRACK, Status.OFF_TRACK)
    change = hub.changes[-1]
    assert (change.cause, change.measurement_id, change.progress) == ("goal", None, Decimal("0.2"))
    assert hub.now.standing.judged_goal == replace(MERCHANTS, target=Decimal(100)).goal_digest()
    assert len(hub.measurements) == 1


def test_time_alone_moves_the_status(store: Store) -> None:
    hub = Hub(store)
    hub.record(ON_TRACK)
    assert hub.rejudge(NOW + timedelta(days=1)).after is Status.ON_TRACK
    assert hub.rejudge(NOW + timedelta(days=20)).after is Status.AT_RISK
    assert hub.changes[-1].cause == "time"
    assert hub.rejudge(NOW + timedelta(days=60)).after is Status.MISSED
    assert len(hub.measurements) == 1
    assert hub.now.standing.checked_at == NOW  # judging is not reading


def test_judging_again_without_a_difference_writes_no_change(store: Store) -> None:
    hub = Hub(store)
    hub.record(ON_TRACK)
    before = hub.now
    for _ in range(3):
        hub.rejudge(NOW)
    assert len(hub.changes) == 1
    assert hub.now == before


def test_a_key_result_without_a_value_is_not_judged(store: Store) -> None:
    hub = Hub(store)
    assert hub.rejudge(NOW).after is Status.NOT_JUDGED
    assert hub.changes == []


def test_an_archived_key_result_is_not_recorded(store: Store) -> None:
    hub = Hub(store)
    with store.write() as tx:
        key_results.archive_key_result(tx, "pay/merchants", NOW)
    with pytest.raises(LookupError, match="is archived or was never there"):
        hub.record(ON_TRACK)
