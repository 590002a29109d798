"""Who may see how the installation fares: this machine, and whoever has the token of /metrics."""

from __future__ import annotations

import hmac
from urllib.parse import urlsplit

from flask import request

from hub.web.hosts import LOOPBACK_NAMES, host_name, is_loopback
from hub.web.state import state

PASSED_ON = ("X-Forwarded-For", "X-Real-Ip", "Forwarded", "X-Forwarded-Host", "Via")  # a proxy stands between


def is_insider() -> bool:
    """Whether this request comes from this machine, by no proxy, or carries OKRHUB_METRICS_TOKEN as its bearer.

    Where the pages are reached from elsewhere only the token counts: a proxy on this machine may leave no trace.
    """
    settings = state().settings
    wanted = settings.metrics_token.get_secret_value().encode()
    kind, _, given = request.headers.get("Authorization", "").partition(" ")
    if wanted and kind.lower() == "bearer" and hmac.compare_digest(given.strip().encode("utf-8", "replace"), wanted):
        return True
    return (
        is_loopback(settings.host)
        and host_name(urlsplit(settings.public_url).netloc) in {"", *LOOPBACK_NAMES}
        and not settings.proxies
        and is_loopback(request.remote_addr or "")
        and host_name(request.headers.get("Host", "")) in LOOPBACK_NAMES
        and not any(name in request.headers for name in PASSED_ON)
    )
