"""A post whose answer was lost is repeated once, and says so."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import select

from hub.flows.notify import flow
from hub.store import outbox
from hub.store.tables_told import outbox as outbox_table
from hub.store.tables_told import receipts
from tests.flows.house import FINISHED, FINISHED_RULE, House

LEASE_ENDED = flow.LEASE.total_seconds() + 1
CHANNELS = ("a-teams", "b-hook", "c-bot")


@pytest.fixture
def changed(house: House) -> House:
    """A house in which one status went from at risk to achieved: three letters wait."""
    house.apply((FINISHED_RULE,), (FINISHED,))
    keys = house.stories(10, done=3)
    house.sync()
    house.clock.pass_(minutes=15)
    house.finish(*keys[3:])
    house.sync()
    return house


def rows(house: House, slug: str) -> list[Any]:
    query = select(outbox_table).where(outbox_table.c.channel_id == house.channel(slug).id).order_by(outbox_table.c.id)
    with house.store.read() as tx:
        return list(tx.execute(query))


def outcomes(house: House, slug: str) -> list[str]:
    query = (
        select(receipts.c.outcome)
        .join(outbox_table, outbox_table.c.id == receipts.c.outbox_id)
        .where(outbox_table.c.channel_id == house.channel(slug).id)
        .order_by(receipts.c.id)
    )
    with house.store.read() as tx:
        return [row.outcome for row in tx.execute(query)]


def posts(house: House, channel: str) -> list[str]:
    every = [*house.slack.posts, *house.teams.posts]
    return [json.dumps(post.payload, ensure_ascii=False) for post in every if post.channel == channel]


@pytest.mark.parametrize(("slug", "name"), [("a-teams", "Payments"), ("b-hook", "#payments"), ("c-bot", "#okrs")])
def test_a_lost_answer_is_repeated_once_and_marked(changed: House, slug: str, name: str) -> None:
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


def test_a_second_lost_answer_ends_it(changed: House) -> None:
    changed.slack.lose_answer_next(2)
    changed.tell("b-hook")
    changed.clock.pass_(seconds=5)
    changed.tell("b-hook")
    changed.clock.pass_(hours=1)
    assert changed.tell("b-hook") == 0
    assert len(posts(changed, "#payments")) == 2
    (row,) = rows(changed, "b-hook")
    assert (row.state, row.is_ambiguous) == ("dropped", True)
    assert "two answers were lost" in row.problem


class Killed(BaseException):
    """What kill -9 does: nothing after it runs."""


@pytest.fixture
def dying(changed: House, monkeypatch: pytest.MonkeyPatch) -> House:
    """A sender that dies after its post and before its receipt."""

    def die(*_args: Any) -> None:
        raise Killed

    monkeypatch.setattr(flow, "_settle", die)
    with pytest.raises(Killed):
        changed.tell("b-hook")
    monkeypatch.undo()
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
    def die(*_args: Any) -> None:
        raise Killed

    dying.clock.pass_(seconds=LEASE_ENDED)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(flow, "_settle", die)
        with pytest.raises(Killed):
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


def test_a_sender_killed_before_anything_left_loses_no_letter(changed: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(*_args: Any) -> None:
        raise Killed

    monkeypatch.setattr(flow, "_send", die)
    with pytest.raises(Killed):
        changed.tell("b-hook")
    monkeypatch.undo()
    changed.clock.pass_(seconds=LEASE_ENDED)
    assert changed.tell("b-hook", owner="next") == 1
    assert len(posts(changed, "#payments")) == 1
