from __future__ import annotations

from decimal import Decimal

import pytest

from hub.flows.show.rows import initials, percent
from hub.flows.show.tree import RollUp
from hub.flows.show.wording import say_moves
from hub.model.key_result import Declared, KeyResult, Standing
from hub.model.kinds import Kind
from hub.model.moves import Move, What
from hub.model.numbers import numbers_of
from hub.store.okrs import Objective
from tests.web.company import DECLARED, ENDS, STARTS


def objective(slug: str, supports: str | None = None, weight: Decimal | None = None) -> Objective:
    return Objective(slug, slug, "team", "quarter", "", supports, weight)


def key_result(objective_slug: str, share: str | None, kind: Kind = Kind.REACH) -> KeyResult:
    declared = Declared(f"{objective_slug}/one", "One", kind, STARTS, ENDS)
    standing = Standing(progress=None if share is None else Decimal(share))
    return KeyResult(1, declared, standing, "team", "quarter")


def move(ref: str, what: What = What.ADDED, text: str = "added") -> Move:
    return Move(ref, ref, "", "", what, Decimal(1), Decimal(1), text)


def test_an_objective_is_the_mean_of_its_key_results_and_of_what_supports_it() -> None:
    sums = RollUp(
        [objective("top"), objective("below", supports="top")], [key_result("top", "0.2"), key_result("below", "0.8")]
    )
    assert sums.of("top") == Decimal("0.5")


def test_an_objective_of_weight_zero_does_not_roll_up() -> None:
    sums = RollUp(
        [objective("top"), objective("below", supports="top", weight=Decimal(0))],
        [key_result("top", "0.2"), key_result("below", "0.8")],
    )
    assert sums.of("top") == Decimal("0.2")


def test_limits_and_unread_values_do_not_roll_up() -> None:
    sums = RollUp([objective("a")], [key_result("a", "1", Kind.STAY_BELOW), key_result("a", None)])
    assert sums.of("a") is None


def test_objectives_that_support_each_other_end_the_walk() -> None:
    sums = RollUp([objective("a", supports="b"), objective("b", supports="a")], [key_result("a", "0.4")])
    assert sums.of("a") == Decimal("0.4")


@pytest.mark.parametrize(
    ("moves", "said"),
    [
        ([], ""),
        ([move("A-1")], "A-1 added"),
        ([move("A-1"), move("A-2"), move("A-3")], "A-1, A-2 and A-3 added"),
        ([move(f"A-{n}") for n in range(1, 8)], "A-1, A-2, A-3 and 4 more added"),
        ([move("A-1"), move("B-2", What.REOPENED, "reopened")], "A-1 added, B-2 reopened"),
        ([move("A-1", text="added, already done")], "A-1 finished"),
    ],
)
def test_moves_are_said_together_where_they_are_alike(moves: list[Move], said: str) -> None:
    assert say_moves(moves, "refs") == said


def test_moves_of_a_rule_that_shows_no_items_are_counted() -> None:
    assert say_moves([move("A-1"), move("A-2")], "none") == "2 items moved"


def test_what_was_worked_out_has_two_decimals_on_a_narrow_way_and_an_estimate_none_on_a_long_one() -> None:
    by_key = {declared.key: numbers_of(declared) for declared in DECLARED}
    assert by_key["pay-first-time/failed-payments"].plain(Decimal("2.2634736842")) == "2.26\u00a0%"
    assert by_key["pay-first-time/merchants-live"].guess(Decimal("23.2")) == "23"
    assert by_key["pay-first-time/merchants-live"].bare(Decimal("23.2531645569")) == "23.3"


@pytest.mark.parametrize(
    ("name", "letters"),
    [("Mira Okafor", "MO"), ("Mira", "M"), ("tom.bauer@acme.test", "TB"), ("Ana de la Cruz", "AC"), ("", "?")],
)
def test_an_avatar_holds_first_and_last_letter(name: str, letters: str) -> None:
    assert initials(name) == letters


@pytest.mark.parametrize(("share", "width"), [("-0.2", "0.0"), ("0.475", "47.5"), ("1.7", "100.0")])
def test_a_bar_stays_within_its_track(share: str, width: str) -> None:
    assert percent(Decimal(share)) == Decimal(width)
