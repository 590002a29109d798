"""What Trello says when it does not do what it was asked: mostly a few words of plain text."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping

from werkzeug.wrappers import Response

ID = re.compile(r"[0-9a-fA-F]{24}")
SHORT_LINK = re.compile(r"[0-9A-Za-z]{8}")
NOT_FOUND = "The requested resource was not found."


class RefusedError(Exception):
    """A request that gets an error answer: a text, or an object where Trello sends one."""

    def __init__(self, status: int, text: str, *, error: str = "") -> None:
        super().__init__(text)
        self.status, self.text, self.error = status, text, error

    def answer(self) -> Response:
        """Return the answer."""
        if self.error:
            body = json.dumps({"message": self.text, "error": self.error})
            return Response(body, self.status, content_type="application/json; charset=utf-8")
        return Response(self.text, self.status, content_type="text/plain; charset=utf-8")

    def part(self) -> Mapping[str, object]:
        """Return what stands for it in a batch."""
        return {"name": self.error or "Error", "message": self.text, "statusCode": self.status}


def check_names(asked: Mapping[str, str], known: Collection[str]) -> None:
    """Refuse a parameter that the call does not have. Trello itself ignores it, which hides a slip of ours."""
    for name in asked:
        if name not in known and name not in ("key", "token"):
            raise RefusedError(400, f"invalid parameter {name}")


def fields_of(asked: Mapping[str, str], name: str, known: Collection[str], default: Collection[str]) -> Collection[str]:
    """Read a list of fields: all, or names parted by commas."""
    text = asked.get(name)
    if text is None:
        return default
    if text == "all":
        return known
    fields = [field for field in text.split(",") if field]
    if not set(fields) <= set(known):
        raise RefusedError(400, f"invalid value for {name}")
    return fields


def choice_of(asked: Mapping[str, str], name: str, known: Collection[str], default: str) -> str:
    """Read one of a few words."""
    text = asked.get(name, default)
    if text not in known:
        raise RefusedError(400, f"invalid value for {name}")
    return text


def number_of(asked: Mapping[str, str], name: str, default: int, most: int) -> int:
    """Read a number up to `most`."""
    text = asked.get(name, str(default))
    if not text.isdigit() or int(text) > most:
        raise RefusedError(400, f"invalid value for {name}")
    return int(text)


def is_set(asked: Mapping[str, str], name: str) -> bool:
    """Read true or false, which an absent parameter is."""
    return choice_of(asked, name, ("true", "false"), "false") == "true"
