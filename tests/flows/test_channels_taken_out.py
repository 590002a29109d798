"""A channel that is taken out of the files, whatever is on its way to it."""

from __future__ import annotations

import re

from sqlalchemy import select

from hub.flows.notify import flow
from hub.flows.notify.flow import tell_channel
from hub.store import channels, outbox
from hub.store.tables_told import outbox as outbox_table
from tests.flows.house import FINISHED, FINISHED_RULE, HUB, House
from tests.flows.killed import killed_at
from tests.flows.letters import posts, rows

WITHOUT_HOOK = re.sub(r"  b-hook:\n(    .*\n)+", "", HUB).replace("b-hook, ", "")


def test_a_channel_that_was_taken_out_of_the_files_is_told_nothing_more(changed: House) -> None:
    channel = changed.channel("b-hook")
    changed.apply((FINISHED_RULE,), (FINISHED,), hub=WITHOUT_HOOK)
    with changed.store.read() as tx:
        assert channel.id not in outbox.due_channels(tx, changed.clock())
    changed.apply((FINISHED_RULE,), (FINISHED,))  # as it was
    assert changed.tell("b-hook") == 0
    (row,) = rows(changed, "b-hook")
    assert (row.state, row.problem) == ("dropped", "the channel was taken out of the files")
    assert posts(changed, "#payments") == []


def test_a_letter_that_comes_after_its_channel_was_taken_out_is_not_sent(changed: House) -> None:
    channel = changed.channel("b-hook")
    with changed.store.write() as tx:  # as when a status moves in the moment in which files are applied
        channels.archive_channel(tx, "b-hook", changed.clock())
    with changed.store.read() as tx:
        assert channel.id in outbox.due_channels(tx, changed.clock())
    assert tell_channel(changed.store, channel.id, owner="late", now=changed.clock, environ=changed.environ) == 0
    with changed.store.read() as tx:
        assert channel.id not in outbox.due_channels(tx, changed.clock())
        assert outbox.unsettled_count(tx) == 2  # those of the other channels
    assert posts(changed, "#payments") == []


def test_what_was_on_its_way_to_a_channel_that_is_taken_out_while_its_sender_is_killed_is_settled(
    changed: House,
) -> None:
    channel = changed.channel("b-hook")
    with killed_at(flow, "_settle"):
        changed.tell("b-hook")
    changed.apply((FINISHED_RULE,), (FINISHED,), hub=WITHOUT_HOOK)
    changed.clock.pass_(seconds=flow.LEASE.total_seconds() + 1)
    with changed.store.read() as tx:
        assert channel.id in outbox.due_channels(tx, changed.clock())
    assert tell_channel(changed.store, channel.id, owner="next", now=changed.clock, environ=changed.environ) == 0
    with changed.store.read() as tx:
        (row,) = tx.execute(select(outbox_table).where(outbox_table.c.channel_id == channel.id))
        assert outbox.unsettled_count(tx) == 2
    assert (row.state, row.is_ambiguous, row.problem) == ("dropped", True, outbox.TAKEN_OUT)
    assert len(posts(changed, "#payments")) == 1
