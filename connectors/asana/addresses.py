"""What an address names, as people copy it from the browser.

Since 2025 the name of a kind stands before each id (`/1/<workspace>/project/<gid>/task/<gid>/comment/<gid>`); the older
form, which Asana keeps for good, has bare ids (`/0/<project>/<task>/f`):
https://forum.asana.com/t/upcoming-new-v1-asana-url-format-in-the-browser/1011489
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import pairwise
from urllib.parse import parse_qs, urlsplit

_ADDRESS = re.compile(r"(?:https?://)?(?P<host>[0-9A-Za-z.:-]+)/(?P<rest>[01](?:/.*)?)", re.DOTALL)
_NUMBER = re.compile(r"[0-9]{1,40}")
# before the ids of the older form: where a task was looked at, with the id of that place first
_AROUND = frozenset({"search", "home", "inbox"})
_KINDS = ("task", "project", "goal", "portfolio", "tag")
_FINEST = ("task", "goal", "portfolio", "project", "tag")  # what an address means that names several


def gids_in(text: str, site: str = "") -> Mapping[str, str] | None:
    """Return the gid of each kind of thing that an address names; None for a text that is no address of Asana.

    `site` is where a connection's Asana is. Views, comments and what is shown around a task are passed over.
    """
    match = _ADDRESS.fullmatch(text.strip())
    if match is None:
        return None
    host = match["host"].lower()
    if host != "asana.com" and not host.endswith(".asana.com") and host != urlsplit(site).netloc.lower():
        return None
    parts = urlsplit(f"//asana/{match['rest']}")
    version, *words = [word for word in parts.path.split("/") if word]
    found = _named(words[1:]) if version == "1" else _bare(words)
    child = parse_qs(parts.query).get("child", [""])[0]
    if _NUMBER.fullmatch(child) and "task" not in found:
        found["task"] = child  # a task that is open beside a search
    return found


def finest(found: Mapping[str, str]) -> str:
    """Return the gid of what an address is about: a task before the project that it is in; empty for none."""
    return next((found[kind] for kind in _FINEST if kind in found), "")


def _named(words: list[str]) -> dict[str, str]:
    """Read pairs of a kind and an id. Of sub-tasks the last is meant."""
    found: dict[str, str] = {}
    for kind, gid in pairwise(words):
        if kind in (*_KINDS, "subtask") and _NUMBER.fullmatch(gid):
            found["task" if kind == "subtask" else kind] = gid
    return found


def _bare(words: list[str]) -> dict[str, str]:
    kind = words[0] if words else ""
    numbers = []
    for word in words[1 if kind and not kind.isdecimal() else 0 :]:
        if not _NUMBER.fullmatch(word):
            break  # "list", "f": how it is looked at
        numbers.append(word)
    if kind in ("goal", "portfolio", "tag"):
        return {kind: numbers[0]} if numbers else {}
    if not (kind.isdecimal() or kind in _AROUND):
        return {}
    found = {"task": numbers[1]} if len(numbers) > 1 else {}
    if kind.isdecimal() and numbers[0] != "0":
        found["project"] = numbers[0]
    return found
