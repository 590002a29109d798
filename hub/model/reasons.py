"""Why no newer value stands: a code beside the sentence decides who may read it and what releases it."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """What the note beside a freshness is about."""

    NONE = ""
    CONNECTION = "connection"  # its problem, which may quote what another team looks for: for admins alone
    SELECTION = "selection"  # what the rule reads cannot be read
    SHORT = "short"  # fewer items came than the tool reports
    RESTING = "resting"  # the tool has nothing to show for it at present, as between two sprints
    RULE = "rule"  # the rule cannot be worked out over what was read
    DEFECT = "defect"  # the hub failed over it
    SET_ASIDE = "set_aside"  # items that could not be read were left out; or one of them counted until now
    # Guards: what was read is not believed at once.
    EMPTY = "empty"
    MIN_ITEMS = "min_items"
    MAX_DROP = "max_drop"
    MAX_RISE = "max_rise"
    WORDS = "words"  # a word of the rule that no item has any more

    @property
    def is_confirmed_by_a_look(self) -> bool:
        """Whether a second look on schedule that agrees is enough to take what was held back."""
        return self in {Reason.EMPTY, Reason.MAX_DROP, Reason.MAX_RISE, Reason.SET_ASIDE}
