"""Whether the stored items explain the value that stands, and what is said where they do not."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Grounds:
    """What a value and its rule stand on.

    `is_read` says that what the rule selects is read in full; `is_half` that a read of it began and has not ended;
    `stands_by` is the revision that gave the value, None where a person did, or nobody.
    """

    revision: int
    is_read: bool
    is_half: bool
    has_items: bool
    has_value: bool
    stands_by: int | None

    @property
    def explain(self) -> bool:
        """Whether a rule run over the stored items says anything true: of what was never read it would say "none"."""
        return self.is_read or (self.is_of_rule and self.has_items and not self.is_half)

    @property
    def is_of_rule(self) -> bool:
        """Whether the value was given by the rule as it is now."""
        return self.has_value and self.stands_by == self.revision

    @property
    def words(self) -> str:
        """Say what stands instead, as sentences; "" where the value is what the rule makes of its items."""
        if self.is_of_rule:
            return "" if self.is_read else "Not read now. The value shown is that of the last good read."
        if self.is_read and not self.has_value:
            return ""
        said = "Not taken yet." if self.is_read else "Not read yet."
        if not self.has_value:
            return said
        whose = "was set by hand" if self.stands_by is None else f"is revision {self.stands_by}'s"
        return f"{said} The value shown {whose}."
