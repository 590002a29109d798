"""Which addresses the wire connects to: the one that was checked, and no private one unasked."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from ipaddress import ip_address
from typing import Any

import pytest

from connectors.addresses import Guard, is_public
from connectors.errors import Misconfigured, TryLater
from connectors.wire import Counter, open_wire

PRIVATE = [
    "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "192.0.2.1", "198.18.0.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
    "::1", "::", "fe80::1", "fc00::1", "fd12::1", "ff02::1", "fec0::1", "2001:db8::1",
    "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:10.0.0.1", "::127.0.0.1", "::10.0.0.1",
    "2002:7f00:1::", "2002:a9fe:a9fe::1", "64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::1",
    "2001:0:0:0:0:0:80ff:fffe",
]  # fmt: skip


@pytest.mark.parametrize("text", PRIVATE)
def test_a_private_address_is_not_public_whatever_it_is_wrapped_in(text: str) -> None:
    assert not is_public(ip_address(text))


@pytest.mark.parametrize(
    "text", ["1.1.1.1", "104.192.142.240", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"]
)
def test_an_ordinary_address_is_public(text: str) -> None:
    assert is_public(ip_address(text))


def _resolves_to(monkeypatch: pytest.MonkeyPatch, *answers: str) -> list[str]:
    asked: list[str] = []

    def getaddrinfo(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        asked.append(host)
        return [
            (socket.AF_INET6 if ":" in a else socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, port)) for a in answers
        ]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return asked


@pytest.mark.parametrize("address", PRIVATE)
def test_a_name_that_stands_for_a_private_address_is_never_connected_to(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    _resolves_to(monkeypatch, address)
    monkeypatch.setattr(socket.socket, "connect", lambda *_: pytest.fail("it connected"))
    wire = open_wire(hosts=["tool.example"], sleep=lambda _: None)
    with pytest.raises(Misconfigured, match="not a public address") as raised:
        wire.get("https://acme.tool.example/")
    assert "allow_private" in raised.value.hint


@pytest.mark.parametrize("host", ["2130706433", "0x7f000001", "0177.0.0.1", "127.1"])
def test_odd_spellings_of_loopback_are_refused_where_they_resolve(host: str) -> None:
    wire = open_wire(hosts=[], base_url=f"https://{host}/", sleep=lambda _: None)
    with pytest.raises((Misconfigured, TryLater)) as raised:
        wire.get(f"https://{host}/")
    assert "not a public address" in str(raised.value) or "no connection" in str(raised.value)


def test_only_the_permitted_addresses_of_a_name_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    _resolves_to(monkeypatch, "169.254.169.254", "1.1.1.1", "::1")
    targets = Guard(["tool.example"]).resolve("tool.example", 443, plain=False)
    assert [sockaddr[0] for _, sockaddr in targets] == ["1.1.1.1"]


def test_a_listed_network_lets_its_own_addresses_pass_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    guard = Guard([], "http://jira.corp/", ["10.1.0.0/16"])
    _resolves_to(monkeypatch, "10.1.2.3", "10.2.0.1", "::ffff:10.1.0.9")
    assert [s[0] for _, s in guard.resolve("jira.corp", 80, plain=True)] == ["10.1.2.3", "::ffff:10.1.0.9"]


def test_plain_http_to_a_public_address_is_refused_even_where_a_private_network_is_listed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _resolves_to(monkeypatch, "1.1.1.1")
    with pytest.raises(Misconfigured, match="use https"):
        Guard([], "http://jira.corp/", ["10.1.0.0/16"]).resolve("jira.corp", 80, plain=True)


@pytest.fixture
def server() -> Iterator[tuple[int, list[bytes]]]:
    """A bare server that answers each request with 200 and keeps the request's bytes."""
    heard: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                line, _ = listener.accept()
            except OSError:
                return
            with line:
                heard.append(line.recv(65536))
                line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield listener.getsockname()[1], heard
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join(timeout=5)


def test_the_address_checked_is_the_one_connected_to_and_the_host_header_keeps_the_name(
    monkeypatch: pytest.MonkeyPatch, server: tuple[int, list[bytes]]
) -> None:
    port, heard = server
    asked = _resolves_to(monkeypatch, "127.0.0.1")
    url = f"http://jira.corp:{port}"
    wire = open_wire(hosts=[], base_url=url, allow_private=["127.0.0.0/8"])
    assert wire.get(f"{url}/rest").text == "ok"
    assert asked == ["jira.corp"]  # resolved once: there is no second answer to be fooled by
    assert f"Host: jira.corp:{port}".encode() in heard[0]


def test_a_name_nobody_knows_is_worth_another_try(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: Any, **__: Any) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    counter = Counter()
    wire = open_wire(hosts=["tool.example"], counter=counter, sleep=lambda _: None)
    with pytest.raises(TryLater, match="no connection") as raised:
        wire.post("https://tool.example/", json={})
    assert not raised.value.maybe_arrived
    assert counter.take()["requests"] == 4


def test_an_answer_cut_short_is_asked_for_again() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    answers = [
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\nConnection: close\r\n\r\nhal",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nwhole",
    ]

    def serve() -> None:
        for reply in answers:
            line, _ = listener.accept()
            with line:
                line.recv(65536)
                line.sendall(reply)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
    counter = Counter()
    wire = open_wire(hosts=[], base_url=url, allow_private=["127.0.0.1/32"], counter=counter, sleep=lambda _: None)
    assert wire.get(url).text == "whole"
    assert counter.take() == {"requests": 2, "throttled": 0, "retried": 1}
    thread.join(timeout=5)
    listener.close()
