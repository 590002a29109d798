"""An epic that a rule names moves to another project and gets another key: the rule goes on meaning it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.flows.sync.accept import accept
from hub.store import Store
from tests.flows.house import FINISHED, HUB, House, open_house, rule
from tests.flows.test_jira_data_center import SERVER_HUB, jira_of

BELOW = rule("finished", "project in (PAY, WEB)", "count", "{parent: PAY-1}, {state: done}")


@pytest.fixture(params=["cloud", "data center"])
def epic(request: pytest.FixtureRequest, tmp_path: Path, sqlite_store: Store) -> Iterator[House]:
    """A house whose one rule names the epic PAY-1, with five stories below it and four of them finished."""
    is_cloud = request.param == "cloud"
    folder = tmp_path / "workspace"
    folder.mkdir()
    with open_house(folder, sqlite_store) as made, jira_of(made, is_cloud=is_cloud):
        made.jira.create("PAY", summary="The epic", type="Epic")
        made.jira.add_project("OPS", "Operations")
        for key in made.stories(5, done=4):
            made.jira.edit(key, parent="PAY-1", at=made.clock())
        use(made, BELOW)
        yield made


def use(house: House, *rules: str) -> None:
    house.apply(rules, (FINISHED,), HUB if house.jira.is_cloud else SERVER_HUB)


def later(house: House) -> str:
    house.clock.pass_(minutes=15)
    assert house.sync().state == "done"
    return house.value()


def test_an_epic_that_moved_before_the_first_read_is_found_by_its_former_key(epic: House) -> None:
    epic.jira.move("PAY-1", "WEB")
    epic.sync()
    assert epic.value() == "4 fresh"


def test_an_epic_that_moves_later_keeps_its_stories(epic: House) -> None:
    epic.sync()
    assert epic.value() == "4 fresh"
    epic.jira.move("PAY-1", "WEB")
    assert later(epic) == "4 fresh"  # what is below it is not noted as changed
    epic.jira.transition("PAY-6", "Done")  # and is read with the new key, one by one
    assert later(epic) == "5 fresh"
    for number in range(2, 6):
        epic.jira.edit(f"PAY-{number}", summary="another title")
    assert later(epic) == "5 fresh"


def test_a_chain_of_moves_is_followed_whatever_was_read_between_them(epic: House) -> None:
    epic.sync()
    epic.jira.move("PAY-1", "WEB")
    epic.jira.edit("PAY-2", summary="read while it was WEB-1")
    assert later(epic) == "4 fresh"
    epic.jira.move("WEB-1", "OPS")
    epic.jira.edit("PAY-3", summary="read when it is OPS-1")
    assert later(epic) == "4 fresh"


def test_the_daily_read_in_full_asks_again(epic: House) -> None:
    epic.sync()
    epic.jira.move("PAY-1", "WEB")
    epic.clock.pass_(hours=25)
    epic.sync()
    assert epic.value() == "4 fresh"


def test_a_webhook_that_rings_for_one_story_asks_as_well(epic: House) -> None:
    epic.sync()
    epic.jira.move("PAY-1", "WEB")
    epic.jira.transition("PAY-6", "Done")
    epic.ring("PAY-6")
    epic.clock.pass_(minutes=1)
    epic.sync(due=False)
    assert epic.value() == "5 fresh"


def test_a_key_that_never_was_harms_nothing_else(epic: House) -> None:
    use(epic, rule("finished", "project in (PAY, WEB)", "count", "{parent: [PAY-1, PAY-999]}, {state: done}"))
    epic.sync()
    assert epic.value() == "4 fresh"
    epic.jira.move("PAY-1", "WEB")
    epic.jira.edit("PAY-2", summary="another title")
    assert later(epic) == "4 fresh"


def test_a_deleted_epic_leaves_the_connection_well(epic: House) -> None:
    epic.sync()
    epic.jira.delete("PAY-1")
    epic.clock.pass_(minutes=15)
    assert epic.sync().state == "done"


@pytest.mark.parametrize(
    ("in_cloud", "at_server"),
    [
        ("{epic: PAY-1}", "{epic: PAY-1}"),
        ("parent = PAY-1", "'\"Epic Link\" = PAY-1'"),
        ("{project: PAY, epic: PAY-1}", "'project = PAY AND cf[10014] = PAY-1'"),
    ],
)
def test_a_picked_epic_and_a_query_keep_their_stories(epic: House, in_cloud: str, at_server: str) -> None:
    select = in_cloud if epic.jira.is_cloud else at_server
    use(epic, rule("finished", select, "count", "{state: done}"))
    epic.sync()
    assert epic.value() == "4 fresh"
    epic.jira.move("PAY-1", "WEB")
    assert later(epic) == "4 fresh"
    epic.jira.transition("PAY-6", "Done")
    assert later(epic) == "5 fresh"
    epic.clock.pass_(hours=25)
    epic.sync()
    assert epic.value() == "5 fresh"


def test_what_is_held_back_is_taken_by_the_key_that_the_epic_has_now(epic: House) -> None:
    guarded = rule(
        "finished", "project in (PAY, WEB)", "count", "{parent: PAY-1}, {state: done}", guard="{max_drop: 20%}"
    )
    use(epic, guarded)
    epic.sync()
    epic.jira.move("PAY-1", "WEB")
    for number in range(2, 7):
        epic.jira.edit(f"PAY-{number}", summary="read below WEB-1")
    assert later(epic) == "4 fresh"
    for key in ("PAY-2", "PAY-3"):
        epic.jira.transition(key, "To Do")
    assert later(epic) == "4 suspect"
    taken = accept(epic.store, "ship/finished", who="Carla", now=epic.clock(), shown="2")
    assert (taken.value, epic.value()) == (2, "2 fresh")
