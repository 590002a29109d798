"""An Asana on loopback and a connector that reads it, with a clock the test turns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from connectors.asana import Asana
from connectors.sandbox.asana import AsanaSandbox
from connectors.sandbox.server import serve
from connectors.shapes import Cursor, Page, Scope, Select
from connectors.wire import Bearer, Counter, open_wire
from tests.canaries import canary
from tests.connectors.conftest import LOOPBACK, Clock

TOKEN = canary("asana")


class Office:
    """The simulated Asana, its clock, a connector on a real wire, and what that wire counted."""

    def __init__(self, url: str, asana: AsanaSandbox, clock: Clock) -> None:
        self.url = url
        self.asana = asana
        self.clock = clock
        self.counter = Counter()
        self.naps: list[float] = []
        self.project = asana.add_project("Launch", sections=["To do", "Doing"])
        self.other = asana.add_project("Web shop", sections=["Open"])
        self.connector = self.connect()

    def connect(self, *, bearer: Bearer | None = None, **settings: str) -> Asana:
        wire = open_wire(
            hosts=(),
            base_url=self.url,
            allow_private=LOOPBACK,
            counter=self.counter,
            secrets=[TOKEN],
            bearer=bearer,
            sleep=self._nap,
            now=self._seconds,
        )
        return Asana({"base_url": self.url} | ({} if bearer else {"token": TOKEN}) | settings, wire)

    def _seconds(self) -> float:
        return self.clock.at.timestamp()

    def _nap(self, seconds: float) -> None:
        self.naps.append(seconds)
        self.clock.pass_(seconds=seconds)

    def fill(self, number: int, project: str = "", **more: Any) -> list[str]:
        """Create tasks, an hour old."""
        gids = [self.asana.create(project or self.project, name=f"Task {n}", **more) for n in range(number)]
        self.clock.pass_(hours=1)
        return gids

    def scope(self, *fields: str, **picker: str) -> Scope:
        """Resolve as a sync does, which opens a connector of its own and keeps what that one looked up."""
        return self.connect().resolve(Select(picker=picker or {"project": self.project}, fields=frozenset(fields)))

    def read(self, scope: Scope) -> list[Page]:
        return list(self.connector.fetch(scope))

    def begin(self, *scopes: Scope) -> Cursor:
        """Read each scope once; return where its changes start, with the counter at zero."""
        cursor: Cursor | None = None
        for scope in scopes:
            read = self.read(scope)[-1].cursor
            assert read is not None
            cursor = read if cursor is None else self.connector.merge(cursor, read)
        self.counter.take()
        assert cursor is not None
        return cursor

    def changes(self, scopes: Sequence[Scope], since: Cursor | None, *touched: str) -> list[Page]:
        return list(self.connector.changes(scopes, since, touched))


@contextmanager
def open_office() -> Iterator[Office]:
    clock = Clock()
    asana = AsanaSandbox(now=clock, token=TOKEN)
    with serve(asana) as server:
        yield Office(server.url, asana, clock)
    asana.close()


def items_of(pages: Sequence[Page]) -> dict[str, Any]:
    return {item.key: item for page in pages for item in page.items}


def members_of(pages: Sequence[Page]) -> dict[str, frozenset[str]]:
    return {key: held for page in pages for key, held in page.memberships.items()}
