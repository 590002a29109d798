"""A notification drawn as a Slack message: one line to read in passing, and the why beside a coloured bar.

Limits: https://docs.slack.dev/reference/block-kit/blocks (50 blocks, 3,000 characters a section) and about 13,200
characters for all blocks together, which Slack enforces and does not document. Every part below is cut to a share of
them, so no notification can exceed any.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal

from slack_sdk.models.attachments import BlockAttachment
from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    ContextBlock,
    MarkdownTextObject,
    PlainTextObject,
    SectionBlock,
)

from connectors.shapes import SUMMARY, Notification, Reason, Tone
from connectors.slack.lettering import linked, percent, safe_link, size, tidy, written

LARGEST_SECTION = 2_900
MOST_REASONS = 10
MOST_LINES = 50  # of a message that tells of several changes
MOST_FACTS = 8
BAR_CELLS = 10

_ICON = {
    Tone.GOOD: ":white_check_mark:",
    Tone.DONE: ":trophy:",
    Tone.WARN: ":warning:",
    Tone.BAD: ":octagonal_sign:",
    Tone.PLAIN: ":small_blue_diamond:",
}
_BAR = {
    Tone.GOOD: "#35a268",
    Tone.DONE: "#15683e",
    Tone.WARN: "#c4830f",
    Tone.BAD: "#d8493f",
    Tone.PLAIN: "#868f9c",
}
_OF_TOTAL = re.compile(r"of [\d.,]*\d")


def draw_message(notification: Notification) -> dict[str, object]:
    """Return `text` (for notices and screen readers), `blocks` and, beside a coloured bar, `attachments`."""
    told = tell_plainly(notification)
    message: dict[str, object] = {"text": told, "blocks": [_section(_headline(notification)).to_dict()]}
    details = _details(notification)
    if details:
        attachment = BlockAttachment(blocks=details, color=_BAR[notification.tone], fallback=told)
        message["attachments"] = [attachment.to_dict()]
    return message


def tell_plainly(notification: Notification) -> str:
    """Return the message in one sentence: "At risk, was on track: Merchants live. PAY-429 reopened, 22 to 19."."""
    said = f"{written(notification.headline, 300)}: {written(notification.subject, 800)}"
    why = _why_in_one_line(notification, links=False)
    return f"{said}. {why.rstrip('.')}." if why else said


def _headline(notification: Notification) -> str:
    headline, now = tidy(notification.headline), tidy(notification.now)
    bold, rest = (now, headline[len(now) :]) if now and headline.startswith(now) else (headline, "")
    link, subject = safe_link(notification.link), written(notification.subject, 800) or "a key result"
    words = f"*{written(bold, 150)}*{_continued(rest)}: " if bold else ""
    return f"{_ICON[notification.tone]} {words}{_linked(link, subject)}"


def _continued(rest: str) -> str:
    """Return what follows the bold word, its own leading space or comma included."""
    return (" " if rest.startswith(" ") else "") + written(rest, 150) if rest else ""


def _details(notification: Notification) -> list[Block]:
    blocks: list[Block] = [
        _section(text) for text in (_value(notification), _why(notification), _facts(notification)) if text
    ]
    link = safe_link(notification.link)
    if link:
        button = ButtonElement(text=PlainTextObject(text="See why"), url=link, action_id="see_why")
        blocks.append(ActionsBlock(elements=[button]))
    footnote = written(notification.footnote, 400)
    if footnote:
        blocks.append(ContextBlock(elements=[_mrkdwn(footnote)]))
    return blocks


def _value(notification: Notification) -> str:
    value, note = written(notification.value, 60), written(notification.value_note, 400)
    total = _OF_TOTAL.match(note)
    if value and total:
        value, note = f"{value} {total[0]}", note[total.end() :].lstrip()
        glue = "" if note.startswith((",", ".")) else " "
    else:
        glue = " "
    words = f"*{value}*{glue}{note}".rstrip() if value else note
    return "  ".join(part for part in (_bar(notification.progress), words or _way(notification)) if part)


def _bar(progress: Decimal | None) -> str:
    if progress is None or not progress.is_finite():
        return ""
    done = _cells(progress)
    return "▰" * done + "▱" * (BAR_CELLS - done)


def _cells(share: Decimal) -> int:
    """Return how many cells of the bar a share fills: none only for nothing, all only for everything."""
    if share <= 0:
        return 0
    if share >= 1:
        return BAR_CELLS
    return min(max(int(share * BAR_CELLS + Decimal("0.5")), 1), BAR_CELLS - 1)


def _way(notification: Notification) -> str:
    progress, expected = notification.progress, notification.expected
    if progress is None or not progress.is_finite():
        return ""
    words = f"{percent(progress)} of the way"
    if expected is not None and expected.is_finite():
        words += f", {percent(expected)} expected today"
    return words


def _why(notification: Notification) -> str:
    line = _why_in_one_line(notification, links=True)
    first = f"*Why*  {line}".rstrip()
    if _is_told_in_one_line(notification) or not (notification.reasons or notification.more_reasons > 0):
        return first if line else ""
    most = MOST_LINES if notification.kind == SUMMARY else MOST_REASONS
    lines = [f"•  {_tell(reason, links=True, amount=True)}" for reason in notification.reasons[:most]]
    kept = _fitting(lines, LARGEST_SECTION - size(first) - 60)
    left_out = len(notification.reasons) - len(kept) + max(notification.more_reasons, 0)
    rest = [f"and {left_out} more" if kept else f"{left_out} reasons, too long to show here"] if left_out else []
    return "\n".join([first, *kept, *rest])


def _is_told_in_one_line(notification: Notification) -> bool:
    return len(notification.reasons) == 1 and notification.more_reasons <= 0


def _why_in_one_line(notification: Notification, *, links: bool) -> str:
    """Return a single reason in full, else the summary, which then stands above the list of reasons."""
    summary = written(notification.summary, 300)
    if not _is_told_in_one_line(notification):
        return summary
    reason = notification.reasons[0]
    return ", ".join(part for part in (_tell(reason, links=links, amount=not summary), summary) if part)


def _tell(reason: Reason, *, links: bool, amount: bool) -> str:
    """Return a reason: the reference, as a link where asked, the title in quotation marks, what happened, how much."""
    ref, link = written(reason.ref, 100), safe_link(reason.url) if links else ""
    title = f"“{written(reason.title, 300)}”" if tidy(reason.title) else ""
    told = " ".join(part for part in (_linked(link, ref) if ref else "", title, written(reason.text, 400)) if part)
    much = written(reason.amount, 60) if amount else ""
    return ", ".join(part for part in (told, much) if part)


def _facts(notification: Notification) -> str:
    pairs = [(written(label, 80), written(text, 400)) for label, text in notification.facts[:MOST_FACTS]]
    lines = [f"*{label}*  {text}" for label, text in pairs if label and text]
    return "\n".join(_fitting(lines, LARGEST_SECTION))


def _fitting(lines: Iterable[str], room: int) -> list[str]:
    """Return the first lines that fit, a line break each included."""
    kept = []
    for line in lines:
        room -= size(line) + 2  # JSON writes a line break in two characters
        if room < 0:
            break
        kept.append(line)
    return kept


def _linked(link: str, words: str) -> str:
    return f"<{linked(link)}|{words}>" if link else words


def _section(text: str) -> SectionBlock:
    return SectionBlock(text=_mrkdwn(text))


def _mrkdwn(text: str) -> MarkdownTextObject:
    # verbatim: a name such as @here, #general or a bare address in a title stays text
    return MarkdownTextObject(text=text, verbatim=True)
