"""A Slack message as a quiet drawing: the blocks that the hub's messages use, others by the text in them.

https://docs.slack.dev/reference/block-kit/blocks
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup, escape

from hub.web.drawings.words import link, slack_words

Block = Mapping[str, Any]

TINTS = {"#35a268": "on", "#15683e": "done", "#c4830f": "risk", "#d8493f": "off"}


def draw_blocks(message: Block) -> Markup:
    """Return the message as HTML: its blocks, then what stands beside a coloured bar."""
    drawn = _draw_all(message.get("blocks"))
    for attachment in _blocks(message.get("attachments")):
        tint = TINTS.get(str(attachment.get("color", "")).lower(), "none")
        inside = _draw_all(attachment.get("blocks")) or slack_words(str(attachment.get("text", "")))
        drawn += Markup('<div class="quote {}">{}</div>').format(tint, inside)
    return drawn or slack_words(str(message.get("text", "")))


def _blocks(value: Any) -> list[Block]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def _draw_all(value: Any) -> Markup:
    return Markup("").join(_draw(block) for block in _blocks(value))


def _draw(block: Block) -> Markup:
    match block.get("type"):
        case "section":
            fields = Markup("").join(
                Markup("<span>{}</span>").format(_said(one)) for one in _blocks(block.get("fields"))
            )
            return Markup('<p class="mb-1">{}{}</p>').format(_said(block.get("text")), fields)
        case "header":
            return Markup('<p class="mb-1 b">{}</p>').format(_said(block.get("text")))
        case "context":
            parts = Markup(" ").join(_said(one) for one in _blocks(block.get("elements")))
            return Markup('<p class="xs mut mb-0">{}</p>').format(parts)
        case "actions":
            buttons = Markup("").join(
                link(str(one.get("url", "")), _said(one.get("text"))) for one in _blocks(block.get("elements"))
            )
            return Markup('<div class="row-l gap-2 my-2 acts">{}</div>').format(buttons)
        case "divider":
            return Markup("<hr>")
    return Markup('<p class="mb-1">{}</p>').format(_said(block["text"])) if block.get("text") else Markup("")


def _said(text: Any) -> Markup:
    if not isinstance(text, Mapping):
        return escape(str(text or ""))
    words = str(text.get("text", ""))
    return slack_words(words) if text.get("type") == "mrkdwn" else escape(words)
