"""The first read of a connection, whole or interrupted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from werkzeug.wrappers import Request, Response

from hub.model.kinds import Freshness, Origin, Status
from hub.store import contributions, selected
from hub.store.reads import reads_after
from tests.flows.house import FINISHED_RULE, POINTS_RULE, House, rule


def test_a_first_read_stores_items_members_measurements_and_what_stands_behind_them(house: House) -> None:
    house.stories(5, done=2)
    house.bugs(1)
    done = house.sync()
    assert done.state == "done"
    assert (house.value("finished"), house.value("points"), house.value("open-bugs")) == (
        "2 fresh",
        "6 fresh",
        "1 fresh",
    )
    last = house.measurements()[-1]
    assert (last.value, last.origin, last.is_approximate, last.is_complete) == (
        Decimal(2),
        Origin.MEASURED,
        False,
        True,
    )
    assert (last.rule_revision, last.connection, last.query) == (1, "jira-main", "project = PAY AND labels = okr")
    assert (last.items_counted, last.items_read) == (2, 5)
    assert (last.at, last.read_at) == (house.clock(), house.clock())
    with house.store.read() as tx:
        behind = contributions.contributions_now(tx, house.key_result().id)
    assert sorted((one.ref, one.amount, one.credit, one.state) for one in behind.values()) == [
        ("PAY-1", Decimal(1), Decimal(1), "done"),
        ("PAY-2", Decimal(1), Decimal(1), "done"),
    ]


def test_a_first_read_is_journaled_with_its_cost(house: House) -> None:
    house.stories(5, done=2)
    done = house.sync()
    with house.store.read() as tx:
        (read,) = reads_after(tx)
    assert (read.reason, read.outcome, read.requests, read.items) == ("first", "ok", done.requests, 5)
    assert set(read.moved) == {"ship/finished", "ship/points", "ship/open-bugs"}
    assert house.connection.last_ok_at == house.clock()
    assert house.connection.next_due_at == house.clock() + timedelta(minutes=15)
    assert house.connection.leased_until is None


def test_the_past_is_worked_out_from_the_items_own_dates_and_says_so(house: House) -> None:
    for day in (5, 10, 10, 20):
        at = datetime(2026, 10, day, 15, tzinfo=UTC)
        key = house.jira.create("PAY", summary="Old", labels=["okr"], created=datetime(2026, 9, 1, tzinfo=UTC))
        house.jira.transition(key, "Done", at)
    house.sync()
    past = [one for one in house.measurements() if one.origin is Origin.RECONSTRUCTED]
    assert [(one.at, one.value) for one in past] == [
        (datetime(2026, 10, 1, tzinfo=UTC), Decimal(0)),
        (datetime(2026, 10, 6, tzinfo=UTC), Decimal(1)),
        (datetime(2026, 10, 11, tzinfo=UTC), Decimal(3)),
        (datetime(2026, 10, 21, tzinfo=UTC), Decimal(4)),
    ]
    assert all(one.is_approximate and one.rule_revision == 1 and one.read_at == house.clock() for one in past)
    assert all("created and done dates" in one.notes[0] for one in past)


def test_the_past_is_written_once(house: House) -> None:
    keys = house.stories(3, done=1)
    house.sync()
    before = sum(one.origin is Origin.RECONSTRUCTED for one in house.measurements())
    house.clock.pass_(days=2)
    house.finish(keys[1])
    house.sync()
    assert sum(one.origin is Origin.RECONSTRUCTED for one in house.measurements()) == before


def test_a_first_value_is_an_arrival_and_tells_nobody(house: House) -> None:
    house.stories(10, done=10)
    done = house.sync()
    assert house.key_result().standing.status is Status.ACHIEVED
    assert done.channels == ()
    assert house.unsettled() == 0


def test_an_interrupted_first_read_resumes_from_its_cursor(house: House) -> None:
    house.apply((FINISHED_RULE,))
    house.stories(450, done=7)
    unreadable = house.jira.app.unreadable
    unreadable.add(house.jira.by_key["PAY-350"].id)  # Jira says that it cannot hand this one out just now
    stopped = house.sync()
    assert (stopped.state, stopped.items) == ("waiting", 300)
    assert house.value() == "None waiting"
    unreadable.clear()
    asked = house.jira.count("bulkfetch")
    house.clock.pass_(seconds=61)
    done = house.sync(due=False)
    assert (done.state, done.items) == ("done", 150)
    assert house.jira.count("bulkfetch") - asked == 2
    assert house.value() == "7 fresh"


def test_a_change_that_comes_while_a_later_selection_is_read_is_found_by_the_next_sweep(house: House) -> None:
    keys = house.stories(3, done=1)
    house.bugs(2)
    moved: list[str] = []

    def finish_one_long_ago(name: str, number: int, total: int | None) -> None:
        if "labels" in name and not moved:
            moved.append(name)
            house.clock.pass_(minutes=1)
            house.finish(keys[1])
            house.clock.pass_(minutes=20)  # a long read: the second selection begins well after this change

    house.sync(progress=finish_one_long_ago)
    assert moved
    house.clock.pass_(minutes=15)
    house.sync()
    assert house.value() == "2 fresh"


def test_two_rules_with_other_fields_on_one_query_keep_all_fields(house: House) -> None:
    house.jira.add_field(77, "Hours")
    both = (
        rule("finished", "project = PAY", "{sum: {field: Hours}}"),
        rule("points", "project  = PAY", "{sum: points}"),
    )
    house.apply(both)
    house.jira.create("PAY", summary="One", points=5, fields={"Hours": 2.5})
    house.sync()
    assert (house.value("finished"), house.value("points")) == ("2.5 fresh", "5 fresh")


@pytest.mark.parametrize("first", [0, 1])
def test_a_rule_that_needs_no_points_takes_none_away_from_another_on_the_same_issues(house: House, first: int) -> None:
    keys = house.stories(3, done=2, points=3)
    both = [rule("finished", "project = PAY", "count"), POINTS_RULE]
    house.apply([both[first]])
    house.sync()
    house.apply(both)
    house.clock.pass_(minutes=15)
    house.sync()
    assert (house.value("finished"), house.value("points")) == ("3 fresh", "6 fresh")
    house.finish(keys[2])
    house.clock.pass_(minutes=15)
    house.sync()
    assert house.value("points") == "9 fresh"


def test_one_query_that_jira_cannot_read_is_set_aside_and_the_others_are_read(house: House) -> None:
    house.apply((FINISHED_RULE, rule("open-bugs", "project = NOWHERE AND type = Bug", "count")))
    house.stories(4, done=3)
    done = house.sync()
    assert done.state == "done"
    assert house.value() == "3 fresh"
    broken = house.key_result("open-bugs").standing
    assert (broken.value, broken.freshness) == (None, Freshness.BROKEN)
    assert "NOWHERE" in broken.freshness_note


def test_a_query_set_aside_is_tried_again_at_the_next_due_read(house: House) -> None:
    house.apply((FINISHED_RULE, rule("open-bugs", "project = LATE AND type = Bug", "count")))
    house.sync()
    house.jira.add_project("LATE", "Opened later")
    house.jira.create("LATE", summary="A bug", type="Bug")
    before = house.jira.count()
    house.sync(due=False)
    assert house.jira.count() == before
    house.clock.pass_(minutes=15)
    house.sync()
    assert house.value("open-bugs") == "1 fresh"


def test_fewer_items_than_the_tool_reports_is_partial_and_no_value(house: House) -> None:
    house.stories(4, done=3)
    house.sync()
    short = house.selections()[0]
    assert short.problem == ""
    with house.store.write() as tx:
        selected.note_selection(tx, short.id, problem="read 3 of 4 items")
    house.finish("PAY-4")
    house.ring("PAY-4")
    house.sync(due=False)
    assert house.value() == "3 partial"
    assert house.key_result().standing.freshness_note == "read 3 of 4 items"
    house.clock.pass_(minutes=15)
    house.sync()
    assert house.value() == "4 fresh"


def test_an_issue_deleted_between_the_ids_and_the_bodies_leaves_the_rest_complete(house: House) -> None:
    house.apply((FINISHED_RULE,))
    keys = house.stories(4, done=3)
    app = house.jira.app

    def delete_first(request: Request, version: int) -> Response:
        if keys[0] in house.jira.by_key:
            house.jira.delete(keys[0])
        return app.bulk_fetch(request, version)

    app._routes = [(m, p, delete_first if "bulkfetch" in p.pattern else answer) for m, p, answer in app._routes]
    done = house.sync()
    assert done.state == "done"
    assert house.value() == "2 fresh"
