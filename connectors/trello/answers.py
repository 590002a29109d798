"""The answers we read, as typed structs: strict about what is needed, blind to the rest.

Objects: https://developer.atlassian.com/cloud/trello/guides/rest-api/object-definitions/ ; what may be nested in them:
https://developer.atlassian.com/cloud/trello/guides/rest-api/nested-resources/
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from msgspec import Meta, Struct, field

CARD_FIELDS = (
    "name,idShort,idBoard,idList,idLabels,idMembers,closed,due,dueComplete,dateLastActivity,shortLink,shortUrl,badges"
)
LIST_FIELDS = "name,closed,idBoard"
MEMBER_FIELDS = "fullName,username"


Id = Annotated[str, Meta(pattern="^[0-9a-f]{24}$")]


class List(Struct, rename="camel"):
    """A column of a board. An archived one keeps its cards, which are not marked archived themselves."""

    id: str
    name: str
    closed: bool = False
    id_board: str | None = None


class Label(Struct):
    """A label of one board; many have a colour and no name."""

    id: str
    name: str | None = None
    color: str | None = None

    @property
    def shown(self) -> str:
        return self.name or self.color or ""


class Member(Struct, rename="camel"):
    """A person on a board."""

    id: str
    full_name: str | None = None
    username: str = ""

    @property
    def shown(self) -> str:
        return self.full_name or self.username


class Option(Struct):
    """A choice of a custom field of type list."""

    id: str
    value: dict[str, Any]

    @property
    def text(self) -> str:
        return str(self.value.get("text", ""))


class CustomField(Struct):
    """A custom field as its board defines it. `options` are those of a field of type list."""

    id: str
    name: str
    type: str
    options: list[Option] = []


class CustomFieldItem(Struct, rename="camel"):
    """A card's value of a custom field: texts under the name of its kind, or the id of an option."""

    id_custom_field: str
    value: dict[str, Any] | None = None
    id_value: str | None = None


class Badges(Struct, rename="camel", frozen=True):
    """What the front of a card counts."""

    check_items: int = 0
    check_items_checked: int = 0


class BoardName(Struct):
    """The board a card is on."""

    name: str = ""
    closed: bool = False


class Card(Struct, rename="camel"):
    """A card. `column` (Trello's `list`), `labels`, `members`, `board` come with one that was asked for by itself."""

    id: Id
    name: str
    id_board: str
    id_list: str
    id_short: int
    short_url: str
    date_last_activity: datetime | None
    closed: bool = False
    due_complete: bool = False
    due: datetime | None = None
    short_link: str = ""
    id_labels: list[str] = []
    id_members: list[str] = []
    badges: Badges = Badges()
    custom_field_items: list[CustomFieldItem] = []
    column: List | None = field(name="list", default=None)
    labels: list[Label] | None = None
    members: list[Member] | None = None
    board: BoardName | None = None


class Board(Struct, rename="camel"):
    """A board with what gives its cards their names. `cards` where they were asked for."""

    id: str
    name: str
    closed: bool = False
    short_link: str = ""
    url: str = ""
    lists: list[List] = []
    labels: list[Label] = []
    custom_fields: list[CustomField] = []
    members: list[Member] = []
    cards: list[Card] = []


class _CardRef(Struct, rename="camel"):
    id: str
    id_list: str | None = None
    due_complete: bool | None = None
    closed: bool | None = None


class _ListRef(Struct):
    id: str
    name: str = ""


class ActionData(Struct, rename="camel"):
    """What an action says of its card, and what stood there before."""

    card: _CardRef | None = None
    old: dict[str, Any] = {}
    column: _ListRef | None = field(name="list", default=None)
    list_before: _ListRef | None = None
    list_after: _ListRef | None = None
    text: str = ""


class Action(Struct, rename="camel"):
    """Something that somebody did. https://developer.atlassian.com/cloud/trello/guides/rest-api/action-types/"""

    id: str
    type: str
    date: datetime
    data: ActionData
    id_member_creator: str = ""


class Webhook(Struct, rename="camel"):
    """A registered webhook."""

    id: str
    active: bool = True
    id_model: str = ""
    callback_url: str = field(name="callbackURL", default="")


class TokenHooks(Struct):
    """A token of the account, with what was registered by it."""

    webhooks: list[Webhook] = []
