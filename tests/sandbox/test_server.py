"""The sandbox server keeps its lines open, and closes them when told."""

from __future__ import annotations

import http.client
from collections.abc import Callable, Iterable
from typing import Any

from werkzeug.wrappers import Request, Response

from connectors.sandbox.server import serve


def echo(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    request = Request(environ)
    text = f"{request.method} {request.full_path} {request.remote_addr} {request.get_data(as_text=True)}"
    return Response(text, headers={"X-Port": str(environ["SERVER_PORT"])})(environ, start_response)


def test_many_requests_travel_over_one_line() -> None:
    with serve(echo) as server:
        line = http.client.HTTPConnection("127.0.0.1", int(server.url.rsplit(":", 1)[1]), timeout=5)
        line.request("POST", "/caf%C3%A9?a=1", body="x=ü".encode())
        first = line.getresponse()
        assert first.read().decode() == "POST /café?a=1 127.0.0.1 x=ü"
        socket = line.sock
        line.request("GET", "/")
        assert line.getresponse().read() == b"GET /? 127.0.0.1 "
        assert line.sock is socket
        assert first.version == 11
        line.close()


def test_a_chunked_body_is_read_whole() -> None:
    with serve(echo) as server:
        line = http.client.HTTPConnection("127.0.0.1", int(server.url.rsplit(":", 1)[1]), timeout=5)
        line.request(
            "POST", "/", body=iter([b"ab", b"cd"]), encode_chunked=True, headers={"Transfer-Encoding": "chunked"}
        )
        assert line.getresponse().read() == b"POST /? 127.0.0.1 abcd"
        line.close()


def test_closing_hangs_up_on_kept_lines() -> None:
    server = serve(echo)
    line = http.client.HTTPConnection("127.0.0.1", int(server.url.rsplit(":", 1)[1]), timeout=5)
    line.request("GET", "/")
    line.getresponse().read()
    server.close()
    assert line.sock.recv(1) == b""
    line.close()
