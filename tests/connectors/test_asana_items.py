"""From Asana's task to a work item."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connectors.asana.items import work_item
from connectors.asana.task_answers import read_one
from connectors.shapes import State, WorkItem, seen_by

OURS = Path(__file__).parents[1] / "fixtures/asana/items"
THEIRS = Path(__file__).parents[3] / "shared/fixtures/asana/tasks.json"
FIELDS = {
    "Effort": "30", "Stage": "31", "Markets": "33", "Go-live": "36", "Reviewers": "37", "Note": "38", "Cost": "39",
    "Empty": "42", "points": "30",
}  # fmt: skip
IDS = {name: f"12010000000000{number}" for name, number in FIELDS.items()}
GIDS = frozenset(IDS.values())


def item_of(fixture: str, /, **changes: Any) -> WorkItem:
    raw = json.loads((OURS / f"{fixture}.json").read_text()) | changes
    return work_item(read_one(json.dumps({"data": raw}).encode(), raw["gid"]), GIDS)


def test_a_task_becomes_a_work_item() -> None:
    assert seen_by(item_of("task"), IDS) == WorkItem(
        key="1201000000000010",
        ref="1201000000000010",
        title="Move the shop to the new checkout",
        state=State.TODO,
        status="Doing",
        type="Task",
        url="https://app.asana.com/0/1201000000000003/1201000000000010",
        created=datetime(2026, 10, 5, 8, tzinfo=UTC),
        updated=datetime(2026, 11, 2, 9, 15, 21, 481000, tzinfo=UTC),
        due=date(2026, 11, 30),
        assignee="Mira Okafor",
        points=Decimal("2.5"),
        labels=frozenset({"okr"}),
        fields={
            "Effort": Decimal("2.5"),
            "points": Decimal("2.5"),
            "Stage": "Pilot",
            "Markets": ("DE", "FR"),
            "Go-live": date(2026, 12, 1),
            "Reviewers": ("Mira Okafor",),
            "Note": "soft\u00a0launch",
            "Cost": "12.00",
            "Empty": None,
        },
    )


def test_a_status_does_not_hang_on_the_order_in_which_asana_names_the_projects() -> None:
    raw = json.loads((OURS / "task.json").read_text())
    assert item_of("task", memberships=raw["memberships"][::-1]).status == item_of("task").status == "Doing"


@pytest.mark.parametrize(
    ("approval", "completed", "state"),
    [
        ("pending", False, State.TODO),
        ("changes_requested", True, State.DOING),
        ("approved", True, State.DONE),
        ("rejected", True, State.DROPPED),
    ],
)
def test_an_approval_is_what_it_says_and_not_what_asana_ticks(approval: str, completed: bool, state: State) -> None:
    found = item_of("approval_of_changes", approval_status=approval, completed=completed)
    assert (found.type, found.state, found.fields["Approval"]) == ("Approval", state, approval)
    assert (found.done is not None) == (state is State.DONE)


def test_milestones_and_custom_types_keep_their_names() -> None:
    milestone = item_of("milestone")
    assert (milestone.type, milestone.state, milestone.done) == (
        "Milestone",
        State.DONE,
        datetime(2026, 11, 1, 12, tzinfo=UTC),
    )
    assert item_of("custom_type").type == "Bug"


def test_a_sub_task_that_is_in_no_project_says_whether_it_is_completed() -> None:
    found = item_of("sub_task_of_nobodys_project")
    assert (found.status, found.parent, found.fields["Sections"]) == ("Incomplete", "1201000000000010", ())
    assert IDS["Effort"] not in found.fields  # absent, which is not the same as empty


@pytest.mark.parametrize("link", [None, "", "javascript:alert(1)", "http://evil.test/"])
def test_a_link_that_is_no_https_address_is_not_passed_on(link: str | None) -> None:
    assert item_of("task", permalink_url=link).url == "https://app.asana.com/0/0/1201000000000010"


@pytest.mark.skipif(not THEIRS.is_file(), reason="no real payloads beside the project")
def test_every_real_task_becomes_a_work_item() -> None:
    found = json.loads(THEIRS.read_text())
    assert found
    for raw in found:
        raw.setdefault("modified_at", raw["created_at"])  # these were recorded without it; we always ask for it
        item = work_item(read_one(json.dumps({"data": raw}).encode(), raw["gid"]), frozenset())
        assert (item.key, item.title) == (raw["gid"], raw["name"])
