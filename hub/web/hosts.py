"""Which Host a request may name.

Without accounts the pages listen on loopback only; but a page in somebody's browser could still reach them under a
name of its own that resolves to 127.0.0.1 (DNS rebinding). So pages answer to loopback names alone. /hooks is open
to any name: a proxy passes webhooks on, and those are signed.
"""

from __future__ import annotations

from ipaddress import ip_address

from flask import Flask, Response, request

from hub.web.errors import refuse
from hub.web.state import state

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})


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
        if request.path.startswith("/hooks/") or not is_loopback(state().settings.host):
            return None
        if host_name(request.headers.get("Host", "")) in LOOPBACK_NAMES:
            return None
        return refuse(
            421,
            "This address is not answered here",
            "Without accounts the pages are shown on this machine only: open them as http://localhost "
            f"on port {state().settings.port}.",
        )
