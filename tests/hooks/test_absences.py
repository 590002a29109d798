"""Deleted, hidden and moved out are told apart: in the moves, on the page and by `okrhub explain`."""

from __future__ import annotations

import pytest

from connectors.shapes import Absence
from hub.flows.explain import explain
from hub.flows.show import show_key_result
from hub.store import measurements, work
from tests.hooks.house import ADMIN, HookHouse


def three_ways_out(house: HookHouse) -> tuple[str, str, str]:
    """Read five finished tasks; then one is deleted, one is hidden and one moves to a list that nobody reads."""
    house.apply("a")
    tasks = [house.chimes.add("a", "done") for _ in range(5)]
    house.sync()
    house.look()
    house.clock.pass_(minutes=20)
    deleted, hidden, moved = tasks[:3]
    house.chimes.delete(deleted)
    house.chimes.change(hidden, is_hidden=True)
    house.chimes.change(moved, place="elsewhere")
    for task in (deleted, hidden, moved):
        assert house.chimes.ring(task) == [204]
    return deleted, hidden, moved


def last_moves(house: HookHouse) -> dict[str, str]:
    with house.store.read() as tx:
        found = measurements.last_reading(tx, house.key_result("a").id)
    assert found is not None
    return {move.item_key: move.text for move in found.moves}


def words(deleted: str, hidden: str, moved: str) -> dict[str, str]:
    return {
        deleted: "deleted in Chimes",
        hidden: "not visible to the hub's account any more",
        moved: "moved out of the selection",
    }


def test_what_moved_says_which_way_each_item_went(house: HookHouse) -> None:
    gone = three_ways_out(house)
    assert house.sync(due=False).state == "done"
    assert house.key_result("a").standing.value == 2
    assert last_moves(house) == words(*gone)


def test_explain_and_the_page_say_it_too(lite: HookHouse) -> None:
    gone = three_ways_out(lite)
    lite.sync(due=False)
    found = explain(lite.store, "ship/a", lite.clock())
    assert found is not None
    assert {one.item.item_key: one.why for one in found.departed} == words(*gone)
    page = show_key_result(lite.store, "ship/a", lite.clock(), ADMIN)
    assert page is not None
    assert page.moved is not None
    assert page.why is not None
    said = {row.ref: row.words for group in page.moved.groups for row in group.rows}
    assert said == words(*gone)
    (left,) = [group for group in page.why.groups if group.slug == "departed"]
    assert {row.key: row.reason.lower() for row in left.rows} == {k: v.lower() for k, v in words(*gone).items()}


def test_one_that_comes_back_is_no_longer_gone(lite: HookHouse) -> None:
    _, hidden, moved = three_ways_out(lite)
    lite.sync(due=False)
    lite.chimes.change(hidden, is_hidden=False)
    lite.chimes.change(moved, place="a")
    lite.clock.pass_(minutes=20)
    lite.sync()
    assert lite.key_result("a").standing.value == 4
    with lite.store.read() as tx:
        assert work.absences(tx, lite.connection.id, [hidden, moved]) == {}
    found = explain(lite.store, "ship/a", lite.clock())
    assert found is not None
    assert [one.why for one in found.departed] == ["deleted in Chimes"]


def test_a_reason_that_came_later_takes_the_place_of_none(house: HookHouse) -> None:
    three_ways_out(house)
    house.sync(due=False)
    row = house.connection.id
    with house.store.write() as tx:
        work.unbury(tx, row, ["C-4"])
        work.bury(tx, row, ["C-4"], house.clock())
        assert work.absences(tx, row, ["C-4"]) == {"C-4": Absence.UNKNOWN}
        work.bury(tx, row, ["C-4"], house.clock(), {"C-4": Absence.DELETED})
        assert work.absences(tx, row, ["C-4"]) == {"C-4": Absence.DELETED}
        work.bury(tx, row, ["C-4"], house.clock())
        assert work.absences(tx, row, ["C-4"]) == {"C-4": Absence.DELETED}


def test_a_reader_killed_before_its_values_leaves_the_reason_to_the_next(
    lite: HookHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Death(BaseException):
        pass

    def die(*_given: object, **_more: object) -> None:
        raise Death

    gone = three_ways_out(lite)
    with monkeypatch.context() as patched:
        patched.setattr("hub.flows.sync.flow.evaluate_selections", die)
        with pytest.raises(Death):
            lite.sync(due=False)
    lite.clock.pass_(minutes=3)
    assert lite.sync().state == "done"
    assert last_moves(lite) == words(*gone)


def test_what_an_older_rule_counted_has_not_left(lite: HookHouse) -> None:
    lite.apply("a")
    for _ in range(3):
        lite.chimes.add("a", "done")
    lite.chimes.add("b", "done")
    lite.sync()
    lite.clock.pass_(days=1)
    mapping = lite.folder / "mappings" / "all.yaml"
    lite.apply("a", rules=[mapping.read_text().replace("mappings:", "").strip("\n").replace("list: a", "list: b")])
    lite.sync()
    found = explain(lite.store, "ship/a", lite.clock())
    assert found is not None
    assert found.key_result.standing.value == 1
    assert found.departed == ()
