"""What one apply changes is told a channel in one message, once, whatever dies on the way."""

from __future__ import annotations

import json

import pytest

from hub.flows.check_in import Said, check_in
from hub.flows.show import show_wall
from hub.model.kinds import Status
from hub.model.rights import Role, Standing, Viewer
from hub.store import outbox
from tests.flows.house import BUGS_RULE, HUB, OKRS, OPEN_BUGS, House
from tests.flows.letters import CHANNELS, posts, rows

NUMBER = 44
GOALS = tuple(f"{{key_result: goal-{at}, title: Goal {at}, kind: reach, target: 10}}" for at in range(NUMBER))
HARDER = tuple(goal.replace("target: 10", "target: 40") for goal in GOALS)


def settle_in(house: House, goals: tuple[str, ...] = GOALS, hub: str = HUB, okrs: str = OKRS) -> None:
    """Apply goals of which each stands at 8: on track."""
    house.apply((BUGS_RULE,), (OPEN_BUGS, *goals), hub=hub, okrs=okrs)
    for at in range(len(goals)):
        said = Said(f"form-{at:08}", value="8")
        check_in(house.store, f"ship/goal-{at}", said, who="mira@northwind.test", now=house.clock())
    house.clock.pass_(hours=2)


def tell_all(house: House) -> list[int]:
    found = []
    for slug in CHANNELS:
        found.append(house.tell(slug))
        house.clock.pass_(seconds=5)
    return found


def test_forty_four_changes_of_one_apply_are_one_message_a_channel(house: House) -> None:
    settle_in(house)
    house.apply((BUGS_RULE,), (OPEN_BUGS, *HARDER))
    assert house.unsettled() == len(CHANNELS)
    assert tell_all(house) == [1, 1, 1]
    assert (len(house.slack.posts), len(house.teams.posts)) == (2, 1)
    for channel in ("Payments", "#payments", "#okrs"):
        (said,) = posts(house, channel)
        assert "44 key results changed status" in said
        assert "Goal 7" in said
        assert "is at risk, was on track" in said or "is off track, was on track" in said
    assert house.unsettled() == 0
    assert all(one.state == "sent" for slug in CHANNELS for one in rows(house, slug))


def test_every_change_has_its_line_with_what_it_was_and_is(house: House) -> None:
    settle_in(house, GOALS[:3])
    house.apply((BUGS_RULE,), (OPEN_BUGS, *HARDER[:2], GOALS[2]))
    house.tell("b-hook")
    (said,) = posts(house, "#payments")
    assert "2 key results changed status" in said
    for at in range(2):
        line = f"<https://hub.test/key-results/ship/goal-{at}|Goal {at}> is off track, was on track, at 8"
        assert line in json.loads(json.dumps(said)), said


def test_one_change_is_told_as_ever(house: House) -> None:
    settle_in(house, GOALS[:2])
    house.apply((BUGS_RULE,), (OPEN_BUGS, HARDER[0], GOALS[1]))
    house.tell("b-hook")
    (said,) = posts(house, "#payments")
    assert "changed status" not in said
    assert "Off track" in said


def test_a_sender_that_dies_tells_them_together_again_and_only_then(house: House) -> None:
    settle_in(house, GOALS[:5])
    house.apply((BUGS_RULE,), (OPEN_BUGS, *HARDER[:5]))
    with house.store.write() as tx:
        letter = outbox.next_letter(tx, house.channel("b-hook").id, house.clock())
        assert letter is not None
        outbox.start_sending(tx, letter.id)
    house.clock.pass_(minutes=10)
    assert house.tell("b-hook") == 1
    assert house.tell("b-hook") == 0
    assert len(posts(house, "#payments")) == 1
    assert [one.state for one in rows(house, "b-hook")] == ["sent"] * 5


def test_what_is_archived_or_private_meanwhile_leaves_the_message(house: House) -> None:
    settle_in(house, GOALS[:4])
    house.apply((BUGS_RULE,), (OPEN_BUGS, *HARDER[:4]))
    house.apply((BUGS_RULE,), (OPEN_BUGS, *HARDER[1:4]))
    house.tell("b-hook")
    (said,) = posts(house, "#payments")
    assert "3 key results changed status" in said
    assert "Goal 0" not in said
    assert sorted(one.state for one in rows(house, "b-hook")) == ["dropped", "sent", "sent", "sent"]


def test_a_later_change_waits_for_the_message_that_tells_of_the_earlier_one(house: House) -> None:
    settle_in(house, GOALS[:3])
    house.apply((BUGS_RULE,), (OPEN_BUGS, *HARDER[:3]))
    house.clock.pass_(hours=2)
    said = Said("form-later-0001", value="40")
    check_in(house.store, "ship/goal-2", said, who="mira@northwind.test", now=house.clock())
    assert house.key_result("goal-2").standing.status is Status.ACHIEVED
    assert house.tell("b-hook") == 2
    first, second = posts(house, "#payments")
    assert "3 key results changed status" in first
    assert "Achieved" in second


def test_applying_the_same_files_again_tells_nothing_more(house: House) -> None:
    settle_in(house, GOALS[:3])
    house.apply((BUGS_RULE,), (OPEN_BUGS, *HARDER[:3]))
    house.apply((BUGS_RULE,), (OPEN_BUGS, *HARDER[:3]))
    house.tell("b-hook")
    assert len(posts(house, "#payments")) == 1


@pytest.mark.parametrize("slug", CHANNELS)
def test_what_is_told_together_hangs_on_the_first_letter_to_each_channel(house: House, slug: str) -> None:
    settle_in(house, GOALS[:3])
    house.apply((BUGS_RULE,), (OPEN_BUGS, *HARDER[:3]))
    keys = {one.told_with for one in rows(house, slug)[1:]}
    assert keys == {rows(house, slug)[0].id}


def test_a_message_that_tells_of_a_private_team_too_is_on_the_wall_of_those_alone_who_see_it_all(house: House) -> None:
    closed = OKRS.replace("{name: Payments}", "{name: Payments, private: true}\n  others: {name: Others}")
    seen = (
        "objectives:\n  - objective: open\n    title: Open\n    team: others\n    cycle: quarter\n    key_results:\n"
        "      - {key_result: seen, title: Seen, kind: reach, target: 10}\n"
    )
    okrs = closed.replace("objectives:\n", seen)
    hub = HUB.replace("  - {to: [a-teams, b-hook, c-bot]}", "  - {to: b-hook, team: payments}\n  - {to: b-hook}")
    settle_in(house, GOALS[:2], hub, okrs)
    check_in(house.store, "open/seen", Said("form-open-1", value="8"), who="m@northwind.test", now=house.clock())
    house.clock.pass_(hours=2)
    harder = okrs.replace("target: 10", "target: 40")
    house.apply((BUGS_RULE,), (OPEN_BUGS, *HARDER[:2]), hub=hub, okrs=harder)
    assert house.tell("b-hook") == 1
    found = {}
    for who, teams in (("insider", {"payments": Standing.MEMBER}), ("outsider", {})):
        viewer = Viewer(f"{who}@northwind.test", Role.MEMBER, teams)
        wall = show_wall(house.store, house.clock(), viewer)
        assert wall is not None
        found[who] = [change.title for change in wall.changes]
    assert found == {"insider": ["Seen, and 2 more"], "outsider": []}
