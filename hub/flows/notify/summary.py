"""Several changes that one apply brought about, as one message."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from sqlalchemy import Connection

from connectors.shapes import SUMMARY, Notification, Reason, Tone
from hub.flows.notify.message import TONES
from hub.model.kinds import Status
from hub.model.numbers import numbers_of
from hub.model.words import STATUS_WORDS
from hub.store import okrs
from hub.store.changes import change_by_id
from hub.store.key_results import key_result_by_id
from hub.store.outbox import Letter

MOST_LINES = 50
SUBJECT = "What the files say was changed"
# The worst first: a long list is cut at its end.
ORDER = (
    Status.MISSED,
    Status.OFF_TRACK,
    Status.AT_RISK,
    Status.ON_TRACK,
    Status.ACHIEVED,
    Status.NOT_STARTED,
    Status.NOT_JUDGED,
)


def write_summary(tx: Connection, letter: Letter, parts: Sequence[Letter]) -> Notification | None:
    """Write what letters say that are told together, a line for each; None when their workspace is no more."""
    workspace = okrs.workspace_now(tx)
    if workspace is None:
        return None
    public_url = workspace.public_url.rstrip("/")
    lines: list[tuple[Status, Reason]] = []
    for part in sorted(parts, key=lambda one: (ORDER.index(Status(one.after)), one.id)):
        change = change_by_id(tx, part.change_id)
        key_result = None if change is None else key_result_by_id(tx, change.key_result_id)
        if change is None or key_result is None:
            continue
        before, after = Status(part.before), Status(part.after)
        numbers = numbers_of(key_result.declared, change.value, change.value_before)
        line = Reason(
            text=f"is {STATUS_WORDS[after].lower()}, was {STATUS_WORDS[before].lower()}",
            ref=key_result.declared.title,
            url=f"{public_url}/key-results/{key_result.key}" if public_url else "",
            amount="" if change.value is None else f"at {numbers.plain(change.value)}",
        )
        lines.append((after, line))
    counted = Counter(after for after, _ in lines)
    return Notification(
        key=f"apply-{letter.change_id}-channel-{letter.channel_id}",
        kind=SUMMARY,
        headline=f"{len(lines)} key results changed status",
        tone=TONES.get(lines[0][0], Tone.PLAIN),
        subject=SUBJECT,
        link=f"{public_url}/" if public_url else "",
        reasons=tuple(line for _, line in lines[:MOST_LINES]),
        more_reasons=max(0, len(lines) - MOST_LINES),
        facts=tuple((STATUS_WORDS[status], str(counted[status])) for status in ORDER if counted[status]),
    )
