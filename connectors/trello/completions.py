"""When cards became done: Trello keeps no such date, its actions do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from connectors.shapes import State
from connectors.trello.answers import Action, Card
from connectors.trello.calls import CARD_PAGE, Calls
from connectors.trello.items import Names, state_of
from connectors.trello.settings import Account

ONE_BY_ONE = 50  # cards; for more it takes fewer requests to read the board's actions
PAGES = 20  # of a board's actions at most
LEFT = 200  # cards that were done before these, and are asked for one by one; of older ones the date stays unknown


def done_cards(cards: Iterable[Card], names: Mapping[str, Names], account: Account) -> dict[str, Card]:
    """Return those that are done, by id; `names` are by card."""
    return {card.id: card for card in cards if state_of(card, names[card.id], account) is State.DONE}


def completion_times(
    calls: Calls, account: Account, board: str, cards: Sequence[Card], names: Mapping[str, Names]
) -> Mapping[str, datetime]:
    """Return when each of these cards became done, as far as actions tell; `names` are by card. UTC.

    Cards that are not done cost nothing, up to 50 others a request for ten, more of them one per 1,000 moves of the
    board until the last is found.
    """
    done = done_cards(cards, names, account)
    if not done:
        return {}
    moves: dict[str, list[Action]] = {id: [] for id in done}
    if len(done) <= ONE_BY_ONE:
        moves.update(calls.card_moves(sorted(done)))
    else:
        has_more = False
        for page in calls.board_moves(board, PAGES):
            for action in page:
                if action.data.card is not None and action.data.card.id in moves:
                    moves[action.data.card.id].append(action)
            has_more = len(page) == CARD_PAGE
            if not _unfound(done.values(), moves, names, account):
                break
        if has_more:
            left = sorted(_unfound(done.values(), moves, names, account), key=lambda card: card.id, reverse=True)
            moves.update(calls.card_moves([card.id for card in left[:LEFT]]))
    return times_of(done, moves, names, account)


def times_of(
    done: Mapping[str, Card], moves: Mapping[str, Sequence[Action]], names: Mapping[str, Names], account: Account
) -> Mapping[str, datetime]:
    """Return when each became done, where its moves tell."""
    times = {id: completed_at(card, moves[id], names[id], account) for id, card in done.items()}
    return {id: at for id, at in times.items() if at is not None}


def completed_at(card: Card, moves: Iterable[Action], names: Names, account: Account) -> datetime | None:
    """Return when a done card became so: the earlier of its check mark and its coming into the list, where it has both.

    `moves` are newest first. None where they do not reach back that far.
    """
    return min(_reasons(card, moves, names, account), default=None)


def _unfound(
    cards: Iterable[Card], moves: Mapping[str, Sequence[Action]], names: Mapping[str, Names], account: Account
) -> list[Card]:
    """Return the cards of which not every reason to be done has its date."""
    found = []
    for card in cards:
        column = names[card.id].lists.get(card.id_list)
        wanted = int(card.due_complete) + int(column is not None and column.name.casefold() in account.done_lists)
        if len(_reasons(card, moves[card.id], names[card.id], account)) < wanted:
            found.append(card)
    return found


def _reasons(card: Card, moves: Iterable[Action], names: Names, account: Account) -> list[datetime]:
    column = names.lists.get(card.id_list)
    in_done_list = column is not None and column.name.casefold() in account.done_lists
    marked: datetime | None = None
    came: datetime | None = None
    for action in moves:
        old, now = action.data.old, action.data.card
        if marked is None and card.due_complete and old.get("dueComplete") is False and now and now.due_complete:
            marked = action.date
        if came is None and in_done_list and _entered(action) == card.id_list:
            came = action.date
    return [at for at in (marked, came) if at is not None]


def _entered(action: Action) -> str | None:
    """Return the list that an action brought its card into, if it did."""
    if action.type == "updateCard":
        return action.data.list_after.id if action.data.list_after is not None else None
    return action.data.column.id if action.data.column is not None else None
