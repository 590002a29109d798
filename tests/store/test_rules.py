"""Revisions of rules, and key results found by what they stand on."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from hub.store import Store, key_results, okrs, rules
from tests.store.builders import MERCHANTS, NOW, add_connection, add_rule, add_selection, found_key_result


def test_another_rule_gets_the_next_revision_and_the_same_one_keeps_its_own(store: Store) -> None:
    key_result = found_key_result(store)
    with store.write() as tx:
        selection = add_selection(tx, add_connection(tx))
        assert [add_rule(tx, key_result, selection, digest) for digest in ("a", "a", "b", "a")] == [1, 1, 2, 3]
        current = rules.current_rule(tx, key_result)
        assert current is not None
        assert (current.revision, current.digest, current.evaluated_at) == (3, "a", None)
        assert [(one.revision, one.digest) for one in rules.revisions(tx, key_result)] == [(3, "a"), (2, "b"), (1, "a")]


def test_a_new_revision_has_no_value_yet_and_the_same_one_keeps_it(store: Store) -> None:
    key_result = found_key_result(store)
    with store.write() as tx:
        selection = add_selection(tx, add_connection(tx))
        add_rule(tx, key_result, selection, "a")
        current = rules.current_rule(tx, key_result)
        assert current is not None
        rules.note_evaluated(tx, current.id, NOW)
        add_rule(tx, key_result, selection, "a")
        kept = rules.current_rule(tx, key_result)
        assert kept is not None
        assert kept.evaluated_at == NOW
        rules.forget_evaluated(tx, [selection])
        forgotten = rules.current_rule(tx, key_result)
        assert forgotten is not None
        assert forgotten.evaluated_at is None


def test_a_retired_rule_leaves_a_manual_key_result_and_its_revisions(store: Store) -> None:
    key_result = found_key_result(store)
    with store.write() as tx:
        selection = add_selection(tx, add_connection(tx))
        add_rule(tx, key_result, selection)
        found = key_results.key_result_by_key(tx, "pay/merchants")
        assert found is not None
        assert (found.is_manual, found.connection, found.allowed_age) == (False, "jira-main", timedelta(minutes=30))
        assert [one.id for one in key_results.key_results_on(tx, [selection])] == [key_result]
        rules.retire_rule(tx, key_result)
        found = key_results.key_result_by_key(tx, "pay/merchants")
        assert found is not None
        assert (found.is_manual, found.allowed_age) == (True, timedelta(days=7))
        assert rules.current_rule(tx, key_result) is None
        assert rules.current_rules_on(tx, [selection]) == []
        assert len(rules.revisions(tx, key_result)) == 1
        assert add_rule(tx, key_result, selection) == 2


def test_what_is_archived_is_not_found_and_comes_back_as_it_was(store: Store) -> None:
    key_result = found_key_result(store)
    with store.write() as tx:
        key_results.set_standing(tx, key_result, value=Decimal(7))
        key_results.archive_key_result(tx, "pay/merchants", NOW)
        assert key_results.all_key_results(tx) == []
        assert key_results.key_result_by_id(tx, key_result) is None
        assert key_results.lock_key_result(tx, key_result) is None
    assert found_key_result(store) == key_result
    with store.write() as tx:
        found = key_results.key_result_by_id(tx, key_result)
        assert found is not None
        assert found.standing.value == 7
        okrs.archive(tx, "objectives", "pay", NOW)
        assert key_results.all_key_results(tx) == []


def test_key_results_stand_in_the_order_they_were_declared(store: Store) -> None:
    found_key_result(store, position=1)
    with store.write() as tx:
        objective = okrs.objective_by_slug(tx, "pay")
        assert objective is not None
        key_results.put_key_result(tx, objective.id, replace(MERCHANTS, key="pay/first", position=0))
        assert [one.key for one in key_results.all_key_results(tx)] == ["pay/first", "pay/merchants"]
