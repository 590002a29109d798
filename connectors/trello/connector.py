"""Trello as a source: the faces the hub sees. What each does is in the module of its name."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence

from requests import Session

from connectors.errors import Unauthorized
from connectors.fields import Description
from connectors.shapes import (
    Cursor,
    Delivery,
    Event,
    Greeting,
    Identity,
    Missing,
    Page,
    ProgressNote,
    Receipt,
    Scope,
    Select,
    Subscription,
    Transition,
)
from connectors.tame import Wild
from connectors.trello import histories, hooks, notes, picker, subscriptions, sweep
from connectors.trello.answers import Board
from connectors.trello.calls import Calls
from connectors.trello.cursors import read_cursor
from connectors.trello.description import DESCRIPTION, PERMISSIONS
from connectors.trello.selection import Selection
from connectors.trello.settings import read_settings


class Trello:
    """Trello, seen by one account."""

    def __init__(self, settings: Mapping[str, str], wire: Session) -> None:
        """Keep the settings. Raises Misconfigured naming the first that cannot be right."""
        self._account = read_settings(settings, wire)
        self._calls = Calls(self._account, wire)

    @classmethod
    def describe(cls) -> Description:
        """Say who this is: no I/O, the same answer every time."""
        return DESCRIPTION

    def check(self) -> Identity:
        """Ask Trello who we are and which boards that account is on (two requests).

        Of a sign-in's scopes those to read are tried; whether it may write shows when something is written.
        """
        missing: list[str] = []
        name = sees = ""
        try:
            me = Wild(self._calls.ask("GET", "/members/me", {"fields": "fullName,username"}), "trello", "member")
            name = f"{me['fullName'].text()} (@{me['username'].text()})"
        except Unauthorized as refused:
            missing.append(_scope_missing(refused, "read:member:trello"))
        try:
            boards = self._calls.boards()
            lists = sum(one.closed is not True for board in boards for one in board.lists)
            sees = f"{_count(len(boards), 'board')}, {_count(lists, 'list')}"
        except Unauthorized as refused:
            missing.append(_scope_missing(refused, "read:board:trello"))
        found = tuple(Missing(one.name, one.why) for one in PERMISSIONS if one.name in missing)
        return Identity(name or "an account of Trello", sees, found)

    def scopes(self, query: str = "") -> Iterator[Scope]:
        """Yield the open boards of the account whose name contains `query`, each followed by its open lists.

        One request, however many boards. A list is offered as well where its own name contains `query`.
        """
        words = query.strip().casefold()
        for board in sorted(self._calls.boards(), key=lambda one: one.shown.casefold()):
            is_found = words in board.shown.casefold() or words == board.link.casefold()
            lists = [one for one in board.lists if one.closed is not True]
            if is_found:
                name = f"{board.shown} ({_count(len(lists), 'list')})"
                yield self._scope(Selection(board.id), board, name=name)
            for one in lists:
                if is_found or words in one.shown.casefold():
                    selection = Selection(board.id, frozenset({one.id}))
                    yield self._scope(selection, board, name=f"{board.shown} / {one.shown}")

    def resolve(self, select: Select) -> Scope:
        """Turn a picker, or a board's address, into a scope: one request for an id or an address, two for a name.

        A picker has `board`, and may have `list`, `label` (several parted by commas) and `archived` (no, yes, only).
        Raises Misconfigured for a name that is unknown or stands for two.
        """
        selection, board = picker.pick(self._calls, select)
        named = picker.field_ids(select.fields, board, self._account.points_field)
        return self._scope(selection, board, fields=named)

    def fetch(self, scope: Scope, since: Cursor | None = None) -> Iterator[Page]:
        """Yield all cards of a scope. See `Source.fetch`; an interrupted read begins anew, for it is short."""
        return sweep.read_all(self._calls, self._account, scope)

    def changes(self, scopes: Sequence[Scope], since: Cursor | None, touched: Sequence[str] = ()) -> Iterator[Page]:
        """Yield what changed in any of the scopes. `touched` are ids of cards. See `Sweep.changes`."""
        return sweep.read_changes(self._calls, self._account, scopes, since, touched)

    def merge(self, held: Cursor, read: Cursor) -> Cursor:
        """Return the cursor that misses nothing of either: see `Held.merged`."""
        return read_cursor(held).merged(read_cursor(read)).text()

    def histories(self, keys: Sequence[str]) -> Iterator[Transition]:
        """Yield how cards moved from list to list. See `Histories.histories`."""
        return histories.transitions(self._calls, self._account, keys)

    def greet(self, delivery: Delivery) -> Greeting | None:
        """Answer the HEAD request that probes an address."""
        return hooks.greet(delivery)

    def verify(self, delivery: Delivery, secret: str) -> None:
        """Raise Forged unless the delivery is signed with the app's secret."""
        hooks.verify(delivery, secret)

    def parse(self, delivery: Delivery) -> tuple[Event, ...]:
        """Say which card moved, if any. A change to a board's lists, labels or fields names none: all is read then."""
        return hooks.parse(delivery)

    def wants(self, scopes: Sequence[Scope]) -> tuple[Scope, ...]:
        """Return the boards of these scopes: one webhook rings for all on a board."""
        return subscriptions.boards_of(scopes)

    def subscribe(self, scope: Scope, url: str, secret: str) -> Subscription:
        """Register `url` for a board. Trello signs with the app's secret, so that ours is not used."""
        return subscriptions.subscribe(self._calls, self._account, scope, url)

    def renew(self, subscription: Subscription) -> Subscription:
        """Look whether Trello still has it. Raises Gone when not."""
        return subscriptions.renew(self._calls, self._account, subscription)

    def unsubscribe(self, subscription: Subscription) -> None:
        """Remove it. One that is gone already is no error."""
        subscriptions.unsubscribe(self._calls, subscription)

    def write(self, note: ProgressNote) -> Receipt:
        """Write a comment, a custom field or a link to a card. See `WriteBack.write`."""
        return notes.write(self._calls, note)

    def _scope(
        self, selection: Selection, board: Board, *, name: str = "", fields: Mapping[str, str] | None = None
    ) -> Scope:
        query = selection.query()
        is_board = selection == Selection(selection.board)
        hashed = hashlib.sha256(query.encode()).hexdigest()[:16]
        return Scope(
            kind="board" if is_board else "list" if selection.lists else "cards",
            key=f"board:{selection.board}" if is_board else f"cards:{hashed}",
            name=name or _named(selection, board),
            query=query,
            url=board.url if isinstance(board.url, str) else "",
            fields=fields or {},
        )


def _scope_missing(refused: Unauthorized, scope: str) -> str:
    """Return the scope that was not given, or raise again what is wrong with the sign-in as a whole."""
    if "missing scopes" in str(refused):
        return scope
    raise refused


def _named(selection: Selection, board: Board) -> str:
    parts = [", ".join(one.shown for one in board.lists if one.id in selection.lists)]
    parts += [", ".join(one.shown for one in board.labels if one.id in selection.labels)]
    parts += [{"no": "", "yes": "archived too", "only": "archived only"}[selection.archived]]
    return " / ".join([board.shown, *(part for part in parts if part)])


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
