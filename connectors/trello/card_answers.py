"""Boards, cards and actions as Trello answers them: one that holds what nobody can read stays one odd card."""

from __future__ import annotations

import msgspec

from connectors.salvage import no_doubles, salvage, salvage_all
from connectors.tame import instant
from connectors.trello.answers import Action, ActionData, Badges, Board, Card

_OF_CARD: dict[str, object] = {
    "name": "", "id_board": "", "id_list": "", "id_short": 0, "short_url": "", "date_last_activity": None,
    "closed": False, "due_complete": False, "due": None, "id_labels": [], "id_members": [], "badges": Badges(),
    "custom_field_items": [],
}  # fmt: skip
_OF_ACTION: dict[str, object] = {"type": "", "date": None, "data": ActionData()}


def read_board(raw: object, where: str) -> Board:
    """Hold a board and its cards to their shapes. Raises Unexpected for one without an id, and for cards without."""
    try:
        board = msgspec.convert(raw, Board)
    except msgspec.ValidationError:
        bare = {name: value for name, value in raw.items() if name != "cards"} if isinstance(raw, dict) else raw
        board, wrong = salvage(bare, Board, where, keys=("id",), instead={})
        board.wrong = wrong
        if isinstance(raw, dict) and "cards" in raw:
            board.cards = salvage_all(raw["cards"], read_card, f"{where}.cards")
    _at_home(board.cards, board.id, where)
    return board


def read_cards(raw: object, where: str, board: str) -> list[Card]:
    """Hold the list of a board's cards to its shape."""
    try:
        cards = msgspec.convert(raw, list[Card])
    except msgspec.ValidationError:
        cards = salvage_all(raw, read_card, where)
    _at_home(cards, board, where)
    return cards


def read_card(raw: object, where: str) -> Card:
    """Hold a card to its shape. Raises Unexpected for one without an id."""
    try:
        return msgspec.convert(raw, Card)
    except msgspec.ValidationError:
        card, wrong = salvage(raw, Card, where, keys=("id",), instead=_OF_CARD)
        card.wrong = wrong
        return card


def read_actions(raw: object, where: str) -> list[Action]:
    """Hold a list of actions to its shape. Raises Unexpected for one without an id."""
    try:
        found = msgspec.convert(raw, list[Action])
    except msgspec.ValidationError:
        found = salvage_all(raw, _action, where)
    for action in found:
        if action.date is not None:
            try:
                action.date = instant(action.date)
            except ValueError as why:
                action.date, action.wrong["date"] = None, str(why)
    return found


def _action(raw: object, where: str) -> Action:
    try:
        return msgspec.convert(raw, Action)
    except msgspec.ValidationError:
        action, wrong = salvage(raw, Action, where, keys=("id",), instead=_OF_ACTION)
        if "data" in wrong and isinstance(raw, dict) and isinstance(raw["data"], dict):
            action.data, _ = salvage(raw["data"], ActionData, where, keys=(), instead={})  # whose it is may be plain
        action.wrong = wrong
        return action


def _at_home(cards: list[Card], board: str, where: str) -> None:
    no_doubles([card.id for card in cards], f"{where}.cards")
    for card in cards:
        if "id_board" in card.wrong:  # they were asked for as cards of this board
            card.id_board = board
