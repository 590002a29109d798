"""Telling channels: each letter once, in order, and nothing lost when a channel is away."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from hub.flows.notify.flow import tell_channel
from hub.store import channels, outbox
from hub.store.page_reads import untold_since
from hub.store.tables_okr import audit
from tests.flows.house import FINISHED, FINISHED_RULE, KEY_RESULTS, OKR, RULES, House, rule
from tests.flows.letters import CHANNELS, outcomes, posts, rows


@pytest.fixture
def twice(changed: House) -> House:
    """The same, and a second change: from achieved back to at risk, two hours later."""
    changed.clock.pass_(hours=2)
    for key in list(changed.jira.by_key)[3:]:
        changed.jira.transition(key, "In Progress")
    changed.sync()
    return changed


def test_a_change_is_posted_once_to_every_channel(changed: House) -> None:
    assert [changed.tell(slug) for slug in CHANNELS] == [1, 1, 1]
    assert (len(changed.teams.posts), len(changed.slack.posts)) == (1, 2)
    assert [changed.tell(slug) for slug in CHANNELS] == [0, 0, 0]
    assert (len(changed.teams.posts), len(changed.slack.posts)) == (1, 2)
    assert changed.unsettled() == 0


def test_a_message_says_from_and_to_why_and_where(changed: House) -> None:
    for slug in CHANNELS:
        changed.tell(slug)
    for name in ("Payments", "#payments", "#okrs"):
        (said,) = posts(changed, name)
        for part in ("Achieved", "at risk", "Ten stories finished", "3 to 10", "PAY-4", "Mira Okafor"):
            assert part in said, (name, part)
        assert "https://hub.test/key-results/ship/finished" in said
        assert changed.jira.token not in said


def test_two_changes_go_out_in_their_order(twice: House) -> None:
    assert twice.tell("b-hook") == 2
    first, second = posts(twice, "#payments")
    assert "Achieved" in first
    assert "At risk, was achieved" in second


def test_two_senders_never_share_a_channel(changed: House) -> None:
    id = changed.channel("b-hook").id
    with changed.store.write() as tx:
        channels.lease_channel(tx, id, owner="another", now=changed.clock(), lasts=timedelta(seconds=90))
    assert changed.tell("b-hook") == 0
    assert changed.slack.posts == []
    changed.clock.pass_(seconds=91)
    assert changed.tell("b-hook") == 1


def test_the_bots_second_message_stands_in_the_thread_of_the_first(twice: House) -> None:
    twice.tell("c-bot")
    first, second = (post for post in twice.slack.posts if post.channel == "#okrs")
    assert (first.thread, second.thread, second.broadcast) == ("", first.key, True)


def test_a_channel_that_is_down_is_tried_again_after_a_growing_wait(changed: House) -> None:
    waits = []
    for _ in range(4):
        changed.teams.fail_next(1, 429)
        changed.slack.fail_next(4, 429)
        assert changed.tell("b-hook") == 0
        changed.slack.faults._ordered.clear()
        until = changed.channel("b-hook").paused_until
        assert until is not None
        waits.append((until - changed.clock()).total_seconds())
        assert changed.tell("b-hook") == 0
        changed.clock.at = until
    assert waits == [5, 10, 20, 40]
    assert changed.tell("b-hook") == 1
    assert len(posts(changed, "#payments")) == 1
    assert outcomes(changed, "b-hook") == ["try_later"] * 4 + ["sent"]


def test_the_wait_that_a_channel_asks_for_is_kept(changed: House) -> None:
    changed.slack.fail_next(1, 429, {"Retry-After": "120"})
    changed.tell("b-hook")
    changed.clock.pass_(seconds=119)
    assert changed.tell("b-hook") == 0
    assert len(changed.slack.requests) == 1
    changed.clock.pass_(seconds=1)
    assert changed.tell("b-hook") == 1
    assert changed.channel("b-hook").problem == ""


def test_order_holds_through_a_wait(twice: House) -> None:
    twice.slack.fail_next(1, 429, {"Retry-After": "120"})
    twice.tell("b-hook")
    twice.clock.pass_(seconds=60)
    assert twice.tell("b-hook") == 0
    twice.clock.pass_(seconds=60)
    assert twice.tell("b-hook") == 2
    first, second = posts(twice, "#payments")
    assert "Achieved" in first
    assert "At risk" in second


def test_a_channel_that_is_gone_is_switched_off_and_its_letters_dropped(twice: House) -> None:
    twice.slack.archive("payments")
    assert twice.tell("b-hook") == 0
    channel = twice.channel("b-hook")
    assert channel.state == "gone"
    assert channel.problem
    assert {row.state for row in rows(twice, "b-hook")} == {"dropped"}
    with twice.store.read() as tx:
        written = [row for row in tx.execute(select(audit)) if row.what == "channel switched off"]
    assert [(row.who, row.subject) for row in written] == [("hub", "b-hook")]
    assert (twice.tell("a-teams"), twice.tell("c-bot")) == (2, 2)


def test_the_owner_of_a_channel_is_named_in_the_audit(changed: House) -> None:
    changed.teams.delete_flow("payments")
    changed.tell("a-teams")
    with changed.store.read() as tx:
        (written,) = [row for row in tx.execute(select(audit)) if row.what == "channel switched off"]
    assert written.detail["owner"] == "mira@northwind.test"


def test_a_channel_that_is_off_gets_no_further_letters(changed: House) -> None:
    changed.slack.archive("payments")
    changed.tell("b-hook")
    changed.clock.pass_(hours=2)
    for key in list(changed.jira.by_key)[3:]:
        changed.jira.transition(key, "In Progress")
    done = changed.sync()
    assert changed.channel("b-hook").id not in done.channels
    assert len(done.channels) == 2


def test_a_refused_token_keeps_the_letters_until_somebody_applies_again(changed: House) -> None:
    changed.slack.bot_token = "xoxb-another"
    assert changed.tell("c-bot") == 0
    assert changed.channel("c-bot").state == "off"
    (row,) = rows(changed, "c-bot")
    assert (row.state, row.is_ambiguous) == ("due", False)
    changed.slack.bot_token = changed.environ["SLACK_BOT_TOKEN"]
    assert changed.channel("c-bot").id in changed.apply((FINISHED_RULE,), (FINISHED,)).channels
    assert changed.tell("c-bot") == 1


def test_a_letter_is_given_up_after_three_days(changed: House) -> None:
    changed.clock.pass_(days=3, seconds=1)
    assert changed.tell("b-hook") == 0
    (row,) = rows(changed, "b-hook")
    assert (row.state, row.problem) == ("dropped", "given up after three days")


def test_the_letter_of_an_archived_key_result_is_dropped_and_nobody_misses_it(changed: House) -> None:
    changed.apply(RULES[1:], KEY_RESULTS[1:])
    assert changed.tell("b-hook") == 0
    (row,) = rows(changed, "b-hook")
    assert row.state == "dropped"
    with changed.store.read() as tx:
        assert untold_since(tx, changed.clock() - timedelta(days=1)) == []


@pytest.mark.parametrize(
    ("shows", "there", "absent"),
    [
        ("titles", ("PAY-4", "Story 4"), ()),
        ("refs", ("PAY-4",), ("Story 4",)),
        ("none", ("7 items",), ("PAY-4", "Story 4")),
    ],
)
def test_a_message_shows_of_the_items_what_the_rule_allows(
    house: House, shows: str, there: tuple[str, ...], absent: tuple[str, ...]
) -> None:
    house.apply((rule("finished", OKR, "count", "{state: done}", show_items=shows),), (FINISHED,))
    keys = house.stories(10, done=3)
    house.sync()
    house.clock.pass_(minutes=15)
    house.finish(*keys[3:])
    house.sync()
    for slug in CHANNELS:
        house.tell(slug)
    for name in ("Payments", "#payments", "#okrs"):
        (said,) = posts(house, name)
        assert all(part in said for part in there)
        assert not any(part in said for part in absent)


def naps_of(house: House) -> list[float]:
    """Tell #payments what waits for it; return how long the sender rested, in seconds."""
    naps: list[float] = []
    tell_channel(
        house.store,
        house.channel("b-hook").id,
        owner="sender",
        now=house.clock,
        environ=house.environ,
        opener=house.opener,
        sleep=naps.append,
    )
    return naps


def test_a_channel_takes_one_message_a_second(twice: House) -> None:
    naps = naps_of(twice)
    assert naps == [1.0]  # between the two, and none after the last


def test_a_channel_that_refuses_a_message_is_not_asked_to_take_the_next_one_at_once(twice: House) -> None:
    twice.slack.fail_next(1, 400)
    naps = naps_of(twice)
    assert [row.state for row in rows(twice, "b-hook")] == ["dropped", "sent"]
    assert naps[0] == 1.0


def test_what_was_said_is_kept_word_for_word(changed: House) -> None:
    changed.tell("a-teams")
    with changed.store.read() as tx:
        (told,) = outbox.told(tx)
    assert told.payload == changed.teams.posts[0].payload
    assert (told.channel, told.key_result, told.letter.before, told.letter.after) == (
        "a-teams",
        "ship/finished",
        "at_risk",
        "achieved",
    )
