"""Where a read stands, as text that only this connector reads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from connectors.errors import Unexpected
from connectors.shapes import Cursor
from connectors.tame import Wild, tame

# A full read that was interrupted begins again: its pages carry the bodies, so that the roll call it ends with takes
# as many requests as the read itself, and Asana's offsets do not last.
AGAIN = Cursor('{"v":1,"phase":"full"}')


@dataclass(frozen=True, slots=True)
class Since:
    """From where each project's events are told (`tokens`), and which projects each portfolio held then."""

    tokens: Mapping[str, str] = field(default_factory=dict)
    portfolios: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def text(self) -> Cursor:
        """Write it down; the same content is always the same text."""
        value: dict[str, object] = {"v": 1, "tokens": dict(sorted(self.tokens.items()))}
        if self.portfolios:
            value["portfolios"] = {key: sorted(held) for key, held in sorted(self.portfolios.items())}
        return Cursor(json.dumps(value, separators=(",", ":")))


def merge(held: Cursor, read: Cursor) -> Cursor:
    """Unite two cursors. Of a project in both the held token wins: it is the older, so nothing is missed."""
    old, new = read_cursor(held), read_cursor(read)
    return Since({**new.tokens, **old.tokens}, {**new.portfolios, **old.portfolios}).text()


def read_cursor(cursor: Cursor) -> Since:
    """Read a cursor this connector wrote. Raises Unexpected for any other text."""
    try:
        wild = tame(cursor, "the cursor")
        if wild["v"].number() != 1:
            raise wild["v"].unexpected("version 1")
        if wild.maybe("phase") is not None:
            return Since()
        tokens = wild["tokens"]
        return Since({key: tokens[key].text() for key in tokens.names()}, _portfolios(wild))
    except Unexpected as broken:
        raise Unexpected(
            f"asana: the stored cursor cannot be read ({broken})", hint="clear it: the next sync reads everything again"
        ) from broken


def _portfolios(wild: Wild) -> dict[str, tuple[str, ...]]:
    held = wild.maybe("portfolios")
    if held is None:
        return {}
    return {key: tuple(project.text() for project in held[key]) for key in held.names()}
