"""Every number of the example workspace, recomputed by hand from what its tools hold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from random import Random

import pytest

from connectors.sandbox.company import changes_for_once, live_changes
from hub.demo.quarter import quarter_around, write_workspace
from hub.demo.tools import Tools, open_tools
from hub.flows.plan import apply
from hub.flows.sync import sync
from hub.store import Store, connections, key_results
from hub.store.measurements import last_reading
from hub.vault import Vault
from hub.workspace import read_workspace
from tests.flows.company_oracle import ORACLE, Books
from tests.flows.house import Clock


@dataclass
class Company:
    store: Store
    tools: Tools
    clock: Clock
    environ: dict[str, str]
    vault: Vault

    def sync(self) -> set[str]:
        """Read every connection; return how the syncs ended."""
        with self.store.read() as tx:
            ids = [row.id for row in connections.all_connections(tx)]
        assert len(ids) == 4
        ended = set()
        for connection in ids:
            with self.store.write() as tx:
                connections.make_due(tx, connection, self.clock())
            done = sync(self.store, connection, owner="reader", now=self.clock, environ=self.environ, vault=self.vault)
            ended.add(done.state)
        return ended

    def shown(self) -> dict[str, Decimal | None]:
        """Return what the hub shows for every key result that is read from a tool."""
        with self.store.read() as tx:
            every = key_results.all_key_results(tx)
        return {one.key: one.standing.value for one in every if not one.is_manual}

    def moves(self, key: str) -> list[str]:
        """Return what the last reading of a key result says of the items that moved it."""
        with self.store.read() as tx:
            one = key_results.key_result_by_key(tx, key)
            assert one is not None
            last = last_reading(tx, one.id)
        assert last is not None
        return [move.text for move in last.moves]

    def recomputed(self) -> dict[str, Decimal | None]:
        """Return the same numbers from the tools themselves, as exact fractions cut to twelve places."""
        books = Books(self.tools.sites, self.clock())
        return {key: _twelve_places(recompute(books)) for key, recompute in ORACLE.items()}


def _twelve_places(number: Fraction | None) -> Decimal | None:
    return None if number is None else Decimal(round(number * 10**12)).scaleb(-12)


@pytest.fixture
def company(tmp_path: Path, store: Store) -> Iterator[Company]:
    clock = Clock()
    clock.at = datetime(2026, 11, 23, 14, 20, tzinfo=UTC)
    first, last = quarter_around(clock().date())
    with open_tools(first, last, clock) as tools:
        write_workspace(tmp_path / "workspace", first)
        declaration = read_workspace(tmp_path / "workspace").declaration
        assert declaration is not None
        environ = {**tools.environ, "OKRHUB_PUBLIC_URL": "http://127.0.0.1:8080"}
        apply(store, declaration, now=clock(), who="a test", environ=environ)
        yield Company(store, tools, clock, environ, Vault(tmp_path / "vault.key"))


def test_every_key_result_of_the_example_has_an_oracle(company: Company) -> None:
    assert set(company.shown()) == set(ORACLE)
    assert len(ORACLE) == 19


def test_the_hub_shows_what_the_tools_hold_at_first_and_after_every_change(company: Company) -> None:
    assert company.sync() == {"done"}
    first = company.shown()
    assert first == company.recomputed()
    assert all(value is not None for value in first.values())

    company.clock.pass_(minutes=10)
    for change in changes_for_once(company.tools.sites):
        change.apply()
    assert company.sync() == {"done"}
    second = company.shown()
    assert second == company.recomputed()
    assert {key for key in second if second[key] != first[key]} == {
        "invoices-reconcile/recon-playbooks",
        "invoices-reconcile/urgent-ledger-bugs",
        "ship-without-waiting/reviews-waiting",
        "pilots-become-customers/offers-waiting",
        "fleets-stay-up/runbooks-out-of-date",
        "easy-to-run/night-sites",
    }

    assert company.moves("fleets-stay-up/runbooks-out-of-date") == [
        "came into scope, Done ✅"
    ]  # a label: it is not news
    assert company.moves("pilots-become-customers/offers-waiting") == ["came into scope, Offer out"]
    assert company.moves("easy-to-run/night-sites") == ["finished"]

    stream = live_changes(company.tools.sites, Random(20261001))
    for _ in range(60):
        company.clock.pass_(minutes=7)
        next(stream).apply()
    assert company.sync() == {"done"}
    third = company.shown()
    assert third == company.recomputed()
    assert third != second


def test_a_week_in_which_nothing_moves_still_moves_what_is_counted_by_the_week(company: Company) -> None:
    company.sync()
    before = company.shown()["ship-without-waiting/deploys-per-week"]
    company.clock.pass_(days=3)
    company.sync()
    shown = company.shown()
    assert shown == company.recomputed()
    assert shown["ship-without-waiting/deploys-per-week"] != before


def test_the_numbers_are_right_on_the_night_that_the_clocks_are_set(tmp_path: Path, store: Store) -> None:
    today = date(2027, 3, 28)
    clock = Clock()
    clock.at = datetime(2027, 3, 27, 23, 59, 59, tzinfo=UTC)
    first, last = quarter_around(today)
    with open_tools(first, last, clock) as tools:
        write_workspace(tmp_path / "workspace", first)
        declaration = read_workspace(tmp_path / "workspace").declaration
        assert declaration is not None
        environ = {**tools.environ, "OKRHUB_PUBLIC_URL": "http://127.0.0.1:8080"}
        apply(store, declaration, now=clock(), who="a test", environ=environ)
        company = Company(store, tools, clock, environ, Vault(tmp_path / "vault.key"))
        company.sync()
        clock.pass_(hours=2)
        for change in changes_for_once(tools.sites):
            change.apply()
        company.sync()
        assert company.shown() == company.recomputed()
