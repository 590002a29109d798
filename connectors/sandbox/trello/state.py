"""The boards of a simulated Trello, and what people do to them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from connectors.sandbox.trello.things import (
    EXCLUDED,
    Action,
    Attachment,
    Board,
    Card,
    CheckItem,
    Column,
    Field,
    Label,
    Member,
)

_LETTERS = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghjkmnopqrstuvwxyz"


class Desk:
    """All boards. Every deed takes the lock, makes its action, and tells the listeners.

    `now` is the clock (aware). `client` is what the deed's request said of itself. Labels leave `dateLastActivity`
    alone here, since nothing says that Trello moves it.
    """

    def __init__(self, *, now: Callable[[], datetime]) -> None:
        self.now = now
        self.lock = threading.RLock()
        self.odd: dict[str, Mapping[str, Any]] = {}  # card id -> what its body holds instead: see `bent`
        self.boards: dict[str, Board] = {}
        self.columns: dict[str, Column] = {}
        self.labels: dict[str, Label] = {}
        self.fields: dict[str, Field] = {}
        self.cards: dict[str, Card] = {}
        self.members: dict[str, Member] = {}
        self.actions: list[Action] = []
        self.listeners: list[Callable[[Action], None]] = []
        self.client = ""
        self._count = 0
        self.me = self.add_member("OKR Hub", "okrhub")

    # -- what there is

    def new_id(self, at: datetime | None = None) -> str:
        """Make an id: its first eight hex digits are the seconds since 1970."""
        self._count += 1
        return f"{int((at or self.now()).timestamp()):08x}{self._count:016x}"

    def add_member(self, full_name: str, username: str) -> str:
        id = self.new_id()
        self.members[id] = Member(id, full_name, username)
        return id

    def add_board(self, name: str, *lists: str) -> str:
        """Make a board with these lists: To Do, Doing and Done unless others are named."""
        with self.lock:
            id = self.new_id()
            self.boards[id] = Board(id, name, self._short())
            for column in lists or ("To Do", "Doing", "Done"):
                self.add_list(id, column)
            return id

    def add_list(self, board: str, name: str) -> str:
        with self.lock:
            id = self.new_id()
            self.columns[id] = Column(id, name, board)
            self._act("createList", board, list={"id": id, "name": name})
            return id

    def add_label(self, board: str, name: str, color: str | None = "green") -> str:
        with self.lock:
            id = self.new_id()
            self.labels[id] = Label(id, board, name, color)
            self._act("createLabel", board, label={"id": id, "name": name, "color": color})
            return id

    def add_field(self, board: str, name: str, type: str, *options: str) -> str:
        """Define a custom field: number, text, date, checkbox, or list with its options."""
        with self.lock:
            id = self.new_id()
            self.fields[id] = Field(id, board, name, type, [(self.new_id(), text) for text in options])
            self._act("createCustomField", board, customField={"id": id, "name": name, "type": type})
            return id

    def list_of(self, board: str, name: str) -> str:
        return next(one.id for one in self.columns.values() if (one.board, one.name) == (board, name))

    # -- cards

    def create(self, column: str, name: str, *, labels: tuple[str, ...] = (), **more: Any) -> str:
        """Make a card in a list. `more` are fields of Card; `created` sets its time."""
        with self.lock:
            at = more.pop("created", None) or self.now()
            board = self.boards[self.columns[column].board]
            board.numbers += 1
            card = Card(
                self.new_id(at), board.numbers, self._short(), name, board.id, column, at, labels=set(labels), **more
            )
            self.cards[card.id] = card
            self._act("createCard", board.id, card, at=at, list=self._list(column))
            return card.id

    def edit(self, id: str, **changes: Any) -> None:
        """Change fields of Card, of which Trello makes one updateCard for each."""
        with self.lock:
            card = self.cards[id]
            for name, value in changes.items():
                old = getattr(card, name)
                if old == value:
                    continue
                setattr(card, name, value)
                field = {"due_complete": "dueComplete"}.get(name, name)
                drawn, before = _plain(value), _plain(old)
                self._act("updateCard", card.board, card, more={field: drawn}, old={field: before}, list=True)

    def move(self, id: str, column: str, *, at: datetime | None = None) -> None:
        """Move a card to another list, of another board if need be; `at` is when it was moved within its board."""
        with self.lock:
            card = self.cards[id]
            was, now = self.columns[card.column], self.columns[column]
            if was.id == now.id:
                return
            card.column = column
            if was.board == now.board:
                self._act(
                    "updateCard",
                    card.board,
                    card,
                    at=at,
                    more={"idList": now.id},
                    old={"idList": was.id},
                    listBefore=self._list(was.id),
                    listAfter=self._list(now.id),
                )
                return
            self._to_board(card, now.board)
            self._act("moveCardFromBoard", was.board, card, boardTarget={"id": now.board}, list=self._list(was.id))
            self._act("moveCardToBoard", now.board, card, boardSource={"id": was.board}, list=self._list(now.id))

    def delete(self, id: str) -> None:
        """Delete a card for good, with all that was noted of it but this."""
        with self.lock:
            card = self.cards.pop(id)
            self.actions = [one for one in self.actions if one.card != id]
            self._act("deleteCard", card.board, card, list=self._list(card.column))

    def label(self, id: str, label: str, *, on: bool = True) -> None:
        """Put a label on a card or take it off."""
        with self.lock:
            card = self.cards[id]
            if (label in card.labels) == on:
                return
            card.labels ^= {label}
            drawn = {"id": label, "name": self.labels[label].name, "color": self.labels[label].color}
            kind = "addLabelToCard" if on else "removeLabelFromCard"
            self._act(kind, card.board, card, moves_activity=False, label=drawn)

    def add_check_item(self, id: str, name: str, *, done: bool = False) -> None:
        """Add a line to a card's checklist."""
        with self.lock:
            self.cards[id].check_items.append(CheckItem(self.new_id(), name, done))
            self._act("createCheckItem", self.cards[id].board, self.cards[id], checkItem={"name": name})

    def tick(self, id: str, at: int = 0, *, done: bool = True) -> None:
        """Tick a line of the checklist, or clear it."""
        with self.lock:
            item = self.cards[id].check_items[at]
            item.done = done
            drawn = {"id": item.id, "name": item.name, "state": "complete" if done else "incomplete"}
            self._act("updateCheckItemStateOnCard", self.cards[id].board, self.cards[id], checkItem=drawn)

    def set_value(self, id: str, field: str, item: dict[str, Any]) -> None:
        """Set a custom field: {"value": {"number": "3"}} or {"idValue": ...}; {"value": ""} clears it."""
        with self.lock:
            card = self.cards[id]
            if item.get("value") == "" or item.get("idValue") == "":
                card.values.pop(field, None)
            else:
                card.values[field] = item
            self._act("updateCustomFieldItem", card.board, card, customField={"id": field}, customFieldItem=item)

    def comment(self, id: str, text: str) -> Action:
        with self.lock:
            return self._act("commentCard", self.cards[id].board, self.cards[id], text=text)

    def attach(self, id: str, name: str, url: str) -> Attachment:
        with self.lock:
            made = Attachment(self.new_id(), name, url)
            self.cards[id].attachments.append(made)
            self._act(
                "addAttachmentToCard", self.cards[id].board, self.cards[id], attachment={"name": name, "url": url}
            )
            return made

    # -- lists, labels, fields, boards

    def edit_list(self, id: str, **changes: Any) -> None:
        """Rename or archive a list: its cards are not touched, and stand elsewhere all the same."""
        with self.lock:
            column = self.columns[id]
            for name, value in changes.items():
                old = getattr(column, name)
                setattr(column, name, value)
                self._act("updateList", column.board, list=self._list(id) | {name: value}, old={name: old})

    def move_list(self, id: str, board: str) -> None:
        """Move a list to another board, with its cards and without their labels."""
        with self.lock:
            column = self.columns[id]
            was, column.board = column.board, board
            for card in self.cards.values():
                if card.column == id:
                    self._to_board(card, board)
            self._act("moveListFromBoard", was, list=self._list(id), boardTarget={"id": board})
            self._act("moveListToBoard", board, list=self._list(id), boardSource={"id": was})

    def rename_label(self, id: str, name: str) -> None:
        with self.lock:
            label = self.labels[id]
            old, label.name = label.name, name
            self._act("updateLabel", label.board, label={"id": id, "name": name}, old={"name": old})

    def delete_label(self, id: str) -> None:
        """Delete a label: the cards lose it without a word of their own."""
        with self.lock:
            label = self.labels.pop(id)
            for card in self.cards.values():
                card.labels.discard(id)
            self._act("deleteLabel", label.board, label={"id": id, "name": label.name})

    def delete_field(self, id: str) -> None:
        """Delete a custom field with all its values."""
        with self.lock:
            field = self.fields.pop(id)
            for card in self.cards.values():
                card.values.pop(id, None)
            self._act("deleteCustomField", field.board, customField={"id": id, "name": field.name})

    # -- inside

    def _to_board(self, card: Card, board: str) -> None:
        card.board = board
        card.labels = {one for one in card.labels if self.labels[one].board == board}
        card.values = {id: item for id, item in card.values.items() if self.fields[id].board == board}
        self.boards[board].numbers += 1
        card.number = self.boards[board].numbers
        card.last_activity = self.now()

    def _list(self, id: str) -> dict[str, Any]:
        return {"id": id, "name": self.columns[id].name}

    def _act(
        self,
        kind: str,
        board: str,
        card: Card | None = None,
        *,
        at: datetime | None = None,
        more: dict[str, Any] | None = None,
        moves_activity: bool = True,
        **data: Any,
    ) -> Action:
        when = at or self.now()
        drawn: dict[str, Any] = {}
        if card is not None:
            drawn["card"] = {"id": card.id, "idShort": card.number, "shortLink": card.short_link, "name": card.name}
            drawn["card"] |= more or {}
            if data.get("list") is True:
                data["list"] = self._list(card.column)
            if moves_activity:
                card.last_activity = max(card.last_activity, when)
        whose = self.boards.get(board)
        if whose is not None:
            drawn["board"] = {"id": whose.id, "name": whose.name, "shortLink": whose.short_link}
            whose.last_activity = max(whose.last_activity or when, when)
        made = Action(self.new_id(when), kind, when, board, card.id if card else "", drawn | data, self.me, self.client)
        if kind not in EXCLUDED:
            self.actions.append(made)
        for tell in self.listeners:
            tell(made)
        return made

    def _short(self) -> str:
        self._count += 1
        number, text = self._count, ""
        for _ in range(8):
            number, digit = divmod(number * 31 + 7, len(_LETTERS))
            text += _LETTERS[digit]
        return text


def _plain(value: Any) -> Any:
    return f"{value:%Y-%m-%dT%H:%M:%S}.000Z" if isinstance(value, datetime) else value
