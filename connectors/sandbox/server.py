"""Serve a WSGI application on loopback: threads, kept connections, no chatter.

werkzeug's own server closes every connection after one answer; a real tool keeps them open, and clients rely on it.
"""

from __future__ import annotations

import contextlib
import io
import socket
import sys
import threading
from collections.abc import Callable, Iterable
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import unquote

WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class AnswerLostError(Exception):
    """Raised by an application that has done its work and now drops the line without a word."""


class _Exchange(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # otherwise every kept-alive answer waits 40 ms for an acknowledgement
    wbufsize = -1
    server: _Listener

    def setup(self) -> None:
        super().setup()
        self.server.lines.add(self.connection)

    def finish(self) -> None:
        self.server.lines.discard(self.connection)
        with contextlib.suppress(OSError):  # the line may have been cut already, by either side
            super().finish()

    def handle_one_request(self) -> None:
        try:
            self.raw_requestline = self.rfile.readline(65537)
            if not self.raw_requestline or len(self.raw_requestline) > 65536 or not self.parse_request():
                self.close_connection = True
                return
            self._answer()
        except OSError:  # reset, broken pipe, shut down: the other side has left
            self.close_connection = True

    def _answer(self) -> None:
        body = self._read_body()
        began: list[tuple[str, list[tuple[str, str]]]] = []

        def start_response(status: str, headers: list[tuple[str, str]], *_exc: Any) -> None:
            began.append((status, headers))

        try:
            chunks = self.server.app(self._environ(body), start_response)
            payload = b"".join(chunks)
            close = getattr(chunks, "close", None)
            if close is not None:
                close()
        except AnswerLostError:
            self._cut()
            return
        status, headers = began[-1]
        names = {name.lower() for name, _ in headers}
        lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in headers)]
        if "date" not in names:
            lines.append(f"Date: {formatdate(usegmt=True)}")
        if "content-length" not in names and not status.startswith("204"):
            lines.append(f"Content-Length: {len(payload)}")
        if self.close_connection:
            lines.append("Connection: close")
        self.wfile.write(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))
        if self.command != "HEAD":
            self.wfile.write(payload)
        self.wfile.flush()

    def _read_body(self) -> bytes:
        if "chunked" not in self.headers.get("Transfer-Encoding", "").lower():
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length)
            if len(body) < length:  # whoever asked was killed before all was sent: nobody waits for an answer
                raise ConnectionAbortedError("half a request")
            return body
        parts = []
        while size := int(self.rfile.readline(100).split(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline(10)
        self.rfile.readline(10)
        return b"".join(parts)

    def _cut(self) -> None:
        self.close_connection = True
        self.wfile = io.BytesIO()  # whatever was buffered must not leave
        self.connection.shutdown(socket.SHUT_RDWR)

    def _environ(self, body: bytes) -> dict[str, Any]:
        path, _, query = self.path.partition("?")
        host, port = self.server.server_address[:2]
        environ: dict[str, Any] = {
            "REQUEST_METHOD": self.command,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote(path, "latin-1"),
            "QUERY_STRING": query,
            "REQUEST_URI": self.path,
            "SERVER_NAME": str(host),
            "SERVER_PORT": str(port),
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": self.client_address[0],
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        for name, value in self.headers.items():
            key = "HTTP_" + name.upper().replace("-", "_")
            if key not in ("HTTP_CONTENT_TYPE", "HTTP_CONTENT_LENGTH", "HTTP_TRANSFER_ENCODING"):  # read already
                environ[key] = f"{environ[key]},{value}" if key in environ else value
        return environ

    def log_message(self, *_args: Any) -> None:
        """Say nothing: the sandboxes keep their own list of what they were asked."""


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    timeout = 0.5  # seconds to the next look whether it is to end, where a shut socket wakes nobody (macOS)

    def __init__(self, address: tuple[str, int], app: WsgiApp) -> None:
        self.app = app
        self.lines: set[socket.socket] = set()
        self.is_closing = False
        super().__init__(address, _Exchange)

    def serve_until_closed(self) -> None:
        """Take connections until told to end: `serve_forever` looks up from time to time, and keeps whoever ends it
        waiting for that."""
        while not self.is_closing:
            self.handle_request()

    def end(self) -> None:
        """Wake whoever waits for connections, for the last time."""
        self.is_closing = True
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)


class Server:
    """A running sandbox: `url` without a trailing slash, and `close()`, which also drops kept connections."""

    def __init__(self, app: WsgiApp, host: str, port: int) -> None:
        self._listener = _Listener((host, port), app)
        self.url = f"http://{host}:{self._listener.server_address[1]}"
        self._thread = threading.Thread(
            target=self._listener.serve_until_closed, name=f"sandbox {self.url}", daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        """Stop listening and hang up on everybody."""
        self._listener.end()
        self._thread.join(timeout=5)
        self._listener.server_close()
        for line in list(self._listener.lines):
            with contextlib.suppress(OSError):  # it may have hung up first
                line.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> Server:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def serve(app: WsgiApp, *, host: str = "127.0.0.1", port: int = 0) -> Server:
    """Serve `app` from a background thread; port 0 takes a free one. Use as a context manager, or call `close()`."""
    return Server(app, host, port)
