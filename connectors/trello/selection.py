"""What a rule reads of Trello: a board, or lists or labels of it, with or without what is archived."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from connectors.errors import Misconfigured, Unexpected
from connectors.shapes import Scope

Archived = Literal["no", "yes", "only"]
_PART = re.compile(r"(board|list|label|archived)=(\S+)")
ID = re.compile(r"[0-9a-f]{24}")


@dataclass(frozen=True, slots=True)
class Selection:
    """Ids alone. A card belongs when it is on the board, in one of the lists and has one of the labels, if any."""

    board: str
    lists: frozenset[str] = frozenset()
    labels: frozenset[str] = frozenset()
    archived: Archived = "no"

    def query(self) -> str:
        """Return the canonical text: the same selection always has the same."""
        words = [f"board={self.board}"]
        words += [f"list={','.join(sorted(self.lists))}"] if self.lists else []
        words += [f"label={','.join(sorted(self.labels))}"] if self.labels else []
        words += [f"archived={self.archived}"] if self.archived != "no" else []
        return " ".join(words)

    def holds(self, board: str, column: str, labels: frozenset[str], *, is_archived: bool) -> bool:
        """Say whether a card that stands like this belongs."""
        return (
            board == self.board
            and (not self.lists or column in self.lists)
            and (not self.labels or bool(self.labels & labels))
            and (self.archived == "yes" or is_archived == (self.archived == "only"))
        )


def read_query(query: str) -> Selection | None:
    """Read the canonical text, or return None for anything else."""
    words = query.split()
    parts = [_PART.fullmatch(word) for word in words]
    found = {match[1]: match[2] for match in parts if match}
    if len(found) != len(words) or "board" not in found or found.get("archived", "no") not in ("no", "yes", "only"):
        return None
    lists, labels = (frozenset(found[name].split(",")) if name in found else frozenset() for name in ("list", "label"))
    if not all(ID.fullmatch(id) for id in (found["board"], *lists, *labels)):
        return None
    archived: Archived = found.get("archived", "no")  # type: ignore[assignment]
    return Selection(found["board"], lists, labels, archived)


def selection_of(scope: Scope) -> Selection:
    """Return what a scope selects. Raises Unexpected for a scope that this connector did not make."""
    found = read_query(scope.query)
    if found is None:
        raise Unexpected(
            f"trello: the stored selection {scope.query!r} cannot be read", hint="apply the workspace anew"
        )
    return found


def read_archived(text: str) -> Archived:
    """Read the picker's word. Raises Misconfigured for any but no, yes and only."""
    word = text.strip().lower()
    for known in ("no", "yes", "only"):
        if word == known:
            return known
    raise Misconfigured(f"trello: archived is {text!r}", field="select", hint="say no, yes or only")
