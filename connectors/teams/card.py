"""A notification drawn as an Adaptive Card 1.5, the newest version that Teams shows.

Nothing is fetched from the net, and no word is coloured: on the tinted band of the theme, light or dark, only the
default text colour can be read. Schema: https://adaptivecards.io/explorer/, limits of Teams:
https://learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/cards/cards-format
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from itertools import pairwise

from connectors.shapes import SUMMARY, Notification, Reason, Tone
from connectors.teams.lettering import cut, percent, safe_link, tidy, written

Element = dict[str, object]

LARGEST_MESSAGE = 24_000  # bytes of UTF-8; Teams refuses a message above about 28 KB, everything included
MOST_REASONS = 10
MOST_LINES = 50  # of a message that tells of several changes
MOST_FACTS = 8
BAR_CELLS = 20  # as wide as the narrowest phone shows in one line

_BAND = {
    Tone.GOOD: ("good", "✅"),
    Tone.DONE: ("good", "🏆"),
    Tone.WARN: ("warning", "⚠️"),
    Tone.BAD: ("attention", "🛑"),
    Tone.PLAIN: ("emphasis", "🔹"),
}


def draw_message(notification: Notification) -> dict[str, object]:
    """Return the body a Workflows address takes: one message with one card, never above LARGEST_MESSAGE bytes.

    Reasons give way first, then facts; what was left out of the reasons is counted in words.
    """
    reasons = min(len(notification.reasons), MOST_LINES if notification.kind == SUMMARY else MOST_REASONS)
    facts = min(len(notification.facts), MOST_FACTS)
    while True:
        message = _wrap(_draw_card(notification, reasons, facts))
        if len(encode(message)) <= LARGEST_MESSAGE or (reasons, facts) == (0, 0):
            return message
        reasons, facts = (reasons - 1, facts) if reasons else (0, facts - 1)


def encode(message: Mapping[str, object]) -> bytes:
    """Return the message as it travels: UTF-8, because escapes would triple the size of most scripts."""
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode("utf-8")


def _wrap(card: Element) -> Element:
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [attachment]}


def _draw_card(notification: Notification, reasons: int, facts: int) -> Element:
    link = safe_link(notification.link)
    body = [
        _draw_band(notification),
        _draw_subject(notification, link),
        *_draw_value(notification),
        *_draw_progress(notification),
        *_draw_facts(notification, facts),
        *_draw_reasons(notification, reasons),
        *_draw_footnote(notification),
    ]
    card: Element = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.5",
        "fallbackText": f"{cut(notification.headline, 200)}: {cut(notification.subject, 300)}",
        "msteams": {"width": "Full"},
        "body": body,
    }
    if link:
        card["actions"] = [{"type": "Action.OpenUrl", "title": "See why", "url": link}]
    return card


def _draw_band(notification: Notification) -> Element:
    style, icon = _BAND[notification.tone]
    words = f"{icon} {written(notification.headline, 200)}"
    return {"type": "Container", "style": style, "bleed": True, "items": [_text(words, weight="Bolder")]}


def _draw_subject(notification: Notification, link: str) -> Element:
    subject = written(notification.subject, 300) or "A key result"
    return _text(f"[{subject}]({link})" if link else subject, weight="Bolder", size="Medium")


def _draw_value(notification: Notification) -> list[Element]:
    value, note = written(notification.value, 40), written(notification.value_note, 300)
    if not value:
        return [_text(note, isSubtle=True, spacing="Small")] if note else []
    number = _text(value, size="ExtraLarge", weight="Bolder")
    columns: list[Element] = [{"type": "Column", "width": "auto", "items": [number]}]
    if note:
        columns.append(
            {
                "type": "Column",
                "width": "stretch",
                "spacing": "Small",
                "verticalContentAlignment": "Center",
                "items": [_text(note, isSubtle=True)],
            }
        )
    return [{"type": "ColumnSet", "spacing": "Small", "columns": columns}]


def _draw_progress(notification: Notification) -> list[Element]:
    """Draw the bar with its tick, and say the same in words: the bar is decoration to a screen reader."""
    progress, expected = notification.progress, notification.expected
    if progress is None or not progress.is_finite():
        return []
    words = f"{percent(progress)} of the way"
    tick = None
    if expected is not None and expected.is_finite():
        words += f", {percent(expected)} expected today"
        tick = _cells(expected)
    bar: Element = {"type": "RichTextBlock", "spacing": "Small", "inlines": _draw_bar(_cells(progress), tick)}
    return [bar, _text(words, size="Small", isSubtle=True, spacing="None")]


def _cells(share: Decimal) -> int:
    """Return how many cells of the bar a share fills: none only for nothing, all only for everything."""
    if share <= 0:
        return 0
    if share >= 1:
        return BAR_CELLS
    return min(max(round(share * BAR_CELLS), 1), BAR_CELLS - 1)


def _draw_bar(done: int, tick: int | None) -> list[Element]:
    """Draw a thick line up to `done`, a thin one beyond, and a tick: told apart by shape, then by colour.

    The accent of Teams reaches 3:1 on both themes, its green and yellow do not on white.
    """
    runs: list[Element] = []
    stops = sorted({0, done, BAR_CELLS} | ({tick} if tick is not None else set()))
    for start, end in pairwise(stops):
        if start == tick:
            runs.append(_run("┃"))
        filled = end <= done
        looks: Element = {"color": "Accent"} if filled else {"isSubtle": True}
        runs.append(_run(("━" if filled else "─") * (end - start), **looks))
    if tick == BAR_CELLS:
        runs.append(_run("┃"))
    return runs


def _draw_facts(notification: Notification, count: int) -> list[Element]:
    why = _tell_why(notification)
    facts = [{"title": "Why", "value": why}] if why else []
    for label, text in notification.facts[:count]:
        title, value = written(label, 40), written(text, 200)
        if title and value:
            facts.append({"title": title, "value": value})
    return [{"type": "FactSet", "spacing": "Medium", "facts": facts}] if facts else []


def _is_told_in_one_line(notification: Notification) -> bool:
    return len(notification.reasons) == 1 and not notification.more_reasons


def _tell_why(notification: Notification) -> str:
    """Return why in one line: a single reason in full, else the summary above the list of reasons."""
    if not _is_told_in_one_line(notification):
        return written(notification.summary, 300)
    reason = notification.reasons[0]
    parts = (_tell(reason), written(notification.summary, 150) or written(reason.amount, 40))
    return ", ".join(part for part in parts if part)


def _tell(reason: Reason) -> str:
    """Return a reason as Markdown: the reference as a link, the title in quotation marks, what happened."""
    ref, link = written(reason.ref, 60), safe_link(reason.url)
    title = f"“{written(reason.title, 120)}”" if tidy(reason.title) else ""
    parts = (f"[{ref}]({link})" if ref and link else ref, title, written(reason.text, 200))
    return " ".join(part for part in parts if part)


def _draw_reasons(notification: Notification, count: int) -> list[Element]:
    """Draw one row a reason with its amount at the right edge, then how many were left out."""
    if _is_told_in_one_line(notification):
        return []
    rows = [_draw_reason(reason) for reason in notification.reasons[:count]]
    left_out = len(notification.reasons) - len(rows) + max(notification.more_reasons, 0)
    if left_out > 0:
        words = f"and {left_out} more" if rows else f"{left_out} reasons, too long to show here"
        rows.append(_text(words, isSubtle=True, spacing="Small"))
    return [{"type": "Container", "spacing": "Medium", "items": rows}] if rows else []


def _draw_reason(reason: Reason) -> Element:
    columns: list[Element] = [{"type": "Column", "width": "stretch", "items": [_text(_tell(reason))]}]
    amount = written(reason.amount, 40)
    if amount:
        columns.append({"type": "Column", "width": "auto", "items": [_text(amount, horizontalAlignment="Right")]})
    return {"type": "ColumnSet", "spacing": "Small", "columns": columns}


def _draw_footnote(notification: Notification) -> list[Element]:
    note = written(notification.footnote, 300)
    return [_text(note, size="Small", isSubtle=True)] if note else []


def _text(words: str, **looks: object) -> Element:
    return {"type": "TextBlock", "text": words, "wrap": True, **looks}


def _run(words: str, **looks: object) -> Element:
    return {"type": "TextRun", "text": words, "size": "Large", **looks}
