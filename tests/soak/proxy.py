"""A bad line to a tool: a proxy that delays, throttles, cuts and swallows, and writes down what it did.

It passes HTTP/1.1 on with whole requests and answers, over kept connections, as the tool's own edge does. What it does
to a request is drawn from the seed and the request's number alone, so a run can be repeated.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from random import Random
from urllib.parse import urlsplit

GRACE = 0.05  # seconds that a request may be on its way: sent before its sender could hear of a wait


@dataclass(frozen=True, slots=True)
class Weather:
    """What happens to requests: shares of 1, seconds and bytes."""

    throttled: float = 0.0  # 429 with Retry-After, in seconds or as a date
    unavailable: float = 0.0  # 503, every second one with Retry-After
    cut: float = 0.0  # carried out, and the line cut before the first byte of the answer
    truncated: float = 0.0  # the same in the middle of the answer
    jitter: float = 0.0  # each answer waits up to so many seconds
    rate: float = 0.0  # bytes a second of an answer; 0: as fast as it goes
    reset_after: int = -1  # bytes of an answer after which the connection is reset; -1: never
    blackhole: bool = False  # requests are taken and never answered
    refuses: bool = False  # connections are closed as they come


CLEAR = Weather()


@dataclass(slots=True)
class Asked:
    """One request: when it came, what was done to it, and until when the tool asked for quiet (monotonic seconds)."""

    number: int
    came: float
    fault: str = ""  # throttled | unavailable | cut | truncated | ""
    answered: float = 0.0
    quiet_until: float = 0.0


@dataclass
class Log:
    """Everything that came through, in the order it came."""

    asked: list[Asked] = field(default_factory=list)

    def count(self, fault: str) -> int:
        return sum(one.fault == fault for one in self.asked)

    def undercut(self) -> list[tuple[Asked, Asked]]:
        """Return the pairs of a request that was asked to wait and a later one that came too early."""
        return [
            (waits, early)
            for waits in self.asked
            if waits.quiet_until
            for early in self.asked
            if waits.answered + GRACE < early.came < waits.quiet_until
        ]

    def on_their_way(self) -> int:
        """Return how many requests came in the moment after another was asked to wait."""
        return sum(
            any(waits.quiet_until and waits.answered < one.came <= waits.answered + GRACE for waits in self.asked)
            for one in self.asked
        )


class FaultProxy:
    """A proxy before one upstream address. `url` is its own; use as a context manager."""

    def __init__(self, upstream: str, weather: Weather = CLEAR, *, seed: int = 0) -> None:
        parts = urlsplit(upstream)
        self._upstream = (parts.hostname or "", parts.port or 80)
        self.weather, self.seed = weather, seed
        self.log = Log()
        self._lock = threading.Lock()
        self._lines: set[socket.socket] = set()
        self._closed = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._accept, name=f"proxy {self.url}", daemon=True)
        self._thread.start()

    def __enter__(self) -> FaultProxy:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop listening and hang up on everybody."""
        self._closed.set()
        with contextlib.suppress(OSError):  # wakes the thread that waits in accept
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            lines = list(self._lines)
        for line in lines:
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)

    def _accept(self) -> None:
        while not self._closed.is_set():
            try:
                line, _ = self._listener.accept()
            except OSError:
                return
            if self.weather.refuses:
                _reset(line)
                continue
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self._lines.add(line)
            threading.Thread(target=self._serve, args=(line,), daemon=True).start()

    def _serve(self, line: socket.socket) -> None:
        up: socket.socket | None = None
        try:
            with line, line.makefile("rb") as reader:
                while (request := _message(reader)) is not None:
                    asked = self._note()
                    weather = self.weather
                    asked.fault, random = self._draw(weather, asked.number)
                    if weather.blackhole:
                        self._closed.wait(3600)
                        return
                    if weather.jitter:
                        self._closed.wait(random.uniform(0.0, weather.jitter))
                    if asked.fault in {"throttled", "unavailable"}:
                        line.sendall(self._refusal(asked, random))
                        continue
                    if up is None:
                        up = socket.create_connection(self._upstream, timeout=60)
                        up.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    up.sendall(request)
                    with up.makefile("rb") as answers:
                        answer = _message(answers)
                    if answer is None or not self._pass_on(line, answer, asked, weather, random):
                        return
        except OSError:
            return  # either side has left
        finally:
            if up is not None:
                up.close()
            with self._lock:
                self._lines.discard(line)

    def _note(self) -> Asked:
        with self._lock:
            asked = Asked(len(self.log.asked), time.monotonic())
            self.log.asked.append(asked)
        return asked

    def _draw(self, weather: Weather, number: int) -> tuple[str, Random]:
        random = Random(f"{self.seed}-{number}")
        at = random.random()
        for fault in ("throttled", "unavailable", "cut", "truncated"):
            share: float = getattr(weather, fault)
            if at < share:
                return fault, random
            at -= share
        return "", random

    def _refusal(self, asked: Asked, random: Random) -> bytes:
        """Return a 429 or 503, and note until when it asks for quiet: measured from when it is sent."""
        seconds = random.choice((1, 1, 2))
        status = "429 Too Many Requests" if asked.fault == "throttled" else "503 Service Unavailable"
        lines = [f"HTTP/1.1 {status}", "Content-Type: application/json", "Content-Length: 2"]
        asked.answered = time.monotonic()
        if asked.fault == "throttled" or random.random() < 0.5:
            now = datetime.now(UTC)
            if random.random() < 0.25:
                # A date has whole seconds: the wait it asks for is that to the next one, seen from the answer's own.
                now = now.replace(microsecond=0)
                lines.append(f"Retry-After: {format_datetime(now + timedelta(seconds=seconds), usegmt=True)}")
            else:
                lines.append(f"Retry-After: {seconds}")
            lines.append(f"Date: {format_datetime(now, usegmt=True)}")
            asked.quiet_until = asked.answered + seconds
        return ("\r\n".join(lines) + "\r\n\r\n{}").encode("ascii")

    def _pass_on(self, line: socket.socket, answer: bytes, asked: Asked, weather: Weather, random: Random) -> bool:
        """Send an answer on, or what the weather leaves of it; return whether the line still stands."""
        until = len(answer)
        if asked.fault == "cut":
            until = 0
        elif asked.fault == "truncated":
            until = random.randrange(1, len(answer))
        elif weather.reset_after >= 0:
            until = min(until, weather.reset_after)
        asked.answered = time.monotonic()
        if weather.rate:
            step = max(1, int(weather.rate / 20))
            for start in range(0, until, step):
                line.sendall(answer[start : min(until, start + step)])
                self._closed.wait(0.05)
        else:
            line.sendall(answer[:until])
        if until < len(answer):
            if asked.fault == "truncated":
                line.shutdown(socket.SHUT_RDWR)  # politely: what was sent arrives
            else:
                _reset(line)
            return False
        return True


def _message(reader: object) -> bytes | None:
    """Read one request or answer with its body; None when the other side has hung up. Bodies come with their length."""
    head = b""
    length = 0
    while True:
        line: bytes = reader.readline(65536)  # type: ignore[attr-defined]
        if not line:
            return None
        head += line
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
        if line == b"\r\n":
            break
    body: bytes = reader.read(length) if length else b""  # type: ignore[attr-defined]
    return None if len(body) < length else head + body


def _reset(line: socket.socket) -> None:
    """Close a connection with a reset instead of a goodbye."""
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    line.close()
