"""Where a read stands, as text that only this connector reads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from connectors.errors import Unexpected
from connectors.shapes import Cursor
from connectors.tame import Wild, tame

_KEEP = 2000  # what more is seen is read again: that costs a request per hundred, and never an error


@dataclass(frozen=True, slots=True)
class Half:
    """A full read on its way: it began at `started` (UTC) and has stored all ids up to `after`."""

    started: datetime
    after: int

    def text(self) -> Cursor:
        return _dump({"v": 1, "phase": "full", "started": self.started.isoformat(), "after": self.after})


@dataclass(frozen=True, slots=True)
class Since:
    """All that changed before `since` (UTC) is stored; `seen` (id -> updated, ms) is what the overlap repeats."""

    since: datetime
    seen: Mapping[int, int] = field(default_factory=dict)

    def text(self) -> Cursor:
        newest = sorted(self.seen.items(), key=lambda pair: (-pair[1], pair[0]))[:_KEEP]
        seen = {str(key): at for key, at in sorted(newest)}
        return _dump({"v": 1, "since": self.since.isoformat()} | ({"seen": seen} if seen else {}))


def read_cursor(cursor: Cursor) -> Half | Since:
    """Read a cursor this connector wrote. Raises Unexpected for any other text."""
    try:
        wild = tame(cursor, "the cursor")
        if wild["v"].number() != 1:
            raise wild["v"].unexpected("version 1")
        if wild.maybe("phase") is not None:
            return Half(wild["started"].moment(), int(wild["after"].number()))
        return Since(wild["since"].moment(), _seen(wild))
    except Unexpected as broken:
        raise Unexpected(
            f"jira: the stored cursor cannot be read ({broken})", hint="clear it: the next sync reads everything again"
        ) from broken


def _seen(wild: Wild) -> dict[int, int]:
    held = wild.maybe("seen")
    if held is None:
        return {}
    found = {}
    for key in held.names():
        if not key.isdigit():
            raise held[key].unexpected("the id of an issue before it")
        found[int(key)] = int(held[key].number())
    return found


def _dump(value: Mapping[str, object]) -> Cursor:
    return Cursor(json.dumps(value, separators=(",", ":")))
