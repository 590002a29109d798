"""Later reads: what changed, what left, what came back, and what arrives while a read is under way."""

from __future__ import annotations

from datetime import timedelta

from werkzeug.wrappers import Request, Response

from hub.model.kinds import Freshness
from hub.store import measurements as stored
from hub.store import touched
from hub.store.tables_okr import cycles
from tests.flows.house import BUGS, FINISHED_RULE, KEY_RESULTS, OKR, House, rule


def last_moves(house: House, name: str = "finished") -> list[tuple[str, str]]:
    with house.store.read() as tx:
        last = stored.last_measurement(tx, house.key_result(name).id)
    assert last is not None
    return [(move.ref, move.text) for move in last.moves]


def test_a_finished_issue_is_found_without_any_webhook(house: House) -> None:
    keys = house.stories(4, done=1)
    house.sync()
    house.clock.pass_(minutes=15)
    house.finish(keys[2])
    done = house.sync()
    assert done.items == 1
    assert house.value() == "2 fresh"
    assert last_moves(house) == [("PAY-3", "finished")]


def test_an_unchanged_read_writes_no_measurement_and_confirms_the_value(house: House) -> None:
    house.stories(4, done=1)
    house.sync()
    written = len(house.measurements())
    at = house.clock.pass_(minutes=15)
    house.sync()
    assert len(house.measurements()) == written
    assert house.key_result().standing.checked_at == at


def test_a_deleted_issue_leaves_the_value_and_is_named_as_gone(house: House) -> None:
    keys = house.stories(4, done=3)
    house.sync()
    house.clock.pass_(minutes=15)
    house.jira.delete(keys[0])
    house.sync()
    assert house.value() == "2 fresh"
    assert last_moves(house) == [("PAY-1", "deleted or not visible any more")]


def test_a_deleted_issue_that_a_webhook_names_is_gone_at_once(house: House) -> None:
    keys = house.stories(4, done=3)
    house.sync()
    id = str(house.jira.by_key[keys[0]].id)
    house.jira.delete(keys[0])
    house.ring_id(id, event="jira:issue_deleted")
    done = house.sync(due=False)
    assert done.requests <= 2
    assert house.value() == "2 fresh"


def test_an_issue_moved_to_another_project_leaves_the_selection(house: House) -> None:
    keys = house.stories(4, done=3)
    house.sync()
    house.clock.pass_(minutes=15)
    house.jira.move(keys[0], "WEB")
    house.sync()
    assert house.value() == "2 fresh"


def test_an_issue_moved_within_the_projects_that_are_read_changes_selections(house: House) -> None:
    house.apply((FINISHED_RULE, rule("points", "project = WEB", "count", "{state: done}")))
    keys = house.stories(4, done=3)
    house.sync()
    assert (house.value("finished"), house.value("points")) == ("3 fresh", "0 fresh")
    house.clock.pass_(minutes=15)
    house.jira.move(keys[0], "WEB")
    house.sync()
    assert (house.value("finished"), house.value("points")) == ("2 fresh", "1 fresh")


def test_an_issue_that_loses_its_label_leaves_the_selection(house: House) -> None:
    keys = house.stories(4, done=3)
    house.sync()
    house.clock.pass_(minutes=15)
    house.jira.edit(keys[0], labels=[])
    house.sync()
    assert house.value() == "2 fresh"
    assert last_moves(house) == [("PAY-1", "moved out of the selection")]


def test_a_hidden_issue_leaves_and_a_shown_one_comes_back_unchanged(house: House) -> None:
    keys = house.stories(4, done=3)
    house.sync()
    house.clock.pass_(minutes=15)
    house.jira.hide(keys[0])
    house.sync()
    assert (house.value(), house.value("points")) == ("2 fresh", "6 fresh")
    house.clock.pass_(hours=2)
    house.jira.show(keys[0])  # its own `updated` does not move
    house.sync()
    assert (house.value(), house.value("points")) == ("3 fresh", "9 fresh")


def test_a_new_issue_joins(house: House) -> None:
    house.stories(2, done=1)
    house.sync()
    house.clock.pass_(minutes=15)
    key = house.jira.create("PAY", summary="Late", labels=["okr"], status="Done")
    house.sync()
    assert house.value() == "2 fresh"
    assert last_moves(house) == [(key, "added, already done")]


def test_everything_is_read_in_full_once_a_day(house: House) -> None:
    keys = house.stories(3, done=1)
    house.sync()
    assert house.sync().items == 0
    # A change that neither webhook nor search tells of: its `updated` lies in the past.
    house.jira.by_key[keys[1]].labels = ("okr",)
    house.jira.by_key[keys[1]].status = "Done"
    house.jira.by_key[keys[1]].resolution = "Done"
    house.jira.by_key[keys[1]].resolved = house.clock()
    house.jira.by_key[keys[1]].texts.clear()
    house.jira.revision += 1
    house.clock.pass_(hours=23, minutes=59)
    house.sync()
    assert house.value() == "1 fresh"
    house.clock.pass_(minutes=2)
    done = house.sync()
    assert done.items == 3
    assert house.value() == "2 fresh"


