"""Asana through the hub: what a sync costs, counted where the requests leave, and what it ends with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.store import Store
from tests.flows.asana_house import AsanaHouse, open_asana_house


@pytest.fixture
def house(tmp_path: Path, store: Store) -> Iterator[AsanaHouse]:
    with open_asana_house(tmp_path, store) as made:
        yield made


def test_an_unchanged_project_costs_one_request_and_fifty_changed_tasks_five_more(house: AsanaHouse) -> None:
    gids = [house.asana.create(house.project, name=f"Task {n}") for n in range(120)]
    house.apply({"finished": "{project: Launch}"}, where="{state: done}")
    first = house.sync()
    assert (first.state, first.items, house.value("finished")) == ("done", 120, "0 fresh")
    house.clock.pass_(minutes=15)
    again = house.sync()
    assert (again.state, again.requests, again.items) == ("done", 1, 0)
    for gid in gids[:50]:
        house.asana.complete(gid)
    house.clock.pass_(minutes=15)
    changed = house.sync()
    assert (changed.state, changed.requests, changed.items) == ("done", 6, 50)
    assert house.value("finished") == "50 fresh"


def test_one_touched_task_costs_one_request(house: AsanaHouse) -> None:
    gids = [house.asana.create(house.project, name=f"Task {n}") for n in range(30)]
    house.apply({"finished": "{project: Launch}"}, where="{state: done}")
    house.sync()
    house.asana.complete(gids[7])
    house.touch(gids[7])
    done = house.sync(due=False)
    assert (done.state, done.requests, house.value("finished")) == ("done", 1, "1 fresh")


def test_a_project_that_was_taken_away_keeps_its_value_and_the_others_go_on(house: AsanaHouse) -> None:
    for project in (house.project, house.other):
        house.asana.create(project, name="Task")
    house.apply({"mine": "{project: Launch}", "theirs": "{project: Web shop}"})
    house.sync()
    house.asana.lock_project(house.project)
    house.asana.create(house.other, name="another")
    house.clock.pass_(minutes=15)
    assert house.sync().state == "done"
    assert (house.value("mine"), house.value("theirs")) == ("1 broken", "2 fresh")
    house.clock.pass_(minutes=15)
    house.sync()
    house.asana.lock_project(house.project, on=False)
    house.asana.create(house.project, name="meanwhile")
    house.clock.pass_(minutes=15)
    house.sync()
    assert (house.value("mine"), house.value("theirs")) == ("2 fresh", "2 fresh")


def test_a_goal_is_a_number_that_a_rule_sums(house: AsanaHouse) -> None:
    goal = house.asana.add_goal("Revenue", metric={"current_number_value": 8.5})
    house.apply({"revenue": "{goal: Revenue}"}, measure="{sum: {field: value}}")
    house.sync()
    assert house.value("revenue") == "8.5 fresh"
    house.asana.set_goal(goal, 9)
    house.clock.pass_(minutes=15)
    done = house.sync()
    assert (done.requests, house.value("revenue")) == (1, "9 fresh")


def test_a_token_that_ran_out_over_a_weekend_costs_a_full_read_and_loses_nothing(house: AsanaHouse) -> None:
    gids = [house.asana.create(house.project, name=f"Task {n}") for n in range(5)]
    house.apply({"all": "{project: Launch}", "tagged": "{project: Launch, section: Doing}"})
    house.sync()
    house.asana.delete(gids[0])
    house.clock.pass_(hours=60)
    house.asana.complete(gids[1])
    assert house.sync().state == "done"
    assert house.value("all") == "4 fresh"


@pytest.mark.parametrize("is_due", [True, False], ids=["on schedule", "by webhook"])
def test_the_note_says_whether_a_task_was_deleted_hidden_or_moved(house: AsanaHouse, is_due: bool) -> None:
    gids = [house.asana.create(house.project, name=f"Task {n}") for n in range(6)]
    house.apply({"all": "{project: Launch}"})
    house.sync()
    deleted, hidden, moved, _, _, _ = gids
    house.asana.delete(deleted)
    house.asana.hide(hidden)
    house.asana.add_to_project(moved, house.other)
    house.asana.remove_from_project(moved, house.project)
    house.clock.pass_(minutes=15)
    house.touch(*([] if is_due else gids))
    assert house.sync(due=is_due).state == "done"
    assert house.value("all") == "3 fresh"
    assert house.moves("all") == {
        deleted: "deleted in Asana",
        hidden: "not visible to the hub's account any more",
        moved: "moved out of the selection",
    }


def test_a_task_that_comes_out_of_the_trash_counts_again(house: AsanaHouse) -> None:
    gids = [house.asana.create(house.project, name=f"Task {n}") for n in range(3)]
    house.apply({"all": "{project: Launch}"})
    house.sync()
    for deed, value in ((house.asana.delete, "2 fresh"), (house.asana.restore, "3 fresh")):
        deed(gids[0])
        house.clock.pass_(minutes=15)
        house.sync()
        assert house.value("all") == value


def test_of_a_tag_that_no_event_tells_of_the_note_says_it_as_well(house: AsanaHouse) -> None:
    tag = house.asana.add_tag("okr")
    gids = [house.asana.create(house.project, name=f"Task {n}", tags=[tag]) for n in range(6)]
    house.apply({"tagged": "{tag: okr}"})
    house.sync()
    deleted, hidden, moved, _, _, _ = gids
    house.asana.delete(deleted)
    house.asana.hide(hidden)
    house.asana.tag(moved, tag, on=False)
    house.clock.pass_(minutes=15)
    done = house.sync()
    assert (done.state, done.requests, house.value("tagged")) == ("done", 2, "3 fresh")
    assert house.moves("tagged") == {
        deleted: "deleted in Asana",
        hidden: "not visible to the hub's account any more",
        moved: "moved out of the selection",
    }
