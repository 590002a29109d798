"""Where a connection's reads stand: of each board, the cards as they are stored, by fingerprint.

Actions cannot say it: a label put on a card, a check item added or a label renamed make none that a read of actions
returns (https://developer.atlassian.com/cloud/trello/guides/rest-api/action-types/, "Excluded"), and a date has no
second source for what was deleted. What is compared is therefore the cards themselves.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from connectors.errors import Unexpected
from connectors.shapes import Cursor
from connectors.tame import tame

_ID, _MARK = 12, 5  # bytes

Marks = Mapping[str, bytes]  # card id -> fingerprint


@dataclass(frozen=True, slots=True)
class Held:
    """The cards of each board as the hub holds them."""

    boards: Mapping[str, Marks] = field(default_factory=dict)

    def text(self) -> Cursor:
        """Write it down: seventeen bytes a card, in base64."""
        packed = {
            board: base64.b64encode(b"".join(bytes.fromhex(id) + marks[id] for id in sorted(marks))).decode()
            for board, marks in sorted(self.boards.items())
        }
        return Cursor(json.dumps({"v": 1, "boards": packed}, separators=(",", ":")))

    def merged(self, read: Held) -> Held:
        """Return what is held when a first read is stored beside what was swept before.

        Where both know the board, a card that they saw differently, or that is new to what was swept, is left out: the
        next sweep takes it for new, which costs no request. One that has left since stays, to be missed there.
        """
        boards: dict[str, Marks] = dict(self.boards)
        for board, marks in read.boards.items():
            known = self.boards.get(board)
            if known is None:
                boards[board] = marks
            else:
                boards[board] = {id: mark for id, mark in known.items() if marks.get(id, mark) == mark}
        return Held(boards)


def read_cursor(cursor: Cursor) -> Held:
    """Read a cursor this connector wrote. Raises Unexpected for any other text."""
    try:
        wild = tame(cursor, "the cursor")
        if wild["v"].number() != 1:
            raise wild["v"].unexpected("version 1")
        boards = wild["boards"]
        return Held({board: _unpacked(boards[board].text()) for board in boards.names()})
    except (Unexpected, binascii.Error) as broken:
        raise Unexpected(
            f"trello: the stored cursor cannot be read ({broken})",
            hint="clear it: the next sync reads everything again",
        ) from broken


def _unpacked(text: str) -> Marks:
    packed = base64.b64decode(text, validate=True)
    size = _ID + _MARK
    if len(packed) % size:
        raise Unexpected("a board's cards are cut off")
    return {packed[at : at + _ID].hex(): packed[at + _ID : at + size] for at in range(0, len(packed), size)}
