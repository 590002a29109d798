"""How cards moved from list to list, as their actions remember it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from connectors.shapes import State, Transition
from connectors.trello.calls import Calls
from connectors.trello.settings import Account


def transitions(calls: Calls, account: Account, keys: Sequence[str]) -> Iterator[Transition]:
    """Yield every step of these cards from one list to the next, oldest first for each card (ten cards a request).

    Trello gives the last 50 moves of a card. The check mark is no list: where it alone makes a card done, no step does.
    """
    for key, moves in calls.card_moves(list(dict.fromkeys(keys))).items():
        for action in reversed(moves):
            data = action.data
            if action.wrong or action.date is None:
                continue  # a step that nobody can read; what the card is now does not hang on it
            if action.type != "updateCard":
                was, now = "", data.column.name if data.column else ""
            elif data.list_after is not None and data.list_before is not None:
                was, now = data.list_before.name, data.list_after.name
            else:
                continue
            if now:
                yield Transition(key, action.date, was, now, _state(now, account))


def _state(name: str, account: Account) -> State:
    if account.means_done(name):
        return State.DONE
    return State.DOING if account.means_doing(name) else State.TODO
