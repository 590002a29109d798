"""What a read costs, counted where the requests leave."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hub.store import counts
from tests.flows.house import OKR, House, rule

ONE = (rule("finished", OKR, "count", "{state: done}"),)
SHARED = (*ONE, rule("points", OKR, "{sum: points}", "{state: done}"))


def ceil(number: int, by: int) -> int:
    return -(-number // by)


def fill(house: House, number: int) -> None:
    at = house.clock() - timedelta(days=1)
    for _ in range(number):
        house.jira.create("PAY", summary="Story", labels=["okr"], points=1, created=at)


@pytest.mark.parametrize("number", [0, 1, 100, 101])
def test_a_first_read_takes_the_ids_by_five_thousand_and_the_bodies_by_the_hundred(house: House, number: int) -> None:
    house.apply(SHARED)
    fill(house, number)
    done = house.sync()
    assert (done.state, done.items) == ("done", number)
    assert done.requests == house.jira.count()
    assert done.requests <= ceil(number, 5000) + ceil(number, 100) + 3


def test_a_first_read_of_5001_issues_takes_two_pages_of_ids_and_51_of_bodies(house: House) -> None:
    house.apply(ONE)
    fill(house, 5001)
    done = house.sync()
    assert (done.state, done.items) == ("done", 5001)
    assert house.jira.count("/search/jql") == 2
    assert house.jira.count("/issue/bulkfetch") == 51
    assert done.requests <= 2 + 51 + 3
    house.clock.pass_(minutes=15)
    again = house.sync()
    assert (again.state, again.items) == ("done", 0)
    assert again.requests <= 3  # one search for changes, two pages of ids


def test_an_unchanged_selection_is_read_again_with_two_requests(house: House) -> None:
    house.apply(SHARED)
    house.stories(130, done=3)
    house.sync()
    for _ in range(3):
        house.clock.pass_(minutes=15)
        again = house.sync()
        assert (again.state, again.items, again.recorded) == ("done", 0, ())
        assert again.requests <= 2


def test_two_key_results_on_one_selection_share_one_read(house: House) -> None:
    house.apply(SHARED)
    house.stories(7, done=2)
    done = house.sync()
    assert {one.key for one in done.recorded} == {"ship/finished", "ship/points"}
    assert house.jira.count("/search/jql") == 1
    assert house.jira.count("/issue/bulkfetch") == 1


def test_queries_that_differ_only_in_their_order_share_one_read(house: House) -> None:
    house.apply((*ONE, rule("points", f"{OKR} ORDER BY created", "{sum: points}", "{state: done}")))
    house.stories(3, done=1)
    done = house.sync()
    assert (house.value("finished"), house.value("points")) == ("1 fresh", "3 fresh")
    assert house.jira.count("/issue/bulkfetch") == 1
    assert done.items == 3


def test_one_touched_issue_costs_two_requests(house: House) -> None:
    keys = house.stories(130, done=3)
    house.sync()
    house.finish(keys[60])
    house.ring(keys[60])
    done = house.sync(due=False)
    assert (done.state, done.items) == ("done", 1)
    assert done.requests <= 2
    assert house.value() == "4 fresh"


def test_nothing_due_and_nothing_touched_asks_nothing(house: House) -> None:
    house.stories(3)
    house.sync()
    before = house.jira.count()
    done = house.sync(due=False)
    assert (done.state, done.requests) == ("done", 0)
    assert house.jira.count() == before


def test_the_counter_of_the_store_is_what_jira_was_asked(house: House) -> None:
    keys = house.stories(5, done=1)
    house.sync()
    house.ring(keys[0])
    house.sync(due=False)
    house.jira.fail_next(1, 503)
    house.sync()
    with house.store.read() as tx:
        counted = counts.counted(tx, "requests")
    assert counted == {"jira-main": house.jira.count()}
