"""A Trello on loopback and a connector that reads it, with a clock the test turns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from connectors.sandbox.server import serve
from connectors.sandbox.trello import TrelloSandbox
from connectors.shapes import Absence, Cursor, Page, Scope, Select, WorkItem, seen_by
from connectors.trello import Trello
from connectors.wire import Bearer, Counter, open_wire

LOOPBACK = ("127.0.0.0/8",)
SECRET = "trello-app-secret"


class Clock:
    """Trello's time: stands still until it is told to go on."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def pass_(self, **span: float) -> datetime:
        self.at += timedelta(**span)
        return self.at


class Reader:
    """What a hub does with pages, and nothing more."""

    def __init__(self, trello: Trello, *scopes: Scope) -> None:
        self.trello, self.scopes = trello, list(scopes)
        self.items: dict[str, WorkItem] = {}
        self.members: dict[str, set[str]] = {scope.key: set() for scope in scopes}
        self.gone: dict[str, Absence | None] = {}
        self.cursor: Cursor | None = None
        self.read = 0  # bodies of the last call

    def first(self) -> None:
        """Read every scope in full and let it join."""
        for scope in self.scopes:
            last = None
            for page in self.trello.fetch(scope):
                self._store(page, [scope])
                last = page.cursor
            assert last is not None
            self.cursor = last if self.cursor is None else self.trello.merge(self.cursor, last)

    def sweep(self, *touched: str, pages: int | None = None) -> None:
        """Read what changed; `pages` is where the reader is killed."""
        self.read = 0
        for number, page in enumerate(self.trello.changes(self.scopes, self.cursor, touched)):
            if number == pages:
                return
            self._store(page, self.scopes)
            self.cursor = page.cursor or self.cursor

    def look(self, *touched: str) -> None:
        """Read what a webhook named."""
        self.read = 0
        for page in self.trello.changes(self.scopes, None, touched):
            assert page.cursor is None
            self._store(page, self.scopes)

    def held(self, scope: Scope) -> dict[str, WorkItem]:
        return {key: self.items[key] for key in self.members[scope.key]}

    def seen(self, card: str, at: int = 0) -> WorkItem:
        """Return a card as one of the scopes sees it."""
        return seen_by(self.items[card], self.scopes[at].fields)

    def titles(self, at: int = 0) -> set[str]:
        return {item.title for item in self.held(self.scopes[at]).values()}

    def _store(self, page: Page, asked: Sequence[Scope]) -> None:
        self.read += len(page.items)
        assert {item.key for item in page.items} <= set(page.memberships)
        assert set(page.gone_because) <= set(page.gone)
        self.items |= {item.key: item for item in page.items}
        for key, holders in page.memberships.items():
            self.gone.pop(key, None)
            for scope in asked:
                (self.members[scope.key].add if scope.key in holders else self.members[scope.key].discard)(key)
        for key in page.gone:
            self.gone[key] = page.gone_because.get(key)
            for held in self.members.values():
                held.discard(key)
        for roll in page.rolls:
            assert roll.exact
            for scope_key in roll.scopes:
                assert roll.keys <= self.members[scope_key], "a roll names a card that no page brought"
                self.members[scope_key] &= roll.keys


class Place:
    """The simulated Trello, its clock, a connector on a real wire, and what that wire counted."""

    def __init__(self, url: str, desk: TrelloSandbox, clock: Clock) -> None:
        self.url, self.desk, self.clock = url, desk, clock
        self.counter = Counter()
        self.naps: list[float] = []
        self.board = desk.add_board("Roadmap", "To Do", "Doing", "Done")
        self.todo, self.doing, self.done = (desk.list_of(self.board, name) for name in ("To Do", "Doing", "Done"))
        self.trello = self.connect()

    def connect(self, *, bearer: Bearer | None = None, **settings: str) -> Trello:
        wire = open_wire(
            hosts=(),
            base_url=self.url,
            allow_private=LOOPBACK,
            counter=self.counter,
            secrets=[self.desk.token, self.desk.api_key],
            bearer=bearer,
            sleep=self.naps.append,
        )
        signs: Mapping[str, str] = {} if bearer else {"api_key": self.desk.api_key, "token": self.desk.token}
        return Trello({"base_url": self.url, "webhook_secret": SECRET, **signs, **settings}, wire)

    def scope(self, *fields: str, **picker: str) -> Scope:
        return self.trello.resolve(Select(picker={"board": "Roadmap", **picker}, fields=frozenset(fields)))

    def reader(self, *scopes: Scope, trello: Trello | None = None) -> Reader:
        """Return a reader that has read these scopes (the whole board, unless others are named) and counts anew."""
        reader = Reader(trello or self.trello, *(scopes or (self.scope(),)))
        reader.first()
        self.counter.take()
        return reader


@pytest.fixture
def place() -> Iterator[Place]:
    clock = Clock()
    desk = TrelloSandbox(now=clock)
    with serve(desk) as server:
        yield Place(server.url, desk, clock)
    desk.close()
    assert not [one.path for one in desk.requests if desk.token in one.path or desk.api_key in one.path]


@pytest.fixture
def small_pages(place: Place, monkeypatch: pytest.MonkeyPatch) -> int:
    """Have pages of a hundred cards at both ends, so that it takes fewer to fill some; return how many."""
    monkeypatch.setattr("connectors.trello.calls.CARD_PAGE", 100)
    monkeypatch.setattr(place.desk.reads, "most", 100)
    return 100
