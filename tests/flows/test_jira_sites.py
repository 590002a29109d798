"""Whole sites of Jira unlike the one that the hub was written against: what their key results come to."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.sandbox.jira.issues import ABSENT
from hub.store import Store
from tests.flows.house import FINISHED, POINTS, House, open_house, rule
from tests.flows.test_jira_data_center import SERVER_HUB, jira_of

OKR = "project = PAY AND labels = okr"
TEAM = "{key_result: finished, title: Points of a team, kind: reach, target: 30, owner: mira@northwind.test}"


def next_read(house: House, minutes: float = 15) -> None:
    house.clock.pass_(minutes=minutes)
    assert house.sync(due=False).state == "done"


@pytest.fixture
def mixed(house: House) -> House:
    """A site with both fields for points: 75 of them done in one project, 15 in a team-managed one."""
    house.jira.add_team_points()
    house.jira.add_project("TEAM", "Team-managed", is_team_managed=True)
    for n in range(5):
        for project, fields in (("PAY", {"customfield_10016": 15}), ("TEAM", {"customfield_10031": 3})):
            house.finish(house.jira.create(project, summary=f"Story {n}", fields=fields))
    rules = (
        rule("points", "project = PAY", "{sum: points}", "{state: done}"),
        rule("finished", "project = TEAM", "{sum: points}", "{state: done}"),
    )
    house.apply(rules, (POINTS, TEAM))
    house.sync()
    return house


def test_two_fields_for_points_on_one_connection_stay_apart_when_only_update_times_move(mixed: House) -> None:
    assert (mixed.value("points"), mixed.value()) == ("75 fresh", "15 fresh")
    waiting = mixed.unsettled()
    for _ in range(3):
        mixed.clock.pass_(minutes=1)
        for key in list(mixed.jira.by_key):
            mixed.jira.edit(key, summary="touched")
        next_read(mixed)
        assert (mixed.value("points"), mixed.value()) == ("75 fresh", "15 fresh")
    assert mixed.unsettled() == waiting


def test_one_text_where_points_were_is_one_items_and_every_other_key_result_goes_on(mixed: House) -> None:
    mixed.clock.pass_(minutes=1)
    mixed.jira.distort("PAY-1", {"customfield_10016": "five"})
    mixed.jira.distort("PAY-2", {"customfield_10016": "15"})
    new = mixed.jira.create("TEAM", summary="new", fields={"customfield_10031": 4})
    mixed.finish(new)
    next_read(mixed)
    assert mixed.value() == "19 fresh"
    assert "PAY-1" in mixed.key_result("points").standing.freshness_note
    for _ in range(2):
        next_read(mixed)
    standing = mixed.key_result("points").standing
    assert (standing.value, standing.freshness) == (60, "partial")
    assert "PAY-1" in standing.freshness_note
    assert mixed.connection.state == "ok"
    mixed.jira.distort("PAY-1", {"customfield_10016": 15})
    next_read(mixed)
    assert mixed.value("points") == "75 fresh"


@pytest.mark.parametrize("odd", ["9999-12-31T23:59:59.000Z", "0001-01-01T00:00:00.000+1400", "soon", 7, {"at": None}])
def test_a_date_at_the_edge_of_the_calendar_ends_nothing(house: House, odd: object) -> None:
    house.stories(6, done=4)
    house.apply((rule("finished", OKR, "count", "{state: done}, {done: {after: 2026-10-01}}"),), (FINISHED,))
    house.sync()
    assert house.value() == "4 fresh"
    house.jira.distort("PAY-6", {"statuscategorychangedate": odd, "duedate": odd})
    house.jira.distort("PAY-1", {"created": odd, "customfield_10016": odd})
    next_read(house)
    assert house.value() == "4 fresh"
    house.jira.distort("PAY-2", {"statuscategorychangedate": odd})
    next_read(house)
    assert "PAY-2" in house.key_result().standing.freshness_note
    next_read(house, minutes=16)
    assert house.value() == "3 partial"


def test_what_nobody_will_do_is_not_done_and_leaves_both_sides_of_a_percentage(house: House) -> None:
    for n in range(30):
        key = house.jira.create("PAY", summary=f"Story {n}", labels=["okr"])
        if n < 25:
            house.jira.transition(key, "Done", resolution="Won't Do" if n < 4 else "Done")
    rules = (
        rule("finished", OKR, "count", "{state: done}"),
        rule("points", OKR, "{percent: items}"),
    )
    house.apply(rules, (FINISHED, POINTS))
    house.sync()
    assert house.value() == "21 fresh"
    assert house.value("points").startswith("80.7692")  # 21 of 26


def test_the_account_becoming_german_moves_no_number(house: House) -> None:
    house.stories(3, done=2)
    house.jira.create("PAY", summary="Step", type="Sub-task", labels=["okr"], parent="PAY-1")
    house.apply((rule("finished", OKR, "count", "{type: {not: Sub-task}}, {status: [To Do, Done]}"),), (FINISHED,))
    house.sync()
    assert house.value() == "3 fresh"
    house.jira.language = "de"
    house.clock.pass_(minutes=1)
    for key in list(house.jira.by_key):
        house.jira.edit(key, summary="touched")
    next_read(house)
    next_read(house, minutes=25 * 60)
    assert house.value() == "3 fresh"


def test_both_levels_of_a_cascading_field_can_be_asked_for(house: House) -> None:
    house.jira.add_field(10091, "Region")
    for key, value in zip(
        house.stories(3),
        ({"value": "EMEA", "child": {"value": "Germany"}}, {"value": "EMEA"}, {"value": "APAC", "child": None}),
        strict=True,
    ):
        house.jira.distort(key, {"customfield_10091": value})
    rules = (
        rule("finished", OKR, "count", "{fields: {Region: {has: Germany}}}"),
        rule("points", OKR, "count", "{fields: {Region: {has: EMEA}}}"),
    )
    house.apply(rules, (FINISHED, POINTS))
    house.sync()
    assert (house.value(), house.value("points")) == ("1 fresh", "2 fresh")


def test_at_a_data_center_without_resolutions_the_history_says_when_work_was_done(
    tmp_path: Path, sqlite_store: Store
) -> None:
    folder = tmp_path / "workspace"
    folder.mkdir()
    with open_house(folder, sqlite_store) as house, jira_of(house, is_cloud=False):
        for key in house.stories(7):
            house.jira.distort(key, {"resolution": None, "resolutiondate": None})
        for number in range(5):
            house.jira.transition(f"PAY-{number + 1}", "Done", resolution=None)
        born = house.jira.create("PAY", summary="Imported as done", labels=["okr"], status="Done")
        house.jira.distort(born, {"resolution": None, "resolutiondate": None, "statuscategorychangedate": ABSENT})
        house.clock.pass_(hours=1)
        rules = (
            rule("finished", OKR, "count", "{state: done}, {done: {after: 2026-10-01}}"),
            rule("points", OKR, "count", "{state: done}"),
        )
        house.apply(rules, (FINISHED, POINTS), SERVER_HUB)
        assert house.sync().state == "done"
        assert (house.value(), house.value("points")) == ("5 fresh", "6 fresh")
        notes = " ".join(house.measurements()[-1].notes)
        assert "done, date unknown" in notes or "date" in notes
