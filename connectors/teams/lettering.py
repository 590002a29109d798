"""Text made safe for an Adaptive Card: cut to size, and with its Markdown put to sleep."""

from __future__ import annotations

import re

from connectors.lettering import percent, quoted_link, tidy

__all__ = ["asleep", "cut", "percent", "safe_link", "tidy", "written"]

_SPECIAL = re.compile(r"[\\`*_\[\]<>&~]")
_STARTS_A_BLOCK = re.compile(r"^(?:(?P<mark>-(?=[ -]|$)|\+(?= |$)|#(?=[ #]|$))|(?P<number>\d+)(?P<stop>[.)](?= |$)))")


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
    return quoted_link(url)
