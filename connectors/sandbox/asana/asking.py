"""A question as the simulated Asana understands it, and the ways it refuses one."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from connectors.sandbox.asana.bodies import Tree, compact, pick, tree_of
from connectors.sandbox.asana.objects import Json

HELP = (
    "For more information on API status codes and how to handle them, read the docs on errors: "
    "https://developers.asana.com/docs/errors"
)
PAGE = 100  # the most that a search finds
WHOLE = 1000  # a longer list is refused where no limit is given
OFFSET_LASTS = timedelta(hours=1)


class RefusedError(Exception):
    """A request that gets an error answer, in Asana's error collection."""

    def __init__(self, status: int, message: str, *, wait: int | None = None, **more: Any) -> None:
        super().__init__(message)
        self.status, self.message, self.wait, self.more = status, message, wait, more

    def body(self) -> Json:
        return {"errors": [{"message": self.message, "help": HELP}], **self.more}


@dataclass(frozen=True, slots=True)
class Question:
    """A request, be it one of its own or an action of a batch. `parameters` are its query, `data` its body's data."""

    method: str
    path: str
    parameters: Mapping[str, str]
    data: Json

    @property
    def tree(self) -> Tree | None:
        """What was asked for by opt_fields."""
        return tree_of(self.parameters.get("opt_fields"))

    def needs(self, name: str) -> str:
        """Return a parameter that must be there."""
        if not self.parameters.get(name):
            raise RefusedError(400, f"{name}: Missing input")
        return self.parameters[name]

    def show(self, whole: Json, status: int = 200) -> tuple[int, Json]:
        """Answer with one object: whole, or what of it was asked for."""
        tree = self.tree
        return status, {"data": whole if tree is None else pick(whole, tree)}


class Pages:
    """Lists by the page: https://developers.asana.com/docs/pagination"""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._offsets: dict[str, tuple[str, int, str, datetime]] = {}

    def show(
        self, question: Question, keys: Sequence[str], draw: Callable[[str], Json], *, ends: bool = False
    ) -> tuple[int, Json]:
        """Answer with a page of a list. `ends`: it has no further pages, as a search has none."""
        limit = question.parameters.get("limit")
        size = (PAGE if ends else WHOLE) if limit is None else _limit(limit)
        if limit is None and len(keys) > WHOLE and not ends:
            raise RefusedError(
                400, "The result is too large. You should use pagination (may require specifying a workspace)!"
            )
        start = self._start(question, keys)
        tree = question.tree
        shown = keys[start : start + size]
        data = [compact(draw(key)) if tree is None else pick(draw(key), tree) for key in shown]
        if ends:
            return 200, {"data": data}
        more = None
        if start + size < len(keys):
            offset = f"eyJ{secrets.token_urlsafe(24)}"
            self._offsets[offset] = (question.path, start + size, shown[-1], self._now())
            path = f"{question.path}?limit={size}&offset={offset}"
            more = {"offset": offset, "path": path, "uri": f"https://app.asana.com/api/1.0{path}"}
        return 200, {"data": data, **({"next_page": more} if limit is not None else {})}

    def _start(self, question: Question, keys: Sequence[str]) -> int:
        offset = question.parameters.get("offset")
        if offset is None:
            return 0
        path, position, last, made = self._offsets.get(offset, ("", 0, "", self._now()))
        if path != question.path or self._now() - made > OFFSET_LASTS:
            raise RefusedError(400, "offset: Your pagination token has expired or is invalid.")
        try:
            return keys.index(last) + 1  # the list may have grown or shrunk before it
        except ValueError:
            return position


def _limit(text: str) -> int:
    if not (text.isdigit() and 1 <= int(text) <= 100):
        raise RefusedError(400, "limit: Must be between 1 and 100 inclusive")
    return int(text)


def read_data(body: bytes) -> Json:
    """Return the `data` of a JSON body."""
    try:
        found = json.loads(body or b"{}")
    except ValueError:
        raise RefusedError(400, "Could not parse request data, invalid JSON") from None
    data = found.get("data", {}) if isinstance(found, dict) else None
    if not isinstance(data, dict):
        raise RefusedError(400, "Invalid Request: the body must have an object named data")
    return data
