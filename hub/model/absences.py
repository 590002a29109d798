"""How it is said that an item is not read any more: deleted, hidden from the account, or moved out of the selection."""

from __future__ import annotations

from connectors.shapes import Absence

MOVED_OUT = "moved out of the selection"


def say_absence(because: Absence, tool: str) -> str:
    """Return why an item that its tool does not show is not there; `tool` is the tool's title."""
    match because:
        case Absence.DELETED:
            return f"deleted in {tool}"
        case Absence.HIDDEN:
            return "not visible to the hub's account any more"
    return "deleted or not visible any more"
