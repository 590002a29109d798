"""Check-ins and milestones of the files: each taken once, on its own day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hub.flows.plan.diff import Change
from hub.store.check_ins import check_ins_of
from tests.plan.company import OKRS_FILE, Workspace, feeds


def test_a_check_in_is_taken_once_and_one_of_the_future_waits(applied: Workspace) -> None:
    later = "2026-11-19, value: 2.3, by: mira@acme.test, note: One acquirer declines}\n"
    change = (OKRS_FILE, later, f"{later}          - {{on: 2026-11-24, value: 1.9}}\n")
    assert applied.plan(change).is_clean
    applied.apply(change)
    assert applied.key_result("pay/failed").standing.value == Decimal("2.3")
    applied.now += timedelta(hours=13)  # in Berlin it is the 24th
    found = applied.plan(change)
    assert found.changes == (Change("create", "check-in", "pay/failed", (("2026-11-24", "", "1.9"),)),)
    assert [(one.value, one.new_value) for one in found.outlooks if one.key == "pay/failed"] == [
        (Decimal("2.3"), Decimal("1.9"))
    ]
    applied.apply(change)
    applied.apply(change)
    with applied.store.read() as tx:
        said = check_ins_of(tx, applied.key_result("pay/failed").id)
    assert [one.provided_as for one in said] == ["file:2026-10-08", "file:2026-11-19", "file:2026-11-24"]
    assert said[-1].at == applied.now  # it is not noon yet: nobody speaks from the future
    assert said[0].at == datetime(2026, 10, 8, 10, 0, tzinfo=UTC)  # noon in Berlin, in summer
    assert said[1].at == datetime(2026, 11, 19, 11, 0, tzinfo=UTC)
    assert len(applied.measurements("pay/failed")) == 3


def test_check_ins_become_measurements_of_their_own_day_and_the_last_one_stands(applied: Workspace) -> None:
    assert applied.measurements("pay/failed") == [
        (datetime(2026, 10, 8, 10, 0, tzinfo=UTC), Decimal("2.4")),
        (datetime(2026, 11, 19, 11, 0, tzinfo=UTC), Decimal("2.3")),
    ]
    standing = applied.key_result("pay/failed").standing
    assert (standing.value, standing.checked_at, standing.measured_at) == (
        Decimal("2.3"),
        datetime(2026, 11, 19, 11, 0, tzinfo=UTC),
        datetime(2026, 11, 19, 11, 0, tzinfo=UTC),
    )


def test_a_check_in_handed_in_late_fills_the_past_and_leaves_the_value(applied: Workspace) -> None:
    early = "        check_ins:\n"
    applied.apply((OKRS_FILE, early, f"{early}          - {{on: 2026-10-15, value: 2.38}}\n"))
    assert [value for _, value in applied.measurements("pay/failed")] == [
        Decimal("2.4"),
        Decimal("2.38"),
        Decimal("2.3"),
    ]
    assert applied.key_result("pay/failed").standing.value == Decimal("2.3")


def test_a_check_in_with_a_note_alone_leaves_the_value(applied: Workspace) -> None:
    last = "note: One acquirer declines}\n"
    applied.apply((OKRS_FILE, last, f"{last}          - {{on: 2026-11-23, note: No news}}\n"))
    assert len(applied.measurements("pay/failed")) == 2
    assert applied.key_result("pay/failed").standing.value == Decimal("2.3")


def test_milestones_carry_the_value_and_applying_again_adds_nothing(files: Workspace) -> None:
    change = feeds("name: one, done_on: 2026-11-02", "name: two, done_on: 2026-11-30", "name: three, weight: 2")
    files.apply(change)
    assert files.measurements("pay/failed") == [(datetime(2026, 11, 2, 11, 0, tzinfo=UTC), Decimal(1))]
    for _ in range(2):
        files.now += timedelta(hours=1)
        files.apply(change)
    assert len(files.measurements("pay/failed")) == 1
    assert files.key_result("pay/failed").standing.progress == Decimal("0.25")


def test_milestones_of_which_none_is_done_are_written_once(files: Workspace) -> None:
    for _ in range(3):
        files.apply(feeds("name: one", "name: two"))
        files.now += timedelta(hours=1)
    assert [value for _, value in files.measurements("pay/failed")] == [Decimal(0)]


def test_a_milestone_that_is_done_is_shown_by_its_name(files: Workspace) -> None:
    files.apply(feeds("name: one", "name: two"))
    change = feeds("name: one", "name: two, done_on: 2026-11-20")
    found = files.plan(change)
    assert found.changes == (
        Change("change", "key result", "pay/failed", (("milestones.two", "open", "done on 2026-11-20"),)),
    )
    assert [(one.value, one.new_value) for one in found.outlooks if one.key == "pay/failed"] == [(0, 1)]
    files.apply(change)
    assert files.measurements("pay/failed")[0] == (datetime(2026, 11, 20, 11, 0, tzinfo=UTC), Decimal(1))


def test_a_check_in_corrected_after_it_was_taken_is_said_in_words_and_not_taken(applied: Workspace) -> None:
    later = "2026-11-19, value: 2.3, by: mira@acme.test, note: One acquirer declines}"
    change = (OKRS_FILE, later, later.replace("2.3", "2.1"))
    told = (
        "pay/failed: the check-in of 2026-11-19 was taken as 2.3, and the file now says 2.1. What was said stays said: "
        "write a check-in for another day with what is right"
    )
    assert applied.plan().ignored == ()
    found = applied.plan(change)
    assert (found.is_clean, found.ignored) == (True, (told,))
    assert applied.apply(change).ignored == (told,)
    assert applied.key_result("pay/failed").standing.value == Decimal("2.3")
    reworded = (OKRS_FILE, later, later.replace("One acquirer", "An acquirer"))
    (told,) = applied.plan(reworded).ignored
    assert "was taken with other words" in told
