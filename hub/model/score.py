"""Scores for the review, and roll-up from key results to objectives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from hub.model.kinds import Kind
from hub.model.progress import PLACES, clamp


def suggested_score(kind: Kind, share: Decimal | None) -> Decimal | None:
    """Return the suggested score 0.0..1.0 in tenths; None for kinds that are watched and not scored."""
    if share is None or not kind.is_scored:
        return None
    return clamp(share).quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that rolls up: its share of the way (None when it has none) and its weight.

    A weight of None means "not given": counted as 1 for kinds that are scored and 0 for the others.
    """

    share: Decimal | None
    weight: Decimal | None = None
    is_scored: bool = True


def roll_up(parts: Iterable[Part]) -> Decimal | None:
    """Return the weighted mean of the parts that have progress, each clamped to 0..1; None when there is none."""
    total = weights = Decimal(0)
    for part in parts:
        if part.share is None:
            continue
        weight = part.weight if part.weight is not None else Decimal(1 if part.is_scored else 0)
        total += clamp(part.share) * weight
        weights += weight
    if weights <= 0:
        return None
    return (total / weights).quantize(PLACES).normalize() + Decimal(0)


def find_circle(parents: Mapping[str, str | None]) -> list[str]:
    """Return a chain of objectives that are aligned in a circle, or an empty list."""
    cleared: set[str] = set()
    for start in parents:
        path: list[str] = []
        at: str | None = start
        while at is not None and at not in cleared:
            if at in path:
                return path[path.index(at) :]
            path.append(at)
            at = parents.get(at)
        cleared.update(path)
    return []
