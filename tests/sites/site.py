"""A site: a simulated tool, what is odd in it, and the rules that are read from it."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from werkzeug.test import run_wsgi_app

from tests.sites.odd import Change, spoil
from tests.sites.truth import Piece, Rule

Wsgi = Callable[..., Iterable[bytes]]
KeyOf = Callable[[Mapping[str, Any]], "str | None"]


@dataclass
class Site:
    """One seed's site. `tool` names its kind and settings; `changes` are by item key, in the order made.

    `draw` gives every item as the tool would show it without them; `touch` lets an item's update time move;
    `key_of` finds items within answers; `places` are where an item may be odd.
    """

    tool: str
    app: Any
    rules: Sequence[Rule]
    draw: Callable[[], list[tuple[str, Any, dict[str, Any]]]]
    touch: Callable[[str], None]
    key_of: KeyOf
    places: Sequence[tuple[str, ...]]
    steps: Sequence[Callable[[Random], str]] = ()
    changes: dict[str, list[Change]] = field(default_factory=lambda: defaultdict(list))
    bend: Callable[[str, Any], None] | None = None  # what else becomes of an answer: who asked for what, and its JSON
    told: list[str] = field(default_factory=list)  # what was made odd, for whoever reads a failure

    def make_odd(self, key: str, change: Change) -> None:
        self.changes[key].append(change)
        self.told.append(f"{key}: {'.'.join(change.path)} = {str(change.value)[:60]!r}")

    def pieces(self) -> list[Piece]:
        """Return every item as held and as shown."""
        return [Piece(key, held, spoil(raw, self.key_of, self.changes)) for key, held, raw in self.draw()]

    def __call__(self, environ: dict[str, Any]) -> tuple[int, list[tuple[str, str]], bytes]:
        """Answer a request: the tool's answer with what is odd in it."""
        chunks, status, headers = run_wsgi_app(self.app, environ)
        body = b"".join(chunks)
        if body[:1] in (b"{", b"["):
            drawn = spoil(json.loads(body), self.key_of, self.changes)
            if self.bend is not None:
                self.bend(f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}", drawn)
            body = json.dumps(drawn).encode()
        return int(status.split(" ", 1)[0]), list(headers), body
