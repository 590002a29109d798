"""From what a rule said of each item to the contributions that the store keeps."""

from __future__ import annotations

from collections.abc import Collection

from hub.model.moves import Contribution
from mappings import Evaluation, Line


def contribution(line: Line) -> Contribution:
    """Return one item's part in a value: its own amount and credit, never its share of the result."""
    return Contribution(
        line.key,
        line.ref,
        line.title,
        line.url,
        line.amount,
        line.credit,
        line.group,
        line.state,
        line.status,
        line.reason,
        line.line,
    )


def contributions(found: Evaluation, groups: Collection[str]) -> dict[str, Contribution]:
    """Return the contributions of the groups named (counted, open, left_out, dropped), by item key."""
    return {line.key: contribution(line) for line in found.lines if line.group in groups}
