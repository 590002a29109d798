"""Every fault of a channel, through real HTTP: which letters wait, which are dropped, and what is told in the end."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from werkzeug.wrappers import Response

from connectors.sandbox.posts import PostingSandbox
from tests.flows.house import FINISHED, FINISHED_RULE, House

SLUGS = ("a-teams", "b-hook", "c-bot")
Order = Callable[[Callable[[], Response]], Response]


def answers(status: int, body: str = "", kind: str = "application/json", **headers: str) -> Order:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _truly: Response(body, status, named, content_type=kind)


PAGE = "<!doctype html><title>Log in to the guest network</title>"
# the fault, and how the letter and its channel stand afterwards
WAITS = {
    "429, seconds": (answers(429, "{}", Retry_After="120"), 120),
    "a sign-in page": (answers(200, PAGE, "text/html"), 5),
}
UNSURE = {"500": answers(500, "{}"), "502, a page": answers(502, PAGE, "text/html")}
STOPS = {"401": (answers(401, "{}"), "off"), "404": (answers(404, "{}"), "gone"), "410": (answers(410, "{}"), "gone")}
REFUSES = {"418": answers(418, "{}"), "302": answers(302, "", Location="http://127.0.0.1:1/")}


@pytest.fixture
def letters(house: House) -> House:
    """A house with one change that three channels are to be told."""
    house.apply((FINISHED_RULE,), (FINISHED,))
    keys = house.stories(6, done=4)
    house.sync()
    house.clock.pass_(minutes=15)
    house.jira.transition(keys[0], "To Do")
    house.sync()
    assert house.unsettled() == 3
    return house


def tool_of(house: House, slug: str) -> PostingSandbox:
    return house.teams if slug == "a-teams" else house.slack


@pytest.mark.parametrize("slug", SLUGS)
@pytest.mark.parametrize("name", WAITS)
def test_what_surely_did_not_arrive_waits_and_is_told_once(letters: House, slug: str, name: str) -> None:
    order, seconds = WAITS[name]
    tool = tool_of(letters, slug)
    tool.faults.order(1, order)
    assert letters.tell(slug) == 0
    channel = letters.channel(slug)
    assert (channel.state, channel.paused_until) == ("on", letters.clock() + timedelta(seconds=seconds))
    assert channel.problem
    assert len(tool.posts) == 0
    assert letters.tell(slug) == 0
    letters.clock.pass_(seconds=seconds)
    assert (letters.tell(slug), len(tool.posts)) == (1, 1)
    assert letters.channel(slug).problem == ""


@pytest.mark.parametrize("slug", SLUGS)
@pytest.mark.parametrize("name", UNSURE)
def test_what_may_have_arrived_is_told_once_more_and_marked(letters: House, slug: str, name: str) -> None:
    tool = tool_of(letters, slug)
    tool.faults.order(1, UNSURE[name])
    assert letters.tell(slug) == 0
    letters.clock.pass_(seconds=5)
    assert (letters.tell(slug), len(tool.posts)) == (1, 1)
    assert letters.unsettled() == 2


@pytest.mark.parametrize("slug", SLUGS)
@pytest.mark.parametrize("name", STOPS)
def test_a_channel_that_is_shut_is_switched_off_and_the_others_are_told(letters: House, slug: str, name: str) -> None:
    order, state = STOPS[name]
    tool_of(letters, slug).faults.order(1, order)
    assert letters.tell(slug) == 0
    channel = letters.channel(slug)
    assert channel.state == state
    assert channel.problem
    assert letters.unsettled() == (3 if state == "off" else 2)
    for other in SLUGS:
        assert letters.tell(other) == (other != slug)
    letters.apply((FINISHED_RULE,), (FINISHED,))  # somebody has acted
    assert letters.tell(slug) == (state == "off")


@pytest.mark.parametrize("slug", SLUGS)
@pytest.mark.parametrize("name", REFUSES)
def test_what_a_channel_refuses_for_good_is_dropped_with_the_reason(letters: House, slug: str, name: str) -> None:
    tool_of(letters, slug).faults.order(1, REFUSES[name])
    assert letters.tell(slug) == 0
    assert (letters.channel(slug).state, letters.unsettled()) == ("on", 2)
    assert name in letters.channel(slug).problem


@pytest.mark.parametrize(("word", "state"), [("channel_not_found", "gone"), ("invalid_auth", "off"), ("oops", "on")])
def test_a_200_with_an_error_in_its_body_is_no_success(letters: House, word: str, state: str) -> None:
    letters.slack.faults.order(1, answers(200, json.dumps({"ok": False, "error": word})))
    assert letters.tell("c-bot") == 0
    channel = letters.channel("c-bot")
    assert (channel.state, len(letters.slack.posts)) == (state, 0)
    assert word in channel.problem


def test_no_problem_of_a_channel_shows_its_address(letters: House) -> None:
    for slug in SLUGS:
        tool_of(letters, slug).faults.order(1, answers(500, letters.environ["SLACK_PAYMENTS_URL"]))
        letters.tell(slug)
        told = letters.channel(slug).problem
        assert told
        for secret in ("SLACK_PAYMENTS_URL", "TEAMS_PAYMENTS_URL", "SLACK_BOT_TOKEN"):
            assert letters.environ[secret] not in told
