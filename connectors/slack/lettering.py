"""Text made safe for Slack's mrkdwn: escaped, and cut to a size that counts the escapes."""

from __future__ import annotations

from connectors.lettering import percent, quoted_link, tidy

__all__ = ["linked", "percent", "safe_link", "size", "tidy", "written"]

_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


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
    return quoted_link(url, also_safe="*()'", size=lambda link: size(linked(link)))


def linked(link: str) -> str:
    """Return a safe link as it stands in mrkdwn."""
    return link.replace("&", "&amp;")
