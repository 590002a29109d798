"""Where the pages listen: names, IPv6, ports that are taken."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.processes.listening import bind_address, health_url, next_free_port, require_free_port
from hub.processes.supervisor import StartFailed
from hub.settings import Settings


def settings(host: str, port: int = 8080, **more: object) -> Settings:
    return Settings.model_validate({"host": host, "port": port, "data": Path("data"), "redis_url": "", **more})


@pytest.fixture
def taken() -> Iterator[int]:
    """A port of 127.0.0.1 on which somebody listens."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield int(other.getsockname()[1])


@pytest.mark.parametrize(
    ("host", "address", "url"),
    [
        ("127.0.0.1", "127.0.0.1", "http://127.0.0.1:8080/healthz"),
        ("localhost", "127.0.0.1", "http://127.0.0.1:8080/healthz"),
        ("0.0.0.0", "0.0.0.0", "http://127.0.0.1:8080/healthz"),
        ("::1", "::1", "http://[::1]:8080/healthz"),
        ("[::1]", "::1", "http://[::1]:8080/healthz"),
        ("::", "::", "http://[::1]:8080/healthz"),
    ],
)
def test_names_and_ipv6_addresses_are_listened_on_and_asked(host: str, address: str, url: str) -> None:
    assert bind_address(host) == address
    assert health_url(settings(host)) == url


def test_an_ipv6_address_stands_in_brackets_in_links() -> None:
    assert settings("::1").base_url == "http://[::1]:8080"
    assert settings("127.0.0.1").base_url == "http://127.0.0.1:8080"
    assert settings("::", public_url="https://okrs.acme.test/").base_url == "https://okrs.acme.test"


def test_a_taken_port_is_said_and_the_next_free_one_is_found(taken: int) -> None:
    with pytest.raises(StartFailed, match=rf"Port {taken} on 127.0.0.1 is taken. Choose another port with OKRHUB_PORT"):
        require_free_port(settings("127.0.0.1", taken))
    assert taken < next_free_port("127.0.0.1", taken) < taken + 100


def test_a_free_port_is_taken_as_it_is() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free = int(probe.getsockname()[1])
    require_free_port(settings("127.0.0.1", free))


@pytest.mark.parametrize("host", ["203.0.113.7", "no-such-host.invalid"])
def test_a_host_that_is_not_this_machine_is_not_called_a_taken_port(host: str) -> None:
    with pytest.raises(StartFailed, match=r"Set (it|OKRHUB_HOST) to") as refused:
        require_free_port(settings(host))
    assert "taken" not in str(refused.value)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("postgres://hub@db/okrs", "postgresql://hub@db/okrs"),
        ("postgres+psycopg://hub@db/okrs", "postgresql+psycopg://hub@db/okrs"),
        ("postgresql://hub@db/okrs", "postgresql://hub@db/okrs"),
    ],
)
def test_a_postgres_address_as_hosting_services_write_it_is_taken(written: str, meant: str) -> None:
    assert settings("127.0.0.1", database_url=written).database == meant
