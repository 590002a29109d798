"""What a channel was told, drawn as people saw it: whichever shape its payload has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from hub.web.drawings.adaptive_card import draw_adaptive_card
from hub.web.drawings.block_kit import draw_blocks
from hub.web.drawings.words import pictured


def draw_card(payload: Any) -> Markup:
    """Return the drawing of a payload; where its shape is not known, the text it holds."""
    if isinstance(payload, Mapping):
        for attachment in _list(payload.get("attachments")):
            content = attachment.get("content") if isinstance(attachment, Mapping) else None
            if isinstance(content, Mapping) and content.get("type") == "AdaptiveCard":
                return draw_adaptive_card(content)
        if payload.get("blocks") or payload.get("attachments"):
            return draw_blocks(payload)
        if isinstance(payload.get("text"), str):
            return Markup('<p class="mt-1 mb-1">{}</p>').format(pictured(payload["text"]))
    return Markup('<p class="mt-1 mb-1 mut">{}</p>').format("What was said was not kept.")


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
