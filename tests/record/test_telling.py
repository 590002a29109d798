"""What is told: changes and not arrivals, each once, and a flap not at all."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest

from hub.model.kinds import Origin, Status
from hub.store import Store, channels
from hub.store.channels import Route
from tests.record.company import ACHIEVED, AT_RISK, OFF_TRACK, ON_TRACK, Hub, minutes

TEAM = Route("team")


def test_the_first_status_is_silent(store: Store) -> None:
    hub = Hub(store, TEAM)
    outcome = hub.record(OFF_TRACK)
    assert (outcome.before, outcome.after, outcome.letters) == (Status.NOT_JUDGED, Status.OFF_TRACK, 0)
    assert hub.letters() == []
    assert hub.moves == [(Status.NOT_JUDGED, Status.OFF_TRACK)]


def test_a_change_leaves_one_letter_for_each_channel_however_many_routes_lead_there(store: Store) -> None:
    hub = Hub(store, TEAM, Route("team", team="payments"), Route("team", objective="pay"), Route("other"))
    hub.record(ON_TRACK)
    outcome = hub.record(AT_RISK, minutes(5))
    assert (outcome.letters, sorted(outcome.channels)) == (2, [1, 2])
    assert hub.letters(1) == hub.letters(2) == [("on_track", "at_risk")]


def test_a_change_goes_only_where_the_filters_hold(store: Store) -> None:
    bad_news = Route("bad-news", becomes=frozenset({Status.OFF_TRACK, Status.MISSED}))
    hub = Hub(store, bad_news, Route("growth", team="growth"))
    hub.record(ON_TRACK)
    assert hub.record(AT_RISK, minutes(5)).letters == 0
    assert hub.record(OFF_TRACK, minutes(10)).channels == (1,)
    assert hub.letters(1) == [("at_risk", "off_track")]
    assert hub.letters(2) == []


@pytest.mark.parametrize(("state", "letters"), [("gone", 0), ("off", 1)])
def test_a_channel_that_is_gone_is_told_nothing_and_one_that_is_locked_out_later(
    store: Store, state: str, letters: int
) -> None:
    hub = Hub(store, TEAM)
    hub.record(ON_TRACK)
    with store.write() as tx:
        channels.note_channel(tx, 1, state=state)
    assert hub.record(AT_RISK, minutes(5)).letters == letters


def test_without_a_route_the_change_is_kept_and_nobody_told(store: Store) -> None:
    hub = Hub(store)
    hub.record(ON_TRACK)
    assert hub.record(AT_RISK, minutes(5)).letters == 0
    assert hub.moves[-1] == (Status.ON_TRACK, Status.AT_RISK)


def test_a_new_value_of_the_same_status_is_not_told(store: Store) -> None:
    hub = Hub(store, TEAM)
    hub.record(ON_TRACK)
    hub.record(ON_TRACK + 1, minutes(5))
    assert hub.letters() == []
    assert len(hub.measurements) == 2


def test_no_value_any_more_is_not_told_and_neither_is_what_comes_next(store: Store) -> None:
    hub = Hub(store, TEAM)
    hub.record(ON_TRACK)
    assert hub.record(None, minutes(5)).after is Status.NOT_JUDGED
    assert hub.record(OFF_TRACK, minutes(10)).letters == 0
    assert hub.record(AT_RISK, minutes(15)).letters == 1
    assert hub.letters() == [("off_track", "at_risk")]


def test_before_the_start_nothing_is_told_and_the_start_itself_is_no_news(store: Store) -> None:
    hub = Hub(store, TEAM)
    early = minutes(0) - timedelta(days=60)
    assert hub.record(ON_TRACK, early).after is Status.NOT_STARTED
    assert hub.rejudge(minutes(0)).after is Status.ON_TRACK
    assert hub.letters() == []


def test_there_and_back_within_the_hold_time_is_told_once(store: Store) -> None:
    hub = Hub(store, TEAM)
    hub.record(ON_TRACK)
    hub.record(AT_RISK, minutes(5))
    hub.record(ON_TRACK, minutes(10))
    assert hub.letters() == [("on_track", "at_risk")]
    assert hub.now.standing.status is Status.ON_TRACK  # the page shows it at once
    assert hub.now.standing.tell_due_at == minutes(65)


def test_what_still_stands_after_the_hold_time_is_told_with_the_right_from_and_to(store: Store) -> None:
    hub = Hub(store, TEAM)
    hub.record(ON_TRACK)
    hub.record(AT_RISK, minutes(5))
    hub.letters()
    hub.record(ON_TRACK, minutes(10))
    assert hub.tell_what_was_held_back(minutes(64.9)) == []
    told = hub.tell_what_was_held_back(minutes(65))
    assert [one.channels for one in told] == [(1,)]
    assert hub.letters() == [("at_risk", "on_track")]
    assert hub.tell_what_was_held_back(minutes(66)) == []
    assert hub.now.standing.tell_due_at is None


def test_there_back_and_there_again_tells_nothing_more(store: Store) -> None:
    hub = Hub(store, TEAM)
    hub.record(ON_TRACK)
    hub.record(AT_RISK, minutes(5))
    hub.letters()
    hub.record(ON_TRACK, minutes(10))
    hub.record(AT_RISK, minutes(15))
    assert hub.tell_what_was_held_back(minutes(120)) == []
    assert hub.letters() == []
    assert len(hub.moves) == 4  # every change is kept, told or not


def test_a_status_that_keeps_flapping_is_told_at_most_once_an_hour(store: Store) -> None:
    hub = Hub(store, TEAM)
    hub.record(ON_TRACK)
    told: list[tuple[str, str]] = []
    for step in range(1, 46):
        hub.record(AT_RISK if step % 2 else ON_TRACK, minutes(4 * step))
        hub.tell_what_was_held_back(minutes(4 * step))
        told.extend(hub.letters())
    assert 2 <= len(told) <= 5
    for one, other in pairwise(told):
        assert one[1] == other[0]  # what channels hear is one story without a gap


def test_a_third_status_within_the_hold_time_is_told_at_once_from_what_was_told_last(store: Store) -> None:
    hub = Hub(store, TEAM)
    hub.record(ON_TRACK)
    hub.record(AT_RISK, minutes(5))
    hub.record(ON_TRACK, minutes(10))
    hub.record(OFF_TRACK, minutes(15))
    assert hub.letters() == [("on_track", "at_risk"), ("at_risk", "off_track")]
    assert hub.tell_what_was_held_back(minutes(120)) == []


def test_after_the_hold_time_the_way_back_is_told_at_once(store: Store) -> None:
    hub = Hub(store, TEAM)
    hub.record(ON_TRACK)
    hub.record(AT_RISK, minutes(5))
    hub.record(ON_TRACK, minutes(65))
    assert hub.letters() == [("on_track", "at_risk"), ("at_risk", "on_track")]


def test_a_workspace_may_choose_its_own_hold_time(store: Store) -> None:
    hub = Hub(store, TEAM, hold=timedelta(minutes=10))
    hub.record(ON_TRACK)
    hub.record(AT_RISK, minutes(5))
    hub.record(ON_TRACK, minutes(14.9))
    assert hub.now.standing.tell_due_at == minutes(15)


def test_what_was_held_back_and_lost_its_value_is_not_told(store: Store) -> None:
    hub = Hub(store, TEAM)
    hub.record(ON_TRACK)
    hub.record(AT_RISK, minutes(5))
    hub.record(ON_TRACK, minutes(10))
    hub.letters()
    hub.record(None, minutes(20))
    assert hub.tell_what_was_held_back(minutes(120)) == []
    assert hub.letters() == []


def test_an_achievement_is_told(store: Store) -> None:
    hub = Hub(store, TEAM)
    hub.record(OFF_TRACK)
    hub.record(ACHIEVED, minutes(5), origin=Origin.CHECK_IN)
    assert hub.letters() == [("off_track", "achieved")]
    assert hub.changes[-1].cause == "check_in"


def test_a_crash_before_the_end_leaves_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    hub = Hub(store, TEAM)
    hub.record(ON_TRACK)
    before = (hub.now, hub.changes, hub.measurements)

    def fail(*_given: object, **_named: object) -> bool:
        raise RuntimeError("pulled the plug")

    monkeypatch.setattr("hub.telling.post_letter", fail)
    with pytest.raises(RuntimeError, match="pulled the plug"):
        hub.record(AT_RISK, minutes(5))
    assert (hub.now, hub.changes, hub.measurements) == before
    monkeypatch.undo()
    assert hub.record(AT_RISK, minutes(5)).letters == 1
