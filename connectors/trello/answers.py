"""The answers we read, as typed structs: strict about what is needed, blind to the rest.

Objects: https://developer.atlassian.com/cloud/trello/guides/rest-api/object-definitions/ ; what may be nested in them:
https://developer.atlassian.com/cloud/trello/guides/rest-api/nested-resources/
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from msgspec import Meta, Struct, ValidationError, convert, field

CARD_FIELDS = (
    "name,idShort,idBoard,idList,idLabels,idMembers,closed,due,dueComplete,dateLastActivity,shortLink,shortUrl,badges,"
    "cardRole,isTemplate"
)
LIST_FIELDS = "name,closed,idBoard"
MEMBER_FIELDS = "fullName,username"


Id = Annotated[str, Meta(pattern="^[0-9a-f]{24}$")]


def _text(found: object) -> str:
    return found if isinstance(found, str) else ""


class List(Struct, rename="camel"):
    """A column of a board. An archived one keeps its cards, which are not marked archived themselves."""

    id: str
    name: object = None
    closed: object = False
    id_board: object = None

    @property
    def shown(self) -> str:
        return _text(self.name)


class Label(Struct):
    """A label of one board; many have a colour and no name."""

    id: str
    name: object = None
    color: object = None

    @property
    def shown(self) -> str:
        return _text(self.name) or _text(self.color)


class Member(Struct, rename="camel"):
    """A person on a board."""

    id: str
    full_name: object = None
    username: object = ""

    @property
    def shown(self) -> str:
        return _text(self.full_name) or _text(self.username)


class Option(Struct):
    """A choice of a custom field of type list."""

    id: str
    value: object = None

    @property
    def text(self) -> str:
        return _text(self.value.get("text")) if isinstance(self.value, dict) else ""


class CustomField(Struct):
    """A custom field as its board defines it. `options` are those of a field of type list."""

    id: str
    name: object = None
    type: object = None
    options: object = None

    @property
    def shown(self) -> str:
        return _text(self.name)

    @property
    def choices(self) -> list[Option]:
        """The options that can be read."""
        found = []
        for one in self.options if isinstance(self.options, list) else ():
            try:
                found.append(convert(one, Option))
            except ValidationError:
                continue  # nobody can have chosen what has no id
        return found


class CustomFieldItem(Struct, rename="camel"):
    """A card's value of a custom field: texts under the name of its kind, or the id of an option."""

    id_custom_field: str
    value: object = None
    id_value: object = None


class Badges(Struct, rename="camel", frozen=True):
    """What the front of a card counts."""

    check_items: int = 0
    check_items_checked: int = 0


class BoardName(Struct):
    """The board a card is on."""

    name: object = ""
    closed: object = False


class Card(Struct, rename="camel"):
    """A card. `column` (Trello's `list`), `labels`, `members`, `board` come with one that was asked for by itself.

    `wrong` says which of these hold what nobody can read, and why: those have a default here.
    """

    id: Id
    name: str
    id_board: str
    id_list: str
    id_short: int
    short_url: str
    date_last_activity: str | None
    closed: bool
    due_complete: bool
    due: str | None
    id_labels: list[str]
    id_members: list[str]
    badges: Badges
    custom_field_items: list[CustomFieldItem]
    short_link: str = ""
    card_role: str | None = None
    is_template: bool = False
    column: List | None = field(name="list", default=None)
    labels: list[Label] | None = None
    members: list[Member] | None = None
    board: BoardName | None = None
    wrong: dict[str, str] = field(name="@wrong", default_factory=dict)


class CardPlace(Struct, rename="camel"):
    """A card, and which board it is on."""

    id: Id
    id_board: Id


class Board(Struct, rename="camel"):
    """A board with what gives its cards their names. `cards` where they were asked for."""

    id: str
    name: object = ""
    closed: object = False
    short_link: object = ""
    url: object = ""
    lists: list[List] = []
    labels: list[Label] = []
    custom_fields: list[CustomField] = []
    members: list[Member] = []
    cards: list[Card] = []
    wrong: dict[str, str] = field(name="@wrong", default_factory=dict)

    @property
    def shown(self) -> str:
        return _text(self.name)

    @property
    def link(self) -> str:
        return _text(self.short_link)


class _CardRef(Struct, rename="camel"):
    id: str = ""
    id_list: str | None = None
    due_complete: bool | None = None
    closed: bool | None = None


class _ListRef(Struct):
    id: str = ""
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
    """Something that somebody did. https://developer.atlassian.com/cloud/trello/guides/rest-api/action-types/

    `wrong` says what of it nobody can read: then it may have been anything.
    """

    id: str
    type: str
    date: datetime | None
    data: ActionData
    id_member_creator: str = ""
    wrong: dict[str, str] = field(name="@wrong", default_factory=dict)


class Webhook(Struct, rename="camel"):
    """A registered webhook."""

    id: str
    active: bool = True
    id_model: str = ""
    callback_url: str = field(name="callbackURL", default="")


class TokenHooks(Struct):
    """A token of the account, with what was registered by it."""

    webhooks: list[Webhook] = []
