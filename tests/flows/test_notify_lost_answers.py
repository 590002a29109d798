"""A post whose answer was lost is repeated a few times, ever later, and says so."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from werkzeug.wrappers import Response

from hub.flows.notify import flow
from hub.flows.show.attention import attention_of
from hub.flows.show.house import read_house
from hub.model.rights import Role, Viewer
from hub.store import outbox
from tests.flows.house import BUGS_RULE, FINISHED, FINISHED_RULE, OPEN_BUGS, House
from tests.flows.killed import killed_at
from tests.flows.letters import outcomes, posts, rows

LEASE_ENDED = flow.LEASE.total_seconds() + 1


@pytest.mark.parametrize(("slug", "name"), [("a-teams", "Payments"), ("b-hook", "#payments"), ("c-bot", "#okrs")])
def test_a_lost_answer_is_repeated_and_marked(changed: House, slug: str, name: str) -> None:
    (changed.teams if slug == "a-teams" else changed.slack).lose_answer_next()
    assert changed.tell(slug) == 0
    (row,) = rows(changed, slug)
    assert (row.state, row.is_ambiguous) == ("due", True)
    changed.clock.pass_(seconds=5)
    assert changed.tell(slug) == 1
    assert changed.tell(slug) == 0
    assert len(posts(changed, name)) == 2
    assert outcomes(changed, slug) == ["lost_answer", "sent"]
    (row,) = rows(changed, slug)
    assert (row.state, row.is_ambiguous) == ("sent", True)


def waits_of(house: House, slug: str, most: int) -> list[timedelta]:
    """Tell a channel of its one letter whenever it may be told, `most` times; return how long each wait in between was.

    The last is that of the channel, until it takes the next letter.
    """
    found = []
    for _ in range(most):
        house.tell(slug)
        (row,) = rows(house, slug)
        until = house.channel(slug).paused_until if row.settled_at else row.due_at
        found.append(until - house.clock())
        if row.settled_at:
            break
        house.clock.at = until - timedelta(seconds=1)
        assert house.tell(slug) == 0
        house.clock.at = until
    return found


def test_an_outage_of_hours_in_which_every_answer_is_lost_loses_no_change(changed: House) -> None:
    began = changed.clock()
    changed.slack.faults.order(5, lambda _truly: Response("", 503))
    waits = waits_of(changed, "b-hook", 6)
    assert waits[:5] == list(flow.LOST_PAUSES)
    assert changed.clock() - began > timedelta(hours=7)
    assert len(posts(changed, "#payments")) == 1
    assert outcomes(changed, "b-hook") == ["lost_answer"] * 5 + ["sent"]
    (row,) = rows(changed, "b-hook")
    assert (row.state, row.is_ambiguous, row.attempts) == ("sent", True, 6)
    assert changed.channel("b-hook").problem == ""


def test_a_line_that_loses_every_answer_posts_six_times_and_no_more(changed: House) -> None:
    changed.slack.lose_answer_next(20)
    assert len(waits_of(changed, "b-hook", 20)) == 6
    changed.clock.pass_(days=1)
    assert changed.tell("b-hook") == 0
    assert len(posts(changed, "#payments")) == 6
    assert outcomes(changed, "b-hook") == ["lost_answer"] * 6
    (row,) = rows(changed, "b-hook")
    assert (row.state, row.is_ambiguous) == ("dropped", True)
    assert row.problem.startswith("6 answers were lost; not sent again. The last: no answer from 127.0.0.1")


def test_a_wait_that_came_with_the_failure_is_kept_where_it_is_the_longer_one(changed: House) -> None:
    changed.slack.fail_next(1, 503, {"Retry-After": "90"})
    changed.slack.fail_next(1, 503, {"Retry-After": "20"})
    changed.slack.fail_next(4, 503, {"Retry-After": "7200"})
    waits = waits_of(changed, "b-hook", 6)
    assert waits == [
        timedelta(seconds=90),
        timedelta(minutes=1),
        *[timedelta(hours=2)] * 2,
        timedelta(hours=6),
        timedelta(hours=2),
    ]
    assert [row.state for row in rows(changed, "b-hook")] == ["dropped"]


def test_what_comes_later_of_a_key_result_waits_for_the_letter_whose_answers_are_lost(changed: House) -> None:
    changed.slack.faults.order(3, lambda _truly: Response("", 500))
    changed.tell("b-hook")
    changed.clock.pass_(seconds=5)
    changed.tell("b-hook")
    for key in list(changed.jira.by_key)[3:]:
        changed.jira.transition(key, "In Progress")
    changed.clock.pass_(hours=2)
    changed.sync()
    assert len(rows(changed, "b-hook")) == 2
    assert changed.tell("b-hook") == 0
    changed.clock.pass_(minutes=15)
    assert changed.tell("b-hook") == 2
    first, second = posts(changed, "#payments")
    assert "Achieved" in first
    assert "At risk, was achieved" in second
    assert [row.is_ambiguous for row in rows(changed, "b-hook")] == [True, False]


@pytest.fixture
def two_changed(house_on_both: House) -> House:
    """A house in which one key result was achieved, and then another one went off track: two letters for each."""
    house = house_on_both
    house.apply((FINISHED_RULE, BUGS_RULE), (FINISHED, OPEN_BUGS))
    keys = house.stories(10, done=3)
    house.sync()
    house.clock.pass_(minutes=15)
    house.finish(*keys[3:])
    house.sync()
    house.bugs(5)
    house.sync()
    assert [row.after for row in rows(house, "b-hook")] == ["achieved", "off_track"]
    return house


def lose(house: House, answers: int) -> None:
    """Lose answers to the first letter of #payments, one after the other."""
    house.slack.faults.order(answers, lambda _truly: Response("", 500))
    for _ in range(answers):
        house.clock.at = max(house.clock(), rows(house, "b-hook")[0].due_at)
        assert house.tell("b-hook") == 0


