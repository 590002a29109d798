"""A person's word or pause over a tool's value, and a file that changes meanwhile: what stands then."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from connectors.errors import Unauthorized
from hub.flows import judge
from hub.flows.check_in import Said, check_in, pause
from hub.flows.judge import judge_all
from hub.flows.notify.message import write_message
from hub.flows.plan import plan
from hub.flows.plan.apply import Applied
from hub.flows.sync import evaluate
from hub.model.forecast import forecast
from hub.model.kinds import Freshness
from hub.model.numbers import numbers_of
from hub.store import Store, connections, okrs, outbox, pauses
from hub.workspace import read_workspace
from tests.flows.house import BUGS_RULE, FINISHED, FINISHED_RULE, HUB, OKR, OPEN_BUGS, House, open_house, rule
from tests.flows.test_at_once import changed_opener

KEY = "ship/finished"
MIRA = "mira@northwind.test"
SAID = f"{FINISHED[:-1]}, check_ins: [%s]}}"
BY_HAND = SAID % "{on: 2026-11-01, note: By hand}"
GUARDED = {"guard": "{max_drop: 40%}"}


def started(house: House, *, done: int = 6) -> list[str]:
    house.apply((FINISHED_RULE,), (FINISHED,))
    keys = house.stories(10, done=done)
    house.sync()
    house.clock.pass_(minutes=15)
    return keys


def say(house: House, value: str, *, key: str = "form-0001", **more: Any) -> Any:
    return check_in(house.store, KEY, Said(key, value, **more), who=MIRA, now=house.clock())


def plan_for(house: House, rule: str) -> Applied:
    """Plan what applying this rule alone would do."""
    (house.folder / "mappings" / "all.yaml").write_text(f"mappings:\n{rule}\n")
    declaration = read_workspace(house.folder).declaration
    assert declaration is not None
    return plan(house.store, declaration, now=house.clock(), environ=house.environ)


# -- what a file says about a day that has gone by


def test_a_value_of_a_file_that_is_older_than_the_last_reading_fills_the_past(house: House) -> None:
    started(house)
    house.apply((BUGS_RULE,), (SAID % "{on: 2026-10-20, value: 1, by: mira@northwind.test}", OPEN_BUGS))
    assert house.value() == "6 fresh"
    assert house.measurements()[0].value != 6
    assert house.key_result().standing.measured_at == house.clock() - timedelta(minutes=15)


def test_a_value_of_a_file_that_is_newer_than_the_last_reading_is_the_value(house: House) -> None:
    started(house)
    house.clock.pass_(days=1, hours=13)
    house.apply((BUGS_RULE,), (SAID % "{on: 2026-11-17, value: 1, by: mira@northwind.test}", OPEN_BUGS))
    assert house.value() == "1 fresh"


def test_an_older_value_does_not_take_back_that_somebody_looked_today(house: House) -> None:
    house.apply((BUGS_RULE,), (SAID % "{on: 2026-11-02, value: 2}, {on: 2026-11-15, note: Nothing new}", OPEN_BUGS))
    noon = house.clock() - timedelta(hours=12)
    assert house.key_result().standing.checked_at == noon
    say(house, "", note="Still nothing")
    house.clock.pass_(hours=1)
    say(house, "3", key="form-0002", on="2026-11-14")
    assert house.key_result().standing.checked_at == house.clock() - timedelta(hours=1)


def test_a_check_in_is_the_value_although_the_clock_was_set_back(house: House) -> None:
    started(house)
    house.clock.pass_(days=-2)
    assert say(house, "3").is_value
    assert house.value() == "3 fresh"


# -- a rule that goes and comes back


def test_without_its_rule_it_is_kept_by_hand_and_nothing_of_the_tool_is_left(house: House) -> None:
    started(house)
    pause(house.store, KEY, "Jira is wrong", who=MIRA, now=house.clock())

    def refuse(made: Any) -> None:
        made.changes = made.fetch = _refused

    house.sync(opener=changed_opener(house, refuse))
    assert house.value() == "6 broken"
    house.clock.pass_(minutes=5)
    house.apply((BUGS_RULE,), (BY_HAND, OPEN_BUGS))
    found = house.key_result()
    assert found.freshness_at(house.clock())[0] is Freshness.FRESH
    assert found.standing.freshness_note == ""
    with house.store.read() as tx:
        assert [one.until for one in pauses.pauses_of(tx, KEY)] == [house.clock()]


def test_a_rule_that_comes_back_is_taken_although_it_says_what_it_said_long_ago(house: House) -> None:
    started(house)
    house.apply((BUGS_RULE,), (BY_HAND, OPEN_BUGS))
    say(house, "9")
    house.clock.pass_(days=3)
    house.apply((FINISHED_RULE,), (FINISHED,))
    house.sync()
    assert house.value() == "6 fresh"


def test_a_pause_ends_with_the_rule_that_it_kept_out(house: House) -> None:
    started(house)
    pause(house.store, KEY, "Jira is wrong", who=MIRA, now=house.clock())
    house.apply((BUGS_RULE,), (BY_HAND, OPEN_BUGS))
    house.clock.pass_(days=3)
    house.apply((FINISHED_RULE,), (FINISHED,))
    house.sync()
    assert not house.key_result().is_paused


def test_what_a_pause_kept_back_is_told_when_it_ends_with_the_rule(house: House) -> None:
    started(house)
    pause(house.store, KEY, "Jira is wrong", who=MIRA, now=house.clock())
    say(house, "1")
    assert house.tell("b-hook") == 0
    applied = house.apply((BUGS_RULE,), (BY_HAND, OPEN_BUGS))
    assert house.channel("b-hook").id in applied.channels
    assert house.tell("b-hook") == 1


def test_a_message_foretells_from_the_values_that_stood(house: House) -> None:
    keys = started(house)
    say(house, "4")
    house.jira.edit(keys[0], summary="The same story by another name")
    house.clock.pass_(minutes=15)
    house.sync()
    assert [one.value for one in house.measurements() if not one.stands] == [6]
    house.clock.pass_(days=20)
    judge_all(house.store, house.clock())  # time alone: 4 are at risk by now
    goal = house.key_result().declared.goal(UTC)
    stood = [(one.at, one.value) for one in house.measurements() if one.stands and one.value is not None]
    ahead = forecast(stood, goal.starts, goal.due, house.clock())
    with house.store.read() as tx:
        letter = outbox.next_letter(tx, house.channel("b-hook").id, house.clock())
        told = None if letter is None else write_message(tx, letter)
    assert told is not None
    assert ahead is not None
    numbers = numbers_of(house.key_result().declared, stood[-1][1])
    assert dict(told.facts)["At this pace"] == f"{numbers.guess(ahead.at_due)} by 31 December"


def test_a_narrower_rule_is_not_held_against_what_the_one_before_counted(house: House) -> None:
    house.apply((rule("finished", OKR, "count", **GUARDED),), (FINISHED,))
    house.stories(10, done=3)
    house.sync()
    assert house.value() == "10 fresh"
    house.clock.pass_(minutes=15)
    house.apply((rule("finished", OKR, "count", "{state: done}", **GUARDED),), (FINISHED,))
    house.sync()
    assert house.value() == "3 fresh"


# -- what a plan foretells


@pytest.mark.parametrize("paused", [False, True])
def test_a_plan_does_not_foretell_a_value_that_a_persons_word_keeps_out(house: House, paused: bool) -> None:
    started(house)
    say(house, "3", pauses=paused)
    other = rule("finished", OKR, "count", "{state: done}, {type: Story}" if not paused else "{state: {not: done}}")
    found = plan_for(house, other)
    assert found.changes
    house.apply((other,), (FINISHED,))
    house.clock.pass_(minutes=15)
    house.sync()
    assert house.value() == "3 fresh"
    assert found.outlooks == ()


# -- a file applied in the middle of a read, and of the daily judgement


@pytest.mark.parametrize("stays", [True, False])
def test_a_key_result_that_loses_its_rule_during_a_read_fails_nothing(
    house: House, stays: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.apply((FINISHED_RULE, BUGS_RULE), (FINISHED, OPEN_BUGS))
    house.stories(10, done=6)
    house.bugs(1)
    house.sync()
    looked_at = house.clock()
    house.clock.pass_(minutes=15)

    def lose_it() -> None:
        house.apply((BUGS_RULE,), (BY_HAND, OPEN_BUGS) if stays else (OPEN_BUGS,))

    meanwhile(monkeypatch, evaluate, "key_result_by_id", lose_it)
    assert house.sync().state == "done"
    assert house.connection.problem == ""
    assert house.value("open-bugs") == "1 fresh"
    if stays:
        assert house.key_result().standing.checked_at == looked_at


def test_a_key_result_archived_during_the_daily_judgement_fails_nothing(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.apply((FINISHED_RULE, BUGS_RULE), (FINISHED, OPEN_BUGS))
    house.stories(10, done=6)
    house.bugs(1)
    house.sync()
    house.clock.pass_(days=30)
    meanwhile(monkeypatch, judge.key_results, "key_results_to_tell", lambda: house.apply((BUGS_RULE,), (OPEN_BUGS,)))
    judge_all(house.store, house.clock())
    with house.store.read() as tx:
        workspace = okrs.workspace_now(tx)
    assert workspace is not None
    assert workspace.judged_at == house.clock()


def test_the_daily_judgement_does_not_bring_back_milestones_that_a_file_has_taken_back(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = "{key_result: finished, title: Two steps, kind: milestones, milestones: [{name: One%s}, {name: Two}]}"
    coming, undone = steps % ", done_on: 2026-11-17", steps % ""
    house.apply((BUGS_RULE,), (coming, OPEN_BUGS))
    assert house.value() == "0 fresh"
    house.clock.pass_(days=1)
    meanwhile(
        monkeypatch, judge.key_results, "key_results_to_tell", lambda: house.apply((BUGS_RULE,), (undone, OPEN_BUGS))
    )
    judge_all(house.store, house.clock())
    assert house.value() == "0 fresh"


def test_a_file_and_a_group_of_webhooks_take_several_connections_in_one_order(
    tmp_path: Path, postgres_store: Store
) -> None:
    """On PostgreSQL alone: it would end one of two that wait for each other; SQLite takes one writer at a time."""
    tmp_path.joinpath("files").mkdir()
    with open_house(tmp_path / "files", postgres_store) as house:
        take_two_connections(house)


def take_two_connections(house: House) -> None:
    house.apply()
    second = HUB.split("  jira-main:")[1].split("channels:")[0]
    house.apply(hub=HUB.replace("channels:", f"  a-second:{second}channels:", 1))
    with house.store.read() as tx:
        first, last = sorted(row.id for row in connections.all_connections(tx))
    applying = threading.Thread(target=house.apply)
    with house.store.write() as tx:
        tx.execute(text("SET LOCAL lock_timeout = '3s'"))
        connections.hold_rows(tx, [first])
        applying.start()
        wait_for_a_lock(house.store)
        connections.hold_rows(tx, [first, last])
    applying.join()


def wait_for_a_lock(store: Store) -> None:
    """Wait until somebody waits for a row that we hold."""
    for _ in range(500):
        with store.read() as tx:
            if tx.execute(text("SELECT count(*) FROM pg_locks WHERE NOT granted")).scalar_one():
                return
        time.sleep(0.01)
    raise AssertionError("nobody waits")


def meanwhile(monkeypatch: pytest.MonkeyPatch, module: Any, name: str, step: Callable[[], object]) -> None:
    """Let a step happen in another thread right after `module.name` was asked for the first time."""
    real = getattr(module, name)
    begun: list[threading.Thread] = []

    def asked(*given: Any) -> Any:
        found = real(*given)
        if not begun and threading.current_thread() is threading.main_thread():
            begun.append(threading.Thread(target=step))
            begun[0].start()
            begun[0].join()
        return found

    monkeypatch.setattr(module, name, asked)


def _refused(*_given: Any) -> Iterator[Any]:
    raise Unauthorized("the sign-in was refused")
    yield
