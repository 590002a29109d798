"""Whatever Asana answers in the middle of a sync: the values stand, and one clean sync has the right ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from connectors.sandbox.asana import AsanaSandbox
from hub.store import Store
from tests.flows.asana_house import AsanaHouse, open_asana_house

FAULTS: dict[str, Callable[[AsanaSandbox, str], None]] = {
    "no answer at all": lambda asana, path: asana.faults.cut_next(4, path=path),
    "a long pause": lambda asana, path: asana.fail_next(1, 429, {"Retry-After": "90"}, path=path),
    "a page for people": lambda asana, path: asana.fail_next(1, 200, body="<html>Sign in</html>", path=path),
    "half an answer": lambda asana, path: asana.faults.bend_next(1, lambda body: body[: len(body) // 2], path=path),
}


@pytest.fixture
def house(tmp_path: Path, sqlite_store: Store) -> Iterator[AsanaHouse]:
    with open_asana_house(tmp_path, sqlite_store) as made:
        yield made


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_at_any_call_keeps_what_stood_and_one_clean_sync_mends_it(house: AsanaHouse, fault: str) -> None:
    house.asana.add_tag("okr")
    house.apply({"all": "{project: Launch}", "tagged": "{tag: okr}"})
    gids = [house.asana.create(house.project, name=f"Task {n}") for n in range(4)]
    assert house.sync().state == "done"
    expected = 4
    for path in ("/events", "/batch", "/tags/"):
        house.asana.delete(gids.pop())
        FAULTS[fault](house.asana, path)
        house.clock.pass_(minutes=15)
        failed = house.sync()
        # What came but once is asked for again when each scope is swept by itself: then the value is right at once.
        assert failed.state in {"waiting", "broken", "done"}, path
        assert house.value("all").split()[0] == str(expected - (failed.state == "done")), path
        house.asana.faults.forget()
        house.clock.pass_(minutes=15)
        mended = house.sync()
        expected -= 1
        assert (mended.state, house.value("all")) == ("done", f"{expected} fresh"), path


def test_a_tag_that_asana_never_answers_for_keeps_no_project_from_being_read(house: AsanaHouse) -> None:
    tag = house.asana.add_tag("okr")
    house.apply({"tagged": "{tag: okr}", "all": "{project: Launch}"})
    gids = [house.asana.create(house.project, name=f"Task {n}", tags=[tag]) for n in range(4)]
    assert house.sync().state == "done"
    house.asana.faults.cut_next(10_000, path="/tags/")
    for left in (3, 2, 1):
        house.asana.delete(gids.pop())
        for _ in range(4):  # each is swept by itself, one of them first; from then on the project alone
            house.clock.pass_(minutes=2)
            assert house.sync().state == "waiting"
        assert [house.value(name) for name in ("tagged", "all")] == ["4 fresh", f"{left} fresh"]
    house.asana.faults.forget()
    house.clock.pass_(minutes=2)
    assert house.sync().state == "done"
    assert [house.value(name) for name in ("tagged", "all")] == ["1 fresh", "1 fresh"]
