"""What plan foretells, apply does, and nothing else."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from hub.flows.plan.diff import Change
from hub.flows.plan.outlook import Outlook
from hub.model.kinds import Status
from hub.store import Store, channels, connections, okrs, outbox, rules, selected
from hub.store.changes import changes_of
from tests.plan.company import HUB_FILE, MAPPING_FILE, OKRS_FILE, WITHOUT_MERCHANTS, Workspace, rows


def test_the_first_plan_creates_all_and_keeps_nothing(files: Workspace) -> None:
    before = rows(files.store)
    found = files.plan()
    assert [(change.verb, change.noun, change.slug) for change in found.changes] == [
        ("create", "workspace", "Acme"),
        ("create", "person", "mira@acme.test"),
        ("create", "cycle", "q4"),
        ("create", "team", "payments"),
        ("create", "objective", "pay"),
        ("create", "key result", "pay/merchants"),
        ("create", "key result", "pay/failed"),
        ("create", "connection", "jira-main"),
        ("create", "channel", "okrs"),
        ("change", "routes", ""),
        ("create", "mapping", "pay/merchants"),
        ("create", "check-in", "pay/failed"),
    ]
    assert found.outlooks == (
        Outlook("pay/merchants", None, None, Status.NOT_JUDGED, Status.NOT_JUDGED, "to be read first"),
        Outlook("pay/failed", None, Decimal("2.3"), Status.NOT_JUDGED, Status.OFF_TRACK),
    )
    assert rows(files.store) == before
    assert all(not table for table in before.values())


def test_a_plan_leaves_the_file_of_the_database_as_it_was(sqlite_store: Store, tmp_path: Path, now: datetime) -> None:
    files = Workspace(sqlite_store, tmp_path / "files", now)
    files.apply()
    path = Path(sqlite_store.url.removeprefix("sqlite:///"))
    before = path.read_bytes()
    assert not files.plan((OKRS_FILE, "target: 1.2", "target: 2.2")).is_clean
    assert path.read_bytes() == before


def test_apply_does_what_the_plan_said_and_then_the_plan_is_clean(files: Workspace) -> None:
    planned = files.plan()
    done = files.apply()
    assert done.changes == planned.changes
    assert len(done.connections) == 1
    assert files.plan().is_clean
    assert not planned.is_clean


def test_applying_twice_changes_nothing_not_even_later(applied: Workspace) -> None:
    before = rows(applied.store)
    applied.now += timedelta(hours=3)
    again = applied.apply()
    assert (again.changes, again.connections, again.channels) == ((), (), ())
    assert rows(applied.store) == before


def test_a_changed_target_shows_the_old_and_the_new_status(applied: Workspace) -> None:
    change = (OKRS_FILE, "target: 1.2", "target: 2.2")
    before = rows(applied.store)
    found = applied.plan(change)
    assert found.changes == (Change("change", "key result", "pay/failed", (("target", "1.2", "2.2"),)),)
    failed = next(one for one in found.outlooks if one.key == "pay/failed")
    assert failed == Outlook("pay/failed", Decimal("2.3"), Decimal("2.3"), Status.OFF_TRACK, Status.ON_TRACK)
    assert rows(applied.store) == before
    applied.apply(change)
    assert applied.key_result("pay/failed").standing.status is Status.ON_TRACK
    with applied.store.read() as tx:
        last = changes_of(tx, applied.key_result("pay/failed").id)[-1]
    assert (last.before, last.after, last.cause) == (Status.OFF_TRACK, Status.ON_TRACK, "goal")


def test_a_changed_target_that_moves_a_status_is_told(applied: Workspace) -> None:
    done = applied.apply((OKRS_FILE, "target: 1.2", "target: 2.2"))
    assert done.channels == (1,)
    with applied.store.read() as tx:
        letter = outbox.next_letter(tx, 1, applied.now)
    assert letter is not None
    assert (letter.before, letter.after) == ("off_track", "on_track")


def test_a_changed_policy_judges_everything_anew_at_once(applied: Workspace) -> None:
    change = (HUB_FILE, "{on_track: 70%, at_risk: 40%", "{on_track: 41%, at_risk: 5%")
    found = applied.plan(change)
    assert found.changes == (
        Change("change", "workspace", "Acme", (("policy.on_track", "0.7", "0.41"), ("policy.at_risk", "0.4", "0.05"))),
    )
    assert [(one.status, one.new_status) for one in found.outlooks if one.key == "pay/failed"] == [
        (Status.OFF_TRACK, Status.AT_RISK)
    ]
    applied.apply(change)
    assert applied.key_result("pay/failed").standing.status is Status.AT_RISK
    with applied.store.read() as tx:
        assert changes_of(tx, applied.key_result("pay/failed").id)[-1].cause == "goal"


def test_what_files_no_longer_name_is_archived_and_not_deleted(applied: Workspace) -> None:
    before = rows(applied.store)
    found = applied.apply(*WITHOUT_MERCHANTS)
    assert [(change.verb, change.noun) for change in found.changes] == [
        ("archive", "key result"),
        ("archive", "mapping"),
    ]
    after = rows(applied.store)
    assert {name: len(found) for name, found in after.items() if name != "audit"} == {
        name: len(found) for name, found in before.items() if name != "audit"
    }
    assert applied.key_result("pay/merchants") is None
    assert applied.plan(*WITHOUT_MERCHANTS).is_clean


def test_the_tool_is_not_read_any_more_for_a_key_result_that_was_archived(applied: Workspace) -> None:
    with applied.store.read() as tx:
        assert len(selected.selections_in_use(tx, 1)) == 1
    applied.apply(*WITHOUT_MERCHANTS)
    with applied.store.read() as tx:
        assert selected.selections_in_use(tx, 1) == []


def test_what_comes_back_into_the_files_comes_back_with_its_history(applied: Workspace) -> None:
    known = applied.key_result("pay/merchants").id
    applied.apply(*WITHOUT_MERCHANTS)
    found = applied.apply()
    assert [(change.verb, change.noun) for change in found.changes] == [("create", "key result"), ("create", "mapping")]
    assert applied.key_result("pay/merchants").id == known
    with applied.store.read() as tx:
        assert [one.revision for one in rules.revisions(tx, known)] == [2, 1]


def test_connections_channels_teams_and_cycles_are_archived_too(applied: Workspace) -> None:
    bare = {
        HUB_FILE: "workspace: Acme\ntime_zone: Europe/Berlin\n",
        OKRS_FILE: "people: {tom@acme.test: Tom}\n",
        MAPPING_FILE: "mappings: []\n",
    }
    found = applied.apply(**bare)
    assert {change.noun for change in found.changes if change.verb == "archive"} == {
        "cycle",
        "team",
        "objective",
        "key result",
        "connection",
        "channel",
        "mapping",
    }
    with applied.store.read() as tx:
        assert (okrs.all_cycles(tx), okrs.all_teams(tx), okrs.all_objectives(tx)) == ([], [], [])
        assert (connections.all_connections(tx), channels.all_channels(tx), channels.all_routes(tx)) == ([], [], [])
        assert okrs.people_names(tx) == {"mira@acme.test": "Mira", "tom@acme.test": "Tom"}  # history names her
    assert applied.plan(**bare).is_clean
    applied.apply()
    assert applied.plan().is_clean
    with applied.store.read() as tx:
        assert [one.slug for one in connections.all_connections(tx)] == ["jira-main"]


@pytest.mark.parametrize(
    ("change", "noun", "details"),
    [
        ((OKRS_FILE, "name: Payments", "name: Pay"), "team", (("name", "Payments", "Pay"),)),
        ((OKRS_FILE, "ends: 2026-12-31", "ends: 2026-12-30"), "cycle", None),
        ((OKRS_FILE, "mira@acme.test: Mira", "mira@acme.test: Míra"), "person", (("name", "Mira", "Míra"),)),
        (
            (OKRS_FILE, "title: Customers pay the first time", "title: All pay"),
            "objective",
            (("title", "Customers pay the first time", "All pay"),),
        ),
        ((HUB_FILE, "every: 15 minutes", "every: 1 hour"), "connection", (("every", "0:15:00", "1:00:00"),)),
        (
            (HUB_FILE, "${JIRA_TOKEN}", "${JIRA_NEW_TOKEN}"),
            "connection",
            (("settings.token", "${JIRA_TOKEN}", "${JIRA_NEW_TOKEN}"),),
        ),
        ((HUB_FILE, '"#okrs"', '"#goals"'), "channel", (("name", "#okrs", "#goals"),)),
        ((HUB_FILE, "team: payments", "becomes: missed"), "routes", (("routes", "1", "1"),)),
        ((HUB_FILE, "workspace: Acme", "workspace: Acme Inc"), "workspace", (("name", "Acme", "Acme Inc"),)),
        (
            (OKRS_FILE, "target: 1.2", "target: 1.2\n        phased_targets: {2026-10-31: 2.2}"),
            "key result",
            (("phased_targets", "nothing", "2026-10-31, 2.2"),),
        ),
        ((MAPPING_FILE, "measure: count", "measure: {percent: items}"), "mapping", (("measure", "", "changed"),)),
        (
            (MAPPING_FILE, "select: project = PAY", "select: project = PAX"),
            "mapping",
            (("select", "project = PAY", "project = PAX"),),
        ),
        ((MAPPING_FILE, "mappings:\n", "# a comment\nmappings:\n"), None, None),
        ((MAPPING_FILE, "    where:\n", "    where:   # done is done\n"), "mapping", (("text", "", "same meaning"),)),
    ],
)
def test_an_edit_shows_as_what_it_is(
    applied: Workspace, change: tuple[str, str, str], noun: str | None, details: tuple[Any, ...] | None
) -> None:
    found = applied.plan(change).changes
    if noun is None:
        assert found == ()
        return
    assert [(one.verb, one.noun) for one in found][:1] == [("change", noun)]
    if details is not None:
        assert found[0].details == details
    applied.apply(change)
    assert applied.plan(change).is_clean


def test_new_settings_of_a_connection_make_it_due_and_lift_its_stop(applied: Workspace) -> None:
    with applied.store.write() as tx:
        connections.lease(tx, 1, owner="a", now=applied.now, lasts=timedelta(minutes=1))
        connections.release(tx, 1, owner="a", state="broken", problem="sign in again", next_due_at=None)
    applied.apply((HUB_FILE, "${JIRA_TOKEN}", "${JIRA_NEW_TOKEN}"))
    with applied.store.read() as tx:
        row = connections.connection_by_id(tx, 1)
    assert row is not None
    assert (row.state, row.problem, row.next_due_at) == ("ok", "", applied.now)


def test_every_change_is_written_into_the_audit(applied: Workspace) -> None:
    applied.apply((OKRS_FILE, "target: 1.2", "target: 2.2"))
    last = rows(applied.store)["audit"]
    assert any(
        row[2:] == ("mira", "change key result", "pay/failed", {"fields": [["target", "1.2", "2.2"]]}) for row in last
    )


def test_an_apply_that_fails_leaves_nothing(files: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    before = rows(files.store)

    def fail(*_given: object, **_named: object) -> None:
        raise RuntimeError("pulled the plug")

    monkeypatch.setattr("hub.store.okrs.write_audit", fail)
    with pytest.raises(RuntimeError, match="pulled the plug"):
        files.apply()
    assert rows(files.store) == before


def test_a_secret_is_never_stored(files: Workspace) -> None:
    files.environ = {"JIRA_TOKEN": "hunter2-hunter2", "SLACK_URL": "https://hooks.slack.com/services/hunter2"}
    files.apply()
    assert "hunter2" not in repr(rows(files.store))
    assert "${JIRA_TOKEN}" in repr(rows(files.store))


def test_the_public_address_may_come_from_the_environment(files: Workspace) -> None:
    files.environ = {"HUB_URL": "https://okr.acme.test"}
    files.apply((HUB_FILE, "time_zone:", "public_url: ${HUB_URL}\ntime_zone:"))
    with files.store.read() as tx:
        workspace = okrs.workspace_now(tx)
    assert workspace is not None
    assert workspace.public_url == "https://okr.acme.test"


def test_the_start_of_the_cycle_is_the_workspaces_own_midnight(applied: Workspace) -> None:
    found = applied.key_result("pay/failed").declared
    assert found.starts == date(2026, 10, 1)
    with applied.store.read() as tx:
        workspace = okrs.workspace_now(tx)
    assert workspace is not None
    assert found.goal(workspace.zone).starts.astimezone(UTC) == datetime(2026, 9, 30, 22, 0, tzinfo=UTC)
