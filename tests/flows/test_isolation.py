"""Whatever one rule, one selection or one sweep raises ends that one alone, is said, and gets well by itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from unittest.mock import Mock

import pytest
from sqlalchemy.exc import OperationalError

from connectors.errors import Unexpected
from connectors.jira.connector import Jira
from hub.flows.sync import evaluate, flow, intake
from hub.flows.sync.flow import _Run
from hub.model.reasons import Reason
from hub.store import connections, counts
from hub.store.reads import Read, reads_after
from hub.store.rules import retire_rule
from tests.flows.house import BUGS, HUB, House

OVERFLOW = OverflowError("date value out of range")
OTHERS = ("points", "open-bugs")


def reads(house: House) -> list[Read]:
    with house.store.read() as tx:
        return reads_after(tx)


def defects(house: House) -> dict[str, int]:
    with house.store.read() as tx:
        return counts.counted(tx, "defects")


def failing(patch: pytest.MonkeyPatch, name: str, problem: Exception = OVERFLOW) -> None:
    """Have the rule of a key result fail while it is worked out."""
    truly = evaluate.compile_rule

    def compile_rule(rule: Any) -> Any:
        if rule.key_result == f"ship/{name}":
            raise problem
        return truly(rule)

    patch.setattr(evaluate, "compile_rule", compile_rule)


def broken_sweep(
    patch: pytest.MonkeyPatch, word: str, problem: Exception = OVERFLOW, *, first: bool = False
) -> list[list[str]]:
    """Have every sweep that asks for a scope fail before its first page; return what was swept."""
    swept: list[list[str]] = []
    truly, fully = Jira.changes, Jira.fetch

    def changes(self: Jira, scopes: Any, since: Any, touched: Any = ()) -> Iterator[Any]:
        swept.append([scope.query for scope in scopes])
        if any(word in scope.query for scope in scopes):
            raise problem
        yield from truly(self, scopes, since, touched)

    def fetch(self: Jira, scope: Any, since: Any = None) -> Iterator[Any]:
        if first and word in scope.query:
            raise problem
        yield from fully(self, scope, since)

    patch.setattr(Jira, "changes", changes)
    patch.setattr(Jira, "fetch", fetch)
    return swept


def test_a_rule_that_raises_is_broken_and_every_other_is_recorded(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.stories(5, done=2)
    house.bugs(2)
    house.sync()
    house.clock.pass_(minutes=15)
    house.finish("PAY-3")
    with monkeypatch.context() as patch:
        failing(patch, "finished")
        done = house.sync()
    assert (done.state, done.problem, house.connection.state) == ("done", "", "ok")
    assert [house.value(name) for name in ("finished", *OTHERS)] == ["2 broken", "9 fresh", "2 fresh"]
    standing = house.key_result().standing
    assert standing.freshness_code == Reason.DEFECT
    assert standing.freshness_note == (
        "the hub failed over the rule of ship/finished, revision 1 (OverflowError), which is a defect of the hub. "
        "The log holds the details; it is tried again at the next read"
    )
    assert [(one.key, one.freshness) for one in done.kept] == [("ship/finished", "broken")]
    assert defects(house) == {"jira-main": 1}
    house.clock.pass_(minutes=15)
    assert house.sync().kept == ()  # nothing moved meanwhile: it gets well by the read alone
    assert house.value() == "3 fresh"
    assert house.touched() == {}


def test_a_rule_that_cannot_even_be_read_ends_itself_alone(house: House) -> None:
    house.stories(3, done=1)
    with house.store.write() as tx:
        tx.exec_driver_sql("UPDATE rules SET body = '{\"format\": 99}' WHERE id = 1")
    assert house.sync().state == "done"
    assert [house.value(name) for name in ("finished", *OTHERS)] == ["None broken", "3 fresh", "0 fresh"]
    assert "(ValueError)" in house.key_result().standing.freshness_note


def test_a_rule_whose_record_cannot_be_written_ends_itself_alone_and_leaves_nothing_by_halves(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.stories(3, done=1)
    truly = evaluate.record

    def record(tx: Any, key_result_id: int, reading: Any, now: Any) -> Any:
        done = truly(tx, key_result_id, reading, now)
        if key_result_id == house.key_result("points").id:
            raise KeyError("a defect after the value was written")
        return done

    monkeypatch.setattr(evaluate, "record", record)
    house.sync()
    assert [house.value(name) for name in ("finished", "points", "open-bugs")] == [
        "1 fresh",
        "None broken",
        "0 fresh",
    ]
    assert house.measurements("points") == []


@pytest.mark.parametrize("problem", [OVERFLOW, Unexpected("jira changed shape at issues[3]: it is missing")])
def test_a_selection_whose_sweep_raises_is_set_aside_and_the_others_are_swept(
    house: House, monkeypatch: pytest.MonkeyPatch, problem: Exception
) -> None:
    house.stories(5, done=2)
    house.bugs(2)
    house.sync()
    house.clock.pass_(minutes=15)
    house.finish("PAY-3", "PAY-6")
    with monkeypatch.context() as patch:
        swept = broken_sweep(patch, BUGS, problem)
        done = house.sync()
        assert [len(one) for one in swept] == [2, 1, 1]  # all at once, then each by itself
    assert (done.state, house.connection.state) == ("done", "ok")
    assert [house.value(name) for name in ("finished", *OTHERS)] == ["3 fresh", "9 fresh", "2 broken"]
    note = house.key_result("open-bugs").standing.freshness_note
    assert ("(OverflowError)" in note) if problem is OVERFLOW else ("changed shape" in note)
    house.clock.pass_(minutes=15)
    assert house.sync().state == "done"
    assert house.value("open-bugs") == "1 fresh"
    assert [one.problem for one in house.selections()] == ["", ""]


def test_touched_items_whose_sweep_raises_for_one_selection_are_read_for_the_others(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.stories(3, done=1)
    house.bugs(1)
    house.sync()
    house.clock.pass_(minutes=5)
    house.finish("PAY-2")
    house.ring("PAY-2")
    with monkeypatch.context() as patch:
        broken_sweep(patch, BUGS)
        assert house.sync(due=False).state == "done"
    assert (house.value(), house.value("open-bugs")) == ("2 fresh", "1 broken")
    house.clock.pass_(minutes=15)
    house.sync()
    assert (house.value(), house.value("open-bugs"), house.touched()) == ("2 fresh", "1 fresh", {})


def test_a_first_read_that_raises_is_set_aside_and_the_others_have_their_first_read(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.stories(3, done=1)
    with monkeypatch.context() as patch:
        broken_sweep(patch, BUGS, first=True)
        done = house.sync()
    assert (done.state, house.connection.last_ok_at) == ("done", house.clock())
    assert [house.value(name) for name in ("finished", "open-bugs")] == ["1 fresh", "None broken"]
    house.clock.pass_(minutes=15)
    house.sync()
    assert house.value("open-bugs") == "0 fresh"


def test_what_every_sweep_raises_is_the_connections_and_loses_no_touched_item(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.stories(3, done=1)
    house.sync()
    house.clock.pass_(minutes=15)
    house.finish("PAY-2")
    house.ring("PAY-2")
    before, last = house.touched(), house.connection.last_ok_at
    with monkeypatch.context() as patch:
        broken_sweep(patch, "project")
        done = house.sync()
    row = house.connection
    assert (done.state, row.state, row.leased_until, row.last_ok_at) == ("broken", "broken", None, last)
    assert row.next_due_at is not None  # tried again at its interval
    assert {house.value(name).split()[1] for name in ("finished", *OTHERS)} == {"broken"}
    assert (reads(house)[-1].outcome, reads(house)[-1].problem) == ("broken", row.problem)
    assert house.touched() == before != {}
    house.clock.pass_(minutes=15)
    assert house.sync(due=False).state == "done"
    assert (house.value(), house.touched()) == ("2 fresh", {})


@pytest.mark.parametrize(("owner", "name"), [(_Run, "_load"), (_Run, "_read"), (flow, "evaluate_selections")])
def test_a_defect_at_any_step_breaks_the_connection_and_the_sync_returns(
    house: House, monkeypatch: pytest.MonkeyPatch, owner: Any, name: str
) -> None:
    house.stories(3, done=1)
    house.sync()
    house.clock.pass_(minutes=15)
    house.finish("PAY-2")
    house.ring("PAY-2")
    touched = house.touched()

    def fail(*_args: Any, **_more: Any) -> Any:
        raise AttributeError("'NoneType' object has no attribute 'key'")

    with monkeypatch.context() as patch:
        patch.setattr(owner, name, fail)
        done = house.sync()
    row = house.connection
    assert (done.state, row.state, row.problem, row.leased_until) == ("broken", "broken", done.problem, None)
    assert "AttributeError" in row.problem
    assert reads(house)[-1].outcome == "broken"
    if name != "evaluate_selections":
        assert house.touched() == touched
    house.clock.pass_(minutes=15)
    assert house.sync(due=False).state == "done"
    assert house.value() == "2 fresh"


def test_a_defect_at_the_very_end_breaks_the_connection_and_keeps_what_was_touched(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.stories(3, done=1)
    house.sync()
    house.clock.pass_(minutes=15)
    house.finish("PAY-2")
    house.ring("PAY-2")
    touched = house.touched()

    def fail(*_args: Any, **_more: Any) -> Any:
        raise TypeError("no such argument")

    with monkeypatch.context() as patch:
        patch.setattr(flow.touched, "clear_touched", fail)
        done = house.sync()
    assert (done.state, house.connection.state, house.connection.leased_until) == ("broken", "broken", None)
    assert reads(house)[-1].outcome == "broken"
    assert house.touched() == touched
    house.clock.pass_(minutes=15)
    assert house.sync(due=False).state == "done"
    assert (house.value(), house.touched()) == ("2 fresh", {})


def test_a_database_that_is_away_and_the_end_of_the_process_still_raise(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.stories(3, done=1)
    for problem in (OperationalError("SELECT 1", {}, Exception("disk is full")), KeyboardInterrupt(), SystemExit()):
        with monkeypatch.context() as patch:
            patch.setattr(intake.Intake, "first_read", Mock(side_effect=problem))
            with pytest.raises(type(problem)):
                house.sync()
        assert house.connection.leased_until is None
        house.clock.pass_(minutes=2)
    assert house.sync().state == "done"


def test_an_address_that_is_refused_is_the_connections_and_no_selections(house: House) -> None:
    house.apply(hub=HUB.replace("    allow_private: [127.0.0.0/8]\nchannels", "channels"))
    done = house.sync()
    row = house.connection
    assert (done.state, row.state, row.last_ok_at) == ("broken", "broken", None)
    assert "allow_private" in row.problem
    assert [one.problem for one in house.selections()] == ["", ""]
    assert {house.key_result(name).standing.freshness_code for name in ("finished", *OTHERS)} == {Reason.CONNECTION}


def test_a_host_that_is_another_one_is_no_connection_that_is_ok(house: House) -> None:
    house.environ["JIRA_URL"] = house.environ["TEAMS_URL"]  # something answers, and it is no Jira
    done = house.sync()
    row = house.connection
    assert (done.state, row.state, row.last_ok_at) == ("broken", "broken", None)
    assert row.problem.startswith("nothing that is selected can be read (and 1 more): ")
    assert {one.freshness for one in done.kept} == {"broken"}


def test_a_connection_of_which_nothing_is_read_says_nothing_of_a_good_read(house: House) -> None:
    with house.store.write() as tx:
        for name in ("finished", *OTHERS):
            retire_rule(tx, house.key_result(name).id)
    assert house.sync().state == "done"
    assert house.connection.last_ok_at is None


def test_a_selection_that_cannot_be_read_beside_a_good_one_is_named(house: House) -> None:
    from tests.flows.house import FINISHED_RULE, rule

    house.stories(3, done=1)
    house.apply((FINISHED_RULE, rule("open-bugs", "project = NOPE", "count")))
    done = house.sync()
    assert (done.state, [one.key for one in done.kept]) == ("done", ["ship/open-bugs"])
    assert "NOPE" in done.kept[0].reason
    assert house.connection.last_ok_at == house.clock()
    house.clock.pass_(minutes=5)
    with house.store.write() as tx:
        connections.make_due(tx, house.connection.id, house.clock())
    assert [one.key for one in house.sync(due=False).kept] == ["ship/open-bugs"]
