"""What a Trello is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

# https://developer.atlassian.com/cloud/trello/guides/rest-api/action-types/ : these are told to webhooks, and no list
# of actions has them
EXCLUDED = frozenset(
    {
        "addLabelToCard",
        "copyChecklist",
        "createCheckItem",
        "createLabel",
        "deleteAttachmentFromCard",
        "deleteCheckItem",
        "deleteComment",
        "deleteLabel",
        "removeLabelFromCard",
        "updateCheckItem",
        "updateComment",
        "updateLabel",
        "voteOnCard",
    }
)


@dataclass(slots=True)
class Board:
    """A board; `hidden` from the account, `deleted` for everybody."""

    id: str
    name: str
    short_link: str
    closed: bool = False
    hidden: bool = False
    last_activity: datetime | None = None
    numbers: int = 0


@dataclass(slots=True)
class Column:
    """A list."""

    id: str
    name: str
    board: str
    closed: bool = False


@dataclass(slots=True)
class Label:
    """A label of a board."""

    id: str
    board: str
    name: str
    color: str | None


@dataclass(slots=True)
class Field:
    """A custom field of a board; `options` are (id, text) of one of type list."""

    id: str
    board: str
    name: str
    type: str
    options: list[tuple[str, str]] = field(default_factory=list)


@dataclass(slots=True)
class CheckItem:
    """A line of a checklist."""

    id: str
    name: str
    done: bool = False


@dataclass(slots=True)
class Attachment:
    """A link on a card."""

    id: str
    name: str
    url: str


@dataclass(slots=True)
class Card:
    """A card."""

    id: str
    number: int
    short_link: str
    name: str
    board: str
    column: str
    last_activity: datetime
    closed: bool = False
    due: datetime | None = None
    due_complete: bool = False
    role: str | None = None  # what Trello shows it as instead of a card: separator, board, mirror, link
    is_template: bool = False
    source: str | None = None  # the card that a mirror shows
    labels: set[str] = field(default_factory=set)
    members: list[str] = field(default_factory=list)
    check_items: list[CheckItem] = field(default_factory=list)
    values: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    attachments: list[Attachment] = field(default_factory=list)


@dataclass(slots=True)
class Member:
    """A person."""

    id: str
    full_name: str
    username: str


@dataclass(slots=True)
class Action:
    """Something that was done; `board` is whose list of actions has it."""

    id: str
    type: str
    at: datetime
    board: str
    card: str
    data: dict[str, Any]
    member: str
    client: str = ""
