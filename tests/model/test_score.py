"""Scores, roll-up and alignment."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.model.kinds import Kind
from hub.model.score import Part, find_circle, roll_up, suggested_score
from tests.model.goals import shares

D = Decimal
parts = st.builds(Part, st.none() | shares, st.none() | st.decimals(0, 5, places=2), st.booleans())


@pytest.mark.parametrize(
    ("share", "score"),
    [("0.74", "0.7"), ("0.75", "0.8"), ("0.04", "0.0"), ("0.05", "0.1"), ("1.4", "1.0"), ("-0.5", "0.0"), ("1", "1.0")],
)
def test_the_suggested_score_is_the_clamped_progress_in_tenths(share: str, score: str) -> None:
    assert suggested_score(Kind.REACH, D(share)) == D(score)


@pytest.mark.parametrize("kind", [Kind.STAY_BELOW, Kind.STAY_ABOVE, Kind.RANGE, Kind.BASELINE])
def test_what_is_watched_has_no_score(kind: Kind) -> None:
    assert suggested_score(kind, D(1)) is None


@pytest.mark.parametrize(
    ("given_parts", "share"),
    [
        pytest.param([Part(D("0.2")), Part(D("0.6"))], "0.4", id="no weights are equal weights"),
        pytest.param([Part(D("0.2"), D(3)), Part(D("0.6"), D(1))], "0.3", id="weights count"),
        pytest.param([Part(D("0.2")), Part(D("0.9"), D(0))], "0.2", id="a weight of 0 opts out"),
        pytest.param([Part(D("0.2")), Part(None)], "0.2", id="what has no progress does not count"),
        pytest.param([Part(D("1.8")), Part(D("-1"))], "0.5", id="each is clamped first"),
        pytest.param([Part(D("0.5")), Part(D(1), None, False)], "0.5", id="a control kind counts only when weighted"),
        pytest.param([Part(D("0.5")), Part(D(1), D(1), False)], "0.75", id="a control kind with a weight counts"),
        pytest.param([], None, id="nothing gives nothing"),
        pytest.param([Part(None), Part(D("0.4"), D(0))], None, id="nothing with progress and weight gives nothing"),
    ],
)
def test_an_objective_is_the_weighted_mean(given_parts: list[Part], share: str | None) -> None:
    assert roll_up(given_parts) == (None if share is None else D(share))


@given(st.lists(parts, max_size=8))
def test_the_roll_up_lies_between_its_lowest_and_highest_part(given_parts: list[Part]) -> None:
    found = roll_up(given_parts)
    counted = [
        min(max(part.share, D(0)), D(1))
        for part in given_parts
        if part.share is not None and (part.weight if part.weight is not None else D(1 if part.is_scored else 0)) > 0
    ]
    if not counted:
        assert found is None
    else:
        assert found is not None
        assert min(counted) <= found <= max(counted)


@given(st.lists(parts, max_size=8), shares)
def test_a_part_of_weight_0_changes_nothing(given_parts: list[Part], share: Decimal) -> None:
    assert roll_up([*given_parts, Part(share, D(0))]) == roll_up(given_parts)


@pytest.mark.parametrize(
    ("parents", "circle"),
    [
        ({"a": "b", "b": "c", "c": None}, []),
        ({"a": "a"}, ["a"]),
        ({"a": "b", "b": "a"}, ["a", "b"]),
        ({"x": "a", "a": "b", "b": "c", "c": "a"}, ["a", "b", "c"]),
        ({"a": "nobody"}, []),
        ({}, []),
    ],
)
def test_a_circle_of_alignment_is_found_without_what_only_leads_into_it(
    parents: dict[str, str | None], circle: list[str]
) -> None:
    assert find_circle(parents) == circle


@given(st.dictionaries(st.integers(0, 9).map(str), st.none() | st.integers(0, 9).map(str)))
def test_a_circle_is_found_exactly_when_there_is_one(parents: dict[str, str | None]) -> None:
    def comes_back(start: str) -> bool:
        at: str | None = start
        for _ in range(len(parents) + 1):
            at = parents.get(at) if at is not None else None
            if at == start:
                return True
        return False

    found = find_circle(parents)
    assert bool(found) == any(comes_back(name) for name in parents)
    for name, above in zip(found, [*found[1:], *found[:1]], strict=True):
        assert parents[name] == above