def test_a_webhook_during_a_read_is_not_lost_and_rings_again(house: House) -> None:
    keys = house.stories(3, done=1)
    house.sync()
    house.finish(keys[1])
    house.ring(keys[1])
    rung: list[str] = []

    # The page is read, then the issue moves on and rings before the page is stored.
    app = house.jira.app

    def move_on(request: Request, version: int) -> Response:
        answer = app.bulk_fetch(request, version)
        if not rung:
            rung.append("x")
            house.jira.transition(keys[1], "In Progress")
            house.ring(keys[1])
        return answer

    app._routes = [(m, p, move_on if "bulkfetch" in p.pattern else a) for m, p, a in app._routes]
    done = house.sync(due=False)
    assert (done.state, done.again) == ("done", True)
    assert house.value() == "2 fresh"
    assert set(house.touched()) == {str(house.jira.by_key[keys[1]].id)}
    again = house.sync(due=False)
    assert (again.state, again.again) == ("done", False)
    assert house.value() == "1 fresh"
    assert house.touched() == {}


def test_a_touch_is_cleared_only_in_the_version_that_was_read(house: House) -> None:
    keys = house.stories(1)
    house.ring(keys[0])
    before = house.touched()
    house.ring(keys[0])
    with house.store.write() as tx:
        touched.clear_touched(tx, house.connection.id, before)
    assert list(house.touched().values()) == [2]


def test_before_the_start_of_a_key_result_nothing_is_recorded(house: House) -> None:
    later = KEY_RESULTS[0].replace("target: 10", "target: 10, starts: 2026-12-01")
    house.apply((FINISHED_RULE,), (later,))
    house.stories(3, done=2)
    done = house.sync()
    assert (done.state, done.recorded, house.measurements()) == ("done", (), [])
    house.clock.pass_(days=15)
    house.sync()
    assert house.value() == "2 fresh"


def test_after_a_cycle_was_closed_nothing_is_recorded(house: House) -> None:
    keys = house.stories(3, done=1)
    house.sync()
    written = len(house.measurements())
    with house.store.write() as tx:
        tx.execute(cycles.update().values(closed_at=house.clock()))
    house.finish(*keys)
    house.clock.pass_(minutes=15)
    assert house.sync().recorded == ()
    assert len(house.measurements()) == written
    assert house.key_result().standing.value == 1


def test_what_is_counted_over_a_span_moves_with_time_alone(house: House) -> None:
    house.apply((rule("finished", OKR, "count", "{state: done}, {done: {within: 7 days}}"),))
    house.stories(3, done=2)
    house.sync()
    house.clock.pass_(days=8)
    house.sync()
    assert house.value() == "0 fresh"


def test_the_last_open_bug_fixed_is_a_good_zero_at_once(house: House) -> None:
    keys = house.bugs(2)
    house.sync()
    assert house.value("open-bugs") == "2 fresh"
    house.clock.pass_(minutes=15)
    house.finish(*keys)
    house.sync()
    assert house.value("open-bugs") == "0 fresh"


def test_with_a_guard_against_a_drop_the_last_open_bug_is_doubted_once(house: House) -> None:
    house.apply((rule("open-bugs", BUGS, "count", "{state: {not: done}}", guard="{max_drop: 60%}"),))
    keys = house.bugs(2)
    house.sync()
    house.clock.pass_(minutes=15)
    house.finish(*keys)
    house.sync()
    assert house.value("open-bugs") == "2 suspect"
    house.clock.pass_(minutes=15)
    house.sync()
    assert house.value("open-bugs") == "0 fresh"


def test_an_edit_that_search_shows_late_is_found_by_the_overlap(house: House) -> None:
    keys = house.stories(3, done=1)
    house.sync()
    house.clock.pass_(minutes=15)
    house.jira.lag = 120.0
    house.finish(keys[1])
    house.clock.pass_(seconds=30)
    house.sync()
    house.clock.pass_(minutes=4)
    house.sync()
    assert house.value() == "2 fresh"


def test_a_new_issue_that_rings_before_search_shows_it_counts_once_it_does(house: House) -> None:
    house.stories(3, done=1)
    house.sync()
    house.clock.pass_(minutes=15)
    house.jira.lag = 60.0
    key = house.jira.create("PAY", summary="New", labels=["okr"], status="Done")
    house.ring(key)
    house.sync(due=False)
    house.clock.pass_(seconds=10)
    house.sync()
    house.clock.pass_(seconds=120)
    house.sync()
    assert house.value() == "2 fresh"


def test_freshness_ages_by_itself(house: House) -> None:
    house.stories(3, done=1)
    house.sync()
    found = house.key_result()
    assert found.freshness_at(house.clock() + timedelta(minutes=30))[0] is Freshness.FRESH
    assert found.freshness_at(house.clock() + timedelta(minutes=31))[0] is Freshness.STALE
