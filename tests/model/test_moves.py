"""Why a number moved."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.gauges import READ
from hub.model.moves import Contribution, Move, What, compare

D = Decimal
OPEN = Contribution("1", "PAY-1", "Pay by card", "https://x/1", D(3), D(0), "open", "doing", "In Review", "r", 4)
DONE = replace(OPEN, credit=D(1), grouping="counted", state="done", status="Done")


@pytest.mark.parametrize(
    ("before", "after", "what", "effect", "scope", "text"),
    [
        (OPEN, DONE, What.FINISHED, 3, 0, "finished"),
        (DONE, OPEN, What.REOPENED, -3, 0, "reopened"),
        (None, DONE, What.ADDED, 3, 3, "added, already done"),
        (None, OPEN, What.ADDED, 0, 3, "added"),
        (DONE, None, What.REMOVED, -3, -3, "moved out of the selection"),
        (DONE, replace(DONE, amount=D(5)), What.RESIZED, 2, 2, "resized from 3 to 5"),
        (OPEN, replace(OPEN, amount=None), What.RESIZED, 0, -3, "resized from 3 to no number"),
        (OPEN, replace(OPEN, credit=D("0.5")), What.PROGRESSED, "1.5", 0, "moved to In Review"),
    ],
)
def test_a_move_says_what_happened_to_the_item(
    before: Contribution | None, after: Contribution | None, what: What, effect: object, scope: object, text: str
) -> None:
    held = [{one.item_key: one} if one else {} for one in (before, after)]
    moves = compare(held[0], held[1])
    assert moves == (Move("1", "PAY-1", "Pay by card", "https://x/1", what, D(str(effect)), D(str(scope)), text),)


def test_an_item_that_the_tool_does_not_show_any_more_is_told_apart_from_one_that_moved_out() -> None:
    moves = compare({"1": DONE}, {}, gone={"1": "deleted in Jira"})
    assert moves[0].text == "deleted in Jira"


def test_an_item_that_was_done_long_before_it_came_into_scope_is_not_said_to_have_finished() -> None:
    """A label was put on it, for one: the work is what it was."""
    known = frozenset({"1"})
    assert compare({}, {"1": DONE}, known=known)[0].what is What.FINISHED
    (move,) = compare({}, {"1": DONE}, known=known, done=known)
    assert (move.what, move.text, move.effect) == (What.ADDED, "came into scope, Done", 3)


def test_the_largest_effect_stands_first() -> None:
    items = {str(n): replace(DONE, item_key=str(n), ref=f"PAY-{n}", amount=D(n)) for n in (1, 9, 5)}
    assert [move.ref for move in compare({}, items)] == ["PAY-9", "PAY-5", "PAY-1"]


CELL = Contribution("excel:B4", "Uptime", "B4", "", D("99.82"), D(1), "counted", "doing", READ, "r", 4)


def told(before: Contribution | None, after: Contribution | None, **more: Any) -> list[tuple[What, str]]:
    held = [{one.item_key: one} if one else {} for one in (before, after)]
    return [(move.what, move.text) for move in compare(held[0], held[1], **more)]


def test_a_number_of_a_tool_changes_and_is_not_resized() -> None:
    after = replace(CELL, amount=D("99.84"))
    assert told(CELL, after) == [(What.CHANGED, "changed from 99.82 to 99.84")]
    (move,) = compare({"B4": CELL}, {"B4": after})
    assert (move.effect, move.what.is_scope) == (D("0.02"), False)


def test_a_number_of_a_tool_that_has_none_now_says_so() -> None:
    assert told(CELL, replace(CELL, amount=None)) == [(What.CHANGED, "changed from 99.82 to no number")]


def test_a_number_of_a_tool_is_read_for_the_first_time_and_not_added() -> None:
    assert told(None, CELL) == [(What.CHANGED, "read for the first time")]


def test_a_number_of_a_tool_is_not_said_to_have_moved_out_of_a_selection() -> None:
    assert told(CELL, None) == [(What.CHANGED, "not read any more")]
    assert told(CELL, None, gone={CELL.item_key: "deleted in Excel"}) == [(What.CHANGED, "deleted in Excel")]


def test_work_in_a_list_called_read_is_work_all_the_same() -> None:
    books = [replace(OPEN, item_key=key, ref=key, status=READ) for key in ("A", "B")]
    before = {one.item_key: one for one in books}
    (move,) = compare(before, {**before, "B": replace(books[1], amount=D(5))})
    assert (move.what, move.text) == (What.RESIZED, "resized from 3 to 5")


def test_a_size_that_changes_by_hundredths_is_said_with_them() -> None:
    third = replace(OPEN, amount=D("0.333333333333"))
    assert told(third, replace(third, amount=D("0.3333")))[0][1] == "resized from 0.33333 to 0.3333"


def test_a_new_title_is_no_move() -> None:
    assert compare({"1": OPEN}, {"1": replace(OPEN, title="Pay by any card", status="QA")}) == ()


def contributions(keys: str) -> st.SearchStrategy[dict[str, Contribution]]:
    one = st.builds(
        replace,
        st.just(OPEN),
        amount=st.none() | st.decimals(-100, 100, places=2),
        credit=st.sampled_from([D(0), D("0.5"), D(1)]),
        state=st.sampled_from(["todo", "doing", "done"]),
    )
    return st.dictionaries(st.sampled_from(list(keys)), one).map(
        lambda found: {key: replace(value, item_key=key, ref=f"PAY-{key}") for key, value in found.items()}
    )


@given(contributions("abcdef"), contributions("abcdef"))
def test_the_effects_add_up_to_the_whole_difference(
    before: dict[str, Contribution], after: dict[str, Contribution]
) -> None:
    moves = compare(before, after)
    counted = [sum((one.counts for one in held.values()), D(0)) for held in (before, after)]
    scopes = [sum((one.amount or D(0) for one in held.values()), D(0)) for held in (before, after)]
    assert sum((move.effect for move in moves), D(0)) == counted[1] - counted[0]
    assert sum((move.scope for move in moves), D(0)) == scopes[1] - scopes[0]
    assert len({move.item_key for move in moves}) == len(moves)


@given(contributions("abc"), contributions("abc"))
def test_a_move_comes_back_from_the_store_as_it_was(
    before: dict[str, Contribution], after: dict[str, Contribution]
) -> None:
    moves = compare(before, after)
    assert tuple(Move.from_json(move.to_json()) for move in moves) == moves
