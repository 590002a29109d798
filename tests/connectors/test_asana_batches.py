"""Answers that hold what nobody asked for: no task joins or goes by them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from connectors.errors import Unexpected
from tests.connectors.asana_office import Office, items_of, open_office


@pytest.fixture
def office() -> Iterator[Office]:
    with open_office() as made:
        yield made


def bent(change: Callable[[list[Any]], object]) -> Callable[[bytes], bytes]:
    def bend(body: bytes) -> bytes:
        answer = json.loads(body)
        change(answer["data"])
        return json.dumps(answer).encode()

    return bend


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda results: results[0]["body"]["data"].update(gid="1299"), "answered with task 1299"),
        (lambda results: results.reverse(), "answered with task"),
        (lambda results: results.append(results[0]), "2 actions asked, 3 answered"),
        (lambda results: results.pop(), "2 actions asked, 1 answered"),
        (lambda results: results[0].update(body={"data": None}), "expected an object, found null"),
        (lambda results: results[0]["body"]["data"].pop("gid"), "gid: it is missing"),
        (lambda results: results[0]["body"]["data"].update(gid=7), "gid: found a number where text was expected"),
    ],
)
def test_a_batch_that_answers_with_other_tasks_is_refused(
    office: Office, change: Callable[[list[Any]], object], said: str
) -> None:
    gids = office.fill(2)
    scope = office.scope()
    office.begin(scope)
    office.asana.faults.bend_next(1, bent(change), path="/batch")
    with pytest.raises(Unexpected, match=said):
        office.changes([scope], None, *gids)


def test_a_page_with_one_task_twice_is_refused(office: Office) -> None:
    office.fill(2)
    scope = office.scope()
    office.asana.faults.bend_next(1, bent(lambda tasks: tasks.append(tasks[0])), path="/tasks")
    with pytest.raises(Unexpected, match="is there twice"):
        office.read(scope)


def test_a_sub_task_is_below_the_task_that_it_was_listed_for_whatever_it_says(office: Office) -> None:
    (parent,) = office.fill(1)
    child = office.asana.create(name="below", parent=parent)
    office.asana.odd[child] = {"parent": {"gid": "1299", "name": "another"}}
    found = items_of(office.read(office.scope(project="Launch", subtasks="yes")))[child]
    assert (found.parent, list(found.unreadable)) == (parent, ["parent"])


def test_a_goal_that_nobody_asked_for_is_refused_and_one_without_a_number_says_so(office: Office) -> None:
    goal = office.asana.add_goal("Revenue", metric={"current_number_value": 5, "unit": "none"})
    scope = office.scope("value", goal=goal)
    office.asana.faults.bend_next(1, bent(lambda results: results[0]["body"]["data"].update(gid="1299")), path="/batch")
    with pytest.raises(Unexpected, match="answered with goal 1299"):
        office.read(scope)
    odd = bent(lambda results: results[0]["body"]["data"]["metric"].update(current_number_value="five"))
    office.asana.faults.bend_next(1, odd, path="/batch")
    (item,) = items_of(office.read(scope)).values()
    assert (item.fields, item.unreadable) == ({}, {"value": "found text where a number was expected"})
