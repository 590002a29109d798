"""Where the pages listen: names resolved, ports that are free, and the address at which this machine reaches them."""

from __future__ import annotations

import errno
import socket

from hub.processes.supervisor import StartFailed
from hub.settings import Settings, in_url

TRIES = 100  # ports after the wanted one that are looked at
EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  what to ask when the pages listen everywhere


def bind_address(host: str) -> str:
    """Return the address to listen on for a host name or address, an IPv4 one first. Raises StartFailed."""
    try:
        found = socket.getaddrinfo(host.strip("[]"), None, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as problem:
        raise StartFailed(
            f"OKRHUB_HOST is {host}, which is no address of this machine. "
            "Set it to 127.0.0.1, or to 0.0.0.0 for every address."
        ) from problem
    found.sort(key=lambda one: one[0] is not socket.AF_INET)
    return str(found[0][4][0])


def health_url(settings: Settings) -> str:
    """Return the address of /healthz as this machine reaches it."""
    address = bind_address(settings.host)
    return f"http://{in_url(EVERYWHERE.get(address, address))}:{settings.port}/healthz"


def require_free_port(settings: Settings) -> None:
    """Raise StartFailed when the pages cannot listen: better said now than after a time-out."""
    address = bind_address(settings.host)
    problem = _refusal(address, settings.port)
    if problem is None:
        return
    if problem.errno == errno.EADDRINUSE:
        raise StartFailed(
            f"Port {settings.port} on {settings.host} is taken. Choose another port with OKRHUB_PORT."
        ) from problem
    if problem.errno == errno.EACCES:
        raise StartFailed(
            f"Port {settings.port} needs more rights than this user has. Choose one above 1023 with OKRHUB_PORT."
        ) from problem
    raise StartFailed(
        f"The pages cannot listen on {settings.host}, port {settings.port}: {problem.strerror}. "
        "Set OKRHUB_HOST to an address of this machine."
    ) from problem


def next_free_port(host: str, wanted: int) -> int:
    """Return the wanted port or, where it is taken, the first free one above it. Raises StartFailed."""
    address = bind_address(host)
    for port in range(wanted, min(wanted + TRIES, 65536)):
        if _refusal(address, port) is None:
            return port
    raise StartFailed(f"Ports {wanted} to {min(wanted + TRIES, 65536) - 1} are taken. Choose one with OKRHUB_PORT.")


def _refusal(address: str, port: int) -> OSError | None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as problem:
            return problem
    return None
