"""Plain text made fit for any channel, before that channel escapes it in its own way."""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from unicodedata import category
from urllib.parse import quote, urlsplit

LONGEST_LINK = 1_000

# Bidirectional overrides can make a title read as something it is not; joiners stay, emoji and Persian need them.
_OVERRIDES = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")


def tidy(text: str) -> str:
    """Return the text on one line, without control characters, lone surrogates or bidirectional overrides."""
    line = " ".join(text.split())
    return "".join(c for c in line if c not in _OVERRIDES and category(c) not in {"Cc", "Cs"}).strip()


def quoted_link(url: str, *, also_safe: str = "", size: Callable[[str], int] = len) -> str:
    """Return an http(s) address with everything quoted that could end it early, or "" for anything else.

    `also_safe` are characters that the channel takes as they are; `size` is how long it finds a link.
    """
    line = tidy(url)
    try:
        parts = urlsplit(line)
    except ValueError:
        return ""
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        return ""
    link = quote(line, safe=f":/?#[]@!$&+,;=~%-._{also_safe}")
    return link if size(link) <= LONGEST_LINK else ""


def percent(share: Decimal) -> str:
    """Return a share as people read it: Decimal("0.475") is "48 %". Never "100 %" before it is reached."""
    bounded = min(max(share, Decimal(-10)), Decimal(10))
    whole = int((bounded * 100).quantize(Decimal(1), rounding=ROUND_HALF_UP))
    if bounded < 1 and whole == 100:
        whole = 99
    return f"{whole} %".replace("-", "−")
