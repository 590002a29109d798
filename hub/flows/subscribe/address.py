"""Whether a tool can ring at this hub, and why not."""

from __future__ import annotations

from urllib.parse import urlsplit

NO_ADDRESS = (
    "the hub has no public address, so no webhook can be registered: set OKRHUB_PUBLIC_URL to the https address at "
    "which tools reach it"
)


def why_not_rung(public_url: str, site: str) -> str:
    """Return why a tool cannot ring at this hub, in a sentence for people; "" when it can.

    Tools ring over https alone. A tool that is itself spoken to over plain http (one on this machine, or within the
    house) may ring back over plain http.
    """
    parts = urlsplit(public_url)
    if not parts.hostname or parts.scheme not in {"http", "https"}:
        return NO_ADDRESS
    if parts.scheme == "http" and not site.lower().startswith("http://"):
        return f"tools ring over https alone, and the hub's public address is {public_url}: no webhook is registered"
    return ""
