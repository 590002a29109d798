"""Refuse the Block Kit that Slack refuses.

Limits after https://docs.slack.dev/reference/block-kit/blocks/ ; the limit on the sum is not documented there but is
met in practice (github.com/slackapi/bolt-js/issues/2509).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

BLOCKS_MAX = 50
BLOCKS_CHARACTERS_MAX = 13_200
TEXT_MAX = 40_000


def refusal(text: Any, blocks: Any) -> str:
    """Return Slack's error code for a message's text and blocks, or "" when it would be posted."""
    if not text and not blocks:
        return "no_text"
    if text is not None and not isinstance(text, str):
        return "invalid_arguments"
    if text and len(text) > TEXT_MAX:
        return "msg_too_long"
    if not blocks:
        return ""
    if not isinstance(blocks, list) or len(blocks) > BLOCKS_MAX:
        return "invalid_blocks"
    if not all(_is_block(block) for block in blocks):
        return "invalid_blocks"
    ids = [block["block_id"] for block in blocks if "block_id" in block]
    if len(ids) != len(set(ids)):
        return "invalid_blocks"
    if len(json.dumps(blocks, ensure_ascii=False, separators=(",", ":"))) > BLOCKS_CHARACTERS_MAX:
        return "msg_blocks_too_long"
    return ""


def _is_block(block: Any) -> bool:
    if not isinstance(block, dict) or block.get("type") not in _BLOCKS:
        return False
    if len(str(block.get("block_id", ""))) > 255:
        return False
    return _BLOCKS[block["type"]](block)


def _is_text(text: Any, limit: int, *kinds: str) -> bool:
    return (
        isinstance(text, dict)
        and text.get("type") in (kinds or ("plain_text", "mrkdwn"))
        and isinstance(text.get("text"), str)
        and 0 < len(text["text"]) <= limit
        and set(text) <= {"type", "text", "emoji", "verbatim"}
        and ("emoji" not in text or text["type"] == "plain_text")
    )


def _is_image(element: Mapping[str, Any]) -> bool:
    return bool(element.get("image_url") or element.get("slack_file")) and bool(element.get("alt_text"))


def _is_button(element: Any) -> bool:
    return (
        isinstance(element, dict)
        and element.get("type") == "button"
        and _is_text(element.get("text"), 75, "plain_text")
        and len(element.get("value", "")) <= 2000
        and len(element.get("url", "")) <= 3000
        and len(element.get("action_id", "")) <= 255
        and element.get("style", "primary") in ("primary", "danger")
    )


def _is_section(block: Mapping[str, Any]) -> bool:
    text, fields = block.get("text"), block.get("fields")
    if text is None and not fields:
        return False
    if text is not None and not _is_text(text, 3000):
        return False
    if fields is not None and not (
        isinstance(fields, list) and 1 <= len(fields) <= 10 and all(_is_text(f, 2000) for f in fields)
    ):
        return False
    accessory = block.get("accessory")
    return accessory is None or _is_button(accessory) or (accessory.get("type") == "image" and _is_image(accessory))


def _is_context(block: Mapping[str, Any]) -> bool:
    elements = block.get("elements")
    return (
        isinstance(elements, list)
        and 1 <= len(elements) <= 10
        and all(
            _is_text(e, 3000) or (isinstance(e, dict) and e.get("type") == "image" and _is_image(e)) for e in elements
        )
    )


def _is_actions(block: Mapping[str, Any]) -> bool:
    elements = block.get("elements")
    return isinstance(elements, list) and 1 <= len(elements) <= 25 and all(_is_button(e) for e in elements)


_BLOCKS: Mapping[str, Callable[[Mapping[str, Any]], bool]] = {
    "section": _is_section,
    "header": lambda block: _is_text(block.get("text"), 150, "plain_text"),
    "divider": lambda block: set(block) <= {"type", "block_id"},
    "context": _is_context,
    "actions": _is_actions,
    "image": _is_image,
    "markdown": lambda block: isinstance(block.get("text"), str) and 0 < len(block["text"]) <= 12_000,
    "rich_text": lambda block: isinstance(block.get("elements"), list) and bool(block["elements"]),
}
