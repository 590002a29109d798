"""Whatever happens at the site, in whatever order: after a sweep the reader holds what the site holds."""

from __future__ import annotations

import random

import pytest

from connectors.shapes import Cursor, Page, Scope
from tests.connectors.conftest import Site, scopes_of

QUERIES = (
    "project = PAY",
    "project = PAY AND labels = okr",
    "project in (PAY, WEB) AND statusCategory = Done",
    "project = WEB AND labels = okr",
    "labels = okr OR project = WEB",
)


class Reader:
    """What a hub does with pages, and nothing more: titles by key, members by scope, and where to go on."""

    def __init__(self, scopes: list[Scope]) -> None:
        self.scopes = scopes
        self.titles: dict[str, str] = {}
        self.members: dict[str, set[str]] = {scope.key: set() for scope in scopes}
        self.cursor: Cursor | None = None

    def store(self, page: Page, asked: list[Scope]) -> None:
        self.titles |= {item.key: f"{item.ref} {item.title} {item.state}" for item in page.items}
        for key, holders in page.memberships.items():
            for scope in asked:
                (self.members[scope.key].add if scope.key in holders else self.members[scope.key].discard)(key)
        for roll in page.rolls:
            for scope_key in roll.scopes:
                self.members[scope_key] &= roll.keys
        for key in page.gone:
            for held in self.members.values():
                held.discard(key)
        self.cursor = page.cursor or self.cursor


def _act(site: Site, dice: random.Random) -> None:
    keys = [issue.key for issue in site.jira.by_id.values() if not issue.hidden]
    key = dice.choice(keys) if keys else ""
    deed = dice.choice(["create", "label", "status", "title", "move", "delete", "hide"]) if keys else "create"
    if deed == "create":
        site.jira.create(dice.choice(["PAY", "WEB"]), summary="new", labels=dice.choice([[], ["okr"]]))
    elif deed == "label":
        site.jira.edit(key, labels=dice.choice([[], ["okr"], ["x"]]))
    elif deed == "status":
        site.jira.transition(key, dice.choice(["To Do", "In Progress", "Done"]))
    elif deed == "title":
        site.jira.edit(key, summary=f"title {dice.random():.6f}")
    elif deed == "move":
        site.jira.move(key, "WEB" if key.startswith("PAY") else "PAY")
    elif deed == "delete":
        site.jira.delete(key)
    else:
        site.jira.hide(key)


@pytest.mark.parametrize("seed", range(4))
def test_after_any_history_a_sweep_ends_with_what_the_site_holds(either: Site, seed: int) -> None:
    site = either
    dice = random.Random(seed)
    for number in range(30):
        site.jira.create(dice.choice(["PAY", "WEB"]), summary=f"old {number}", labels=dice.choice([[], ["okr"]]))
    site.clock.pass_(minutes=20)
    reader = Reader(scopes_of(site, *QUERIES))
    for scope in reader.scopes:  # the earliest first read decides where the sweeps begin
        begun = reader.cursor
        for page in site.connector.fetch(scope):
            reader.store(page, [scope])
        reader.cursor = begun or reader.cursor
        site.clock.pass_(seconds=dice.randrange(20))
        _act(site, dice)
    for _ in range(8):
        site.jira.lag = dice.choice([0, 0, 30, 120])
        for _ in range(dice.randrange(4)):
            _act(site, dice)
            site.clock.pass_(seconds=dice.choice([0, 1, 40]))
        touched = dice.sample([str(i) for i in site.jira.by_id], k=min(3, len(site.jira.by_id)))
        if dice.random() < 0.5:
            for page in site.connector.changes(reader.scopes, None, touched):
                reader.store(page, reader.scopes)
        for number, page in enumerate(site.connector.changes(reader.scopes, reader.cursor, touched)):
            reader.store(page, reader.scopes)
            if number == 0 and dice.random() < 0.3:
                break  # the worker was killed here
        site.clock.pass_(seconds=dice.choice([5, 60, 400]))
    site.clock.pass_(minutes=4)  # the index has caught up
    for page in site.connector.changes(reader.scopes, reader.cursor):
        reader.store(page, reader.scopes)
    for scope in reader.scopes:
        truth = {
            item.key: f"{item.ref} {item.title} {item.state}"
            for page in site.connector.fetch(scope)
            for item in page.items
        }
        assert {key: reader.titles[key] for key in reader.members[scope.key]} == truth, scope.query
