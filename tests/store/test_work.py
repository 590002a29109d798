"""Items as they are read: pages, memberships, fields that merge, and what went away."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

from connectors.shapes import Scope, Select, WorkItem
from hub.store import Store, selected, work
from tests.store.builders import ITEM, NOW, add_connection, add_rule, add_selection, found_key_result


def save(store: Store, connection: int, item: WorkItem, *asked: str) -> None:
    with store.write() as tx:
        work.save_items(tx, connection, [item], frozenset(asked))


def names(store: Store, selection: int, **fields: str) -> None:
    """Have the rules on a selection call fields by these names."""
    with store.write() as tx:
        scope = Scope("jql", "jql:1", "PAY", "project = PAY", "https://x", fields)
        selected.resolve_selection(tx, selection, scope)


def fields_of(store: Store, selection: int) -> dict[str, object]:
    with store.read() as tx:
        (found,) = work.selection_items(tx, selection)
    return dict(found.fields)


def test_fields_that_a_read_did_not_ask_for_stay(store: Store) -> None:
    with store.write() as tx:
        connection = add_connection(tx)
        selection = add_selection(tx, connection)
        work.set_memberships(tx, connection, {"10001": [selection]}, [selection])
    names(store, selection, Team="Team", Size="Size", Rank="Rank")
    save(store, connection, replace(ITEM, fields={"Team": "Blue", "Size": Decimal(3)}), "Team", "Size")
    save(store, connection, replace(ITEM, fields={"Size": Decimal(5), "Rank": "a"}), "Size", "Rank")
    assert fields_of(store, selection) == {"Team": "Blue", "Size": Decimal(5), "Rank": "a"}


def test_two_selections_see_one_item_by_their_own_names_for_its_fields(store: Store) -> None:
    with store.write() as tx:
        connection = add_connection(tx)
        company, team = add_selection(tx, connection), add_selection(tx, connection, "project = K5")
        work.set_memberships(tx, connection, {"10001": [company, team]}, [company, team])
    names(store, company, points="customfield_10024", Size="customfield_1")
    names(store, team, points="customfield_10016,customfield_10024", Size="customfield_2")
    held = {
        "customfield_10024": Decimal(5),
        "customfield_10016": Decimal(8),
        "customfield_1": "S",
        "customfield_2": "L",
    }
    save(store, connection, replace(ITEM, fields=held), *held)
    with store.read() as tx:
        (mine,), (theirs,) = work.selection_items(tx, company), work.selection_items(tx, team)
    assert (mine.points, mine.fields) == (Decimal(5), {"points": Decimal(5), "Size": "S"})
    assert (theirs.points, theirs.fields) == (Decimal(8), {"points": Decimal(8), "Size": "L"})


def test_the_status_of_an_item_is_that_of_the_place_that_was_selected(store: Store) -> None:
    with store.write() as tx:
        connection = add_connection(tx)
        launch, other = add_selection(tx, connection), add_selection(tx, connection, "project = B")
        work.set_memberships(tx, connection, {"10001": [launch, other]}, [launch, other])
    names(store, launch, status="section@2")
    save(store, connection, replace(ITEM, status="To do", fields={"section@1": "To do", "section@2": "Live"}))
    with store.read() as tx:
        assert [item.status for item in work.selection_items(tx, launch)] == ["Live"]
        assert [item.status for item in work.selection_items(tx, other)] == ["To do"]
    save(store, connection, replace(ITEM, status="To do", fields={"section@1": "To do"}))
    with store.read() as tx:
        assert [item.status for item in work.selection_items(tx, launch)] == ["To do"]  # it left that project


def test_what_cannot_be_read_comes_back_by_the_names_of_who_asks(store: Store) -> None:
    with store.write() as tx:
        connection = add_connection(tx)
        selection = add_selection(tx, connection)
        work.set_memberships(tx, connection, {"10001": [selection]}, [selection])
    names(store, selection, points="customfield_1", Size="customfield_2")
    odd = replace(
        ITEM, fields={"customfield_1": "five"}, unreadable={"customfield_2": "found a list", "done": "found 3"}
    )
    save(store, connection, odd, "customfield_1", "customfield_2")
    with store.read() as tx:
        (found,) = work.selection_items(tx, selection)
    assert (found.points, found.fields) == (None, {})
    assert found.unreadable == {
        "points": "found text where a number was expected",
        "fields.Size": "found a list",
        "done": "found 3",
    }
    save(store, connection, replace(ITEM, fields={"customfield_2": "L"}), "customfield_1", "customfield_2")
    with store.read() as tx:
        assert [item.unreadable for item in work.selection_items(tx, selection)] == [{}]


def test_what_could_not_be_read_stays_so_when_another_selection_reads_the_item_without_asking_for_it(
    store: Store,
) -> None:
    with store.write() as tx:
        connection = add_connection(tx)
        selection = add_selection(tx, connection)
        work.set_memberships(tx, connection, {"10001": [selection]}, [selection])
    names(store, selection, Size="customfield_2")
    save(store, connection, replace(ITEM, unreadable={"customfield_2": "found a list"}), "customfield_2")
    save(store, connection, replace(ITEM, unreadable={"due": "found 3"}))
    with store.read() as tx:
        (found,) = work.selection_items(tx, selection)
    assert found.unreadable == {"fields.Size": "found a list", "due": "found 3"}
    save(store, connection, ITEM)
    with store.read() as tx:
        assert [item.unreadable for item in work.selection_items(tx, selection)] == [{"fields.Size": "found a list"}]


def test_something_due_at_an_instant_stays_one_and_a_day_stays_a_day(store: Store) -> None:
    with store.write() as tx:
        connection = add_connection(tx)
        selection = add_selection(tx, connection)
        work.set_memberships(tx, connection, {"10001": [selection]}, [selection])
    for due in (datetime(2026, 11, 1, tzinfo=UTC), date(2026, 11, 1), None):
        save(store, connection, replace(ITEM, due=due))
        with store.read() as tx:
            assert [item.due for item in work.selection_items(tx, selection)] == [due]


def test_a_field_that_was_asked_for_and_is_absent_is_absent_afterwards(store: Store) -> None:
    with store.write() as tx:
        connection = add_connection(tx)
        selection = add_selection(tx, connection)
        work.set_memberships(tx, connection, {"10001": [selection]}, [selection])
    names(store, selection, Team="Team", Size="Size", Rank="Rank")
    save(store, connection, replace(ITEM, fields={"Team": "Blue", "Size": Decimal(3)}), "Team", "Size")
    save(store, connection, replace(ITEM, fields={"Team": None}), "Team", "Size")
    assert fields_of(store, selection) == {"Team": None}


def test_an_item_read_twice_in_one_page_is_stored_once_as_it_was_last(store: Store) -> None:
    with store.write() as tx:
        connection = add_connection(tx)
        selection = add_selection(tx, connection)
        work.save_items(tx, connection, [ITEM, replace(ITEM, title="Later")], frozenset())
        work.set_memberships(tx, connection, {"10001": [selection, selection]}, [selection])
        assert [item.title for item in work.selection_items(tx, selection)] == ["Later"]


def test_an_item_of_another_connection_with_the_same_key_is_another_item(store: Store) -> None:
    with store.write() as tx:
        mine, other = add_connection(tx), add_connection(tx, "jira-other")
        work.save_items(tx, mine, [ITEM], frozenset())
        work.save_items(tx, other, [replace(ITEM, title="Other")], frozenset())
        selection = add_selection(tx, mine)
        work.set_memberships(tx, mine, {"10001": [selection]}, [selection])
        assert [item.title for item in work.selection_items(tx, selection)] == ["Pay by card"]


def test_memberships_are_set_and_cleared_for_the_selections_asked_about_alone(store: Store) -> None:
    with store.write() as tx:
        connection = add_connection(tx)
        one, two, three = (add_selection(tx, connection, f"project = P{n}") for n in range(3))
        moved = work.set_memberships(tx, connection, {"a": [one, two], "b": [three]}, [one, two, three])
        assert moved == {one, two, three}
        assert work.set_memberships(tx, connection, {"a": [one, two], "b": [three]}, [one, two, three]) == set()
        # `three` was not asked about, so that `b` stays in it, and an answer that names it is not taken either
        assert work.set_memberships(tx, connection, {"a": [two, three], "b": []}, [one, two]) == {one}
        assert work.members(tx, [one, two, three]) == {"a": {two}, "b": {three}}
        assert work.selections_of(tx, connection, ["a", "b", "c"]) == {two, three}
        work.drop_members(tx, [two], ["a", "b"])
        assert work.members(tx, [one, two, three]) == {"b": {three}}
        assert [work.member_count(tx, selection) for selection in (one, two, three)] == [0, 0, 1]


def test_more_items_than_a_statement_takes_are_stored_and_buried(store: Store) -> None:
    keys = [f"{number:05}" for number in range(803)]
    with store.write() as tx:
        connection = add_connection(tx)
        selection = add_selection(tx, connection)
        work.save_items(tx, connection, [replace(ITEM, key=key) for key in keys], frozenset())
        work.set_memberships(tx, connection, {key: [selection] for key in keys}, [selection])
        assert [item.key for item in work.selection_items(tx, selection)] == keys
        work.bury(tx, connection, keys[1:], NOW)
        assert [item.key for item in work.selection_items(tx, selection)] == keys[:1]
        assert work.buried(tx, connection) == set(keys[1:])
        work.unbury(tx, connection, keys[1:3])
        assert [item.key for item in work.selection_items(tx, selection)] == keys[:3]
        assert work.member_count(tx, selection) == 803


def test_an_item_that_is_read_again_is_not_gone_any_more(store: Store) -> None:
    with store.write() as tx:
        connection = add_connection(tx)
        work.save_items(tx, connection, [ITEM], frozenset())
        work.bury(tx, connection, ["10001"], NOW)
        work.save_items(tx, connection, [ITEM], frozenset())
        assert work.buried(tx, connection) == set()


def test_rules_that_ask_the_same_share_a_selection(store: Store) -> None:
    with store.write() as tx:
        connection = add_connection(tx)
        one = selected.put_selection(tx, connection, Select("project = PAY "))
        assert selected.put_selection(tx, connection, Select("project = PAY")) == one
        assert selected.put_selection(tx, connection, Select(picker={"project": "PAY"})) != one
        assert selected.put_selection(tx, add_connection(tx, "jira-other"), Select("project = PAY")) != one


def test_a_field_that_is_new_to_a_selection_makes_it_be_read_anew(store: Store) -> None:
    key_result = found_key_result(store)
    with store.write() as tx:
        connection = add_connection(tx)
        selection = add_selection(tx, connection, "project = PAY", "points")
        add_rule(tx, key_result, selection)
        selected.note_selection(tx, selection, cursor="c", joined_at=NOW, total=7, problem="")
        found = selected.selections_in_use(tx, connection)
        assert [(one.id, one.cursor, one.joined_at, one.total) for one in found] == [(selection, "c", NOW, 7)]
        assert found[0].select == Select("project = PAY", fields=frozenset({"points"}))
        scope = found[0].scope
        assert scope is not None
        assert (scope.key, dict(scope.fields)) == ("project = PAY", {"points": "id"})
        selected.put_selection(tx, connection, Select("project = PAY", fields=frozenset({"points"})))
        assert selected.selections_in_use(tx, connection) == found
        selected.put_selection(tx, connection, Select("project = PAY", fields=frozenset({"Team"})))
        anew = selected.selections_in_use(tx, connection)[0]
        assert (anew.scope, anew.cursor, anew.joined_at) == (None, None, None)
        assert anew.select.fields == {"points", "Team"}


def test_a_selection_without_a_current_rule_is_not_in_use(store: Store) -> None:
    key_result = found_key_result(store)
    with store.write() as tx:
        connection = add_connection(tx)
        one, two = (add_selection(tx, connection, f"project = P{n}") for n in range(2))
        add_rule(tx, key_result, one, "d1")
        add_rule(tx, key_result, two, "d2")
        assert [found.id for found in selected.selections_in_use(tx, connection)] == [two]
