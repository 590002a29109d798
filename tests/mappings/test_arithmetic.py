"""From items to a number."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from tests.mappings.builders import item, items, value_of

TEN = items(*[("done", 1)] * 3, *[("todo", 1)] * 7)


def test_three_of_ten_done_is_thirty_percent() -> None:
    assert value_of("measure: {percent: items}", TEN).value == Decimal(30)


def test_an_eleventh_item_makes_it_27_point_3_to_twelve_places() -> None:
    got = value_of("measure: {percent: items}", [*TEN, item("PAY-11")])
    assert str(got.value) == "27.272727272727"


def test_a_round_percentage_is_written_without_zeros_or_exponent() -> None:
    got = value_of("measure: {percent: points}", items(("done", "2.50"), ("todo", "2.50")))
    assert str(got.value) == "50"


def test_percent_of_points_weighs_items_by_their_points() -> None:
    got = value_of("measure: {percent: points}", items(("done", 1), ("todo", 3)))
    assert (got.value, got.numerator, got.denominator) == (Decimal(25), Decimal(1), Decimal(4))


def test_half_credit_for_work_in_progress_counts_half() -> None:
    got = value_of("measure: {percent: items, credit: {doing: 0.5}}", items(("done", 1), ("doing", 1), ("todo", 1)))
    assert got.value == Decimal(50)
    assert (got.in_scope, got.counted) == (3, 2)


def test_a_count_without_credit_takes_every_item_in_full() -> None:
    assert value_of("measure: count", items(("todo", 1), ("doing", 1), ("done", 1))).value == Decimal(3)


def test_a_count_with_credit_takes_done_work_and_the_share_it_names() -> None:
    body = "measure: {count: items, credit: {doing: 0.25}}"
    assert value_of(body, items(("todo", 1), ("doing", 1), ("done", 1))).value == Decimal("1.25")


def test_a_sum_with_credit_takes_the_points_of_done_work_only() -> None:
    got = value_of("measure: {sum: points, credit: {done: 1}}", items(("todo", 5), ("done", 3)))
    assert got.value == Decimal(3)


def test_a_sum_is_exact_where_floats_are_not() -> None:
    assert str(value_of("measure: {sum: points}", items(("todo", "0.1"), ("todo", "0.2"))).value) == "0.3"


def test_a_sum_keeps_every_digit_beyond_the_usual_28() -> None:
    big = "12345678901234567890123456789"
    got = value_of("measure: {sum: points}", items(("todo", big), ("todo", "0.000000000000000001")))
    assert str(got.value) == f"{big}.000000000000000001"


def test_an_average_rounds_half_to_even_at_twelve_places() -> None:
    got = value_of("measure: {average: points}", items(("todo", 1), ("todo", 1), ("todo", 0)))
    assert str(got.value) == "0.666666666667"


def test_a_missing_number_counts_as_0_in_percent_and_is_told() -> None:
    got = value_of("measure: {percent: points}", items(("done", 2), ("todo", 2), ("todo", None)))
    assert (got.value, got.missing) == (Decimal(50), 1)
    assert got.notes == ("1 of 3 items has no story points",)


def test_a_missing_number_counts_as_0_in_a_sum() -> None:
    got = value_of("measure: {sum: points}", items(("done", 2), ("todo", None), ("todo", None)))
    assert (got.value, got.notes) == (Decimal(2), ("2 of 3 items have no story points",))


def test_an_average_skips_what_has_no_number() -> None:
    got = value_of("measure: {average: points}", items(("done", 2), ("todo", 4), ("todo", None)))
    assert (got.value, got.counted, got.denominator) == (Decimal(3), 2, Decimal(2))


@pytest.mark.parametrize(("measure", "value"), [("count", Decimal(0)), ("{sum: points}", Decimal(0))])
def test_an_empty_selection_counts_and_sums_to_0(measure: str, value: Decimal) -> None:
    got = value_of(f"measure: {measure}", [])
    assert (got.value, got.notes) == (value, ("no items match",))


@pytest.mark.parametrize("measure", ["{percent: items}", "{percent: points}", "{average: points}"])
def test_an_empty_selection_has_no_value_by_other_measures(measure: str) -> None:
    got = value_of(f"measure: {measure}", [])
    assert (got.value, got.broken) == (None, "")


def test_a_percentage_of_nothing_but_missing_points_is_no_value() -> None:
    got = value_of("measure: {percent: points}", items(("done", None), ("todo", 0)))
    assert got.value is None
    assert got.notes[-1] == "no value yet: the items have no story points to divide by"


def test_dropped_items_leave_numerator_and_denominator() -> None:
    got = value_of("measure: {percent: points}", items(("done", 1), ("todo", 1), ("dropped", 8)))
    assert (got.value, got.in_scope, got.total) == (Decimal(50), 2, 3)
    assert got.lines[2].group == "dropped"
    assert got.lines[2].contribution == 0


def test_the_tools_own_field_is_summed() -> None:
    given = [item("A", fields={"Merchants in batch": Decimal(4)}), item("B", fields={"Merchants in batch": Decimal(5)})]
    assert value_of("measure: {sum: {field: Merchants in batch}}", given).value == Decimal(9)


def test_a_field_that_is_null_everywhere_is_not_absent() -> None:
    got = value_of("measure: {sum: {field: Merchants}}", [item("A", fields={"Merchants": None})])
    assert (got.value, got.broken, got.notes) == (Decimal(0), "", ('1 of 1 items has no "Merchants"',))


def test_a_field_absent_from_every_item_breaks_the_measurement_and_is_never_0() -> None:
    given = [item("PAY-2", fields={}), item("PAY-1", fields={"Other": None})]
    got = value_of("measure: {sum: {field: Merchants}}", given)
    assert got.value is None
    assert got.broken == '"Merchants" is not in the tool\'s answer: renamed, removed, or no longer visible'


@pytest.mark.parametrize("body", ["measure: {sum: points}", "where: [points: {gt: 3}]\nmeasure: count"])
def test_story_points_absent_from_every_item_break_the_measurement_as_any_field_does(body: str) -> None:
    got = value_of(body, [replace(item("PAY-1"), fields={}), replace(item("PAY-2"), fields={})])
    assert (got.value, got.lines) == (None, ())
    assert got.broken == '"points" is not in the tool\'s answer: renamed, removed, or no longer visible'


def test_story_points_that_are_null_everywhere_are_not_absent() -> None:
    got = value_of("measure: {sum: points}", [item("PAY-1"), replace(item("PAY-2"), fields={})])
    assert (got.value, got.broken, got.notes) == (Decimal(0), "", ("2 of 2 items have no story points",))


def test_a_field_that_some_kinds_of_item_do_not_have_is_no_number_there() -> None:
    given = [item("PAY-1", fields={}), item("PAY-2", fields={"Merchants": Decimal(3)})]
    got = value_of("measure: {sum: {field: Merchants}}", given)
    assert (got.value, got.broken, got.notes) == (Decimal(3), "", ('1 of 2 items has no "Merchants"',))


def test_a_field_absent_from_an_item_out_of_scope_breaks_nothing() -> None:
    given = [
        item("A", type="Bug", fields={}),
        item("B", "dropped", fields={}),
        item("C", fields={"Merchants": Decimal(1)}),
    ]
    got = value_of("where: [type: Story]\nmeasure: {sum: {field: Merchants}}", given)
    assert (got.value, got.broken) == (Decimal(1), "")


def test_a_field_that_holds_text_everywhere_breaks_a_sum() -> None:
    given = [item("A", fields={"Team": "Blue"}), item("B", fields={"Team": None}), item("C", fields={"Team": "Red"})]
    got = value_of("measure: {sum: {field: Team}}", given)
    assert (got.value, got.broken) == (None, '"Team" holds text, and sum wants a number: 2 of 3 items, A, C')


@pytest.mark.parametrize("hostile", ["NaN", "sNaN", "Infinity", "1E+999999", "1E-999999"])
def test_an_item_with_a_number_that_no_arithmetic_can_hold_is_set_aside_by_name(hostile: str) -> None:
    odd, plain = items(("todo", hostile), ("todo", 1))
    got = value_of("measure: {sum: points}", [odd, plain])
    assert (got.value, got.broken, got.set_aside) == (Decimal(1), "", (odd.ref,))
    (note,) = got.notes
    assert note.startswith('1 of 2 items is set aside, because "points" holds ')
    assert note.endswith(f": {odd.ref}")


def test_points_below_0_have_no_percentage() -> None:
    below, plain = items(("done", -1), ("todo", 2))
    got = value_of("measure: {percent: points}", [below, plain])
    assert (got.value, got.set_aside) == (Decimal(0), (below.ref,))
    assert got.notes == (
        '1 of 2 items is set aside, because "points" holds a number below 0, of which there is no percentage: '
        + below.ref,
    )


def test_what_cannot_be_read_is_set_aside_where_the_rule_needs_it_and_nothing_elsewhere() -> None:
    odd = replace(item("PAY-33"), points=None, fields={}, unreadable={"points": "found text"})
    given = [odd, replace(item("PAY-1"), points=Decimal(3), fields={"points": Decimal(3)})]
    summed = value_of("measure: {sum: points}", given)
    assert (summed.value, summed.set_aside) == (Decimal(3), ("PAY-33",))
    assert summed.notes == ('1 of 2 items is set aside, because "points" cannot be read: found text: PAY-33',)
    counted = value_of("measure: count", given)
    assert (counted.value, counted.set_aside, counted.notes) == (Decimal(2), (), ())


def test_an_item_that_a_rule_leaves_out_anyway_may_hold_what_it_likes() -> None:
    odd = replace(item("PAY-33", type="Bug"), points=None, fields={}, unreadable={"points": "found a list"})
    given = [odd, replace(item("PAY-1"), points=Decimal(3), fields={"points": Decimal(3)})]
    got = value_of("where: [type: Story]\nmeasure: {sum: points}", given)
    assert (got.value, got.set_aside, got.notes) == (Decimal(3), (), ())


def test_an_item_of_which_nobody_knows_where_it_stands_is_set_aside_by_every_measure() -> None:
    odd = replace(item("PAY-33"), unreadable={"state": "found null where a status was expected"})
    for measure in ("count", "{percent: items}", "{sum: points}"):
        given = [odd, item("PAY-1", "done", points=2)]
        assert value_of(f"measure: {measure}", given).set_aside == ("PAY-33",)


def test_nobody_knows_since_when_an_item_is_done_of_which_nobody_knows_whether_it_is() -> None:
    odd = replace(item("PAY-33"), unreadable={"state": "found a number"})
    got = value_of("where: [{done: {after: 2026-11-01}}]\nmeasure: count", [odd, item("PAY-1", "done")])
    assert got.set_aside == ("PAY-33",)


def test_at_most_five_items_are_named_and_the_others_counted() -> None:
    odd = [replace(item(f"PAY-{n}"), unreadable={"due": "found a number"}) for n in range(1, 9)]
    given = [*odd, replace(item("PAY-9"), due=date(2026, 10, 8))]
    (note,) = value_of("where: [due: {before: 2026-11-01}]\nmeasure: count", given).notes
    assert note.endswith(": PAY-1, PAY-2, PAY-3, PAY-4, PAY-5 and 3 more")


def test_text_that_is_plainly_a_number_is_one() -> None:
    given = [item("A", fields={"Size": "3"}), item("B", fields={"Size": " 2.5 "}), item("C", fields={"Size": "1e5"})]
    got = value_of("measure: {sum: {field: Size}}", given)
    assert (got.value, got.set_aside) == (Decimal("5.5"), ("C",))


def test_a_length_of_time_is_counted_in_the_unit_that_the_rule_names() -> None:
    given = [item("A", fields={"Time Spent": timedelta(hours=2)}), item("B", fields={"Time Spent": None})]
    for unit, value in (("minutes", "120"), ("hours", "2"), ("days", "0.25")):
        assert value_of(f"measure: {{sum: {{field: Time Spent, in: {unit}}}}}", given).value == Decimal(value)


def test_a_length_of_time_without_a_unit_is_no_number_and_says_what_to_write() -> None:
    got = value_of("measure: {sum: {field: Time Spent}}", [item("A", fields={"Time Spent": timedelta(hours=2)})])
    assert got.value is None
    assert "say in what unit, {field: Time Spent, in: hours}" in got.broken


def test_a_plain_number_is_counted_in_no_unit() -> None:
    got = value_of("measure: {sum: {field: Size, in: hours}}", [item("A", fields={"Size": Decimal(2)})])
    assert got.value is None
    assert "holds a plain number, which is not counted in hours" in got.broken


def test_each_line_tells_what_it_added_and_why() -> None:
    body = "where: [type: {not: Sub-task}]\nmeasure:\n  percent: points\n  credit:\n    doing: 0.5\n    done: 1\n"
    given = [
        *items(("done", 4), ("doing", 2), ("todo", 3), ("dropped", 1)),
        item("PAY-5", "done", 9, type="Sub-task"),
        item("PAY-6", "todo"),
    ]
    got = value_of(body, given)
    assert [(x.ref, x.group, x.reason, x.line, x.contribution) for x in got.lines] == [
        ("PAY-1", "counted", "Done, full credit", 9, Decimal(4)),
        ("PAY-2", "counted", "In Progress, half credit", 8, Decimal(1)),
        ("PAY-3", "open", "To Do, no credit yet", 6, Decimal(0)),
        ("PAY-4", "dropped", "Won't Do, dropped", 6, Decimal(0)),
        ("PAY-5", "left_out", "type is Sub-task", 4, Decimal(0)),
        ("PAY-6", "open", "To Do, no story points, counts as 0", 6, Decimal(0)),
    ]
    assert [line.amount for line in got.lines] == [Decimal(4), Decimal(2), Decimal(3), Decimal(1), Decimal(9), None]
    assert sum(line.contribution for line in got.lines) == got.numerator
