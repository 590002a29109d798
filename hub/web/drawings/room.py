"""Room for words on a drawing: where they lie on nothing and within its edges."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

EM = 6.5  # the width of a letter of 11 px in the widest of the fonts we name, in px
LINE = 15.0
COST_OF_MARK, COST_OF_SPOT = 14.0, 5.0  # against a px of way from where the words belong


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle, in px of the drawing."""

    left: float
    top: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.left + self.width

    @property
    def bottom(self) -> float:
        return self.top + self.height

    def meets(self, other: Box) -> bool:
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )


def text_box(x: float, baseline: float, *lines: str, is_end: bool = False) -> Box:
    """Return the room that lines of 11 px take, from their start, or up to their end."""
    width = EM * max(len(line) for line in lines)
    return Box(x - width if is_end else x, baseline - 10, width, 13 + LINE * (len(lines) - 1))


def find_room(spots: Sequence[Box], words: Sequence[Box], marks: Sequence[Box], within: Box) -> Box:
    """Return where words go: never on other words while there is room, on few marks, near the first of the spots.

    A spot that sticks out of `within` is moved in; each may then slip up and down. Where no room is left at all the
    first spot is returned, moved in.
    """
    best, least = _moved_in(spots[0], within), float("inf")
    for number, spot in enumerate(spots):
        first = _moved_in(spot, within)
        column = replace(first, top=within.top, height=within.height)
        near = [mark for mark in marks if mark.meets(column)]
        for box in _slipping(first, within):
            cost = abs(box.top - spot.top) + abs(box.left - spot.left) + COST_OF_SPOT * number
            if cost >= least or any(box.meets(other) for other in words):
                continue
            cost += COST_OF_MARK * sum(box.meets(mark) for mark in near)
            if cost < least:
                best, least = box, cost
    return best


def _moved_in(box: Box, within: Box) -> Box:
    left = max(min(box.left, within.right - box.width), within.left)
    top = max(min(box.top, within.bottom - box.height), within.top)
    return replace(box, left=left, top=top)


def _slipping(box: Box, within: Box) -> Iterator[Box]:
    yield box
    for way in range(2, int(within.height), 2):
        for top in (box.top - way, box.top + way):
            if within.top <= top and top + box.height <= within.bottom:
                yield replace(box, top=top)
