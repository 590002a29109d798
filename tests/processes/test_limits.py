"""Limits of a tool kept by several processes together, over a real queue server."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
import responses
from redis import Redis

from connectors.allowance import Account
from connectors.errors import TryLater
from connectors.fields import Budget
from connectors.ledgers import Ledger
from connectors.windows import Claim, ask
from connectors.wire import open_wire
from hub.settings import Settings
from hub.shared_ledger import SharedLedger
from tests.connectors.test_allowance import Clock

URL = "https://acme.tool.example/x"
TOKEN = Budget("requests of a token", 100, 60.0)


@pytest.fixture
def server(settings: Settings, queue_server: subprocess.Popen[bytes]) -> Iterator[Redis]:
    with Redis.from_url(settings.redis) as line:
        yield line


def _ask(ledger: Ledger, clock: Clock) -> None:
    """Ask once, as a worker that has just been forked does."""
    open_wire(
        hosts=["tool.example"], accounts=[Account("ana", (TOKEN,))], ledger=ledger, sleep=clock.sleep, now=clock
    ).get(URL)


@responses.activate
def test_workers_that_know_nothing_of_each_other_keep_to_one_limit(settings: Settings, server: Redis) -> None:
    responses.get(URL)
    clock = Clock()
    for _ in range(100):
        _ask(SharedLedger(settings.redis), clock)
    with pytest.raises(TryLater, match="allows no more requests for now"):
        _ask(SharedLedger(settings.redis), clock)
    assert len(responses.calls) == 100


@responses.activate
def test_a_pause_that_one_worker_was_asked_for_is_kept_by_the_others(settings: Settings, server: Redis) -> None:
    responses.get(URL, status=429, headers={"Retry-After": "600"})
    clock = Clock()
    for _ in range(3):
        with pytest.raises(TryLater) as raised:
            _ask(SharedLedger(settings.redis), clock)
        assert raised.value.after == timedelta(seconds=600)
    assert len(responses.calls) == 1


def test_of_workers_that_ask_at_once_no_more_leave_than_may(settings: Settings, server: Redis) -> None:
    left, lock = [0], threading.Lock()

    def work() -> None:
        ledger = SharedLedger(settings.redis)
        for _ in range(25):
            free = ledger.change(["ana"], lambda states: ask(states[0], [Claim("token", 100, 60.0)], [""], 1e9).is_free)
            with lock:
                left[0] += free

    threads = [threading.Thread(target=work) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(30)
    assert left == [100]


@responses.activate
def test_rubbish_in_the_server_and_a_server_that_is_away_stop_nobody(
    settings: Settings, queue_server: subprocess.Popen[bytes], server: Redis
) -> None:
    responses.get(URL)
    clock, ledger = Clock(), SharedLedger(settings.redis)
    for rubbish in ("{", '["used"]', '{"used": {"requests of a token": [60, 7]}}', "[" * 100_000):
        server.set("okrhub:allowance:ana", rubbish)
        _ask(ledger, clock)
    queue_server.terminate()
    queue_server.wait(10)
    for _ in range(100):
        _ask(ledger, clock)
    with pytest.raises(TryLater, match="allows no more"):
        _ask(ledger, clock)


def test_the_server_is_told_nothing_by_which_an_account_is_known(settings: Settings, server: Redis) -> None:
    ledger = SharedLedger(settings.redis)
    ledger.change(["jira-0123"], lambda states: ask(states[0], [Claim("token", 1, 60.0)], [""], 1e9))
    assert server.keys("*") == [b"okrhub:allowance:jira-0123"]
    assert 0 < server.ttl("okrhub:allowance:jira-0123") <= 24 * 3600
