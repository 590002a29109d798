"""What a line can do to a request, over real sockets: drip, fall silent, break off, lie about its length, explode."""

from __future__ import annotations

import gzip
import threading
import time
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from requests import Session

from connectors.errors import TryLater, Unexpected
from connectors.tame import tame
from connectors.wire import LONGEST, READ_TIMEOUT, SAFE, Counter, answer, open_wire
from tests.connectors.lines import Act, dripped, listening, ok, reset, said, silent

LONGEST_HERE = 0.3  # seconds, in place of two minutes
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


def _wire(url: str, counter: Counter | None = None, **more: Any) -> Session:
    given: dict[str, Any] = {"longest": 60, "sleep": lambda _: None, **more}  # what is not about time never lacks it
    return open_wire(hosts=[], base_url=url, allow_private=["127.0.0.0/8"], counter=counter, **given)


@pytest.mark.parametrize(
    "first",
    [
        HEAD + b"Content-Length: 1000000\r\n\r\n{",
        HEAD + b"Connection: close\r\n\r\n{",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nfffff\r\n{",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n1",
        HEAD + b"X-Slow: ",
        b"HTTP/1.1 200 ",
        b"",
    ],
    ids=["body", "body-to-the-end", "chunk", "chunk-size", "header", "status-line", "all"],
)
def test_an_answer_that_drips_ends_when_its_time_is_up(first: bytes) -> None:
    counter = Counter()
    with listening(dripped(first, b"1")) as lines:
        began = time.monotonic()
        with pytest.raises(TryLater, match="went on for too long") as raised:
            _wire(lines.url, counter, longest=LONGEST_HERE).post(lines.url, data=b"{}", headers=SAFE)
        took = time.monotonic() - began
    assert LONGEST_HERE <= took < 20
    assert not raised.value.maybe_arrived
    assert counter.take()["requests"] == 1  # four answers of two minutes would be eight minutes


def test_a_post_whose_answer_drips_may_have_arrived() -> None:
    with listening(dripped(HEAD + b"\r\n")) as lines, pytest.raises(TryLater) as raised:
        _wire(lines.url, longest=LONGEST_HERE).post(lines.url, data=b"{}")
    assert raised.value.maybe_arrived


def test_the_time_for_one_answer_is_two_minutes_and_between_two_bytes_half_of_one() -> None:
    assert (LONGEST, READ_TIMEOUT) == (120.0, 30.0)


def test_a_slow_answer_that_ends_in_time_is_read_whole() -> None:
    def slow(line: Any, stop: threading.Event) -> None:
        line.sendall(HEAD + b"Content-Length: 5\r\n\r\n")
        for letter in b"whole":
            stop.wait(0.02)
            line.sendall(bytes([letter]))

    with listening(slow) as lines:
        assert _wire(lines.url).get(lines.url).text == "whole"


@pytest.mark.parametrize("act", [silent, dripped(HEAD + b"Content-Length: 9\r\n\r\n{", every=30)], ids=["all", "body"])
def test_silence_is_a_time_out_and_asked_again(act: Act) -> None:
    with listening(act, ok(b"{}")) as lines:
        assert _wire(lines.url).get(lines.url, timeout=0.1).text == "{}"
    with listening(act) as lines, pytest.raises(TryLater, match="it took too long") as raised:
        _wire(lines.url).get(lines.url, timeout=0.05)
    assert lines.accepted == 4
    assert raised.value.after is None


@pytest.mark.parametrize(
    "act",
    [
        reset,
        said(b""),
        said(HEAD + b"Content-Length: 10\r\n\r\n{}"),
        said(HEAD + b"Transfer-Encoding: chunked\r\n\r\n9\r\n{"),
    ],
    ids=["reset", "hung-up", "half-a-body", "half-a-chunk"],
)
def test_a_line_that_breaks_is_asked_again_and_then_worth_another_try(act: Act) -> None:
    with listening(act, ok(b'{"a": 1}')) as lines:
        assert _wire(lines.url).get(lines.url).json() == {"a": 1}
    with listening(act) as lines, pytest.raises(TryLater, match=r"after 4 tries: (no connection|the answer broke off)"):
        _wire(lines.url).get(lines.url)
    assert lines.accepted == 4


def test_a_length_that_promises_too_little_gives_json_cut_short_which_is_no_value() -> None:
    body = b'{"issues": [1, 2, 3]}'
    with listening(ok(body, "Content-Length: 12")) as lines:
        response = _wire(lines.url).get(lines.url)
    with pytest.raises(Unexpected, match="sent what is not JSON"):
        tame(response.content, "jira")


@pytest.mark.parametrize("length", ["-5", "1e9", "99999999999999999999"])
def test_a_length_that_makes_no_sense_never_passes_for_an_answer(length: str) -> None:
    with listening(ok(b'{"issues": []}', f"Content-Length: {length}")) as lines:
        wire = _wire(lines.url)
        try:
            found = wire.get(lines.url, timeout=0.1).content
        except (TryLater, Unexpected):
            return
    assert found == b'{"issues": []}'  # what came is what is given, or nothing is


@pytest.mark.parametrize("layers", [1, 2])
def test_a_gzip_bomb_is_stopped_at_the_measure_and_never_unpacked(monkeypatch: pytest.MonkeyPatch, layers: int) -> None:
    monkeypatch.setattr("connectors.wire.LARGEST", 2**20)
    bomb = gzip.compress(bytes(64 * 2**20))
    for _ in range(layers - 1):
        bomb = gzip.compress(bomb)
    encoding = ", ".join(["gzip"] * layers)
    with listening(ok(bomb, f"Content-Encoding: {encoding}")) as lines:
        tracemalloc.start()
        try:
            with pytest.raises(Unexpected, match="more than 1 MiB at once"):
                _wire(lines.url).get(lines.url)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert peak < 8 * 2**20
    assert lines.accepted == 1


@pytest.mark.parametrize("named", ["gzip", "deflate"])
def test_what_says_it_is_compressed_and_is_not_is_told_in_these_words(named: str) -> None:
    with listening(ok(b'{"issues": []}', f"Content-Encoding: {named}")) as lines, pytest.raises(TryLater) as raised:
        _wire(lines.url).get(lines.url)
    assert f"its answer says that it is {named} and is not" in raised.value.told
    assert "A proxy or gateway" in raised.value.told or "a proxy or gateway" in raised.value.told
    assert "check the address" not in raised.value.told.lower()


def test_a_mark_of_the_encoding_before_json_is_skipped() -> None:
    with listening(ok(b'\xef\xbb\xbf{"issues": []}')) as lines:
        found = _wire(lines.url).get(lines.url)
    assert found.content == b'{"issues": []}'
    assert found.json() == {"issues": []}


def test_a_redirect_reaches_nobody() -> None:
    with (
        listening(ok(b"never")) as other,
        listening(said(f"HTTP/1.1 302 Found\r\nLocation: {other.url}\r\nContent-Length: 0\r\n\r\n".encode())) as lines,
    ):
        response = _wire(lines.url).get(lines.url)
        with pytest.raises(Unexpected, match="redirects are not followed"):
            answer(response, what="jira: myself")
    assert (lines.accepted, other.accepted) == (1, 0)


def test_one_long_wait_stops_every_thread_of_a_connection() -> None:
    limited = said(b"HTTP/1.1 429 No\r\nRetry-After: 600\r\nContent-Length: 0\r\n\r\n")
    counter = Counter()
    first = threading.Event()

    def ask(number: int) -> timedelta | None:
        if number:
            first.wait(5)
        try:
            wire.post(lines.url, data=b"{}", headers=SAFE)
        except TryLater as problem:
            return problem.after
        finally:
            first.set()
        return None

    with listening(limited) as lines:
        wire = _wire(lines.url, counter)
        with ThreadPoolExecutor(8) as pool:
            waits = list(pool.map(ask, range(40)))
    assert counter.take() == {"requests": 1, "throttled": 1, "retried": 0}
    assert waits[0] == timedelta(seconds=600)
    assert all(wait is not None and timedelta(seconds=590) < wait <= timedelta(seconds=600) for wait in waits)


def test_after_the_wait_the_tool_is_asked_again() -> None:
    seconds = [1000.0]
    limited = said(b"HTTP/1.1 503 No\r\nRetry-After: 60\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    with listening(limited, ok(b"{}")) as lines:
        wire = _wire(lines.url, now=lambda: seconds[0])
        for at in (1000.0, 1059.0):
            seconds[0] = at
            with pytest.raises(TryLater) as raised:
                wire.get(lines.url)
            assert raised.value.after == timedelta(seconds=1060 - at)
        seconds[0] = 1060.0
        assert wire.get(lines.url).text == "{}"
    assert lines.accepted == 2
