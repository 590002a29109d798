"""What people wrote, as it is: nothing of it is markup, lines stay lines, and addresses of the web are links."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

from hub.web.drawings.words import link

ADDRESS = re.compile(r"https?://[^\s<>\"]+")
TAIL = ".,;:!?'\u2019\u201d"  # ends a sentence, not an address
CLOSING = {")": "(", "]": "["}


def draw_plain(text: str) -> Markup:
    """Draw a text with its line breaks and links; all else is escaped."""
    return Markup("<br>").join(_line(line) for line in text.split("\n"))


def draw_code(text: str) -> Markup:
    """Draw the hub's own sentence, with the commands that stand between backticks as code; all else is escaped."""
    parts = text.split("`")
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if number % 2 else escape(part) for number, part in enumerate(parts)
    )


def _line(line: str) -> Markup:
    drawn = Markup("")
    at = 0
    for found in ADDRESS.finditer(line):
        url = _without_tail(found[0])
        drawn += escape(line[at : found.start()]) + link(url, escape(url))
        at = found.start() + len(url)
    return drawn + escape(line[at:])


def _without_tail(url: str) -> str:
    """Leave out what follows an address: the end of its sentence, a bracket that it stands in."""
    while url and (url[-1] in TAIL or (url[-1] in CLOSING and url.count(CLOSING[url[-1]]) < url.count(url[-1]))):
        url = url[:-1]
    return url
