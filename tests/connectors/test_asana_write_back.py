"""What the hub writes into Asana, and that a repeat writes nothing twice."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from connectors.errors import Gone, Misconfigured, TryLater
from connectors.shapes import ProgressNote
from tests.connectors.asana_office import Office, open_office


@pytest.fixture
def office() -> Iterator[Office]:
    with open_office() as made:
        yield made


def note(target: str, by: str, **more: Any) -> ProgressNote:
    said: dict[str, Any] = {
        "key": "okr-hub:ship/launch", "title": "Launch on time", "text": "At risk, was on track: 22 of 40 merchants",
        "status": "at_risk", "value": Decimal("22"), "percent": Decimal("0.55"), "link": "https://hub.test/kr/1",
        **more,
    }  # fmt: skip
    return ProgressNote(target=target, by=by, **said)


def test_a_comment_is_written_once_and_replaced_by_the_next_note_of_its_key(office: Office) -> None:
    (gid,) = office.fill(1)
    office.asana.comment(gid, "somebody else's")
    first = office.connector.write(note(gid, "comment"))
    office.connector.write(note(gid, "comment", text="On track"))
    other = office.connector.write(note(f"https://app.asana.com/0/0/{gid}/f", "comment", key="okr-hub:ship/other"))
    assert [story.text for story in office.asana.stories.values()] == [
        "somebody else's",
        "Launch on time: On track\nhttps://hub.test/kr/1\n[okr-hub:ship/launch]",
        "Launch on time: At risk, was on track: 22 of 40 merchants\nhttps://hub.test/kr/1\n[okr-hub:ship/other]",
    ]
    assert first.key != other.key
    assert first.at == office.clock.at


def test_a_comment_whose_answer_was_lost_says_that_it_may_have_arrived_and_is_not_written_twice(office: Office) -> None:
    (gid,) = office.fill(1)
    office.asana.faults.lose_answer_next()
    with pytest.raises(TryLater) as raised:
        office.connector.write(note(gid, "comment"))
    assert raised.value.maybe_arrived
    office.connector.write(note(gid, "comment"))
    assert len(office.asana.stories) == 1


def test_fields_take_the_value_the_sentence_or_the_option_of_the_status(office: Office) -> None:
    number = office.asana.add_field("Done", to=[office.project])
    text = office.asana.add_field("OKR", "text", to=[office.project])
    choice = office.asana.add_field("Health", "enum", options=["On track", "At risk"], to=[office.project])
    (gid,) = office.fill(1)
    for field in ("done", text, "Health"):
        office.connector.write(note(gid, "field", field=field))
    at_risk = next(gid for gid, name in office.asana.fields[choice].options.items() if name == "At risk")
    assert office.asana.tasks[gid].values == {
        number: 22,
        text: "At risk, was on track: 22 of 40 merchants",
        choice: at_risk,
    }
    with pytest.raises(Misconfigured, match="no option 'off track'"):
        office.connector.write(note(gid, "field", field="Health", status="off_track"))
    with pytest.raises(Misconfigured, match="no custom field named 'Size'"):
        office.connector.write(note(gid, "field", field="Size"))


@pytest.mark.parametrize(("unit", "written"), [("none", 22), ("currency", 22), ("percentage", 0.55)])
def test_a_goal_gets_the_number_and_a_percentage_its_share(office: Office, unit: str, written: float) -> None:
    goal = office.asana.add_goal("Revenue", metric={"unit": unit})
    office.connector.write(note(goal, "value"))
    metric = office.asana.goals[goal].metric
    assert metric is not None
    assert metric["current_number_value"] == written


def test_a_goal_that_asana_works_out_or_that_has_no_metric_is_not_written_to(office: Office) -> None:
    counted = office.asana.add_goal("Counted", metric={"progress_source": "task_completion"})
    bare = office.asana.add_goal("Bare")
    with pytest.raises(Misconfigured, match="works the goal Counted out by itself"):
        office.connector.write(note(counted, "value"))
    with pytest.raises(Misconfigured, match="Bare has no metric"):
        office.connector.write(note(bare, "value"))
    with pytest.raises(Misconfigured, match="no value to write yet"):
        office.connector.write(note(office.asana.add_goal("New", metric={}), "value", value=None))


def test_a_status_is_posted_once_until_it_says_something_else(office: Office) -> None:
    goal = office.asana.add_goal("Revenue", metric={})
    first = office.connector.write(note(goal, "status"))
    assert office.connector.write(note(goal, "status")).key == first.key
    office.connector.write(note(goal, "status", status="achieved", text="Achieved"))
    assert [(one["status_type"], one["title"], one["text"]) for one in office.asana.updates.values()] == [
        ("at_risk", "Launch on time", "At risk, was on track: 22 of 40 merchants\nhttps://hub.test/kr/1"),
        ("achieved", "Launch on time", "Achieved\nhttps://hub.test/kr/1"),
    ]
    with pytest.raises(Misconfigured, match="nothing is judged yet"):
        office.connector.write(note(goal, "status", status=""))


def test_a_project_that_achieved_its_goal_is_complete_and_one_that_missed_it_off_track(office: Office) -> None:
    for status in ("achieved", "missed", "on_track"):
        office.connector.write(note(office.project, "status", status=status))
    assert [one["status_type"] for one in office.asana.updates.values()] == ["complete", "off_track", "on_track"]


def test_a_target_that_is_no_more_is_gone_and_one_that_is_none_is_misconfigured(office: Office) -> None:
    (gid,) = office.fill(1)
    office.asana.delete(gid)
    with pytest.raises(Gone):
        office.connector.write(note(gid, "comment"))
    for target in ("PAY-1", "https://app.asana.com/home", ""):
        with pytest.raises(Misconfigured, match="names nothing to write to"):
            office.connector.write(note(target, "comment"))
    with pytest.raises(Misconfigured, match="'link'"):
        office.connector.write(note("1201000000000001", "link"))


def test_a_goal_and_a_projects_counts_are_read_as_numbers(office: Office) -> None:
    gids = office.fill(3)
    office.asana.complete(gids[0])
    goal = office.asana.add_goal("Revenue", metric={"current_number_value": 8.12})
    scopes = [office.scope(goal="Revenue"), office.scope(project="Launch", count="num_completed_tasks")]
    assert [office.connector.sample(scope, "n").value for scope in scopes] == [Decimal("8.12"), Decimal(1)]
    cursor = office.begin(*scopes)
    office.asana.set_goal(goal, 9)
    pages = office.changes(scopes, cursor)
    assert office.counter.take()["requests"] == 2
    assert {item.key: item.fields["value"] for page in pages for item in page.items} == {
        scopes[0].key: Decimal(9),
        scopes[1].key: Decimal(1),
    }
    touched = office.changes(scopes, None, scopes[0].key)
    assert [item.key for page in touched for item in page.items] == [scopes[0].key]
    del office.asana.goals[goal]
    with pytest.raises(Misconfigured, match="deleted"):
        office.changes(scopes, cursor)
