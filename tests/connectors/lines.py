"""A bare server on loopback that answers each connection with bytes, so that it can do what no HTTP library would."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

Act = Callable[[socket.socket, threading.Event], None]


class Lines:
    """What the server heard: the requests' first bytes, and how many connections it took."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}/"
        self.heard: list[bytes] = []
        self.accepted = 0


def said(*bodies: bytes) -> Act:
    """Answer with these bytes, whatever they are, and hang up."""

    def act(line: socket.socket, _stop: threading.Event) -> None:
        line.sendall(b"".join(bodies))

    return act


def ok(body: bytes, *headers: str) -> Act:
    """Answer 200 with a body."""
    head = "".join(f"{header}\r\n" for header in headers)
    length = "" if "Content-Length" in head else f"Content-Length: {len(body)}\r\n"
    return said(f"HTTP/1.1 200 OK\r\n{length}Connection: close\r\n{head}\r\n".encode(), body)


def dripped(first: bytes, drop: bytes = b" ", every: float = 0.02) -> Act:
    """Send the first bytes, then one more every now and then until the other side has had enough."""

    def act(line: socket.socket, stop: threading.Event) -> None:
        line.sendall(first)
        while not stop.wait(every):
            line.sendall(drop)

    return act


def silent(line: socket.socket, stop: threading.Event) -> None:
    """Say nothing at all."""
    stop.wait(30)


def reset(line: socket.socket, _stop: threading.Event) -> None:
    """Hang up with a reset instead of an answer."""
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")


@contextmanager
def listening(*acts: Act) -> Iterator[Lines]:
    """Answer the first connection with the first act and so on; the last one answers all that follow."""
    listener = socket.create_server(("127.0.0.1", 0))
    lines = Lines(listener.getsockname()[1])
    stop = threading.Event()

    def answer(line: socket.socket, act: Act) -> None:
        with line, suppress(OSError):  # the other side may hang up at any byte
            lines.heard.append(line.recv(65536))
            act(line, stop)

    def serve() -> None:
        while True:
            try:
                line, _ = listener.accept()
            except OSError:
                return
            act = acts[min(lines.accepted, len(acts) - 1)]
            lines.accepted += 1
            threading.Thread(target=answer, args=(line, act), daemon=True).start()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield lines
    finally:
        stop.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(timeout=5)
