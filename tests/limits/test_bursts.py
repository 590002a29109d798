"""Many reads at once of each tool under its vendor's limits; `python -m tests.bench limits` asserts 500 of each."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from tests.limits.burst import Clock
from tests.limits.tools import TOOLS, Tool, asana, jira, planner, trello

Opened = Callable[[Clock], AbstractContextManager[Tool]]


@pytest.mark.parametrize(("open_tool", "reads"), [(jira, 500), (trello, 220), (asana, 30), (planner, 30)])
def test_a_burst_of_reads_ends_without_one_refusal(open_tool: Opened, reads: int) -> None:
    with open_tool(Clock()) as tool:
        done = tool.crew.run([("all", tool.read)] * reads)
        counted = tool.crew.counter.take()
    assert len(done.ended["all"]) == reads
    assert counted["throttled"] == 0
    assert counted["requests"] >= reads
    assert done.longest_go <= 8.5


@pytest.mark.parametrize("open_tool", TOOLS, ids=[one.__name__ for one in TOOLS])
def test_after_a_first_refusal_that_somebody_else_brought_about_there_is_no_other(open_tool: Opened) -> None:
    with open_tool(Clock()) as tool:
        tool.somebody_else_asks()
        done = tool.crew.run([("all", tool.read)] * 60)
        counted = tool.crew.counter.take()
    assert len(done.ended["all"]) == 60
    assert counted["throttled"] == 1


def test_a_free_plan_of_asana_that_allows_a_tenth_refuses_once() -> None:
    with asana(Clock(), most=150) as tool:
        done = tool.crew.run([("all", tool.read)] * 200)
        counted = tool.crew.counter.take()
    assert len(done.ended["all"]) == 200
    assert counted["throttled"] == 1


def test_an_hour_that_is_used_up_is_waited_for_once_and_holds_nobody_else_up() -> None:
    clock = Clock()
    with jira(clock, points=100) as here, jira(clock) as elsewhere:
        elsewhere.crew.ledger = here.crew.ledger
        done = here.crew.run([("here", here.read)] * 80 + [("elsewhere", elsewhere.read)] * 30)
        refused = here.crew.counter.take()["throttled"]
    assert (len(done.ended["here"]), len(done.ended["elsewhere"])) == (80, 30)
    assert refused == 1
    assert max(done.ended["elsewhere"]) < 60 < max(done.ended["here"])
