"""Boards and single cards as they were read, turned into items and memberships."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from connectors.errors import Gone
from connectors.shapes import Absence, Page, Roll, Scope, WorkItem
from connectors.trello.answers import Board, Card
from connectors.trello.calls import Calls, HiddenError
from connectors.trello.completions import Times, completion_times, done_cards, times_of
from connectors.trello.cursors import Marks
from connectors.trello.items import Names, is_archived, mark, names_of, names_with, work_item
from connectors.trello.selection import ID, Selection, selection_of
from connectors.trello.settings import Account

MOST_LISTS = 12  # in one sentence
ITEMS = 200  # a page, so that a store's transaction stays short


class Scopes:
    """The scopes of a read, by board."""

    def __init__(self, scopes: Sequence[Scope]) -> None:
        self.selections: Mapping[str, Selection] = {scope.key: selection_of(scope) for scope in scopes}
        self._on: dict[str, list[str]] = {}
        self._fields: dict[str, set[str]] = {}
        for scope in scopes:
            board = self.selections[scope.key].board
            self._on.setdefault(board, []).append(scope.key)
            self._fields.setdefault(board, set()).update(scope.field_ids)

    @property
    def boards(self) -> list[str]:
        return sorted(self._fields)

    def fields(self, board: str) -> frozenset[str]:
        """Return the ids of the custom fields that rules on a board name."""
        return frozenset(id for id in self._fields.get(board, ()) if ID.fullmatch(id))

    def on(self, board: str) -> Sequence[str]:
        """Return the keys of the scopes on a board."""
        return self._on.get(board, ())

    def holders(self, card: Card, names: Names) -> frozenset[str]:
        """Return the keys of the scopes that hold a card."""
        labels, out = frozenset(card.id_labels), is_archived(card, names)
        return frozenset(
            key
            for key in self.on(card.id_board)
            if self.selections[key].holds(card.id_board, card.id_list, labels, is_archived=out)
        )


@dataclass(frozen=True)
class BoardRead:
    """All cards of a board at one moment."""

    board: Board
    account: Account
    scopes: Scopes

    @cached_property
    def names(self) -> Names:
        return names_of(self.board)

    @cached_property
    def marks(self) -> Marks:
        return {card.id: mark(card, self.names, self.account) for card in self.board.cards}

    def pages(self, calls: Calls, cards: Sequence[Card], *, members_only: bool) -> Iterator[Page]:
        """Yield these cards with their memberships; those in no scope without a body, or not at all."""
        holders = {card.id: self.scopes.holders(card, self.names) for card in cards}
        inside = [card for card in cards if holders[card.id]]
        done = completion_times(
            calls, self.account, self.board.id, inside, dict.fromkeys((card.id for card in inside), self.names)
        )
        listed = inside if members_only else cards
        for start in range(0, len(listed), ITEMS):
            part = listed[start : start + ITEMS]
            yield Page(
                items=tuple(self._item(card, done) for card in part if holders[card.id]),
                memberships={card.id: holders[card.id] for card in part},
            )

    def rolls(self) -> tuple[Roll, ...]:
        """Return who belongs to each scope of this board now."""
        members: dict[str, set[str]] = {key: set() for key in self.scopes.on(self.board.id)}
        for card in self.board.cards:
            for key in self.scopes.holders(card, self.names):
                members[key].add(card.id)
        return tuple(Roll(frozenset({key}), frozenset(ids), exact=True) for key, ids in sorted(members.items()))

    def remarks(self) -> Mapping[str, tuple[str, ...]]:
        """Return what people should know of each scope of this board: that no list of it means done."""
        names = [one.shown for one in self.board.lists if one.closed is not True and one.shown]
        if any(self.account.means_done(name) for name in names):
            return dict.fromkeys(self.scopes.on(self.board.id), ())
        listed = ", ".join(names[:MOST_LISTS]) + (
            f" and {len(names) - MOST_LISTS} more" if len(names) > MOST_LISTS else ""
        )
        said = (
            f"no list of the board {self.board.shown} means done ({listed or 'it has none'}): only cards marked "
            "complete are done; name the lists that are under done_lists of the connection"
        )
        return dict.fromkeys(self.scopes.on(self.board.id), (said,))

    def _item(self, card: Card, done: Times) -> WorkItem:
        fields = self.scopes.fields(self.board.id)
        return work_item(card, self.names, self.account, fields, done.at.get(card.id), done.odd.get(card.id, ""))


def read_board(calls: Calls, account: Account, scopes: Scopes, board: str) -> BoardRead:
    """Read a board. Raises Gone, saying why, where it cannot be read any more: deleted, hidden or closed."""
    try:
        found = calls.board(board)
    except HiddenError as hidden:
        raise Gone(f"trello: the account may not see the board any more ({hidden})", hint=hidden.hint) from hidden
    except Gone as gone:
        raise Gone("trello: the board was deleted", hint="take its rules out, or choose another board") from gone
    if found.closed is True:
        raise Gone(
            f"trello: the board {found.shown!r} is closed",
            hint="reopen it, or take its rules out: its cards are not read",
        )
    return BoardRead(found, account, scopes)


def look_up(
    calls: Calls, account: Account, scopes: Scopes, ids: Sequence[str], *, hidden_is_gone: bool
) -> Iterator[Page]:
    """Yield where single cards belong now, with bodies for those that belong somewhere, and why the others are gone.

    Trello tells a card that was deleted (404) from one on a board that the account does not see (401). The latter may
    be on a board that is lost as a whole, which is no reason to count its cards out: unless `hidden_is_gone` nothing
    is said of it.
    """
    for start in range(0, len(ids), ITEMS):
        part = ids[start : start + ITEMS]
        answered = dict(calls.cards(part))
        gone = {
            id: found
            for id, found in answered.items()
            if isinstance(found, Absence) and (hidden_is_gone or found is not Absence.HIDDEN)
        }
        cards = [
            found
            for found in answered.values()
            # where a card is that does not say it, its board says when it is read next
            if isinstance(found, Card) and not _is_on_closed_board(found) and "id_board" not in found.wrong
        ]
        named = {card.id: names_with(card) for card in cards}
        holders = {card.id: scopes.holders(card, named[card.id]) for card in cards}
        inside = [card for card in cards if holders[card.id]]
        done = done_cards(inside, named, account)
        boards = sorted({card.id_board for card in inside if scopes.fields(card.id_board)})
        defined, moves = calls.fields_and_moves(boards, sorted(done))
        names = {card.id: names_with(card, defined.get(card.id_board, ())) for card in inside}
        times = times_of(done, moves, names, account)
        yield Page(
            items=tuple(
                work_item(
                    card,
                    names[card.id],
                    account,
                    scopes.fields(card.id_board),
                    times.at.get(card.id),
                    times.odd.get(card.id, ""),
                )
                for card in inside
            ),
            memberships=holders,
            gone=tuple(gone),
            gone_because=gone,
        )


def _is_on_closed_board(card: Card) -> bool:
    return card.board is not None and card.board.closed is True
