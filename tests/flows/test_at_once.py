"""Two at once, broken off, or in each other's way: what each step leaves behind for the next one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from connectors.errors import TryLater, Unauthorized
from connectors.shapes import Notification, Receipt
from hub.flows.notify import flow, tell_channel
from hub.store import connections
from hub.store.tables_told import outbox
from tests.flows.house import (
    BUGS,
    BUGS_RULE,
    FINISHED,
    FINISHED_RULE,
    HUB,
    OPEN_BUGS,
    POINTS,
    House,
    rule,
)


def changed_opener(house: House, change: Callable[[Any], None]) -> Callable[..., Any]:
    """Open connectors as the house does, each changed by a test before it is used."""

    def opener(kind: str, settings: Any, **more: Any) -> Any:
        made = house.opener(kind, settings, **more)
        change(made)
        return made

    return opener


def breaking_off_after(house: House, pages: int) -> Callable[..., Any]:
    """Open connectors whose full reads break off after so many pages."""

    def change(made: Any) -> None:
        real = made.fetch

        def fetch(*given: Any) -> Iterator[Any]:
            for number, page in enumerate(real(*given)):
                if number == pages:
                    raise TryLater("cut")
                yield page

        made.fetch = fetch

    return changed_opener(house, change)


def test_a_rule_that_comes_to_share_a_broken_off_read_gets_all_of_it(house: House) -> None:
    house.apply((FINISHED_RULE,), (FINISHED,))
    house.stories(250, done=150)
    house.sync(opener=breaking_off_after(house, 1))
    same = rule("points", "project = PAY AND labels = okr ORDER BY key", "count", "{state: done}")
    house.apply((FINISHED_RULE, same), (FINISHED, POINTS))
    house.clock.pass_(minutes=2)
    house.sync()
    assert (house.value(), house.value("points")) == ("150 fresh", "150 fresh")


def test_what_moved_while_a_first_read_was_broken_off_is_read_after_all(house: House) -> None:
    house.apply((BUGS_RULE,), (OPEN_BUGS,))
    house.bugs(1)
    house.stories(250)
    house.sync()
    house.clock.pass_(minutes=15)
    house.apply((BUGS_RULE, FINISHED_RULE), (OPEN_BUGS, FINISHED))
    house.sync(opener=breaking_off_after(house, 1))
    house.clock.pass_(minutes=30)
    house.finish("PAY-2")  # in the part that was read
    house.clock.pass_(minutes=30)
    house.sync()
    house.clock.pass_(minutes=15)
    house.sync()
    assert house.value() == "1 fresh"


def test_a_field_that_a_rule_comes_to_need_during_a_read_is_read(house: House) -> None:
    query = "project = PAY AND labels = okr AND type = Story"
    count, points = (
        rule("finished", query, "count", "{state: done}"),
        rule("points", query, "{sum: points}", "{state: done}"),
    )
    house.apply((count,), (FINISHED,))
    house.stories(3, done=1, points=3)
    applied: list[bool] = []

    def change(made: Any) -> None:
        real = made.resolve

        def resolve(wanted: Any) -> Any:
            found = real(wanted)
            if not applied:
                applied.append(True)
                house.apply((count, points), (FINISHED, POINTS))
            return found

        made.resolve = resolve

    house.sync(opener=changed_opener(house, change))
    house.clock.pass_(minutes=15)
    house.sync()
    assert house.value("points") == "3 fresh"


def test_a_rule_applied_during_a_read_is_read_right_after_it(house: House) -> None:
    house.apply((FINISHED_RULE,), (FINISHED,))
    house.stories(3, done=1)
    house.sync()
    house.clock.pass_(minutes=15)
    applied: list[bool] = []

    def change(made: Any) -> None:
        real = made.changes

        def changes(*given: Any) -> Iterator[Any]:
            if not applied:
                applied.append(True)
                house.clock.pass_(seconds=1)
                house.apply((rule("finished", BUGS, "count"),), (FINISHED,))
            yield from real(*given)

        made.changes = changes

    assert house.sync(opener=changed_opener(house, change)).again
    assert house.connection.next_due_at is not None
    assert house.connection.next_due_at <= house.clock()


def test_a_sign_in_mended_during_a_failing_read_is_tried(house: House) -> None:
    house.apply((FINISHED_RULE,), (FINISHED,))
    house.stories(3, done=1)
    house.sync()
    house.clock.pass_(minutes=15)

    def change(made: Any) -> None:
        def changes(*_given: Any) -> Iterator[Any]:
            mended = HUB.replace("hub@northwind.test", "hub-2@northwind.test")
            house.clock.pass_(seconds=1)
            house.apply((FINISHED_RULE,), (FINISHED,), hub=mended)
            raise Unauthorized("the old sign-in")
            yield

        made.changes = changes

    house.sync(opener=changed_opener(house, change))
    assert house.connection.state == "ok"
    assert house.connection.next_due_at is not None


class _Channel:
    """A channel whose send is a test's."""

    def __init__(self, send: Callable[[Notification], Receipt]) -> None:
        self._send = send

    def render(self, _notification: Notification) -> dict[str, object]:
        return {}

    def send(self, notification: Notification) -> Receipt:
        return self._send(notification)