def test_other_key_results_are_told_a_quarter_of_an_hour_after_a_lost_answer(two_changed: House) -> None:
    house = two_changed
    lose(house, 4)
    assert rows(house, "b-hook")[0].due_at - house.clock() == timedelta(hours=1)
    house.clock.pass_(minutes=14, seconds=58)
    assert house.tell("b-hook") == 0
    with house.store.read() as tx:
        assert house.channel("b-hook").id not in outbox.due_channels(tx, house.clock())
    house.clock.pass_(seconds=2)
    with house.store.read() as tx:
        assert house.channel("b-hook").id in outbox.due_channels(tx, house.clock())
    assert house.tell("b-hook") == 2
    first, second = posts(house, "#payments")
    assert "Off track" in first
    assert "Achieved" in second  # the channel answers again: what was lost is not kept waiting for the hour
    assert [(row.state, row.is_ambiguous) for row in rows(house, "b-hook")] == [("sent", True), ("sent", False)]


def test_a_letter_that_loses_every_answer_itself_holds_others_up_for_31_minutes(two_changed: House) -> None:
    house = two_changed

    def lost(truly: Callable[[], Response]) -> Response:
        answer = truly()
        return Response("", 500) if "Achieved" in posts(house, "#payments")[-1] else answer

    house.slack.faults.order(200, lost)
    began = house.clock()
    while waiting := [row.due_at for row in rows(house, "b-hook") if row.settled_at is None]:
        paused_until = house.channel("b-hook").paused_until
        house.clock.at = max(house.clock(), min(waiting), paused_until or began)
        house.tell("b-hook")
    letter, other = rows(house, "b-hook")
    assert (other.state, other.settled_at - began) == ("sent", timedelta(minutes=31, seconds=5))
    assert (letter.state, letter.attempts) == ("dropped", 6)
    assert len([post for post in posts(house, "#payments") if "Achieved" in post]) == 6


def test_a_change_that_was_given_up_needs_attention_although_the_next_one_was_told(changed: House) -> None:
    changed.slack.faults.order(6, lambda _truly: Response("", 500))
    waits_of(changed, "b-hook", 6)
    for key in list(changed.jira.by_key)[3:]:
        changed.jira.transition(key, "In Progress")
    changed.sync()
    assert changed.tell("b-hook") == 1
    assert changed.channel("b-hook").problem == ""
    with changed.store.read() as tx:
        seen = read_house(tx, changed.clock(), Viewer("mira@northwind.test", Role.ADMIN))
        assert seen is not None
        (said,) = [one for one in attention_of(tx, seen, seen.key_results).concerns if "told" in one.why]
    assert said.key == "ship/finished"
    assert said.why == (
        "Perhaps not told to #payments: the status changed to achieved at 00:15. "
        "6 answers were lost; not sent again. The last: slack: webhook: 500."
    )


