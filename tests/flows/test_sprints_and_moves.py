"""What is there on a real site and looks like a loss: a board between two sprints, an epic that moved."""

from __future__ import annotations

import pytest

from hub.model.reasons import Reason
from tests.flows.house import FINISHED, House, rule

SPRINT = "{board: Payments, sprint: active}"
BELOW = "project in (PAY, WEB)"


def next_read(house: House, minutes: float = 15) -> str:
    house.clock.pass_(minutes=minutes)
    assert house.sync(due=False).state == "done"
    return house.value()


@pytest.fixture
def sprint(house: House) -> House:
    """A board with a sprint of six, five of them done, and the next one planned."""
    board = house.jira.add_board("Payments", house.jira.add_filter("All", "project = PAY"))
    house.jira.add_sprint(board, "Sprint 1")
    house.jira.add_sprint(board, "Sprint 2", state="future")
    for key in house.stories(6, done=5):
        house.jira.edit(key, sprint=31)
    house.apply((rule("finished", SPRINT, "count", "{state: done}"),), (FINISHED,))
    house.sync()
    assert house.value() == "5 fresh"
    return house


def test_between_two_sprints_the_last_value_stands_and_why_is_said(sprint: House) -> None:
    sprint.jira.set_sprint(31, "closed")
    for _ in range(3):
        assert next_read(sprint) == "5 stale"
    standing = sprint.key_result().standing
    assert standing.freshness_code == Reason.RESTING
    assert "no active sprint now: the value of the last one stands" in standing.freshness_note
    assert (sprint.connection.state, sprint.connection.problem) == ("ok", "")


def test_what_changes_between_two_sprints_moves_nothing(sprint: House) -> None:
    sprint.jira.set_sprint(31, "closed")
    assert next_read(sprint) == "5 stale"
    sprint.finish("PAY-6")
    sprint.jira.delete("PAY-1")
    assert sprint.ring("PAY-6").status < 300
    sprint.sync(due=False)
    assert next_read(sprint) == "5 stale"


def test_the_next_sprint_is_read_as_soon_as_it_begins(sprint: House) -> None:
    sprint.jira.set_sprint(31, "closed")
    next_read(sprint)
    for key in ("PAY-5", "PAY-6"):
        sprint.jira.edit(key, sprint=32)
    sprint.jira.set_sprint(32, "active")
    next_read(sprint)
    standing = sprint.key_result().standing
    assert (standing.automatic_value, standing.held) == (1, None) or (
        standing.held is not None and standing.held.value == 1
    )


def test_a_board_that_rests_stops_no_other_key_result(sprint: House) -> None:
    sprint.apply(
        (
            rule("finished", SPRINT, "count", "{state: done}"),
            rule("points", "project = PAY AND labels = okr", "{sum: points}", "{state: done}"),
        ),
        (FINISHED, "{key_result: points, title: Thirty points, kind: reach, target: 30}"),
    )
    sprint.sync()
    sprint.clock.pass_(minutes=1)
    sprint.jira.set_sprint(31, "closed")
    sprint.finish("PAY-6")
    assert next_read(sprint) == "5 stale"
    assert sprint.value("points") == "18 fresh"


def test_a_board_without_a_sprint_when_it_is_first_read_waits_for_one_and_says_so(house: House) -> None:
    house.jira.add_board("Payments", house.jira.add_filter("All", "project = PAY"))
    house.stories(2)
    house.apply((rule("finished", SPRINT, "count"),), (FINISHED,))
    assert house.sync().state == "done"
    standing = house.key_result().standing
    assert standing.value is None
    assert "no active sprint" in standing.freshness_note


def test_resting_costs_one_request_more_and_no_reads(sprint: House) -> None:
    sprint.jira.set_sprint(31, "closed")
    next_read(sprint)
    before = len(sprint.jira.requests)
    next_read(sprint)
    assert len(sprint.jira.requests) - before <= 2


@pytest.fixture
def epic(house: House) -> House:
    """An epic with six stories of which four are done."""
    house.jira.create("PAY", summary="Checkout", type="Epic")
    for n in range(6):
        key = house.jira.create("PAY", summary=f"Story {n}", parent="PAY-1")
        if n < 4:
            house.finish(key)
    house.apply((rule("finished", BELOW, "count", "{parent: PAY-1}, {state: done}"),), (FINISHED,))
    house.clock.pass_(hours=1)
    house.sync()
    assert house.value() == "4 fresh"
    return house


def touch_all(house: House) -> None:
    for n in range(2, 8):
        house.jira.edit(f"PAY-{n}", summary="touched")


def test_a_former_key_keeps_its_meaning_when_its_epic_moves(epic: House) -> None:
    assert epic.jira.move("PAY-1", "WEB") == "WEB-1"
    assert next_read(epic) == "4 fresh"
    touch_all(epic)
    assert next_read(epic) == "4 fresh"
    epic.finish("PAY-6")
    assert next_read(epic) == "5 fresh"


def test_a_former_key_keeps_its_meaning_after_many_moves_and_a_full_read(epic: House) -> None:
    epic.jira.move("PAY-1", "WEB")
    touch_all(epic)
    assert next_read(epic) == "4 fresh"
    epic.jira.move("WEB-1", "PAY")
    touch_all(epic)
    assert next_read(epic) == "4 fresh"
    epic.jira.move("PAY-8", "WEB")
    assert next_read(epic, minutes=25 * 60) == "4 fresh"


def test_a_rule_that_is_written_with_a_former_key_counts_from_the_first_read(house: House) -> None:
    house.jira.create("PAY", summary="Checkout", type="Epic")
    house.finish(house.jira.create("PAY", summary="Story", parent="PAY-1"))
    house.jira.move("PAY-1", "WEB")
    house.apply((rule("finished", BELOW, "count", "{parent: PAY-1}, {state: done}"),), (FINISHED,))
    house.sync()
    assert house.value() == "1 fresh"


def test_a_rule_that_comes_to_name_a_former_key_counts_it_too(epic: House) -> None:
    epic.jira.move("PAY-1", "WEB")
    touch_all(epic)
    epic.apply((rule("finished", BELOW, "count", "{parent: [PAY-1, PAY-99]}, {state: done}"),), (FINISHED,))
    epic.sync()
    assert epic.value() == "4 fresh"


def test_an_issue_that_a_rule_names_by_its_former_key_is_found(house: House) -> None:
    (key,) = house.stories(1, done=1)
    house.apply((rule("finished", BELOW, "count", f"{{ref: {key}}}"),), (FINISHED,))
    house.sync()
    assert house.value() == "1 fresh"
    house.jira.move(key, "WEB")
    assert next_read(house) == "1 fresh"


def test_names_are_asked_for_in_one_request_and_only_when_something_was_read(epic: House) -> None:
    next_read(epic)
    before = epic.jira.count("/issue/bulkfetch")
    next_read(epic)
    assert epic.jira.count("/issue/bulkfetch") == before
    epic.jira.edit("PAY-2", summary="touched")
    next_read(epic)
    assert epic.jira.count("/issue/bulkfetch") == before + 2  # the issue, and what PAY-1 is called now
