"""Plain text made safe for an Adaptive Card: tidied, cut to size, and with its Markdown put to sleep."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal
from unicodedata import category
from urllib.parse import quote, urlsplit

LONGEST_LINK = 1_000

# Bidirectional overrides can make a title read as something it is not; joiners stay, emoji and Persian need them.
_OVERRIDES = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
_SPECIAL = re.compile(r"[\\`*_\[\]<>&~]")
_STARTS_A_BLOCK = re.compile(r"^(?:(?P<mark>-(?=[ -]|$)|\+(?= |$)|#(?=[ #]|$))|(?P<number>\d+)(?P<stop>[.)](?= |$)))")


def tidy(text: str) -> str:
    """Return the text on one line, without control characters, lone surrogates or bidirectional overrides."""
    line = " ".join(text.split())
    return "".join(c for c in line if c not in _OVERRIDES and category(c) not in {"Cc", "Cs"}).strip()


def cut(text: str, limit: int) -> str:
    """Return the tidied text, at most `limit` characters long; what was cut ends in an ellipsis."""
    line = tidy(text)
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def asleep(text: str) -> str:
    """Escape the Markdown that TextBlock and FactSet interpret, so that the text is shown as it was written.

    Teams reads bold, italic, lists and links (https://learn.microsoft.com/adaptive-cards/authoring-cards/text-features),
    its desktop client all of CommonMark. A round bracket is escaped only where it would follow a square one: the
    mobile clients show needless backslashes. `{{` would start a date function.
    """
    line = _SPECIAL.sub(r"\\\g<0>", text)
    line = line.replace("](", "]\\(").replace("{{", "\\{\\{")
    return _STARTS_A_BLOCK.sub(_quiet_start, line)


def _quiet_start(match: re.Match[str]) -> str:
    return f"\\{match['mark']}" if match["mark"] else f"{match['number']}\\{match['stop']}"


def written(text: str, limit: int) -> str:
    """Return the text cut to `limit` characters, then escaped."""
    return asleep(cut(text, limit))


def safe_link(url: str) -> str:
    """Return an http(s) address that is safe inside a Markdown link, or "" for anything else."""
    line = tidy(url)
    try:
        parts = urlsplit(line)
    except ValueError:
        return ""
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        return ""
    link = quote(line, safe=":/?#[]@!$&+,;=~%-._")
    return link if len(link) <= LONGEST_LINK else ""


def percent(share: Decimal) -> str:
    """Return a share as people read it: Decimal("0.475") is "48 %". Never "100 %" before it is reached."""
    bounded = min(max(share, Decimal(-10)), Decimal(10))
    whole = int((bounded * 100).quantize(Decimal(1), rounding=ROUND_HALF_UP))
    if bounded < 1 and whole == 100:
        whole = 99
    return f"{whole} %".replace("-", "−")
