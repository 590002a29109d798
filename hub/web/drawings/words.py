"""Pieces of a message's text: links, weight, and the few pictures that messages begin with."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from markupsafe import Markup, escape

# What a message may begin with, drawn with our own icons: a reader's system may lack the picture.
PICTURES = {
    "✅": ("check-circle-fill", "on"),
    "🏆": ("patch-check-fill", "done"),
    "⚠️": ("exclamation-triangle-fill", "risk"),
    "🛑": ("x-octagon-fill", "off"),
    "🔹": ("dash-circle", "none"),
}
SLACK_NAMES = {
    ":white_check_mark:": "✅",
    ":trophy:": "🏆",
    ":warning:": "⚠️",
    ":octagonal_sign:": "🛑",
    ":small_blue_diamond:": "🔹",
}
PICTURE = re.compile("|".join(map(re.escape, PICTURES)))
STEPS = re.compile("[▰▱]+")
TEAMS = re.compile(
    r"\\(?P<escaped>.)|\[(?P<words>(?:\\.|[^\]\\])+)\]\((?P<url>[^)\s]+)\)|\*\*(?P<bold>.+?)\*\*", re.DOTALL
)
SLACK = re.compile(r"<(?P<url>https?://[^|>]+)(?:\|(?P<words>[^>]*))?>|(?<![\w*])\*(?P<bold>[^*\n]+)\*(?![\w*])")


def link(url: str, words: Markup) -> Markup:
    """Return a link where the address is one of the web, else the words alone."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return words
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        return words
    return Markup('<a href="{}" rel="noreferrer">{}</a>').format(url, words)


def pictured(text: str) -> Markup:
    """Return a text escaped, its pictures as icons and its steps as one piece."""
    drawn = Markup("")
    at = 0
    for found in PICTURE.finditer(text):
        icon, tint = PICTURES[found[0]]
        drawn += _stepped(text[at : found.start()])
        drawn += Markup('<i class="bi bi-{} pic {}" aria-hidden="true"></i>').format(icon, tint)
        at = found.end()
    return drawn + _stepped(text[at:])


def _stepped(text: str) -> Markup:
    drawn = Markup("")
    at = 0
    for found in STEPS.finditer(text):
        drawn += escape(text[at : found.start()])
        drawn += Markup('<span class="steps10" aria-hidden="true">{}</span>').format(found[0])
        at = found.end()
    return drawn + escape(text[at:])


def teams_words(text: str) -> Markup:
    """Draw the Markdown of an Adaptive Card's text: escapes, links, bold."""
    drawn = Markup("")
    at = 0
    for found in TEAMS.finditer(text):
        drawn += pictured(text[at : found.start()])
        if found["escaped"] is not None:
            drawn += escape(found["escaped"])
        elif found["url"] is not None:
            drawn += link(found["url"], teams_words(found["words"]))
        else:
            drawn += Markup("<b>{}</b>").format(teams_words(found["bold"]))
        at = found.end()
    return drawn + pictured(text[at:])


def slack_words(text: str) -> Markup:
    """Draw Slack's mrkdwn: links, bold, line breaks, and the emoji that the hub's messages use."""
    for name, picture in SLACK_NAMES.items():
        text = text.replace(name, picture)
    drawn = Markup("")
    at = 0
    for found in SLACK.finditer(text):
        drawn += _lines(text[at : found.start()])
        if found["url"] is not None:
            drawn += link(_plain(found["url"]), _lines(found["words"] or found["url"]))
        else:
            drawn += Markup("<b>{}</b>").format(slack_words(found["bold"]))
        at = found.end()
    return drawn + _lines(text[at:])


def _lines(text: str) -> Markup:
    return Markup("<br>").join(pictured(_plain(line)) for line in text.split("\n"))


def _plain(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
