"""One line of the table that the benchmarks print."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """What was done, what it took, and what it may take at most."""

    work: str
    measured: str
    allowed: str
    is_kept: bool = True
