"""The bad line does what it is told to, or the runs over it would prove nothing."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
import requests

from connectors.sandbox.server import Server, serve
from tests.soak.proxy import CLEAR, Asked, FaultProxy, Log, Weather


def app(environ, start_response):  # type: ignore[no-untyped-def]
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [environ["wsgi.input"].read() or b"x" * 1000]


@pytest.fixture
def tool() -> Iterator[Server]:
    with serve(app) as server:
        yield server


def ask(proxy: FaultProxy, body: bytes = b"") -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False
        return session.post(proxy.url, data=body, timeout=2)


def test_in_clear_weather_everything_passes(tool: Server) -> None:
    with FaultProxy(tool.url) as proxy, requests.Session() as session:
        session.trust_env = False
        assert [session.post(proxy.url, data=word, timeout=5).text for word in ("one", "two")] == ["one", "two"]
        assert [one.fault for one in proxy.log.asked] == ["", ""]


def test_a_throttled_request_never_reaches_the_tool_and_is_noted_with_its_wait(tool: Server) -> None:
    with FaultProxy(tool.url, Weather(throttled=1.0)) as proxy:
        answer = ask(proxy)
        (asked,) = proxy.log.asked
        assert (answer.status_code, asked.fault) == (429, "throttled")
        assert "Retry-After" in answer.headers
        assert 1 <= asked.quiet_until - asked.answered <= 2


@pytest.mark.parametrize("fault", ["cut", "truncated"])
def test_an_answer_that_is_cut_is_not_whole(tool: Server, fault: str) -> None:
    with FaultProxy(tool.url, Weather(**{fault: 1.0})) as proxy:
        with pytest.raises(requests.RequestException):
            ask(proxy)
        assert proxy.log.count(fault) == 1


def test_a_connection_is_reset_after_so_many_bytes(tool: Server) -> None:
    with FaultProxy(tool.url, Weather(reset_after=200)) as proxy, pytest.raises(requests.RequestException):
        ask(proxy)


def test_a_line_that_refuses_or_swallows_gives_no_answer(tool: Server) -> None:
    with FaultProxy(tool.url, Weather(refuses=True)) as proxy, pytest.raises(requests.ConnectionError):
        ask(proxy)
    with FaultProxy(tool.url, Weather(blackhole=True)) as proxy, pytest.raises(requests.ReadTimeout):
        ask(proxy)


def test_a_slow_line_takes_its_time(tool: Server) -> None:
    with FaultProxy(tool.url, Weather(rate=4000)) as proxy:
        began = time.monotonic()
        assert len(ask(proxy).content) == 1000
        assert time.monotonic() - began > 0.2


def test_the_same_seed_brings_the_same_weather(tool: Server) -> None:
    bad = Weather(throttled=0.3, unavailable=0.3)
    drawn = []
    for seed in (1, 1, 2):
        with FaultProxy(tool.url, bad, seed=seed) as proxy:
            for _ in range(12):
                ask(proxy)
            drawn.append([one.fault for one in proxy.log.asked])
    assert drawn[0] == drawn[1] != drawn[2]
    with FaultProxy(tool.url, CLEAR, seed=1) as proxy:
        ask(proxy)
        assert proxy.log.undercut() == []


def test_who_comes_too_early_is_found() -> None:
    waits = Asked(0, came=10.0, fault="throttled", answered=10.1, quiet_until=12.1)
    sent_before = Asked(1, came=10.12)
    early, late = Asked(2, came=11.0), Asked(3, came=12.1)
    assert Log([waits, sent_before, early, late]).undercut() == [(waits, early)]
