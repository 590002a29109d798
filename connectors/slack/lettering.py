"""Plain text made safe for Slack's mrkdwn: tidied, escaped, and cut to a size that counts the escapes."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from unicodedata import category
from urllib.parse import quote, urlsplit

LONGEST_LINK = 1_000

# Bidirectional overrides can make a title read as something it is not; joiners stay, emoji and Persian need them.
_OVERRIDES = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def tidy(text: str) -> str:
    """Return the text on one line, without control characters, lone surrogates or bidirectional overrides."""
    line = " ".join(text.split())
    return "".join(c for c in line if c not in _OVERRIDES and category(c) not in {"Cc", "Cs"}).strip()


def written(text: str, limit: int) -> str:
    """Return the text tidied, escaped and at most `limit` long, counted as `size` does; a cut ends in an ellipsis.

    Only & < > are escaped: mentions, channels and dates all begin with <, so nothing can ping.
    https://docs.slack.dev/messaging/formatting-message-text#escaping
    """
    line = tidy(text)
    escaped = [_ESCAPES.get(c, c) for c in line]
    if sum(map(size, escaped)) <= limit:
        return "".join(escaped)
    kept, room = [], limit - 1
    for piece in escaped:
        room -= size(piece)
        if room < 0:
            break
        kept.append(piece)
    return "".join(kept).rstrip() + "…"


def size(text: str) -> int:
    """Return how long a text is to Slack at the most: UTF-16 units, quotes and backslashes as JSON writes them."""
    return len(text.encode("utf-16-le")) // 2 + text.count('"') + text.count("\\")


def safe_link(url: str) -> str:
    """Return an http(s) address that is safe between < and |, or "" for anything else."""
    line = tidy(url)
    try:
        parts = urlsplit(line)
    except ValueError:
        return ""
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        return ""
    link = quote(line, safe=":/?#[]@!$&+,;=~%-._()*'")
    return link if size(linked(link)) <= LONGEST_LINK else ""


def linked(link: str) -> str:
    """Return a safe link as it stands in mrkdwn."""
    return link.replace("&", "&amp;")


def percent(share: Decimal) -> str:
    """Return a share as people read it: Decimal("0.475") is "48 %". Never "100 %" before it is reached."""
    bounded = min(max(share, Decimal(-10)), Decimal(10))
    whole = int((bounded * 100).quantize(Decimal(1), rounding=ROUND_HALF_UP))
    if bounded < 1 and whole == 100:
        whole = 99
    return f"{whole} %".replace("-", "−")
