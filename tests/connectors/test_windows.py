"""Limits and pauses by themselves: no window ever holds more than it may, and nothing waits longer than it must."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import windows
from connectors.windows import MARGIN, SLOTS, Claim, State

TEN = Claim("token", 10, 60.0)


def _run(gaps: list[float], number: int, seconds: float, weights: list[int]) -> list[tuple[float, int]]:
    """Ask as fast as allowed, with these pauses of our own between; return when what left."""
    state: State = {}
    at, left = 1_790_000_000.0, []
    for gap, weight in zip(gaps, weights, strict=False):
        at += gap
        claim = Claim("token", number, seconds, weight)
        while not (verdict := windows.ask(state, [claim], [""], at)).is_free:
            at += verdict.wait
        left.append((at, min(weight, number)))
    return left


@given(
    gaps=st.lists(st.floats(0, 40), min_size=1, max_size=60),
    number=st.integers(1, 12),
    seconds=st.sampled_from([1.0, 2.0, 10.0, 60.0]),
    weights=st.lists(st.integers(1, 15), min_size=60, max_size=60),
    late=st.lists(st.floats(0, 1), min_size=60, max_size=60),
)
def test_no_window_wherever_it_begins_holds_more_than_it_may_even_if_some_arrive_late(
    gaps: list[float], number: int, seconds: float, weights: list[int], late: list[float]
) -> None:
    left = _run(gaps, number, seconds, weights)
    delay = min(MARGIN, seconds / 4)
    arrived = [(at + share * delay, weight) for (at, weight), share in zip(left, late, strict=False)]
    for begins, _ in arrived:
        assert sum(weight for at, weight in arrived if begins <= at < begins + seconds) <= number


def test_a_full_window_is_used_at_once_and_then_again_hardly_later_than_it_ends() -> None:
    left = [at for at, _ in _run([0.0] * 30, 10, 60.0, [1] * 30)]
    assert left[9] == left[0]
    assert left[10] - left[0] <= 60 + 60 / SLOTS + MARGIN + 0.01
    assert left[20] - left[0] <= 2 * (60 + 60 / SLOTS + MARGIN + 0.01)


def test_what_is_refused_by_one_limit_is_not_charged_to_another() -> None:
    state: State = {}
    few, many = Claim("search", 1, 60.0), Claim("token", 10, 60.0)
    assert windows.ask(state, [few, many], [""], 1000.0).is_free
    for _ in range(50):
        assert windows.ask(state, [few, many], [""], 1000.0).claim == "search"
    for _ in range(9):
        assert windows.ask(state, [many], [""], 1000.0).is_free
    assert windows.ask(state, [many], [""], 1000.0).claim == "token"


def test_a_pause_holds_what_has_its_name_and_nothing_else() -> None:
    state: State = {}
    windows.pause(state, ["issue PAY-1"], 1000.0, 30.0, leaves=True)
    held = windows.ask(state, [TEN], ["", "issue PAY-1"], 1010.0)
    assert (held.wait, held.leaves) == (pytest.approx(20.0), True)
    assert windows.ask(state, [TEN], ["", "issue PAY-2"], 1010.0).is_free
    assert windows.ask(state, [TEN], ["", "issue PAY-1"], 1030.0).is_free


def test_a_shorter_wish_for_quiet_does_not_undo_a_longer_one() -> None:
    state: State = {}
    windows.pause(state, [""], 1000.0, 20.0, leaves=True)
    windows.pause(state, [""], 1001.0, 2.0, leaves=False)
    held = windows.ask(state, [], [""], 1002.0)
    assert (held.wait, held.leaves) == (pytest.approx(18.0), True)


def test_what_a_clock_noted_that_was_set_back_since_is_forgotten() -> None:
    state: State = {}
    for _ in range(10):
        assert windows.ask(state, [TEN], [""], 9000.0).is_free
    windows.pause(state, [""], 9000.0, 600.0, leaves=True)
    assert windows.ask(state, [TEN], [""], 5000.0).is_free


@pytest.mark.parametrize(
    "written",
    [None, 7, [], "x", {"used": 3, "pauses": []}, {"used": {"token": [0, {}]}}, {"used": {"token": [60, {"a": -1}]}},
     {"used": {"token": [60.0, {"1": "many"}]}}, {"pauses": {"": [1, None, True]}}, {"pauses": {"": ["a", "b", "c"]}},
     {"learned": {"token": [1000.0, 0]}}, {"learned": {"token": 5}}],
)  # fmt: skip
def test_a_state_that_makes_no_sense_is_as_good_as_none(written: Any) -> None:
    assert windows.ask(windows.mend(written), [TEN], [""], 1000.0).is_free


def test_a_state_survives_being_written_down() -> None:
    state: State = {}
    for _ in range(10):
        windows.ask(state, [TEN], [""], 1000.0)
    windows.pause(state, ["search"], 1000.0, 5.0, leaves=False)
    again = windows.mend(json.loads(json.dumps(state)))
    assert again == state
    assert windows.ask(again, [TEN], [""], 1000.0).claim == "token"


def test_a_limit_that_turns_out_to_be_lower_is_kept_for_an_hour() -> None:
    state: State = {}
    paid, at = Claim("token", 1500, 60.0), 1_790_000_000.0
    for _ in range(201):
        assert windows.ask(state, [paid], [""], at).is_free
    windows.learn(state, [paid], at)
    at += 64
    for _ in range(180):  # what passed, less a tenth
        assert windows.ask(state, [paid], [""], at).is_free
    assert windows.ask(state, [paid], [""], at).claim == "token"
    at += 3600
    for _ in range(1500):
        assert windows.ask(state, [paid], [""], at).is_free


def test_a_refusal_that_somebody_else_brought_about_leaves_a_tenth_of_the_limit() -> None:
    state: State = {}
    paid = Claim("token", 1500, 60.0)
    windows.ask(state, [paid], [""], 1000.0)
    windows.learn(state, [paid], 1000.0)
    for _ in range(149):
        assert windows.ask(state, [paid], [""], 1000.0).is_free
    assert not windows.ask(state, [paid], [""], 1000.0).is_free


def test_of_a_short_window_nothing_is_learned() -> None:
    state: State = {}
    short = Claim("one endpoint", 100, 1.0)
    windows.learn(state, [short], 1000.0)
    for _ in range(100):
        assert windows.ask(state, [short], [""], 1000.0).is_free


def test_what_no_longer_counts_is_dropped() -> None:
    state: State = {}
    for number in range(500):
        windows.ask(state, [Claim(f"writes PAY-{number}", 20, 2.0)], [""], 1000.0 + number)
    assert len(state["used"]) <= 4
