"""Rules that one apply changes move their values at the next sync: that is one message a channel too."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import hub.flows.sync.evaluate as evaluating
from hub.flows.sync import sync
from hub.store import connections, outbox
from tests.flows.house import HUB, OKR, House, rule
from tests.flows.letters import CHANNELS, posts, rows

NUMBER = 5
GOALS = tuple(f"{{key_result: goal-{at}, title: Goal {at}, kind: reach, target: 10}}" for at in range(NUMBER))
DONE = tuple(rule(f"goal-{at}", OKR, "count", "{state: done}") for at in range(NUMBER))
NOT_DONE = tuple(rule(f"goal-{at}", OKR, "count", "{state: {not: done}}") for at in range(NUMBER))


def settle_in(house: House) -> None:
    """Have each goal stand at 8 of 10, on track, while two stories are still to be done."""
    house.stories(10, done=8)
    house.apply(DONE, GOALS)
    house.sync()
    assert house.unsettled() == 0
    house.clock.pass_(hours=2)


def judge(house: House) -> None:
    """Read twice on schedule: a second read tells nothing twice."""
    for _ in range(2):
        house.sync()
        house.clock.pass_(minutes=20)


def test_five_rules_changed_by_one_apply_are_one_message_a_channel(house: House) -> None:
    settle_in(house)
    house.apply(NOT_DONE, GOALS)
    judge(house)
    assert house.value("goal-3") == "2 fresh"
    assert [house.tell(slug) for slug in CHANNELS] == [1, 1, 1]
    (said,) = posts(house, "#payments")
    assert "5 key results changed status" in said
    assert house.unsettled() == 0


def test_a_killed_sender_tells_of_the_changed_rules_together_again(house: House) -> None:
    settle_in(house)
    house.apply(NOT_DONE, GOALS)
    judge(house)
    with house.store.write() as tx:
        letter = outbox.next_letter(tx, house.channel("b-hook").id, house.clock())
        assert letter is not None
        outbox.start_sending(tx, letter.id)
    house.clock.pass_(minutes=10)
    assert (house.tell("b-hook"), house.tell("b-hook")) == (1, 0)
    assert len(posts(house, "#payments")) == 1
    assert [one.state for one in rows(house, "b-hook")] == ["sent"] * NUMBER


def test_rules_changed_by_two_applies_before_the_sync_are_a_message_for_each_apply(house: House) -> None:
    settle_in(house)
    house.apply((*NOT_DONE[:3], *DONE[3:]), GOALS)
    house.clock.pass_(minutes=1)
    house.apply(NOT_DONE, GOALS)
    house.apply(NOT_DONE, GOALS)
    judge(house)
    assert house.tell("b-hook") == 2
    first, second = posts(house, "#payments")
    assert "3 key results changed status" in first
    assert "2 key results changed status" in second


def test_what_moves_after_the_first_judgement_of_a_changed_rule_is_told_by_itself(house: House) -> None:
    settle_in(house)
    house.apply(NOT_DONE, GOALS)
    judge(house)
    assert house.tell("b-hook") == 1
    house.clock.pass_(hours=2)
    house.stories(7)
    judge(house)
    assert house.tell("b-hook") == NUMBER


def test_a_sender_that_looks_in_while_the_rules_are_judged_sends_none_alone(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle_in(house)
    house.apply(NOT_DONE, GOALS)
    sent: list[int] = []
    real: Callable[..., object] = evaluating._evaluate_rule

    def and_send(*given: object, **more: object) -> object:
        found = real(*given, **more)
        sent.append(house.tell("b-hook"))
        return found

    monkeypatch.setattr(evaluating, "_evaluate_rule", and_send)
    house.sync()
    assert sent == [0] * NUMBER
    assert house.tell("b-hook") == 1


def test_a_reader_that_dies_midway_leaves_a_message_that_goes_out_a_minute_later(house: House) -> None:
    settle_in(house)
    house.apply(NOT_DONE, GOALS)
    judge(house)
    with house.store.write() as tx:
        letter = outbox.next_letter(tx, house.channel("b-hook").id, house.clock())
        assert letter is not None
        outbox.settle(tx, letter.id, state="due", now=None, due_at=house.clock() + evaluating.FOR_OTHERS)
    assert house.tell("b-hook") == 0
    house.clock.pass_(minutes=1)
    assert house.tell("b-hook") == 1


def test_each_connection_that_is_read_by_itself_and_told_in_between_has_its_own_message(house: House) -> None:
    head, tool = HUB.split("  jira-main:\n")
    tool, rest = tool.split("channels:\n")
    hub = f"{head}  jira-main:\n{tool}  jira-second:\n{tool}channels:\n{rest}"
    second = [one.replace("jira-main", "jira-second") for one in (*DONE[3:], *NOT_DONE[3:])]
    house.stories(10, done=8)
    house.apply((*DONE[:3], *second[:2]), GOALS, hub=hub)
    read(house, "jira-main", "jira-second")
    house.clock.pass_(hours=2)
    house.apply((*NOT_DONE[:3], *second[2:]), GOALS, hub=hub)
    read(house, "jira-main")
    assert house.tell("b-hook") == 1
    read(house, "jira-second")
    house.clock.pass_(seconds=5)
    assert house.tell("b-hook") == 1
    first, then = posts(house, "#payments")
    assert "3 key results changed status" in first
    assert "2 key results changed status" in then
    # Nothing went out to this channel in between: what waits is told in one message, whatever was read.
    assert house.tell("a-teams") == 1


def test_a_change_told_with_others_is_no_thread_for_what_comes_later(house: House) -> None:
    settle_in(house)
    house.apply(NOT_DONE, GOALS)
    house.sync()
    assert house.tell("c-bot") == 1
    house.clock.pass_(hours=2)
    house.stories(7)
    house.sync()
    assert house.tell("c-bot") == NUMBER
    threads = [one.payload.get("thread_ts") for one in house.slack.posts if one.channel == "#okrs"]
    assert threads == [None] * (NUMBER + 1)


def read(house: House, *slugs: str) -> None:
    """Read connections, one after the other."""
    for slug in slugs:
        with house.store.write() as tx:
            row = connections.connection_by_slug(tx, slug)
            assert row is not None
            connections.make_due(tx, row.id, house.clock())
        sync(house.store, row.id, owner="r", now=house.clock, environ=house.environ, opener=house.opener)
