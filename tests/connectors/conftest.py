"""A Jira Cloud site on loopback and a connector that reads it, with a clock the test turns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from connectors.jira import Jira
from connectors.sandbox.jira import JiraSandbox
from connectors.sandbox.server import serve
from connectors.shapes import Cursor, Page, Scope, Select
from connectors.wire import Counter, open_wire

LOOPBACK = ("127.0.0.0/8",)


class Clock:
    """The site's time: stands still until it is told to go on."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def pass_(self, **span: float) -> datetime:
        self.at += timedelta(**span)
        return self.at


class Site:
    """The simulated Jira, its clock, a connector on a real wire, and what that wire counted."""

    def __init__(self, url: str, jira: JiraSandbox, clock: Clock) -> None:
        self.url = url
        self.jira = jira
        self.clock = clock
        self.counter = Counter()
        self.naps: list[float] = []
        self.connector = self.connect()

    def connect(self, **settings: str) -> Jira:
        wire = open_wire(
            hosts=(),
            base_url=self.url,
            allow_private=LOOPBACK,
            counter=self.counter,
            secrets=["sandbox-token"],
            sleep=self.naps.append,
        )
        return Jira({"base_url": self.url, "email": self.jira.email, "token": "sandbox-token"} | settings, wire)


@pytest.fixture
def site() -> Iterator[Site]:
    clock = Clock()
    jira = JiraSandbox(now=clock, time_zone="America/New_York")
    jira.add_project("PAY", "Payments")
    jira.add_project("WEB", "Web shop")
    with serve(jira) as server:
        yield Site(server.url, jira, clock)
    jira.close()


@pytest.fixture
def old(site: Site) -> Site:
    """A site whose issues are all an hour old."""
    for number in range(6):
        site.jira.create("PAY", summary=f"Pay {number}", labels=["okr"] if number % 2 == 0 else [])
    for number in range(4):
        site.jira.create("WEB", summary=f"Web {number}")
    site.clock.pass_(hours=1)
    return site


def scopes_of(site: Site, *queries: str) -> list[Scope]:
    return [site.connector.resolve(Select(query=q)) for q in queries]


def read_once(site: Site, scopes: Sequence[Scope]) -> Cursor:
    """Read each scope once; return where its changes start, with the counter at zero."""
    cursors = [list(site.connector.fetch(scope))[-1].cursor for scope in scopes]
    site.counter.take()
    assert cursors[0] is not None
    return cursors[0]


def id_of(site: Site, key: str) -> str:
    return str(site.jira.by_key[key].id)


def members(pages: Sequence[Page]) -> dict[str, frozenset[str]]:
    return {key: held for page in pages for key, held in page.memberships.items()}
