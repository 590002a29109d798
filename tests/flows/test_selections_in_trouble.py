"""A selection for which the tool answers 5xx, or nothing: it keeps its value, and the others have their turn.

What is about who is asked, and not about what is stored, is tried on SQLite alone.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from werkzeug.wrappers import Request, Response

from connectors.sandbox.server import AnswerLostError
from hub.flows.sync import flow
from hub.flows.sync.round import AGAIN
from hub.model.kinds import Freshness
from hub.store import selected
from tests.flows.house import House, rule
from tests.flows.killed import killed_at

NAMES = ("one", "two", "three", "four")
KEY_RESULTS = [f"{{key_result: {name}, title: {name.title()}, kind: reach, target: 10}}" for name in NAMES]
RULES = [rule(name, f"project = PAY AND labels = {name}", "count", "{state: done}") for name in NAMES]
UNBOUND = [rule(name, f"labels = {name}", "count", "{state: done}") for name in NAMES]


class Trouble:
    """Jira has trouble with the searches that say one of these words."""

    def __init__(self, house: House, *words: str) -> None:
        self.words = set(words)
        self.searches: list[str] = []  # whose searches came, in their order; repeats of the wire's count once
        self.cuts = False
        self._app = house.jira.app
        routes = self._app._routes
        self._app._routes = [(m, p, self.search if "search/jql" in p.pattern else a) for m, p, a in routes]

    def search(self, request: Request, version: int) -> Response:
        said = request.get_data(as_text=True)
        whose = " ".join(name for name in NAMES if f"labels = {name}" in said)
        if self.searches[-1:] != [whose]:
            self.searches.append(whose)
        if any(word in whose.split() for word in self.words):
            if self.cuts:
                raise AnswerLostError
            return Response('{"errorMessages": ["Ask again later."]}', 503, content_type="application/json")
        return self._app.search(request, version)

    def seen(self) -> list[str]:
        """Return whose searches came since the last look."""
        found, self.searches = self.searches, []
        return found


def open_with(house: House, number: int, rules: list[str] = RULES) -> None:
    """Apply so many key results, each on a selection of its own with one story done and one to do."""
    house.apply(rules[:number], KEY_RESULTS[:number])
    for name in NAMES[:number]:
        for status in ("Done", "To Do"):
            house.jira.create("PAY", summary=f"A story of {name}", status=status, labels=[name])


def values(house: House, number: int) -> list[str]:
    return [house.value(name) for name in NAMES[:number]]


@pytest.mark.parametrize("cuts", [False, True], ids=["503", "no answer"])
def test_a_selection_in_trouble_keeps_no_other_from_its_first_read(house: House, cuts: bool) -> None:
    open_with(house, 3)
    trouble = Trouble(house, "one")
    trouble.cuts = cuts
    done = house.sync()
    assert (done.state, values(house, 3)) == ("waiting", ["None waiting", "1 fresh", "1 fresh"])
    assert "labels = one" in house.connection.problem
    assert house.connection.paused_until == house.clock() + timedelta(seconds=60)
    assert trouble.seen() == ["one", "two", "three"]
    house.clock.pass_(minutes=2)
    assert house.sync(due=False).state == "waiting"
    trouble.words.clear()
    house.clock.pass_(minutes=2)
    assert house.sync(due=False).state == "done"
    assert (house.connection.problem, values(house, 3)) == ("", ["1 fresh"] * 3)


def test_what_the_others_hold_goes_on_to_move_and_to_be_fresh(house: House) -> None:
    open_with(house, 2)
    Trouble(house, "one")
    house.sync()
    house.clock.pass_(minutes=40)
    house.finish("PAY-4")
    assert house.sync(due=False).state == "waiting"
    assert values(house, 2) == ["None waiting", "2 fresh"]
    house.clock.pass_(minutes=40)
    house.sync(due=False)  # nothing moved: what was seen whole is as fresh as this read
    assert house.key_result("two").freshness_at(house.clock())[0] is Freshness.FRESH
    assert house.key_result("two").standing.checked_at == house.clock()


def test_a_tool_that_is_down_is_knocked_at_for_two_of_them_and_no_more(sqlite_house: House) -> None:
    house = sqlite_house
    open_with(house, 4)
    trouble = Trouble(house, *NAMES)
    done = house.sync()
    assert (done.state, done.requests) == ("waiting", house.jira.count())
    assert trouble.seen() == ["one", "two"]
    assert house.jira.count("search/jql") == 8  # four tries each, which the wire makes


def test_those_in_trouble_come_last_the_next_time(house: House) -> None:
    open_with(house, 3)
    trouble = Trouble(house, "one", "two")
    assert house.sync().state == "waiting"
    assert (trouble.seen(), values(house, 3)) == (["one", "two"], ["None waiting"] * 3)
    house.clock.pass_(minutes=2)
    assert house.sync(due=False).state == "waiting"
    assert trouble.seen() == ["three", "one", "two"]
    assert values(house, 3) == ["None waiting", "None waiting", "1 fresh"]
    house.finish("PAY-6")
    house.ring("PAY-6")
    house.clock.pass_(minutes=2)
    assert house.sync(due=False).state == "waiting"
    assert (house.value("three"), house.touched()) == ("2 fresh", {})


def test_who_had_no_turn_because_the_tool_seemed_down_comes_before_those_who_had(house: House) -> None:
    open_with(house, 3)
    trouble = Trouble(house, "three")
    house.sync()
    house.apply(RULES[:3], KEY_RESULTS[:3])
    with house.store.write() as tx:
        for one in house.selections()[:2]:
            selected.note_selection(tx, one.id, joined_at=None, problem="in trouble before")
    trouble.words = {"one", "two"}
    house.clock.pass_(minutes=2)
    trouble.seen()
    house.sync()
    assert "three" not in trouble.seen()
    house.clock.pass_(minutes=2)
    house.sync()
    assert values(house, 3)[2] == "1 fresh"


@pytest.mark.parametrize("headers", [{"Retry-After": "600"}, {}], ids=["so long", "without a word"])
def test_a_wait_that_the_tool_asks_for_ends_the_read_for_all(sqlite_house: House, headers: dict[str, str]) -> None:
    house = sqlite_house
    open_with(house, 3)
    trouble = Trouble(house)
    house.jira.fail_next(4, 429, headers, path="search/jql")
    done = house.sync()
    assert (done.state, trouble.seen()) == ("waiting", [])
    assert house.jira.count("search/jql") == (1 if headers else 4)
    assert house.connection.paused_until == house.clock() + timedelta(seconds=600 if headers else 1)  # Jira's window


def test_a_daily_read_in_trouble_costs_no_value_and_is_made_an_hour_later(house: House) -> None:
    open_with(house, 2)
    house.sync()
    house.clock.pass_(hours=25)
    house.finish("PAY-2", "PAY-4")
    trouble = Trouble(house, "one")
    assert house.sync().state == "waiting"
    assert values(house, 2) == ["2 fresh", "2 fresh"]  # what changed is swept, and no part of a daily read was stored
    trouble.seen()
    house.clock.pass_(minutes=15)
    assert house.sync().state == "done"
    assert "one" not in trouble.seen()
    trouble.words.clear()
    house.clock.at += AGAIN
    assert house.sync().state == "done"
    assert "one" in trouble.seen()
    house.clock.pass_(minutes=15)
    house.sync()
    assert "one" not in trouble.seen()


def test_what_was_read_short_stays_in_doubt_while_it_is_in_trouble(sqlite_house: House) -> None:
    house = sqlite_house
    open_with(house, 2)
    house.sync()
    with house.store.write() as tx:
        selected.note_selection(tx, house.selections()[0].id, problem="read 1 of 2 items")
    trouble = Trouble(house, "one")
    house.finish("PAY-2")
    house.clock.pass_(minutes=15)
    assert house.sync().state == "waiting"
    assert values(house, 2) == ["1 partial", "1 fresh"]
    trouble.words.clear()
    house.clock.pass_(minutes=15)
    assert house.sync().state == "done"
    assert values(house, 2) == ["2 fresh", "1 fresh"]


def test_a_first_read_that_gets_no_further_does_not_hold_the_others_changes_back(house: House) -> None:
    open_with(house, 2)
    house.sync()
    stuck = [house.jira.create("PAY", summary="Many", labels=["three"]) for _ in range(101)]
    house.jira.app.unreadable.add(house.jira.by_key[stuck[100]].id)
    house.apply(RULES[:3], KEY_RESULTS[:3])
    house.clock.pass_(minutes=15)
    assert house.sync().state == "waiting"
    third = house.selections()[2]
    assert third.cursor is not None  # a hundred were read: next time it goes on from here
    house.clock.pass_(minutes=15)
    held = house.connection.cursor
    assert house.sync().state == "waiting"
    assert house.connection.cursor == held
    assert house.selections()[2].cursor is None  # not one more: from the start, and the cursor is free
    house.clock.pass_(minutes=15)
    house.sync()
    assert house.connection.cursor != held
    house.jira.app.unreadable.clear()
    house.finish("PAY-2", stuck[0], stuck[100])
    for _ in range(2):
        house.clock.pass_(minutes=15)
        house.sync()
    assert values(house, 3) == ["2 fresh", "1 fresh", "2 fresh"]


def test_one_in_trouble_does_not_keep_the_others_from_being_swept(house: House) -> None:
    open_with(house, 3, UNBOUND)
    house.sync()
    trouble = Trouble(house, "two")
    house.finish("PAY-2", "PAY-4", "PAY-6")
    house.ring("PAY-6")
    for _ in range(4):  # one sweep asks for all at once: whose the trouble is shows when each is swept by itself
        house.clock.pass_(minutes=2)
        assert house.sync().state == "waiting"
    assert values(house, 3)[0::2] == ["2 fresh", "2 fresh"]
    two = house.key_result("two").standing
    assert (str(two.value), two.freshness) == ("1", Freshness.FRESH)  # and stale in time, as nobody looks at it
    assert house.touched() == {}
    held = house.connection.cursor
    house.jira.transition("PAY-6", "To Do")
    house.clock.pass_(minutes=2)
    house.sync()
    assert (values(house, 3)[0::2], house.connection.cursor != held) == (["2 fresh", "1 fresh"], True)
    trouble.words.clear()
    house.clock.pass_(minutes=2)
    assert house.sync().state == "done"
    assert values(house, 3) == ["2 fresh", "2 fresh", "1 fresh"]


def test_an_issue_that_cannot_be_read_keeps_only_its_own_selection_from_being_swept(sqlite_house: House) -> None:
    house = sqlite_house
    open_with(house, 3, UNBOUND)
    house.sync()
    house.finish("PAY-2", "PAY-4", "PAY-6")
    house.ring("PAY-4")
    house.jira.app.unreadable.add(house.jira.by_key["PAY-4"].id)
    for _ in range(4):
        house.clock.pass_(minutes=2)
        assert house.sync().state == "waiting"
    assert values(house, 3) == ["2 fresh", "1 fresh", "2 fresh"]
    assert house.touched() == {}
    house.jira.app.unreadable.clear()
    house.clock.pass_(minutes=2)
    assert house.sync().state == "done"
    assert values(house, 3) == ["2 fresh"] * 3


def test_while_the_tool_is_down_nobody_leaves_the_sweep(sqlite_house: House) -> None:
    house = sqlite_house
    open_with(house, 3, UNBOUND)
    house.sync()
    trouble = Trouble(house, *NAMES)
    house.finish("PAY-2")
    for _ in range(5):
        house.clock.pass_(minutes=2)
        asked = house.jira.count("search/jql")
        assert house.sync().state == "waiting"
        assert house.jira.count("search/jql") - asked <= 8
    assert all(one.joined_at is not None and not one.problem for one in house.selections())
    trouble.words.clear()
    house.clock.pass_(minutes=2)
    assert house.sync().state == "done"
    assert values(house, 3) == ["2 fresh", "1 fresh", "1 fresh"]


def test_a_reader_killed_after_the_trouble_leaves_the_values_of_the_others_to_the_next(
    house: House,
) -> None:
    open_with(house, 3)
    trouble = Trouble(house, "one")

    with killed_at(flow, "evaluate_selections") as patch:
        patch.setattr(flow._Run, "abandon", lambda *_: None)
        house.sync()
    trouble.seen()
    house.clock.pass_(seconds=121)
    assert house.sync(due=False).state == "waiting"
    assert values(house, 3) == ["None waiting", "1 fresh", "1 fresh"]
    assert trouble.seen()[-1] == "one"
    assert [one.value for one in house.measurements("two") if not one.is_approximate] == [1]
