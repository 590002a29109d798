"""Status by pace: on track, at risk or off track, and what stands outside of that."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.model.judge import DEFAULT_POLICY, Policy, freshness_at, judge
from hub.model.kinds import Freshness, Kind, Status
from hub.model.okr import Goal
from tests.model.goals import amounts, day, goal, instants, shares

TRAVELLING = goal(target=100)


@pytest.mark.parametrize(
    ("value", "at", "status"),
    [
        pytest.param("35", 50, Status.ON_TRACK, id="exactly 70 % of what is expected is on track"),
        pytest.param("34.999999", 50, Status.AT_RISK, id="a millionth less is at risk"),
        pytest.param("20", 50, Status.AT_RISK, id="exactly 40 % is at risk"),
        pytest.param("19.999999", 50, Status.OFF_TRACK, id="a millionth less is off track"),
        pytest.param("0", 0, Status.ON_TRACK, id="on the first morning nothing is expected"),
        pytest.param("100", 3, Status.ACHIEVED, id="the target reached early is achieved"),
        pytest.param("99.9999", 99.99, Status.ON_TRACK, id="almost there is not achieved"),
        pytest.param("-1", 50, Status.OFF_TRACK, id="going backwards is off track"),
        pytest.param("100", 100, Status.ACHIEVED, id="reached when the due date has passed"),
        pytest.param("99.99", 100, Status.MISSED, id="not reached when the due date has passed"),
        pytest.param("120", 400, Status.ACHIEVED, id="long after the due date it still says achieved"),
        pytest.param("100", -0.001, Status.NOT_STARTED, id="before the start nothing is judged"),
    ],
)
def test_the_status_of_a_value_on_the_way_to_100(value: str, at: float, status: Status) -> None:
    assert judge(TRAVELLING, Decimal(value), day(at)).status is status


@pytest.mark.parametrize(
    ("target", "value", "days", "at"),
    [
        pytest.param(90, "21", 90, 30, id="21 is 70 % of the 30 expected a third of the way"),
        pytest.param(90, "42", 90, 60, id="42 is 70 % of the 60 expected after two thirds"),
        pytest.param(70, "7", 70, 10, id="7 is 70 % of the 10 expected after a seventh"),
        pytest.param(92, "34.3", 92, 49, id="34.3 is 70 % of 49 in a quarter of 92 days"),
    ],
)
def test_the_threshold_is_exact_where_the_share_is_a_fraction_without_end(
    target: int, value: str, days: int, at: int
) -> None:
    made = goal(target=target, due=day(days))
    assert judge(made, Decimal(value), day(at)).status is Status.ON_TRACK
    assert judge(made, Decimal(value) - Decimal("0.000001"), day(at)).status is Status.AT_RISK


@given(st.integers(min_value=1, max_value=400), st.integers(min_value=1, max_value=400))
def test_exactly_seven_tenths_of_the_expected_value_is_on_track_on_any_day_of_any_cycle(days: int, at: int) -> None:
    at = min(at, days - 1)
    made = goal(target=10 * days, due=day(days))
    assert judge(made, Decimal(7 * at), day(at)).status is Status.ON_TRACK
    assert judge(made, Decimal(4 * at), day(at)).status in {Status.AT_RISK, Status.ON_TRACK}


@given(amounts, instants, st.lists(st.tuples(st.integers(1, 99), amounts), max_size=4, unique_by=lambda p: p[0]))
def test_what_is_not_behind_is_never_off_track(value: Decimal, at: datetime, phases: list[tuple[int, Decimal]]) -> None:
    points = tuple(sorted((day(number), amount) for number, amount in phases))
    verdict = judge(goal(target=1000, phased_targets=points), value, at)
    if verdict.expected is not None and verdict.progress is not None and verdict.progress >= verdict.expected:
        assert verdict.status not in {Status.OFF_TRACK, Status.AT_RISK}


def test_a_dip_that_was_planned_is_on_track() -> None:
    made = goal(Kind.INCREASE, baseline=100, target=200, phased_targets=((day(50), Decimal(60)),))
    assert judge(made, Decimal(60), day(50)).status is Status.ON_TRACK
    assert judge(made, Decimal(65), day(50)).status is Status.ON_TRACK
    assert judge(made, Decimal(59), day(50)).status is Status.OFF_TRACK


@given(shares, shares, instants)
def test_a_better_value_is_never_judged_worse(one: Decimal, other: Decimal, at: datetime) -> None:
    order = [Status.OFF_TRACK, Status.MISSED, Status.AT_RISK, Status.ON_TRACK, Status.ACHIEVED]
    low, high = sorted([one, other])
    found = [judge(TRAVELLING, share * 100, at).status for share in (low, high)]
    if Status.NOT_STARTED not in found:
        assert order.index(found[0]) <= order.index(found[1])


@pytest.mark.parametrize(
    ("made", "value", "status"),
    [
        (goal(Kind.STAY_BELOW, target=3), "2", Status.ON_TRACK),
        (goal(Kind.STAY_BELOW, target=3), "3", Status.OFF_TRACK),
        (goal(Kind.STAY_BELOW, target=3, risk_threshold=2), "1.99", Status.ON_TRACK),
        (goal(Kind.STAY_BELOW, target=3, risk_threshold=2), "2", Status.AT_RISK),
        (goal(Kind.STAY_BELOW, target=3, risk_threshold=2), "2.99", Status.AT_RISK),
        (goal(Kind.STAY_ABOVE, target=95), "96", Status.ON_TRACK),
        (goal(Kind.STAY_ABOVE, target=95), "95", Status.OFF_TRACK),
        (goal(Kind.STAY_ABOVE, target=95, risk_threshold=97), "97", Status.AT_RISK),
        (goal(Kind.STAY_ABOVE, target=95, risk_threshold=97), "97.01", Status.ON_TRACK),
        (goal(Kind.RANGE, minimum=1, maximum=2), "1", Status.ON_TRACK),
        (goal(Kind.RANGE, minimum=1, maximum=2), "2", Status.ON_TRACK),
        (goal(Kind.RANGE, minimum=1, maximum=2), "2.01", Status.OFF_TRACK),
    ],
)
def test_what_guards_a_threshold_is_judged_by_it_alone_on_any_day(made: Goal, value: str, status: Status) -> None:
    for at in (0, 1, 50, 99.999):
        verdict = judge(made, Decimal(value), day(at))
        assert verdict.status is status
        assert verdict.expected is None
    after = judge(made, Decimal(value), day(100)).status
    assert after is (Status.MISSED if status is Status.OFF_TRACK else Status.ACHIEVED)


@given(instants)
def test_no_value_is_no_status_on_any_day(at: datetime) -> None:
    verdict = judge(TRAVELLING, None, at)
    assert (verdict.status, verdict.progress, verdict.expected) == (Status.NOT_JUDGED, None, None)


@given(amounts, instants)
def test_what_is_watched_before_a_target_exists_is_never_judged(value: Decimal, at: datetime) -> None:
    assert judge(goal(Kind.BASELINE), value, at).status is Status.NOT_JUDGED


def test_time_alone_moves_the_status() -> None:
    found = [judge(TRAVELLING, Decimal(30), day(at)).status for at in (-1, 10, 60, 90, 100)]
    assert found == [Status.NOT_STARTED, Status.ON_TRACK, Status.AT_RISK, Status.OFF_TRACK, Status.MISSED]


def test_after_the_due_date_a_new_value_still_moves_missed_to_achieved() -> None:
    assert judge(TRAVELLING, Decimal(99), day(101)).status is Status.MISSED
    assert judge(TRAVELLING, Decimal(100), day(102)).status is Status.ACHIEVED


def test_a_policy_of_the_workspace_moves_the_thresholds() -> None:
    strict = Policy(on_track=Decimal("0.9"), at_risk=Decimal("0.8"))
    assert [judge(TRAVELLING, Decimal(value), day(50), strict).status for value in (45, 44, 40, 39)] == [
        Status.ON_TRACK,
        Status.AT_RISK,
        Status.AT_RISK,
        Status.OFF_TRACK,
    ]
    assert (DEFAULT_POLICY.on_track, DEFAULT_POLICY.at_risk) == (Decimal("0.7"), Decimal("0.4"))


ALLOWED = timedelta(minutes=30)
READ = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("stored", "checked", "after", "light", "since"),
    [
        (Freshness.FRESH, READ, 30, Freshness.FRESH, READ),
        (Freshness.FRESH, READ, 31, Freshness.STALE, READ + ALLOWED),
        (Freshness.BROKEN, READ, 300, Freshness.BROKEN, READ),
        (Freshness.SUSPECT, READ, 300, Freshness.SUSPECT, READ),
        (Freshness.FRESH, None, 0, Freshness.WAITING, None),
        (Freshness.BROKEN, None, 0, Freshness.BROKEN, None),
    ],
)
def test_a_value_is_stale_after_two_missed_intervals(
    stored: Freshness, checked: datetime | None, after: int, light: Freshness, since: datetime | None
) -> None:
    assert freshness_at(stored, checked, ALLOWED, READ + timedelta(minutes=after)) == (light, since)
