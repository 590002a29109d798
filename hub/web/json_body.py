"""The body of a call: a JSON object, or words about why it is none."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from flask import request


class Unreadable(Exception):
    """The body of a request says something that makes no sense; the message names the field."""


def read_object() -> Mapping[str, Any]:
    """Return the JSON object of the request. Raises Unreadable when there is none that can be kept.

    Its texts hold no half of a surrogate pair and no NUL: JSON lets both be written, and no database takes them.
    """
    if not request.is_json:
        raise Unreadable("send a JSON object, with Content-Type: application/json")
    try:
        found = json.loads(request.get_data())
    except (ValueError, RecursionError):  # nested a thousandfold it is JSON, and nothing that anybody meant
        raise Unreadable("the body is not JSON") from None
    if not isinstance(found, dict):
        raise Unreadable("the body must be an object: {}")
    for name, value in found.items():
        if not _can_be_kept(name) or (isinstance(value, str) and not _can_be_kept(value)):
            raise Unreadable(f"{name.encode('ascii', 'backslashreplace').decode()[:60]} holds letters that are none")
    return found


def _can_be_kept(text: str) -> bool:
    return "\x00" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)
