"""Answers that break off, over real sockets: whatever is left of one is never taken for the whole."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from connectors.errors import TryLater
from connectors.wire import Counter, open_wire

WHOLE = b"HTTP/1.1 200 OK\r\nDate: Mon, 23 Nov 2026 12:00:00 GMT\r\nContent-Length: 4\r\n\r\nbody"


@contextmanager
def answering(*answers: bytes) -> Iterator[str]:
    """Serve these bytes, one connection each and then hang up; the last answer is given for ever."""
    listener = socket.create_server(("127.0.0.1", 0))
    left = list(answers)

    def serve() -> None:
        while True:
            try:
                line, _ = listener.accept()
            except OSError:
                return
            with line:
                line.recv(65536)
                line.sendall(left.pop(0) if len(left) > 1 else left[0])

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


def get(url: str, counter: Counter) -> bytes:
    with open_wire(
        hosts=[], base_url=url, allow_private=["127.0.0.0/8"], counter=counter, sleep=lambda _seconds: None
    ) as wire:
        return bytes(wire.get(url).content)


@pytest.mark.parametrize("kept", range(1, len(WHOLE)))
def test_an_answer_cut_anywhere_is_asked_for_again(kept: int) -> None:
    counter = Counter()
    with answering(WHOLE[:kept], WHOLE) as url:
        assert get(url, counter) == b"body"
    assert counter.requests == 2


def test_an_answer_that_is_always_cut_in_its_head_is_no_answer() -> None:
    with answering(b"HTTP/1.1 200 OK\r\nContent-Type: app") as url, pytest.raises(TryLater, match="broke off"):
        get(url, Counter())


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nbody",
        b"HTTP/1.0 200 OK\r\n\r\nbody",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n",
    ],
)
def test_an_answer_whose_end_is_the_end_of_the_line_is_whole(answer: bytes) -> None:
    counter = Counter()
    with answering(answer) as url:
        assert get(url, counter) == b"body"
    assert counter.requests == 1


def test_a_wait_asked_of_one_request_holds_the_others_of_its_connection() -> None:
    """A tool that is down for a second is down for everybody, whichever request it said so to."""
    busy = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n"
    with answering(busy, WHOLE) as url, open_wire(hosts=[], base_url=url, allow_private=["127.0.0.0/8"]) as wire:
        first = threading.Thread(target=wire.get, args=(url,))
        first.start()
        deadline = time.monotonic() + 10
        while wire.get_adapter(url).counter.retried == 0:  # type: ignore[attr-defined]
            assert time.monotonic() < deadline
            time.sleep(0.005)
        began = time.monotonic()
        assert wire.get(url).content == b"body"
        assert time.monotonic() - began > 0.8
        first.join(10)
