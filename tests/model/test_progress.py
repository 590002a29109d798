"""How far along a key result is, and how far it is expected to be."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from hub.model.key_result import Declared
from hub.model.kinds import Kind
from hub.model.okr import Cycle, Goal, Milestone
from hub.model.progress import GoalError, check_goal, clamp, expected, expected_value, milestones_value, progress
from tests.model.goals import DUE, STARTS, amounts, day, goal, instants

BERLIN = ZoneInfo("Europe/Berlin")
STEPS = (Milestone("a"), Milestone("b", Decimal(3)), Milestone("c", Decimal(4)))


@pytest.mark.parametrize(
    ("made", "value", "share"),
    [
        pytest.param(goal(target=40), "10", "0.25", id="10 of 40 is a quarter of the way"),
        pytest.param(goal(target=40), "60", "1.5", id="more than the target is more than 1"),
        pytest.param(goal(target=40), "-4", "-0.1", id="less than nothing is below 0"),
        pytest.param(goal(baseline=10, target=20), "15", "0.5", id="a baseline moves the start"),
        pytest.param(goal(Kind.INCREASE, baseline=30, target=40), "37.5", "0.75", id="30 to 40, at 37.5"),
        pytest.param(goal(Kind.INCREASE, baseline=30, target=40), "28", "-0.2", id="falling below the baseline"),
        pytest.param(goal(Kind.DECREASE, baseline=18, target=4), "11", "0.5", id="18 down to 4, at 11"),
        pytest.param(goal(Kind.DECREASE, baseline="2.4", target="1.2"), "2.7", "-0.25", id="rising over the baseline"),
        pytest.param(goal(target=3), "1", "0.333333333333", id="a third has twelve places"),
        pytest.param(goal(Kind.STAY_BELOW, target=3), "2.999", "1", id="strictly below is inside"),
        pytest.param(goal(Kind.STAY_BELOW, target=3), "3", "0", id="equal is not below"),
        pytest.param(goal(Kind.STAY_ABOVE, target="99.9"), "99.91", "1", id="strictly above is inside"),
        pytest.param(goal(Kind.STAY_ABOVE, target="99.9"), "99.9", "0", id="equal is not above"),
        pytest.param(goal(Kind.RANGE, minimum=5, maximum=8), "5", "1", id="the minimum belongs to the range"),
        pytest.param(goal(Kind.RANGE, minimum=5, maximum=8), "8", "1", id="the maximum belongs to the range"),
        pytest.param(goal(Kind.RANGE, minimum=5, maximum=8), "8.0001", "0", id="above the maximum is outside"),
        pytest.param(goal(Kind.RANGE, minimum=5, maximum=8), "4.9999", "0", id="below the minimum is outside"),
        pytest.param(goal(Kind.MILESTONES, milestones=STEPS), "4", "0.5", id="weight 4 of 8 is half"),
    ],
)
def test_progress_is_the_share_of_the_way(made: Goal, value: str, share: str) -> None:
    assert progress(made, Decimal(value)) == Decimal(share)


def test_a_baseline_that_is_watched_has_no_progress() -> None:
    assert progress(goal(Kind.BASELINE), Decimal(7)) is None


@given(amounts, amounts, st.integers(min_value=-2000, max_value=3000))
def test_progress_is_linear_and_not_clamped(baseline: Decimal, target: Decimal, thousandths: int) -> None:
    assume(abs(target - baseline) >= 1)
    wanted = Decimal(thousandths) / 1000
    found = progress(goal(baseline=baseline, target=target), baseline + (target - baseline) * wanted)
    assert found is not None
    assert abs(found - wanted) <= Decimal("1e-11")


@given(amounts, amounts, amounts)
def test_a_decrease_mirrors_an_increase(baseline: Decimal, target: Decimal, value: Decimal) -> None:
    assume(target > baseline)
    up = goal(Kind.INCREASE, baseline=baseline, target=target)
    down = goal(Kind.DECREASE, baseline=-baseline, target=-target)
    assert progress(up, value) == progress(down, -value)


@given(amounts)
def test_clamping_keeps_what_lies_between_0_and_1(share: Decimal) -> None:
    found = clamp(share)
    assert 0 <= found <= 1
    assert found == share or (share < 0 and found == 0) or (share > 1 and found == 1)


@given(instants, instants)
def test_expected_never_falls_and_stays_between_0_and_1(one: datetime, other: datetime) -> None:
    early, late = sorted([one, other])
    assert 0 <= expected(goal(target=40), early) <= expected(goal(target=40), late) <= 1


@pytest.mark.parametrize(
    ("at", "share"),
    [(-1, "0"), (0, "0"), (25, "0.25"), (50, "0.5"), (99.5, "0.995"), (100, "1"), (130, "1")],
)
def test_expected_is_the_elapsed_share_of_the_days(at: float, share: str) -> None:
    assert expected(goal(target=40), day(at)) == Decimal(share)


@given(
    st.lists(
        st.tuples(st.integers(min_value=1, max_value=99), amounts), min_size=1, max_size=6, unique_by=lambda p: p[0]
    )
)
def test_expected_passes_exactly_through_phased_targets(phases: list[tuple[int, Decimal]]) -> None:
    points = tuple(sorted((day(number), value) for number, value in phases))
    made = goal(Kind.REACH, target=1000, baseline=0, phased_targets=points)
    for at, value in points:
        assert expected(made, at) == value / 1000
        assert expected_value(made, at) == value


def test_between_two_phased_targets_the_line_is_straight() -> None:
    made = goal(target=100, phased_targets=((day(20), Decimal(10)), (day(60), Decimal(90))))
    assert [expected(made, day(at)) for at in (10, 20, 40, 60, 80, 100)] == [
        Decimal(text) for text in ("0.05", "0.1", "0.5", "0.9", "0.95", "1")
    ]


def test_phased_targets_move_what_is_expected_and_never_the_progress() -> None:
    plain, phased = goal(target=100), goal(target=100, phased_targets=((day(50), Decimal(10)),))
    assert progress(plain, Decimal(30)) == progress(phased, Decimal(30)) == Decimal("0.3")


def test_a_phased_target_holds_at_the_end_of_its_day_in_the_workspaces_zone() -> None:
    declared = Declared(
        "a/b",
        "A",
        Kind.REACH,
        date(2026, 10, 1),
        date(2026, 12, 31),
        target=Decimal(40),
        phased_targets=((date(2026, 10, 31), Decimal(10)),),
    )
    made = declared.goal(BERLIN)
    assert expected(made, datetime(2026, 10, 31, 23, 0, tzinfo=UTC)) == Decimal("0.25")  # 24:00 in Berlin
    assert expected(made, datetime(2026, 10, 31, 22, 59, tzinfo=UTC)) < Decimal("0.25")


@given(st.integers(min_value=0, max_value=92 * 24 * 60))
def test_a_quarter_with_a_change_of_the_clocks_expects_neither_more_nor_less_than_its_share(minute: int) -> None:
    starts, due = Cycle("q4", "Q4", date(2026, 10, 1), date(2026, 12, 31)).window(BERLIN)
    made = goal(target=40, starts=starts, due=due)
    at = starts.astimezone(UTC) + timedelta(minutes=minute)
    whole = Decimal((92 * 24 + 1) * 60)  # the night of 25 October has an hour more
    assert abs(expected(made, at) - Decimal(minute) / whole) <= Decimal("1e-12")
    assert expected(made, at.astimezone(BERLIN)) == expected(made, at)


def test_just_before_the_due_date_expected_is_not_above_1() -> None:
    starts, due = Cycle("q4", "Q4", date(2026, 10, 1), date(2026, 12, 31)).window(BERLIN)
    made = goal(target=40, starts=starts, due=due)
    assert expected(made, due.astimezone(UTC) - timedelta(minutes=30)) < 1


def test_a_cycle_lasts_from_midnight_to_midnight_in_its_zone() -> None:
    starts, after = Cycle("q4", "Q4", date(2026, 10, 1), date(2026, 12, 31)).window(BERLIN)
    assert starts.astimezone(UTC) == datetime(2026, 9, 30, 22, 0, tzinfo=UTC)
    assert after.astimezone(UTC) == datetime(2026, 12, 31, 23, 0, tzinfo=UTC)
    starts, after = Cycle("q1", "Q1", date(2027, 1, 1), date(2027, 3, 31)).window(BERLIN)
    assert after.astimezone(UTC) - starts.astimezone(UTC) == timedelta(days=90) - timedelta(hours=1)


@pytest.mark.parametrize(
    ("made", "value"),
    [
        pytest.param(goal(target=40), "20", id="half of 40"),
        pytest.param(goal(Kind.DECREASE, baseline=18, target=4), "11", id="half of the way down"),
        pytest.param(goal(Kind.MILESTONES, milestones=STEPS), "4", id="half of the weight"),
        pytest.param(goal(Kind.STAY_BELOW, target=3), None, id="a threshold is not travelled to"),
        pytest.param(goal(Kind.BASELINE), None, id="what is watched has no target"),
    ],
)
def test_the_value_expected_half_way(made: Goal, value: str | None) -> None:
    assert expected_value(made, day(50)) == (None if value is None else Decimal(value))


def test_a_milestone_counts_from_the_day_it_was_done_on_in_the_workspaces_zone() -> None:
    declared = Declared(
        "a/b",
        "A",
        Kind.MILESTONES,
        date(2026, 10, 1),
        date(2026, 12, 31),
        milestones=(Milestone("one", Decimal(2), date(2026, 11, 5)), Milestone("two", Decimal(3), None)),
    )
    made = declared.goal(BERLIN)
    assert milestones_value(made, datetime(2026, 11, 4, 22, 59, tzinfo=UTC)) == 0
    assert milestones_value(made, datetime(2026, 11, 4, 23, 0, tzinfo=UTC)) == 2


@pytest.mark.parametrize(
    ("made", "problem"),
    [
        (goal(), "a key result of kind reach needs a target"),
        (goal(target=0), "baseline and target are the same: there is nothing to travel"),
        (
            goal(Kind.INCREASE, baseline=5, target=4),
            "the target of an increase lies above its baseline (or use kind: decrease)",
        ),
        (
            goal(Kind.DECREASE, baseline=4, target=5),
            "the target of a decrease lies below its baseline (or use kind: increase)",
        ),
        (goal(Kind.STAY_BELOW), "a key result of kind stay_below needs a target: the threshold"),
        (goal(Kind.STAY_BELOW, target=3, risk_threshold=3), "the risk threshold lies on the safe side of the target"),
        (goal(Kind.STAY_ABOVE, target=3, risk_threshold=2), "the risk threshold lies on the safe side of the target"),
        (goal(Kind.RANGE, minimum=3), "a range needs a minimum and a maximum"),
        (goal(Kind.RANGE, minimum=3, maximum=2), "the minimum is above the maximum"),
        (goal(Kind.MILESTONES), "milestones need at least one with a weight above 0"),
        (goal(target=3, due=STARTS), "the due date is before the start"),
    ],
)
def test_a_goal_that_cannot_be_judged_is_refused_in_one_sentence(made: Goal, problem: str) -> None:
    with pytest.raises(GoalError) as caught:
        check_goal(made)
    assert str(caught.value) == problem


@pytest.mark.parametrize(
    "made",
    [
        goal(target=40),
        goal(Kind.REACH, baseline=40, target=10),
        goal(Kind.STAY_BELOW, target=3, risk_threshold=2),
        goal(Kind.RANGE, minimum=3, maximum=3),
        goal(Kind.BASELINE),
        goal(Kind.MILESTONES, milestones=STEPS, due=DUE),
    ],
)
def test_a_goal_with_sense_is_taken(made: Goal) -> None:
    check_goal(made)


@given(amounts, st.lists(instants, min_size=2, max_size=2))
def test_expected_of_phased_targets_lies_between_the_lowest_and_the_highest(dip: Decimal, at: list[datetime]) -> None:
    made = goal(target=1000, phased_targets=((day(40), dip),))
    low, high = min(Decimal(0), dip / 1000), max(Decimal(1), dip / 1000)
    for one, other in pairwise(at):
        assert low <= expected(made, one) <= high
        assert low <= expected(made, other) <= high
