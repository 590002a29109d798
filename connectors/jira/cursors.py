"""Where a read stands, as text that only this connector reads."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from connectors.errors import Unexpected
from connectors.shapes import Cursor
from connectors.tame import Wild, tame

_KEEP_HELD = 200_000  # ids; beyond that, what may be seen again is noticed at the next full read
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
    """All that changed before `since` (UTC) is stored; `seen` (id -> updated, ms) is what the overlap repeats.

    `held` are the ids that answered the roll calls of the last look, which were of `within`; None where not known.
    """

    since: datetime
    seen: Mapping[int, int] = field(default_factory=dict)
    within: str = ""
    held: frozenset[int] | None = None

    def text(self) -> Cursor:
        newest = sorted(self.seen.items(), key=lambda pair: (-pair[1], pair[0]))[:_KEEP]
        seen = {str(key): at for key, at in sorted(newest)}
        kept: dict[str, object] = {"v": 1, "since": self.since.isoformat()}
        if seen:
            kept["seen"] = seen
        if self.held is not None and len(self.held) <= _KEEP_HELD:
            kept |= {"within": self.within, "held": _packed(self.held)}
        return _dump(kept)


def read_cursor(cursor: Cursor) -> Half | Since:
    """Read a cursor this connector wrote. Raises Unexpected for any other text."""
    try:
        wild = tame(cursor, "the cursor")
        if wild["v"].number() != 1:
            raise wild["v"].unexpected("version 1")
        if wild.maybe("phase") is not None:
            return Half(wild["started"].moment(), int(wild["after"].number()))
        within = wild.maybe("within")
        held = None if within is None else _unpacked(wild["held"])
        return Since(wild["since"].moment(), _seen(wild), "" if within is None else within.text(), held)
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


def _packed(ids: Collection[int]) -> str:
    """Write ids as text: their distances, seven bits a byte, deflated. Ten thousand take some fifteen kilobytes."""
    raw, last = bytearray(), 0
    for id in sorted(ids):
        step, last = id - last, id
        while step > 127:
            raw.append(step & 127 | 128)
            step >>= 7
        raw.append(step)
    return base64.b64encode(zlib.compress(bytes(raw))).decode()


def _unpacked(wild: Wild) -> frozenset[int]:
    try:
        unpacker = zlib.decompressobj()
        raw = unpacker.decompress(base64.b64decode(wild.text(), validate=True), 10 * _KEEP_HELD)
    except (ValueError, zlib.error):
        raise wild.unexpected("packed ids") from None
    if not unpacker.eof:
        raise wild.unexpected("packed ids to their end")
    found, last, step, shift = set(), 0, 0, 0
    for byte in raw:
        step |= (byte & 127) << shift
        if byte & 128:
            shift += 7
            continue
        last, step, shift = last + step, 0, 0
        found.add(last)
    return frozenset(found)


def _dump(value: Mapping[str, object]) -> Cursor:
    return Cursor(json.dumps(value, separators=(",", ":")))
