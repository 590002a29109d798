"""What is stored comes back exactly as it was, from both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import StatementError

from connectors.shapes import Scope
from hub.model.judge import Policy
from hub.model.kinds import Freshness, Kind, Origin, Status
from hub.model.moves import Contribution, Move, What
from hub.model.okr import Cycle, Milestone
from hub.store import Store, key_results, okrs, selected, work
from hub.store.changes import StatusChange, add_status_change, change_by_id, changes_after, changes_of, changes_since
from hub.store.check_ins import CheckIn, add_check_in, check_ins_of
from hub.store.contributions import change_contributions, contributions_at, contributions_now
from hub.store.measurements import Measurement, add_measurement, last_measurement, measurements_of
from hub.store.okrs import Objective, Team, Workspace
from tests.store.builders import FIRST, ITEM, MERCHANTS, NOW, add_connection, add_selection, found_key_result

LONG = Decimal("123456789012345678.123456789012")  # thirty digits
TINY = Decimal("0.000000000000000000000000000001")
ODD = "Grün „Zahlung\" 支付 ✓ \u202f−1 '); DROP TABLE items; -- \\ \u0007"
MICRO = datetime(2026, 11, 23, 12, 0, 0, 1, tzinfo=UTC)


@pytest.mark.parametrize("number", [LONG, -LONG, TINY, Decimal("1E+30"), Decimal("-0.0"), Decimal("2.50")])
def test_a_decimal_comes_back_exactly(store: Store, number: Decimal) -> None:
    key_result = found_key_result(store, target=number, baseline=TINY, weight=number)
    with store.write() as tx:
        key_results.set_standing(tx, key_result, value=number, progress=LONG)
    with store.read() as tx:
        found = key_results.key_result_by_id(tx, key_result)
    assert found is not None
    assert (found.declared.target, found.declared.baseline, found.declared.weight) == (number, TINY, number)
    assert (found.standing.value, found.standing.progress) == (number, LONG)


exact = st.decimals(allow_nan=False, allow_infinity=False, places=12, min_value=-(10**25), max_value=10**25)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15, deadline=None)
@given(st.lists(exact, min_size=5, max_size=20))
def test_any_decimal_comes_back_exactly_from_sqlite(sqlite_store: Store, numbers: list[Decimal]) -> None:
    key_result = found_key_result(sqlite_store)
    with sqlite_store.write() as tx:
        ids = [add_measurement(tx, key_result, Measurement(NOW, one, Origin.CHECK_IN, NOW)) for one in numbers]
        found = {one.id: one.value for one in measurements_of(tx, key_result)}
    assert [found[number] for number in ids] == numbers


def test_an_instant_keeps_its_microseconds_and_comes_back_in_utc(store: Store) -> None:
    key_result = found_key_result(store)
    elsewhere = MICRO.astimezone(timezone(timedelta(hours=5, minutes=45)))
    with store.write() as tx:
        key_results.set_standing(tx, key_result, status_since=elsewhere, checked_at=MICRO)
    with store.read() as tx:
        found = key_results.key_result_by_id(tx, key_result)
    assert found is not None
    for at in (found.standing.status_since, found.standing.checked_at):
        assert at == MICRO
        assert at is not None
        assert at.utcoffset() == timedelta(0)


def test_a_time_without_a_zone_is_refused(store: Store) -> None:
    key_result = found_key_result(store)
    with pytest.raises(StatementError, match="a naive time cannot be stored"), store.write() as tx:
        key_results.set_standing(tx, key_result, status_since=datetime(2026, 11, 23, 12, 0))


def test_instants_compare_in_the_database_as_they_do_outside(store: Store) -> None:
    key_result = found_key_result(store)
    early, late = datetime(1970, 1, 1, tzinfo=UTC), datetime(2999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)
    with store.write() as tx:
        for at in (late, MICRO, early, NOW):
            add_measurement(tx, key_result, Measurement(at, Decimal(1), Origin.CHECK_IN, NOW))
    with store.read() as tx:
        assert [one.at for one in measurements_of(tx, key_result)] == [early, NOW, MICRO, late]
        assert [one.at for one in measurements_of(tx, key_result, since=MICRO)] == [MICRO, late]


def test_a_key_result_comes_back_as_it_was_declared(store: Store) -> None:
    full = replace(
        MERCHANTS,
        title=ODD,
        unit="€",
        baseline=Decimal("-1.5"),
        minimum=Decimal(0),
        maximum=LONG,
        risk_threshold=Decimal("0.1"),
        phased_targets=((date(2026, 10, 31), TINY), (date(2026, 11, 30), LONG)),
        milestones=(Milestone(ODD, Decimal("0.5"), date(2026, 11, 5)), Milestone("b")),
        owner="mira@acme.test",
        cadence_days=14,
        position=3,
    )
    key_result = found_key_result(store, **{name: getattr(full, name) for name in full.__slots__})
    plain = replace(MERCHANTS, key="pay/plain", kind=Kind.BASELINE, target=None)
    with store.write() as tx:
        objective = okrs.objective_by_slug(tx, "pay")
        assert objective is not None
        key_results.put_key_result(tx, objective.id, plain)
    with store.read() as tx:
        found = {one.key: one for one in key_results.all_key_results(tx)}
    assert found["pay/merchants"].declared == full
    assert found["pay/merchants"].id == key_result
    assert found["pay/plain"].declared == plain
    assert found["pay/plain"].standing.status is Status.NOT_JUDGED
    assert found["pay/plain"].standing.freshness is Freshness.WAITING


def test_changing_a_key_result_leaves_how_it_stands(store: Store) -> None:
    key_result = found_key_result(store)
    with store.write() as tx:
        key_results.set_standing(tx, key_result, value=Decimal(7), status=Status.AT_RISK, told_status=Status.AT_RISK)
    assert found_key_result(store, title="50 merchants live", target=Decimal(50)) == key_result
    with store.read() as tx:
        found = key_results.key_result_by_id(tx, key_result)
    assert found is not None
    assert (found.declared.target, found.standing.value, found.standing.told_status) == (
        Decimal(50),
        Decimal(7),
        Status.AT_RISK,
    )


def test_the_company_comes_back(store: Store) -> None:
    workspace = Workspace(
        ODD,
        "purpose",
        ZoneInfo("America/St_Johns"),
        "http://hub.test",
        Policy(Decimal("0.75"), Decimal("0.333333"), timedelta(seconds=90)),
    )
    team = Team("payments", ODD, "", "company", 4)
    cycle = Cycle("q4", "Q4", FIRST, date(2026, 12, 31))
    objective = Objective("pay", ODD, "payments", "q4", "", "easy", Decimal("0.5"), 2)
    with store.write() as tx:
        assert okrs.workspace_now(tx) is None
        okrs.put_workspace(tx, workspace)
        okrs.put_workspace(tx, workspace)
        okrs.put_team(tx, team)
        okrs.put_cycle(tx, cycle)
        okrs.put_objective(tx, objective)
        okrs.put_people(tx, {"mira@acme.test": "Míra"})
    with store.read() as tx:
        assert okrs.workspace_now(tx) == workspace
        assert okrs.all_teams(tx) == [team]
        assert okrs.all_cycles(tx) == [cycle]
        assert okrs.all_objectives(tx) == [replace(objective, id=1)]
        assert okrs.people_names(tx) == {"mira@acme.test": "Míra"}


def test_an_item_comes_back_with_every_kind_of_field(store: Store) -> None:
    item = replace(
        ITEM,
        title=ODD,
        done=MICRO,
        due=date(2026, 12, 24),
        assignee="tom",
        parent="PAY-9",
        labels=frozenset({"a", "ü", "z"}),
        fields={
            "Text": ODD,
            "Number": LONG,
            "Yes": True,
            "No": False,
            "Empty": None,
            "List": ("x", "y"),
            "None at all": (),
            "Day": date(2026, 2, 28),
            "Time": MICRO,
            "Length": timedelta(days=400, seconds=1, microseconds=1),
        },
    )
    bare = replace(ITEM, key="10002", ref="PAY-2")
    with store.write() as tx:
        connection = add_connection(tx)
        selection = add_selection(tx, connection)
        work.save_items(tx, connection, [bare, item], frozenset())
        work.set_memberships(tx, connection, {"10001": [selection], "10002": [selection]}, [selection])
        names = {name: name for name in (*item.fields, "points")}
        selected.resolve_selection(tx, selection, Scope("jql", "jql:1", "PAY", "project = PAY", "https://x", names))
    with store.read() as tx:
        (found, other) = work.selection_items(tx, selection)
    assert other == bare
    seen = "".join(letter for letter in ODD if letter.isprintable() or letter == "\u202f")
    assert (found.title, found.fields["Text"]) == (seen, seen)  # what nobody sees is dropped
    assert replace(found, title=ODD, fields={**found.fields, "Text": ODD}) == item


MOVE = Move("1", "PAY-1", ODD, "https://x/1", What.FINISHED, LONG, Decimal("-0.5"), "finished")


def test_a_measurement_comes_back_with_all_it_stands_on(store: Store) -> None:
    key_result = found_key_result(store)
    full = Measurement(
        at=MICRO,
        value=LONG,
        origin=Origin.MEASURED,
        read_at=NOW,
        is_approximate=True,
        is_complete=False,
        rule_revision=3,
        connection="jira-main",
        query='project = "PAY"',
        items_counted=5,
        items_read=6,
        items_reported=7,
        numerator=TINY,
        denominator=LONG,
        notes=("3 of 24 items have no points", ODD),
        moves=(MOVE,),
    )
    none = Measurement(at=NOW, value=None, origin=Origin.CHECK_IN, read_at=NOW)
    past = Measurement(at=NOW, value=Decimal(1), origin=Origin.RECONSTRUCTED, read_at=NOW)
    with store.write() as tx:
        ids = [add_measurement(tx, key_result, one) for one in (none, full, past)]
    with store.read() as tx:
        assert last_measurement(tx, key_result) == replace(full, id=ids[1])
        assert measurements_of(tx, key_result) == [
            replace(none, id=ids[0]),
            replace(past, id=ids[2]),
            replace(full, id=ids[1]),
        ]


def test_a_status_change_comes_back_and_is_found_in_order(store: Store) -> None:
    key_result = found_key_result(store)
    change = StatusChange(
        key_result, MICRO, Status.ON_TRACK, Status.AT_RISK, LONG, None, TINY, None, "time", None, (MOVE,)
    )
    with store.write() as tx:
        ids = [add_status_change(tx, replace(change, at=at)) for at in (NOW, MICRO)]
    with store.read() as tx:
        assert change_by_id(tx, ids[1]) == replace(change, id=ids[1])
        assert change_by_id(tx, 99) is None
        assert [one.id for one in changes_of(tx, key_result)] == ids
        assert [one.id for one in changes_since(tx, MICRO)] == [ids[1]]
        assert [one.id for one in changes_after(tx, ids[0])] == [ids[1]]


def test_a_check_in_is_taken_once(store: Store) -> None:
    key_result = found_key_result(store)
    said = CheckIn(MICRO, "mira@acme.test", LONG, 7, ODD, "file:2026-11-23")
    with store.write() as tx:
        assert add_check_in(tx, key_result, said)
        assert not add_check_in(tx, key_result, replace(said, value=Decimal(1)))
        assert add_check_in(tx, key_result, CheckIn(NOW, "", None, None, "", "file:2026-11-22"))
    with store.read() as tx:
        assert check_ins_of(tx, key_result)[1] == said
        assert check_ins_of(tx, key_result)[0] == CheckIn(NOW, "", None, None, "", "file:2026-11-22")


def test_contributions_hold_from_the_instant_they_open_to_the_instant_they_close(store: Store) -> None:
    key_result = found_key_result(store)
    one = Contribution("1", "PAY-1", ODD, "https://x/1", None, Decimal("0.5"), "open", "doing", "In Review", "r", 4)
    other = replace(one, amount=LONG, credit=Decimal(1))
    later = NOW + timedelta(microseconds=1)
    with store.write() as tx:
        change_contributions(tx, key_result, closed=[], opened=[one], at=NOW)
        change_contributions(tx, key_result, closed=["1"], opened=[other], at=later)
    with store.read() as tx:
        assert contributions_at(tx, key_result, NOW - timedelta(microseconds=1)) == {}
        assert contributions_at(tx, key_result, NOW) == {"1": one}
        assert contributions_at(tx, key_result, later) == {"1": other}
        assert contributions_now(tx, key_result) == {"1": other}