def tell(house: House, owner: str, send: Callable[[Notification], Receipt]) -> int:
    return tell_channel(
        house.store,
        house.channel("b-hook").id,
        owner=owner,
        now=house.clock,
        environ=house.environ,
        opener=lambda *_given, **_more: _Channel(send),  # type: ignore[arg-type, return-value]
        sleep=lambda _seconds: None,
    )


@pytest.fixture
def started(house: House) -> House:
    house.apply((FINISHED_RULE,), (FINISHED,))
    house.stories(10, done=3)
    house.sync()
    house.clock.pass_(minutes=15)
    return house


def states(house: House) -> list[tuple[str, bool]]:
    channel_id = house.channel("b-hook").id
    with house.store.read() as tx:
        rows = tx.execute(select(outbox.c.state, outbox.c.is_ambiguous).where(outbox.c.channel_id == channel_id))
        return [(row.state, row.is_ambiguous) for row in rows]


def test_a_sender_that_outlived_its_lease_does_not_undo_what_the_next_one_noted(started: House) -> None:
    started.finish(*list(started.jira.by_key)[3:])
    started.sync()
    sent: list[str] = []

    def send(notification: Notification) -> Receipt:
        sent.append(notification.key)
        if len(sent) == 1:
            started.clock.pass_(seconds=flow.LEASE.total_seconds() + 1)
            tell(started, "second", send)
            raise TryLater("too long", maybe_arrived=True)
        return Receipt(at=started.clock())

    tell(started, "first", send)
    started.clock.pass_(minutes=5)
    tell(started, "third", send)
    assert len(sent) == 2
    assert states(started) == [("sent", True)]


def test_a_channel_that_was_locked_out_hears_everything_once_it_is_mended(started: House) -> None:
    keys = list(started.jira.by_key)
    started.finish(keys[3])
    started.sync()
    heard: list[str] = []

    def refuse(_notification: Notification) -> Receipt:
        raise Unauthorized("revoked")

    def hear(notification: Notification) -> Receipt:
        heard.append(f"{notification.was} to {notification.now}")
        return Receipt(at=started.clock())

    tell(started, "one", refuse)
    started.finish(*keys[4:])
    started.clock.pass_(hours=2)
    started.sync()
    started.apply((FINISHED_RULE,), (FINISHED,))
    tell(started, "two", hear)
    assert heard == ["At risk to On track", "On track to Achieved"]


def test_an_edit_of_a_connection_keeps_the_wait_that_jira_asked_for(started: House) -> None:
    started.jira.fail_next(1, 429, {"Retry-After": "3600"})
    started.sync()
    started.apply((FINISHED_RULE,), (FINISHED,), hub=HUB.replace("15 minutes", "20 minutes"))
    assert started.connection.paused_until == started.clock() + timedelta(seconds=3600)


def test_a_lease_from_before_the_clock_was_set_back_holds_nobody_up(started: House) -> None:
    with started.store.write() as tx:
        connections.lease(tx, started.connection.id, owner="killed", now=started.clock(), lasts=timedelta(minutes=2))
    started.clock.pass_(hours=-12)
    with started.store.write() as tx:
        connections.make_due(tx, started.connection.id, started.clock())
    with started.store.read() as tx:
        assert connections.due_connections(tx, started.clock()) == [started.connection.id]
    assert started.sync().state == "done"


def test_an_invisible_nul_in_a_title_stops_nothing_on_either_database(house: House) -> None:
    house.apply((FINISHED_RULE,), (FINISHED,))
    house.jira.edit(house.stories(3, done=1)[0], summary="a\x00b")
    assert house.sync().state == "done"
    assert house.value() == "1 fresh"
