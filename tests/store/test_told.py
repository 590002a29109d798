"""Whom a change is told to: channels, routes, letters in their order, receipts and threads."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from hub.model.kinds import Status
from hub.store import Store, channels, outbox
from hub.store.changes import StatusChange, add_status_change
from hub.store.channels import Route
from hub.store.page_reads import mail_of, unsent_letters
from tests.store.builders import NOW, add_channel, found_key_result

LASTS = timedelta(minutes=1)


def change(tx: Connection, key_result: int) -> int:
    return add_status_change(
        tx,
        StatusChange(key_result, NOW, Status.ON_TRACK, Status.AT_RISK, None, None, None, None, "measurement", None),
    )


def post(tx: Connection, change_id: int, channel_id: int) -> bool:
    return outbox.post_letter(
        tx,
        kind="status_change",
        change_id=change_id,
        channel_id=channel_id,
        before="on_track",
        after="at_risk",
        now=NOW,
    )


def test_a_change_is_put_in_the_outbox_once_a_channel(store: Store) -> None:
    key_result = found_key_result(store)
    with store.write() as tx:
        one, two = add_channel(tx, "one"), add_channel(tx, "two")
        first = change(tx, key_result)
        assert post(tx, first, one)
        assert not post(tx, first, one)
        assert post(tx, first, two)
        assert post(tx, change(tx, key_result), one)
        assert outbox.unsettled_count(tx) == 3


def test_letters_of_a_channel_go_out_in_their_order(store: Store) -> None:
    key_result = found_key_result(store)
    with store.write() as tx:
        channel = add_channel(tx, "one")
        changes = [change(tx, key_result) for _ in range(3)]
        for one in changes:
            post(tx, one, channel)
        sent = []
        while (letter := outbox.next_letter(tx, channel, NOW)) is not None:
            outbox.start_sending(tx, letter.id)
            again = outbox.next_letter(tx, channel, NOW)
            assert again is not None
            assert (again.id, again.state, again.attempts) == (letter.id, "sending", 1)
            outbox.settle(tx, letter.id, state="sent", now=NOW)
            channels.add_receipt(tx, letter.id, attempt=1, at=NOW, outcome="sent", key="k", payload={"text": "ü"})
            sent.append(letter.change_id)
        assert sent == changes
        assert outbox.unsettled_count(tx) == 0
        told = outbox.told(tx)
        assert [one.letter.change_id for one in told] == changes[::-1]
        assert (told[0].payload, told[0].key_result, told[0].channel_name) == ({"text": "ü"}, "pay/merchants", "#one")
        assert [one.letter.change_id for one in outbox.told(tx, oldest_first=True, after_id=1, limit=1)] == [changes[1]]
        assert outbox.key_result_of(tx, changes[0]) == key_result


def test_only_a_channel_that_is_on_awake_and_free_is_due(store: Store) -> None:
    key_result = found_key_result(store)
    with store.write() as tx:
        channel = add_channel(tx, "one")
        assert outbox.due_channels(tx, NOW) == []
        post(tx, change(tx, key_result), channel)
        post(tx, change(tx, key_result), channel)
        assert outbox.due_channels(tx, NOW - timedelta(seconds=1)) == []
        assert outbox.due_channels(tx, NOW) == [channel]
        channels.note_channel(tx, channel, paused_until=NOW + LASTS)
        assert outbox.due_channels(tx, NOW) == []
        assert outbox.due_channels(tx, NOW + LASTS) == [channel]
        channels.note_channel(tx, channel, paused_until=None, state="off")
        assert outbox.due_channels(tx, NOW) == []
        channels.note_channel(tx, channel, state="on")
        channels.lease_channel(tx, channel, owner="a", now=NOW, lasts=LASTS)
        assert outbox.due_channels(tx, NOW) == []


def test_letters_of_a_channel_that_is_gone_are_dropped_and_counted(store: Store) -> None:
    key_result = found_key_result(store)
    with store.write() as tx:
        gone, other = add_channel(tx, "gone"), add_channel(tx, "other")
        first, second = change(tx, key_result), change(tx, key_result)
        for one in (first, second):
            post(tx, one, gone)
        post(tx, first, other)
        assert outbox.drop_letters(tx, gone, NOW, "the channel was deleted") == 2
        assert outbox.next_letter(tx, gone, NOW) is None
        unsent = [("gone", True), ("gone", True), ("other", False)]
        assert [(one.channel, one.is_dropped) for one in unsent_letters(tx, NOW)] == unsent
        later = NOW + timedelta(seconds=1)
        assert [(one.channel, one.is_dropped) for one in unsent_letters(tx, later)] == unsent[2:]
        assert [(one.change_id, one.channel, one.state) for one in mail_of(tx, key_result)] == [
            (first, "#gone", "dropped"),
            (second, "#gone", "dropped"),
            (first, "#other", "due"),
        ]


def test_a_letter_waits_for_an_older_one_of_its_key_result_and_for_no_other(store: Store) -> None:
    one, other = found_key_result(store), found_key_result(store, key="pay/refunds")
    with store.write() as tx:
        channel, elsewhere = add_channel(tx, "one"), add_channel(tx, "elsewhere")
        changes = [change(tx, one), change(tx, one), change(tx, other)]
        for number in changes:
            post(tx, number, channel)
        post(tx, changes[1], elsewhere)
        first = outbox.next_letter(tx, channel, NOW)
        assert first is not None
        outbox.settle(tx, first.id, state="due", now=None, due_at=NOW + LASTS, is_ambiguous=True)
        found = outbox.next_letter(tx, channel, NOW)
        assert found is not None and found.change_id == changes[2]
        outbox.settle(tx, found.id, state="sent", now=NOW)
        assert outbox.next_letter(tx, channel, NOW) is None
        assert outbox.due_channels(tx, NOW) == [elsewhere]
        found = outbox.next_letter(tx, channel, NOW + LASTS)
        assert found is not None and found.change_id == changes[0]


@pytest.mark.parametrize(
    ("route", "takes"),
    [
        (Route("c"), True),
        (Route("c", team="payments"), True),
        (Route("c", team="growth"), False),
        (Route("c", objective="pay"), True),
        (Route("c", objective="pay-more"), False),
        (Route("c", key_result="pay/merchants"), True),
        (Route("c", key_result="pay/other"), False),
        (Route("c", becomes=frozenset({Status.AT_RISK, Status.MISSED})), True),
        (Route("c", becomes=frozenset({Status.ACHIEVED})), False),
        (Route("c", team="payments", becomes=frozenset({Status.ACHIEVED})), False),
    ],
)
def test_a_route_takes_what_all_its_filters_hold_for(route: Route, takes: bool) -> None:
    assert route.takes(team="payments", key="pay/merchants", after=Status.AT_RISK) is takes


def test_a_channel_that_many_routes_lead_to_is_named_once(store: Store) -> None:
    with store.write() as tx:
        add_channel(tx, "one", Route("one"), Route("one", team="payments"))
        add_channel(tx, "two", Route("two", team="growth"), Route("nowhere"))
        found = channels.channels_for(tx, team="payments", key="pay/merchants", after=Status.AT_RISK)
        assert [channel.slug for channel in found] == ["one"]
        channels.archive_channel(tx, "one", NOW)
        assert channels.channels_for(tx, team="payments", key="pay/merchants", after=Status.AT_RISK) == []


def test_routes_are_replaced_whole_and_keep_their_order(store: Store) -> None:
    wanted = [Route("b", becomes=frozenset({Status.MISSED, Status.ACHIEVED})), Route("a", "payments", "pay", "pay/x")]
    with store.write() as tx:
        channels.put_routes(tx, [Route("old")])
        channels.put_routes(tx, wanted)
        assert channels.all_routes(tx) == wanted
        channels.put_routes(tx, [])
        assert channels.all_routes(tx) == []


def test_a_channel_that_was_off_is_switched_on_by_new_settings(store: Store) -> None:
    with store.write() as tx:
        channel = add_channel(tx, "one")
        channels.note_channel(tx, channel, state="off", problem="gone", problem_at=NOW)
        assert add_channel(tx, "one") == channel
        row = channels.channel_by_id(tx, channel)
        assert row is not None
        assert (row.state, row.problem, row.problem_at) == ("on", "", None)


def test_later_letters_about_a_key_result_find_the_thread_of_the_first(store: Store) -> None:
    key_result = found_key_result(store)
    with store.write() as tx:
        one, two = add_channel(tx, "one"), add_channel(tx, "two")
        assert channels.thread_of(tx, one, key_result) == ""
        channels.put_thread(tx, one, key_result, "1700.1", NOW)
        channels.put_thread(tx, one, key_result, "1700.2", NOW)
        assert channels.thread_of(tx, one, key_result) == "1700.2"
        assert channels.thread_of(tx, two, key_result) == ""


def test_a_letter_without_its_change_is_refused(store: Store) -> None:
    with pytest.raises(IntegrityError), store.write() as tx:
        post(tx, 99, add_channel(tx, "one"))
    with store.read() as tx:
        assert channels.all_channels(tx) == []  # nothing of the transaction stayed
