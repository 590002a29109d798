"""How a connector describes itself: one table that lint, forms, docs and checks all read."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal


class Face(StrEnum):
    """What a connector can be asked to do."""

    SOURCE = "source"
    SWEEP = "sweep"
    GAUGES = "gauges"
    WEBHOOKS = "webhooks"
    WRITE_BACK = "write_back"
    CHANNEL = "channel"


@dataclass(frozen=True, slots=True)
class Field:
    """One setting: its name, what it holds, and the sentence a person needs to fill it in."""

    name: str
    kind: Literal["text", "url", "int", "bool", "choice", "list"]
    help: str
    required: bool = False
    secret: bool = False  # in a file only as ${ENV_NAME}; never logged, never shown again
    default: str = ""
    choices: tuple[str, ...] = ()
    example: str = ""


@dataclass(frozen=True, slots=True)
class ApiToken:
    """How a pasted token travels: a bearer header, basic auth, query parameters, or in the address."""

    carried_by: Literal["bearer", "basic", "query", "url"]
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Description:
    """Who a connector is. `hosts` are suffixes: the wire reaches these, and the host of `base_url`."""

    kind: str  # "jira"
    title: str  # "Jira Cloud"
    faces: frozenset[Face]
    auth: tuple[ApiToken, ...]
    settings: tuple[Field, ...]
    hosts: tuple[str, ...]
    docs: str  # path of its page below docs/
    item_fields: tuple[str, ...] = ()  # the tool's own field names that every item carries in `fields`

    def all_fields(self) -> tuple[Field, ...]:
        """Return the fields of every way to sign in, then the settings, each name once."""
        seen: dict[str, Field] = {}
        for field in (*(f for way in self.auth for f in way.fields), *self.settings):
            seen.setdefault(field.name, field)
        return tuple(seen.values())
