"""What a read must have made of a site: each number right, or its rule says which items are out of it."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from hub.model.kinds import Freshness
from tests.sites.asana import asana_site
from tests.sites.jira import jira_site
from tests.sites.line import Clock, Line, Stock, as_decimal
from tests.sites.microsoft import microsoft_site
from tests.sites.site import Site
from tests.sites.trello import trello_site
from tests.sites.truth import Truth, truth_of

Make = Callable[[int, Callable[[], Any]], Site]
MAKERS: dict[str, Make] = {
    "jira": jira_site,
    "asana": asana_site,
    "trello": trello_site,
    "microsoft": microsoft_site,
    "jira-server": lambda seed, now: jira_site(seed, now, is_cloud=False),
}


class NotSo(AssertionError):
    """A site was not read as it must be: the tool and seed say which, and it is the same each time."""


def tool_of(seed: int) -> str:
    names = list(MAKERS)
    return names[seed % len(names)]


def try_seed(seed: int, stock: Stock) -> None:
    """Make a seed's site, read it, let something happen, and read it again. Raises NotSo where it is read wrongly."""
    clock = Clock()
    site = MAKERS[tool_of(seed)](seed, clock)
    _Trial(seed, site, stock.line(site, clock), clock).go()


class _Trial:
    def __init__(self, seed: int, site: Site, line: Line, clock: Clock) -> None:
        self.seed, self.site, self.line, self.clock = seed, site, line, clock
        self.dice = Random(f"steps {seed}")
        self.happened = "the first read"

    def go(self) -> None:
        before = self.truths()
        self.read()
        self.judge(before)
        self.clock.pass_(minutes=16)
        self.happened = self.dice.choice(self.site.steps)(self.dice)
        after = self.truths()
        self.read()
        doubted = self.doubted(before, after)
        if doubted:
            self.clock.pass_(minutes=16)
            self.read()
        self.judge(after)

    def truths(self) -> dict[str, Truth]:
        pieces = self.site.pieces()
        return {rule.name: truth_of(rule, pieces) for rule in self.site.rules}

    def read(self) -> None:
        synced = self.line.sync()
        if self.line.defects:
            raise self.wrong(f"the hub failed: {self.line.defects[0]}")
        if synced.state != "done":
            raise self.wrong(f"the read ended {synced.state}: {synced.problem}")
        connection = self.line.connection()
        if connection.state != "ok":
            raise self.wrong(f"the connection is {connection.state}: {connection.problem}")

    def doubted(self, before: dict[str, Truth], after: dict[str, Truth]) -> bool:
        """Say whether a reading is held back; only where an item that counted is odd now, or all went at once."""
        found = False
        for name, truth in after.items():
            standing = self.line.key_result(name).standing
            if standing.freshness is Freshness.SUSPECT:
                found = True
                if not truth.may and not truth.is_empty:
                    raise self.wrong(f"{name} is held back: {self.line.key_result(name).standing.freshness_note}")
        return found

    def judge(self, truths: dict[str, Truth]) -> None:
        for name, truth in truths.items():
            found = self.line.key_result(name)
            aside = self.line.aside(name)
            if missing := truth.must - aside:
                raise self.wrong(f"{name} does not say that {sorted(missing)} cannot be read")
            if needless := aside - truth.may:
                raise self.wrong(f"{name} sets {sorted(needless)} aside, which can be read")
            wanted = as_decimal(truth.value(aside))
            if found.standing.value != wanted:
                raise self.wrong(f"{name} is {found.standing.value}, and {wanted} is right")
            light = Freshness.PARTIAL if aside else Freshness.FRESH
            if found.standing.freshness is not light:
                raise self.wrong(f"{name} is {found.standing.freshness}, not {light}: {found.standing.freshness_note}")

    def wrong(self, what: str) -> NotSo:
        told = [one for one in self.site.told if any(key in what for key in (one.partition(":")[0],))]
        odd = "".join(f"\n  {one}" for one in told or self.site.told)
        return NotSo(f"{self.site.tool}, seed {self.seed}, after {self.happened}: {what}; odd are{odd}")
