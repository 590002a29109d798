"""Each repair that these sites are about, switched off: they must notice, within as many seeds as `make test` tries."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

import connectors.asana.items
import hub.store.work
from connectors import tame
from connectors.errors import Unexpected
from connectors.lenient import Legible
from connectors.shapes import WorkItem, seen_by
from tests.sites.judgement import NotSo, try_seed
from tests.sites.line import Stock
from tests.sites.test_sites import SEEDS


def first_failure(stock: Stock, before_each: Callable[[], None] = lambda: None) -> str:
    """Return what is wrong with the first site that is not read as it must be, "" where none is."""
    for seed in range(SEEDS):
        before_each()
        try:
            try_seed(seed, stock)
        except NotSo as problem:
            return str(problem).partition(";")[0]
    return ""


def test_a_name_that_means_one_field_for_all_scopes_is_noticed(stock: Stock, monkeypatch: pytest.MonkeyPatch) -> None:
    held: dict[str, str] = {}

    def merged(item: WorkItem, fields: Mapping[str, str]) -> WorkItem:
        for name, ids in fields.items():
            held.setdefault(name, ids)
        return seen_by(item, {name: held[name] for name in fields})

    monkeypatch.setattr(hub.store.work, "seen_by", merged)
    assert first_failure(stock, held.clear)


def test_a_heading_that_counts_as_work_is_noticed(stock: Stock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connectors.asana.items, "is_heading", lambda _task: False)
    assert "asana" in first_failure(stock)


def test_one_odd_value_that_ends_a_whole_read_is_noticed(stock: Stock, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_legible: Legible, name: str, why: str) -> None:
        raise Unexpected(f"jira changed shape at {name}: {why}")

    monkeypatch.setattr(Legible, "note", refuse)
    assert first_failure(stock)


def test_a_time_at_the_edge_of_the_calendar_that_passes_is_noticed(
    stock: Stock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tame, "_EDGES", (1, 9999))
    assert first_failure(stock)
