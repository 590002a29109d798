"""A lease is kept for as long as its holder waits for a tool, and no longer."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime

import pytest

from connectors.shapes import Notification, Receipt
from hub import heartbeat
from hub.flows.notify import flow
from hub.store import Store
from tests.flows.house import FINISHED, FINISHED_RULE, House
from tests.flows.test_at_once import states, tell

PATIENCE = 10.0  # seconds for a beat that is due after milliseconds


@pytest.fixture
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    """A heart that beats all the time."""
    monkeypatch.setattr(heartbeat, "BEAT", 0.002)


@pytest.fixture
def beats(fast: None, monkeypatch: pytest.MonkeyPatch) -> threading.Semaphore:
    """The renewals of a channel's lease that are done: each can be taken once."""
    done = threading.Semaphore(0)
    renew = flow._renew_lease

    def renew_and_say(store: Store, channel_id: int, owner: str, now: Callable[[], datetime]) -> bool:
        is_held = renew(store, channel_id, owner, now)
        done.release()
        return is_held

    monkeypatch.setattr(flow, "_renew_lease", renew_and_say)
    return done


def wait_for_a_beat(beats: threading.Semaphore) -> None:
    """Wait for a renewal that began after now: of two, the second surely did."""
    while beats.acquire(blocking=False):
        pass
    for _ in range(2):
        assert beats.acquire(timeout=PATIENCE), "the lease was not renewed"


def test_a_send_that_outlasts_its_lease_is_posted_once_although_another_sender_looks_in(
    house: House, beats: threading.Semaphore
) -> None:
    house.apply((FINISHED_RULE,), (FINISHED,))
    keys = house.stories(10, done=3)
    house.sync()
    house.finish(*keys[3:])
    house.sync()
    sent: list[str] = []
    others: list[int] = []

    def send(notification: Notification) -> Receipt:
        sent.append(notification.key)
        for _ in range(4):
            house.clock.pass_(seconds=flow.LEASE.total_seconds() / 2)
            wait_for_a_beat(beats)
            others.append(tell(house, "second", send))
        return Receipt(at=house.clock())

    assert tell(house, "first", send) == 1
    assert others == [0, 0, 0, 0]
    assert len(sent) == 1
    assert states(house) == [("sent", False)]


def test_a_heart_stops_once_the_lease_is_lost(fast: None) -> None:
    asked: list[None] = []
    was_lost = threading.Event()

    def renew() -> bool:
        asked.append(None)
        was_lost.set()
        return False

    with heartbeat.heartbeat(renew, lease="a lost lease"):
        assert was_lost.wait(PATIENCE)
        for beat in [one for one in threading.enumerate() if one.name == "lease-a lost lease"]:
            beat.join(PATIENCE)
    assert len(asked) == 1


def test_a_heart_beats_on_although_the_database_was_away_for_a_beat(fast: None) -> None:
    asked: list[None] = []
    is_back = threading.Event()

    def renew() -> bool:
        asked.append(None)
        if len(asked) == 1:
            raise OSError("away")
        is_back.set()
        return True

    with heartbeat.heartbeat(renew, lease="a lease"):
        assert is_back.wait(PATIENCE)


def test_no_heart_beats_after_the_wait_is_over(fast: None) -> None:
    with pytest.raises(RuntimeError), heartbeat.heartbeat(lambda: True, lease="a lease that ended"):
        raise RuntimeError
    assert "lease-a lease that ended" not in {one.name for one in threading.enumerate()}
