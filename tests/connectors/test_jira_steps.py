"""What Jira remembers of how issues moved."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from connectors.errors import Unexpected
from connectors.jira import cloud
from connectors.shapes import State, Transition
from tests.connectors.conftest import Site, id_of


def _moved(site: Site, steps: int) -> tuple[str, datetime]:
    key = site.jira.create("PAY", summary="Work")
    began = site.clock()
    for number in range(steps):
        site.clock.pass_(hours=1)
        site.jira.transition(key, ("In Progress", "Done")[number % 2])
        site.jira.edit(key, summary=f"Work {number}")
    return id_of(site, key), began


def test_every_change_of_status_is_told_from_the_beginning_oldest_first(either: Site) -> None:
    id, began = _moved(either, 2)
    assert list(either.connector.histories([id])) == [
        Transition(id, began, "", "To Do", State.TODO),
        Transition(id, began + timedelta(hours=1), "To Do", "In Progress", State.DOING),
        Transition(id, began + timedelta(hours=2), "In Progress", "Done", State.DONE),
    ]


def test_an_issue_that_never_moved_began_as_it_stands(either: Site) -> None:
    key = either.jira.create("PAY", summary="Quiet", status="In Progress")
    (only,) = either.connector.histories([id_of(either, key)])
    assert (only.was, only.now, only.state) == ("", "In Progress", State.DOING)


def test_what_is_gone_has_no_history_and_is_no_error(either: Site) -> None:
    id, _ = _moved(either, 1)
    either.jira.delete("PAY-1")
    assert list(either.connector.histories([id])) == []


def test_a_history_that_comes_in_pieces_is_put_together(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cloud, "HISTORIES", 2)
    ids = [_moved(site, 3)[0] for _ in range(3)]
    found = list(site.connector.histories(ids))
    assert [[t.now for t in found if t.item_key == id] for id in ids] == [
        ["To Do", "In Progress", "Done", "In Progress"]
    ] * 3
    assert site.jira.count("/changelog/bulkfetch") == 5


def test_a_thousand_issues_take_a_request_for_histories_and_one_per_hundred_for_beginnings(site: Site) -> None:
    ids = [id_of(site, site.jira.create("PAY", summary="Work")) for _ in range(150)]
    site.counter.take()
    assert len(list(site.connector.histories(ids))) == 150
    assert site.counter.take()["requests"] == 3


def test_a_status_that_the_site_has_no_more_has_no_state(site: Site) -> None:
    id, _ = _moved(site, 1)
    site.jira.faults.bend_next(1, lambda body: body.replace(b'"id": "3"', b'"id": "77"'), path="/status")
    last = list(site.connector.histories([id]))[-1]
    assert (last.now, last.state) == ("In Progress", None)


def test_a_changelog_of_another_shape_names_the_path(site: Site) -> None:
    id, _ = _moved(site, 1)
    site.jira.faults.bend_next(1, lambda body: body.replace(b'"created"', b'"made"'), path="/changelog")
    with pytest.raises(Unexpected, match=r"changeHistories\[0\]\.created: it is missing"):
        list(site.connector.histories([id]))
    assert site.clock().tzinfo is UTC
