"""When the tool says no, when the reader dies, and when two readers come at once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from connectors.sandbox.jira import JiraSandbox
from connectors.sandbox.server import serve
from hub.flows.sync import evaluate, flow
from hub.flows.sync.intake import LEASE
from hub.model.kinds import Freshness
from hub.store import connections, counts
from hub.store.reads import reads_after
from tests.flows.house import BUGS_RULE, FINISHED, FINISHED_RULE, House, rule
from tests.flows.killed import killed_at


def test_a_limit_pauses_until_the_time_that_jira_asked_for(house: House) -> None:
    house.stories(3, done=1)
    house.sync()
    house.clock.pass_(minutes=15)
    house.jira.fail_next(1, 429, {"Retry-After": "600"})
    done = house.sync()
    assert done.state == "waiting"
    assert house.naps == []
    row = house.connection
    assert (row.state, row.paused_until) == ("waiting", house.clock() + timedelta(seconds=600))
    with house.store.read() as tx:
        assert connections.due_connections(tx, house.clock() + timedelta(seconds=599)) == []
        assert connections.due_connections(tx, house.clock() + timedelta(seconds=600)) == [row.id]


def test_a_limit_keeps_values_statuses_and_their_freshness(house: House) -> None:
    house.stories(5, done=4)
    house.sync()
    before = house.key_result().standing
    house.clock.pass_(minutes=15)
    house.jira.fail_next(1, 429, {"Retry-After": "600"})
    house.sync()
    assert house.key_result().standing == before
    assert house.key_result().freshness_at(house.clock())[0] is Freshness.FRESH
    assert house.key_result().freshness_at(house.clock() + timedelta(minutes=16))[0] is Freshness.STALE


def test_a_webhook_during_a_pause_waits_for_its_end(house: House) -> None:
    keys = house.stories(3, done=1)
    house.sync()
    house.clock.pass_(minutes=15)
    house.jira.fail_next(1, 429, {"Retry-After": "600"})
    house.sync()
    asked = house.jira.count()
    house.finish(keys[1])
    house.ring(keys[1])
    assert house.sync(due=False).state == "waiting"
    assert house.jira.count() == asked
    assert house.connection.leased_until is None
    house.clock.pass_(seconds=600)
    assert house.sync(due=False).state == "done"
    assert house.value() == "2 fresh"


def test_an_outage_without_a_word_pauses_for_a_minute(house: House) -> None:
    house.stories(3, done=1)
    house.jira.fail_next(4, 503)
    assert house.sync().state == "waiting"
    assert house.connection.paused_until == house.clock() + timedelta(seconds=60)


def test_a_refused_token_breaks_the_connection_and_keeps_every_value(house: House) -> None:
    house.stories(5, done=4)
    house.sync()
    house.jira.token = house.jira.admission.token = "another"
    house.clock.pass_(minutes=15)
    done = house.sync()
    assert (done.state, done.requests) == ("broken", 1)
    assert "sign in again" in done.problem.lower()
    assert house.value() == "4 broken"
    assert house.key_result().standing.status == "on_track"
    assert house.connection.next_due_at is None


def test_after_a_refused_token_nothing_is_asked_until_somebody_says_so(house: House) -> None:
    keys = house.stories(5, done=4)
    house.sync()
    right, house.jira.admission.token = house.jira.admission.token, "another"
    house.sync()
    asked = house.jira.count()
    house.clock.pass_(days=2)
    with house.store.read() as tx:
        assert connections.due_connections(tx, house.clock()) == []
    house.ring(keys[4])
    done = house.sync(due=False)
    assert done.state == "broken"
    assert house.jira.count() == asked
    house.jira.admission.token = right
    house.finish(keys[4])
    assert house.sync(due=True).state == "done"
    assert house.value() == "5 fresh"


def test_a_new_sign_in_that_is_applied_lifts_the_stop(house: House) -> None:
    from tests.flows.house import HUB

    house.stories(5, done=4)
    house.sync()
    house.jira.admission.token = "another"
    house.sync()
    house.environ["OTHER_TOKEN"] = "another"
    house.apply(hub=HUB.replace("${JIRA_TOKEN}", "${OTHER_TOKEN}"))
    house.clock.pass_(minutes=1)
    assert house.sync(due=False).state == "done"
    assert house.value() == "4 fresh"


def test_a_secret_that_is_not_set_breaks_the_connection_without_a_request(house: House) -> None:
    house.stories(1)
    del house.environ["JIRA_TOKEN"]
    done = house.sync()
    assert (done.state, done.requests) == ("broken", 0)
    assert "JIRA_TOKEN" in done.problem
    assert house.value() == "None broken"


def test_a_query_that_stops_working_is_set_aside_and_the_others_are_read(house: House) -> None:
    house.apply((FINISHED_RULE, rule("open-bugs", "project = WEB AND type = Bug", "count")))
    keys = house.stories(4, done=1)
    house.jira.create("WEB", summary="A bug", type="Bug")
    house.sync()
    assert (house.value(), house.value("open-bugs")) == ("1 fresh", "1 fresh")
    del house.jira.projects["WEB"]
    house.jira.revision += 1
    house.finish(keys[1])
    house.clock.pass_(minutes=15)
    assert house.sync().state == "done"
    assert house.value() == "2 fresh"
    assert house.value("open-bugs") == "1 broken"
    assert "WEB" in house.key_result("open-bugs").standing.freshness_note
    house.finish(keys[2])
    house.ring(keys[2])
    assert house.sync(due=False).state == "done"
    assert house.value() == "3 fresh"
    house.clock.pass_(minutes=15)
    assert house.sync().state == "done"
    assert (house.value(), house.value("open-bugs")) == ("3 fresh", "1 broken")


def test_a_busy_connection_is_left_alone_at_once(house: House) -> None:
    house.stories(2)
    with house.store.write() as tx:
        connections.lease(tx, house.connection.id, owner="another", now=house.clock(), lasts=timedelta(seconds=120))
    before = house.jira.count()
    assert house.sync().state == "busy"
    assert house.jira.count() == before


def test_the_connection_of_a_reader_that_was_killed_is_free_after_two_minutes(house: House) -> None:
    house.stories(2, done=1)
    with house.store.write() as tx:
        connections.lease(tx, house.connection.id, owner="dead", now=house.clock(), lasts=LEASE)
    house.clock.pass_(seconds=120)
    assert house.sync().state == "busy"
    house.clock.pass_(seconds=1)
    with house.store.read() as tx:
        assert connections.due_connections(tx, house.clock()) == [house.connection.id]
    assert house.sync().state == "done"
    assert house.value() == "1 fresh"


def test_a_reader_that_lost_its_lease_writes_nothing_more(house: House) -> None:
    house.apply((FINISHED_RULE,))
    house.stories(250, done=5)
    house.sync(due=False)
    house.clock.pass_(hours=25)
    taken: list[str] = []

    def lose_it(name: str, number: int, total: int | None) -> None:
        if not taken:
            taken.append(name)

    def another_takes_over(*_args: Any) -> None:
        with house.store.write() as tx:
            connections.lease(
                tx, house.connection.id, owner="another", now=house.clock() + timedelta(seconds=121), lasts=LEASE
            )

    app = house.jira.app

    def take(request: Any, version: int) -> Any:
        if not taken:
            taken.append("x")
            another_takes_over()
        return app.bulk_fetch(request, version)

    for key in list(house.jira.by_key)[:20]:
        house.finish(key)
    app._routes = [(m, p, take if "bulkfetch" in p.pattern else a) for m, p, a in app._routes]
    done = house.sync(owner="slow")
    assert done.state == "lost"
    assert house.value() == "5 fresh"
    with house.store.read() as tx:
        assert len(reads_after(tx)) == 1
    assert house.connection.leased_until is not None


def test_a_lease_lost_before_the_values_are_recorded_records_none(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = house.stories(3, done=1)
    house.sync()
    house.clock.pass_(minutes=15)
    house.finish(keys[1])
    original = evaluate.evaluate_selections

    def lose_it(*args: Any, **more: Any) -> Any:
        with house.store.write() as tx:
            connections.lease(
                tx, house.connection.id, owner="another", now=house.clock() + timedelta(seconds=121), lasts=LEASE
            )
        return original(*args, **more)

    monkeypatch.setattr(flow, "evaluate_selections", lose_it)
    assert house.sync(owner="slow").state == "lost"
    monkeypatch.undo()
    house.clock.pass_(seconds=300)
    assert house.sync().state == "done"
    assert house.value() == "2 fresh"
    assert [one.value for one in house.measurements() if not one.is_approximate] == [1, 2]


def test_a_defect_of_the_whole_breaks_the_connection_and_is_tried_again_at_its_interval(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.stories(3, done=1)

    def fail(*_args: Any, **_more: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr(flow, "evaluate_selections", fail)
    done = house.sync()
    row = house.connection
    assert (done.state, row.state, row.leased_until, row.problem) == ("broken", "broken", None, done.problem)
    assert "the hub failed over the connection jira-main (ZeroDivisionError)" in row.problem
    assert house.value() == "None broken"
    with house.store.read() as tx:
        last = reads_after(tx)[-1]
        assert (last.outcome, last.problem) == ("broken", row.problem)
        assert counts.counted(tx, "defects") == {"jira-main": 1}
    monkeypatch.undo()
    assert house.sync(due=False).state == "broken"  # a defect must not ask the tool again at every ring
    house.clock.pass_(minutes=15)
    assert house.sync(due=False).state == "done"
    assert house.value() == "1 fresh"


@pytest.mark.parametrize("is_due", [True, False])
@pytest.mark.parametrize("event", ["finished", "deleted", "unlabelled"])
def test_a_reader_killed_between_reading_and_recording_loses_nothing(house: House, is_due: bool, event: str) -> None:
    keys = house.stories(3, done=2)
    house.sync()
    house.clock.pass_(minutes=15)
    id = str(house.jira.by_key[keys[0]].id)
    match event:
        case "finished":
            house.finish(keys[2])
        case "deleted":
            house.jira.delete(keys[0])
        case _:
            house.jira.edit(keys[0], labels=[])
    if not is_due:
        house.ring(keys[2]) if event == "finished" else house.ring_id(id)

    with killed_at(flow, "evaluate_selections") as patch:
        patch.setattr(flow._Run, "abandon", lambda *_: None)
        house.sync(due=is_due)
    house.clock.pass_(seconds=121)
    with house.store.read() as tx:
        assert connections.due_connections(tx, house.clock()) == [house.connection.id]
    assert house.sync(due=False).state == "done"
    assert house.value() == ("3 fresh" if event == "finished" else "1 fresh")


def test_what_was_stored_before_a_failure_counts(house: House) -> None:
    house.apply((FINISHED_RULE, BUGS_RULE))
    house.stories(2, done=1)
    house.bugs(2)
    house.jira.app.unreadable.add(house.jira.by_key["PAY-4"].id)
    done = house.sync()
    assert done.state == "waiting"
    assert (house.value(), house.value("open-bugs")) == ("1 fresh", "None waiting")


def test_the_address_of_a_tool_that_is_away_is_no_secret_and_its_token_is(house: House) -> None:
    house.environ["JIRA_URL"] = "http://127.0.0.1:9"
    done = house.sync()
    assert done.state == "waiting"
    assert "127.0.0.1" in done.problem
    assert house.jira.token not in done.problem


def test_another_address_is_read_anew_and_nothing_of_the_old_one_counts(house: House) -> None:
    house.apply((FINISHED_RULE,), (FINISHED,))
    house.stories(5, done=3)
    house.sync()
    other = JiraSandbox(email=house.jira.email, token=house.jira.token, now=house.clock)
    other.add_project("PAY", "Payments")
    other.create("PAY", summary="The only one there", status="Done", labels=["okr"])
    with serve(other) as server:
        house.environ["JIRA_URL"] = server.url
        house.clock.pass_(minutes=15)
        done = house.sync()
    other.close()
    assert (done.state, done.items) == ("done", 1)
    assert house.value() == "1 fresh"


def test_apply_gives_a_connection_that_was_stopped_by_a_wrong_token_another_chance(house: House) -> None:
    house.apply()
    good, house.environ["JIRA_TOKEN"] = house.environ["JIRA_TOKEN"], "no-longer-right"
    assert house.sync().state == "broken"
    house.environ["JIRA_TOKEN"] = good  # outside the files: they say the same as before
    applied = house.apply()
    assert (applied.changes, applied.connections) == ((), (house.connection.id,))
    assert house.sync(due=False).state == "done"


def test_a_wait_that_jira_asked_for_is_kept_by_whoever_is_in_a_hurry(house: House) -> None:
    house.apply()
    house.jira.fail_next(1, 429, {"Retry-After": "120"})
    assert house.sync().state == "waiting"
    asked = house.jira.count()
    assert house.sync(due=True).state == "waiting"
    assert house.jira.count() == asked
    house.clock.pass_(seconds=121)
    assert house.sync(due=True).state == "done"
