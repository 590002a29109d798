"""Five hundred reads of Jira at once, under the limits that Jira Cloud has."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from connectors.allowance import accounts_of
from connectors.jira import Jira
from connectors.registry import load
from connectors.sandbox.jira import JiraSandbox
from connectors.sandbox.quota import Limited, before_jira
from connectors.sandbox.server import serve
from connectors.shapes import Cursor, Scope, Select
from tests.limits.burst import Burst, Clock, Crew

SCOPE = Select(query="project = PAY AND labels = okr")
READS = 500


class Site:
    """A simulated Jira behind its limits, and workers that read it."""

    def __init__(self, clock: Clock, jira: JiraSandbox, limited: Limited, url: str) -> None:
        self.clock, self.jira, self.limited, self.url = clock, jira, limited, url
        self.crew = Crew(clock, url)
        free = Crew(clock, url)  # resolves and reads once before the burst, uncounted
        reader = self._connector(free, "main")
        self.scope: Scope = reader.resolve(SCOPE)
        cursor = list(reader.fetch(self.scope))[-1].cursor
        assert cursor is not None
        self.cursor: Cursor = cursor
        clock.at += 60

    def _connector(self, crew: Crew, who: str) -> Jira:
        settings = {"base_url": self.url, "email": self.jira.email, "token": self.jira.token}
        accounts = accounts_of(load("jira").describe(), settings, who)
        return Jira(settings, crew.wire(accounts))

    def read(self, who: str = "main") -> None:
        """Read what changed, as one sync does."""
        list(self._connector(self.crew, who).changes([self.scope], self.cursor))

    def burst(self, reads: int = READS) -> Burst:
        return self.crew.run([("main", self.read)] * reads)

    def somebody_else_asks(self, number: int, path: str, method: str = "POST") -> None:
        request = Request(EnvironBuilder(path=path, method=method).get_environ())
        self.limited.use_up(number, request)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def jira(clock: Clock) -> Iterator[JiraSandbox]:
    made = JiraSandbox(now=clock.date)
    made.add_project("PAY", "Payments")
    for number in range(4):
        made.create("PAY", summary=f"Story {number}", labels=["okr"])
    clock.at += 3600
    yield made
    made.close()


@pytest.fixture
def site(clock: Clock, jira: JiraSandbox) -> Iterator[Site]:
    limited = before_jira(jira, clock.date)
    with serve(limited) as server:
        yield Site(clock, jira, limited, server.url)


def test_five_hundred_reads_at_once_end_without_one_refusal(site: Site) -> None:
    before = site.limited.asked
    done = site.burst()
    assert len(done.ended["main"]) == READS
    assert site.limited.refused == []
    assert site.limited.asked - before == site.crew.counter.requests >= READS
    assert max(done.ended["main"]) < 30
    assert done.longest_go <= 8


def test_after_a_first_refusal_that_somebody_else_brought_about_there_is_no_other(site: Site) -> None:
    site.somebody_else_asks(100, "/rest/api/3/search/jql")
    done = site.burst(200)
    assert len(done.ended["main"]) == 200
    assert site.limited.refused == ["jira-burst-based"]


def test_an_hour_that_is_used_up_is_waited_for_once_and_holds_nobody_else_up(clock: Clock, jira: JiraSandbox) -> None:
    limited = before_jira(jira, clock.date, points=200)
    with serve(limited) as server:
        site = Site(clock, jira, limited, server.url)
        other = before_jira(jira, clock.date)
        with serve(other) as second:
            elsewhere = Site(clock, jira, other, second.url)
            elsewhere.crew.ledger = site.crew.ledger
            reads = [("here", site.read)] * 150 + [("elsewhere", elsewhere.read)] * 50
            done = site.crew.run(reads)
    assert limited.refused == ["jira-quota-tenant-based"] * len(limited.refused)
    assert len(limited.refused) <= 2  # one for each hour that it takes
    assert (len(done.ended["here"]), len(done.ended["elsewhere"])) == (150, 50)
    assert max(done.ended["elsewhere"]) < 60 < max(done.ended["here"])
