"""When cards became done: Trello keeps no such date, its actions do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from connectors.shapes import State
from connectors.trello.answers import Action, Card
from connectors.trello.calls import CARD_PAGE, Calls
from connectors.trello.items import Names, state_of
from connectors.trello.settings import Account

ONE_BY_ONE = 50  # cards; for more it takes fewer requests to read the board's actions
PAGES = 20  # of a board's actions at most
LEFT = 200  # cards that were done before these, and are asked for one by one; of older ones the date stays unknown


@dataclass(frozen=True, slots=True)
class Times:
    """When cards became done, by id, and of which that cannot be read, and why."""

    at: Mapping[str, datetime] = field(default_factory=dict)
    odd: Mapping[str, str] = field(default_factory=dict)


def done_cards(cards: Iterable[Card], names: Mapping[str, Names], account: Account) -> dict[str, Card]:
    """Return those that are done, by id; `names` are by card."""
    return {card.id: card for card in cards if state_of(card, names[card.id], account) is State.DONE}


def completion_times(
    calls: Calls, account: Account, board: str, cards: Sequence[Card], names: Mapping[str, Names]
) -> Times:
    """Return when each of these cards became done, as far as actions tell; `names` are by card. UTC.

    Cards that are not done cost nothing, up to 50 others a request for ten, more of them one per 1,000 moves of the
    board until the last is found.
    """
    done = done_cards(cards, names, account)
    if not done:
        return Times()
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
) -> Times:
    """Return when each became done, where its moves tell, and of which they cannot be read."""
    times: dict[str, datetime] = {}
    odd: dict[str, str] = {}
    for id, card in done.items():
        found, why = _reasons(card, moves[id], names[id], account)
        if why:
            odd[id] = why
        elif found:
            times[id] = min(found)
    return Times(times, odd)


def _wanted(card: Card, names: Names, account: Account) -> tuple[bool, bool]:
    """Say which reasons a card has to be done: its check mark, its list."""
    column = names.lists.get(card.id_list)
    return card.due_complete, column is not None and account.means_done(column.shown)


def _unfound(
    cards: Iterable[Card], moves: Mapping[str, Sequence[Action]], names: Mapping[str, Names], account: Account
) -> list[Card]:
    """Return the cards of which not every reason to be done has its date."""
    found = []
    for card in cards:
        times, why = _reasons(card, moves[card.id], names[card.id], account)
        if not why and len(times) < sum(_wanted(card, names[card.id], account)):
            found.append(card)
    return found


def _reasons(card: Card, moves: Iterable[Action], names: Names, account: Account) -> tuple[list[datetime], str]:
    """Return when a done card was marked and when it came into its list, as far as its moves reach back.

    `moves` are newest first. One that cannot be read may have been either, so that nothing older is believed: then why.
    """
    is_marked, is_in_list = _wanted(card, names, account)
    marked: datetime | None = None
    came: datetime | None = None
    for action in moves:
        if (marked is not None or not is_marked) and (came is not None or not is_in_list):
            break
        if action.wrong or action.date is None:
            return [], f"one of its moves cannot be read: {'; '.join(action.wrong.values()) or 'it has no date'}"
        old, now = action.data.old, action.data.card
        if marked is None and is_marked and old.get("dueComplete") is False and now and now.due_complete:
            marked = action.date
        if came is None and is_in_list and _entered(action) == card.id_list:
            came = action.date
    return [at for at in (marked, came) if at is not None], ""


def _entered(action: Action) -> str | None:
    """Return the list that an action brought its card into, if it did."""
    if action.type == "updateCard":
        return action.data.list_after.id if action.data.list_after is not None else None
    return action.data.column.id if action.data.column is not None else None
