"""Which Host a request may name.

A page in somebody's browser could reach the hub under a name of its own that resolves to the hub's address (DNS
rebinding). So pages answer to loopback names and to the name of OKRHUB_PUBLIC_URL alone; open without a sign-in, to
loopback names only. The door for tools (hooks.py) is open to any name: a
proxy passes webhooks on, and those are signed. So is /healthz, which says nothing: a platform asks it by the address
of a container.
"""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from flask import Flask, Response, request

from hub.web.errors import refuse
from hub.web.state import state

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})
ANY_NAME = frozenset({"/healthz", "/readyz"})


def is_loopback(host: str) -> bool:
    """Whether a name or address to listen on is this machine only."""
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def host_name(named: str) -> str:
    """Return the name in a Host header, without its port."""
    if named.startswith("["):
        return named.partition("]")[0].lower() + "]"
    return named.partition(":")[0].lower()


def guard(app: Flask) -> None:
    """Refuse requests that name a host which these pages do not answer to."""

    @app.before_request
    def refuse_other_names() -> tuple[str, int] | Response | None:
        settings = state().settings
        if request.path in ANY_NAME:
            return None
        name = host_name(request.headers.get("Host", ""))
        if name in LOOPBACK_NAMES:
            return None
        if settings.open_as:
            words = "Open without a sign-in (OKRHUB_OPEN_AS) the pages are shown on this machine only: open them as "
            words += f"http://localhost on port {settings.port}."
        elif name == host_name(urlsplit(settings.public_url).netloc):
            return None
        else:
            words = "The pages answer to the address in OKRHUB_PUBLIC_URL. Whoever runs the hub can set it to this one."
        return refuse(421, "This address is not answered here", words)
