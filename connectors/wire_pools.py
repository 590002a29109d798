"""Connections that bound what a tool may take: the address it is at, and how long one answer may go on."""

from __future__ import annotations

import io
import socket
import time
from http.client import HTTPResponse
from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from connectors.addresses import Guard, connect


class WentOn(TimeoutError):
    """An answer that was still coming when its time was up."""


class _Patient(io.RawIOBase):
    """The bytes of one answer. Every single receive waits no longer than what is left of the whole answer's time."""

    def __init__(self, raw: Any, line: socket.socket, longest: float) -> None:
        self._raw, self._line = raw, line
        self._between = line.gettimeout()  # seconds between two bytes
        self._longest = longest
        self._until = time.monotonic() + longest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._until - time.monotonic()
        if left <= 0:
            raise WentOn(f"the answer went on for more than {self._longest:g} s")
        self._line.settimeout(left if self._between is None else min(left, self._between))
        try:
            found: int | None = self._raw.readinto(buffer)
        except TimeoutError:
            if time.monotonic() >= self._until:
                raise WentOn(f"the answer went on for more than {self._longest:g} s") from None
            raise
        return found

    def close(self) -> None:
        self._raw.close()
        super().close()


def bounded_pools(guard: Guard | None, longest: float) -> dict[str, type[HTTPConnectionPool]]:
    """Return urllib3 pool classes whose answers, headers included, end after `longest` seconds, byte by byte or not.

    With a guard they connect to checked addresses only; the URL's host stays in the Host header, in SNI and in the
    certificate check. Without one (behind a proxy, which resolves names itself) the time alone is bounded.
    """

    class Answer(HTTPResponse):
        def __init__(self, sock: socket.socket, *given: Any, **more: Any) -> None:
            super().__init__(sock, *given, **more)
            self.fp = io.BufferedReader(_Patient(self.fp.detach(), sock, longest))

    class PlainConnection(HTTPConnection):
        response_class = Answer

        def _new_conn(self) -> socket.socket:
            return super()._new_conn() if guard is None else connect(guard, self, plain=True)

    class TlsConnection(HTTPSConnection):
        response_class = Answer

        def _new_conn(self) -> socket.socket:
            return super()._new_conn() if guard is None else connect(guard, self, plain=False)

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = PlainConnection

    class TlsPool(HTTPSConnectionPool):
        ConnectionCls = TlsConnection

    return {"http": PlainPool, "https": TlsPool}
