"""What the simulated channels received."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(slots=True)
class Post:
    """One message as its channel holds it. `key` is the tool's id of it ("" where the tool gives none)."""

    channel: str  # the channel's name, as people see it
    at: datetime
    payload: Mapping[str, Any]
    key: str = ""
    thread: str = ""  # the key of the message it answers
    broadcast: bool = False  # a reply that the channel shows as well
    edits: list[Mapping[str, Any]] = field(default_factory=list)  # the payloads it had before, oldest first