def test_what_surely_did_not_arrive_does_not_count_as_a_lost_answer(changed: House) -> None:
    changed.slack.fail_next(8, 429, {"Retry-After": "60"})
    changed.slack.faults.order(1, lambda _truly: Response("", 500))
    waits = waits_of(changed, "b-hook", 10)
    assert waits == [timedelta(minutes=1)] * 8 + [timedelta(seconds=5), timedelta(seconds=1)]
    assert outcomes(changed, "b-hook") == ["try_later"] * 8 + ["lost_answer", "sent"]


@pytest.fixture
def dying(changed: House) -> House:
    """A sender that dies after its post and before its receipt."""
    with killed_at(flow, "_settle"):
        changed.tell("b-hook")
    return changed


def test_a_sender_killed_before_its_receipt_is_repeated_once_and_marked(dying: House) -> None:
    assert len(posts(dying, "#payments")) == 1
    (row,) = rows(dying, "b-hook")
    assert row.state == "sending"
    assert dying.tell("b-hook", owner="next") == 0
    dying.clock.pass_(seconds=LEASE_ENDED)
    with dying.store.read() as tx:
        assert dying.channel("b-hook").id in outbox.due_channels(tx, dying.clock())
    assert dying.tell("b-hook", owner="next") == 1
    assert len(posts(dying, "#payments")) == 2
    (row,) = rows(dying, "b-hook")
    assert (row.state, row.is_ambiguous) == ("sent", True)
    assert outcomes(dying, "b-hook") == ["lost_answer", "sent"]


def kill_next_sender(dying: House, owner: str) -> None:
    dying.clock.pass_(seconds=LEASE_ENDED)
    with killed_at(flow, "_settle"):
        dying.tell("b-hook", owner=owner)


def test_a_change_is_told_although_two_of_its_senders_were_killed(dying: House) -> None:
    kill_next_sender(dying, "next")
    dying.clock.pass_(seconds=LEASE_ENDED)
    assert dying.tell("b-hook", owner="last") == 1
    (row,) = rows(dying, "b-hook")
    assert (row.state, row.is_ambiguous, row.attempts) == ("sent", True, 3)
    assert outcomes(dying, "b-hook") == ["lost_answer", "lost_answer", "sent"]


def test_a_letter_that_kills_whoever_sends_it_is_given_up(dying: House) -> None:
    for number in range(flow.MOST_DEATHS - 1):
        kill_next_sender(dying, f"sender {number}")
    dying.clock.pass_(seconds=LEASE_ENDED)
    assert dying.tell("b-hook", owner="last") == 0
    assert len(posts(dying, "#payments")) == flow.MOST_DEATHS
    (row,) = rows(dying, "b-hook")
    assert (row.state, row.problem) == ("dropped", "its senders died; not sent again")


def test_senders_that_die_after_a_long_outage_give_up_no_letter(changed: House) -> None:
    changed.slack.fail_next(flow.MOST_DEATHS, 429, {"Retry-After": "60"})
    waits_of(changed, "b-hook", flow.MOST_DEATHS)

    with killed_at(flow, "_send"):
        changed.tell("b-hook")
    changed.clock.pass_(seconds=LEASE_ENDED)
    assert changed.tell("b-hook", owner="next") == 1
    assert len(posts(changed, "#payments")) == 1


def test_a_letter_that_may_have_arrived_stays_marked_when_the_channel_then_asks_for_a_wait(dying: House) -> None:
    dying.clock.pass_(seconds=LEASE_ENDED)
    dying.slack.fail_next(1, 429, {"Retry-After": "60"})
    assert dying.tell("b-hook", owner="next") == 0
    dying.clock.pass_(minutes=1)
    assert dying.tell("b-hook", owner="next") == 1
    assert outcomes(dying, "b-hook") == ["lost_answer", "try_later", "sent"]
    assert [row.is_ambiguous for row in rows(dying, "b-hook")] == [True]


def test_a_sender_killed_before_anything_left_loses_no_letter(changed: House) -> None:
    with killed_at(flow, "_send"):
        changed.tell("b-hook")
    changed.clock.pass_(seconds=LEASE_ENDED)
    assert changed.tell("b-hook", owner="next") == 1
    assert len(posts(changed, "#payments")) == 1
