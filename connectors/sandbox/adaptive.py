"""Refuse the Adaptive Cards that Teams refuses, or would show without their buttons.

Elements after https://adaptivecards.io/explorer/ , version 1.5, the newest that Teams shows; with a workflow behind
the card only actions that need no bot work (https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

CONTENT_TYPE = "application/vnd.microsoft.card.adaptive"
_NEEDED: Mapping[str, tuple[str, ...]] = {
    "TextBlock": ("text",),
    "RichTextBlock": ("inlines",),
    "Image": ("url",),
    "ImageSet": ("images",),
    "Media": ("sources",),
    "Container": ("items",),
    "ColumnSet": (),
    "FactSet": ("facts",),
    "ActionSet": ("actions",),
    "Table": ("columns", "rows"),
}
_ACTIONS: Mapping[str, tuple[str, ...]] = {
    "Action.OpenUrl": ("url",),
    "Action.ShowCard": ("card",),
    "Action.ToggleVisibility": ("targetElements",),
}
_ENUMS: Mapping[str, frozenset[str]] = {
    "color": frozenset({"default", "dark", "light", "accent", "good", "warning", "attention"}),
    "weight": frozenset({"default", "lighter", "bolder"}),
    "spacing": frozenset({"default", "none", "small", "medium", "large", "extralarge", "padding"}),
    "horizontalAlignment": frozenset({"left", "center", "right"}),
}
_CONTAINER_STYLES = frozenset({"default", "emphasis", "good", "attention", "warning", "accent"})


def faults(message: Any) -> Iterator[str]:
    """Yield what is wrong with a workflow's body; nothing when Teams would show all of it."""
    if not isinstance(message, dict) or message.get("type") != "message":
        yield "type is not 'message'"
        return
    attachments = message.get("attachments")
    if not isinstance(attachments, list) or not attachments:
        yield "there are no attachments"
        return
    for number, attachment in enumerate(attachments):
        at = f"attachments[{number}]"
        if not isinstance(attachment, dict) or attachment.get("contentType") != CONTENT_TYPE:
            yield f"{at}.contentType is not {CONTENT_TYPE}"
        elif not isinstance(attachment.get("content"), dict):
            yield f"{at}.content is not a card"
        else:
            yield from _card(attachment["content"], f"{at}.content", outer=True)


def _card(card: Any, at: str, *, outer: bool) -> Iterator[str]:
    if not isinstance(card, dict) or card.get("type") != "AdaptiveCard":
        yield f"{at}.type is not 'AdaptiveCard'"
        return
    version = card.get("version", "" if outer else "1.5")
    if version not in ("1.0", "1.1", "1.2", "1.3", "1.4", "1.5"):
        yield f"{at}.version {version!r} is not one Teams shows"
    yield from _elements(card.get("body", []), f"{at}.body")
    yield from _actions(card.get("actions", []), f"{at}.actions")


def _elements(elements: Any, at: str) -> Iterator[str]:
    if not isinstance(elements, list):
        yield f"{at} is not a list"
        return
    for number, element in enumerate(elements):
        yield from _element(element, f"{at}[{number}]")


def _element(element: Any, at: str) -> Iterator[str]:
    if not isinstance(element, dict) or element.get("type") not in _NEEDED:
        yield f"{at} is of no known type"
        return
    kind = element["type"]
    for name in _NEEDED[kind]:
        if name not in element:
            yield f"{at}.{name} is missing"
    yield from _enums(element, at)
    if kind == "TextBlock" and not isinstance(element.get("text"), str):
        yield f"{at}.text is not a text"
    if kind == "Container":
        if str(element.get("style", "default")).lower() not in _CONTAINER_STYLES:
            yield f"{at}.style is unknown"
        yield from _elements(element.get("items"), f"{at}.items")
    if kind == "ColumnSet":
        for number, column in enumerate(element.get("columns", [])):
            yield from _elements(column.get("items", []), f"{at}.columns[{number}].items")
    if kind == "FactSet":
        for number, fact in enumerate(element.get("facts") or []):
            if not (isinstance(fact.get("title"), str) and isinstance(fact.get("value"), str)):
                yield f"{at}.facts[{number}] needs a title and a value, both texts"
    if kind == "ActionSet":
        yield from _actions(element.get("actions"), f"{at}.actions")
    if kind == "Table":
        for row, held in enumerate(element.get("rows") or []):
            for cell, inside in enumerate(held.get("cells", [])):
                yield from _elements(inside.get("items", []), f"{at}.rows[{row}].cells[{cell}].items")


def _actions(actions: Any, at: str) -> Iterator[str]:
    if not isinstance(actions, list):
        yield f"{at} is not a list"
        return
    for number, action in enumerate(actions):
        here = f"{at}[{number}]"
        if not isinstance(action, dict) or action.get("type") not in _ACTIONS:
            yield f"{here} is no action that works without a bot"
            continue
        for name in _ACTIONS[action["type"]]:
            if name not in action:
                yield f"{here}.{name} is missing"
        if action["type"] == "Action.ShowCard":
            yield from _card(action.get("card"), f"{here}.card", outer=False)


def _enums(element: Mapping[str, Any], at: str) -> Iterator[str]:
    for name, words in _ENUMS.items():
        if name in element and str(element[name]).lower() not in words:
            yield f"{at}.{name} {element[name]!r} is unknown"
