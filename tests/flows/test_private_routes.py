"""A private team's key results are told where a route names them, and nowhere else."""

from __future__ import annotations

import pytest

from hub.flows.plan import plan
from hub.workspace import read_workspace
from tests.flows.house import FINISHED, FINISHED_RULE, HUB, OKRS, House
from tests.flows.letters import CHANNELS, posts, rows

PRIVATE = OKRS.replace("payments: {name: Payments}", "payments: {name: Payments, private: true}")
BELOW = OKRS.replace(
    "payments: {name: Payments}",
    "division: {name: Division, private: true}\n  group: {name: Group, parent: division}\n"
    "  payments: {name: Payments, parent: group}",
)
EVERYWHERE = "  - {to: [a-teams, b-hook, c-bot]}\n"


def routes(*lines: str) -> str:
    return HUB.replace(EVERYWHERE, "".join(f"  - {{{line}}}\n" for line in lines))


def move(house: House, hub: str, okrs: str) -> None:
    """Have the one key result go from at risk to on track."""
    house.apply((FINISHED_RULE,), (FINISHED,), hub=hub, okrs=okrs)
    made = house.stories(10, done=3)
    house.sync()
    house.finish(*made[3:6])
    house.sync()


def told(house: House) -> list[str]:
    return [slug for slug in CHANNELS if rows(house, slug)]


@pytest.mark.parametrize("okrs", [PRIVATE, BELOW], ids=["private", "below a private one"])
def test_a_route_that_names_nobody_takes_nothing_of_a_private_team(house: House, okrs: str) -> None:
    move(house, routes("to: [a-teams, b-hook]", "to: c-bot, becomes: [on_track, off_track]"), okrs)
    assert told(house) == []


@pytest.mark.parametrize("okrs", [PRIVATE, BELOW], ids=["private", "below a private one"])
@pytest.mark.parametrize("name", ["team: payments", "objective: ship", "key_result: ship/finished"])
def test_a_route_that_names_the_team_the_objective_or_the_key_result_takes_it(
    house: House, okrs: str, name: str
) -> None:
    move(house, routes("to: [a-teams, b-hook]", f"to: c-bot, {name}"), okrs)
    assert told(house) == ["c-bot"]


def test_a_route_that_names_another_one_takes_nothing(house: House) -> None:
    okrs = PRIVATE.replace("teams:\n", "teams:\n  others: {name: Others}\n")
    move(house, routes("to: [a-teams, b-hook, c-bot], team: others"), okrs)
    assert told(house) == []


def test_a_letter_that_waits_when_its_team_becomes_private_is_not_sent(house: House) -> None:
    move(house, HUB, OKRS)
    assert told(house) == list(CHANNELS)
    hub = routes("to: [a-teams, b-hook, c-bot]", "to: c-bot, team: payments")
    house.apply((FINISHED_RULE,), (FINISHED,), hub=hub, okrs=PRIVATE)
    assert [house.tell(slug) for slug in CHANNELS] == [0, 0, 1]
    assert posts(house, "#payments") == posts(house, "Payments") == []
    dropped = [(one.state, one.problem) for one in rows(house, "b-hook")]
    assert dropped == [("dropped", "its team is private, and no route to this channel names it")]


def test_lint_plan_and_apply_say_which_private_key_results_a_route_takes(house: House) -> None:
    hub = routes("to: [a-teams, b-hook]", "to: c-bot, team: payments")
    done = house.apply((FINISHED_RULE,), (FINISHED,), hub=hub, okrs=PRIVATE)
    sentence = "c-bot will hear of the private team payments: ship/finished"
    assert done.private == (sentence,)
    reading = read_workspace(house.folder)
    assert reading.declaration is not None
    assert plan(house.store, reading.declaration, now=house.clock(), environ=house.environ).private == (sentence,)
    found = [(one.code, one.severity, one.message) for one in reading.problems if one.severity == "note"]
    assert found == [("private-route", "note", sentence)]


def test_lint_says_of_which_private_team_nobody_hears(house: House) -> None:
    house.apply((FINISHED_RULE,), (FINISHED,), okrs=PRIVATE)
    found = [str(one).split("  ", 1)[1] for one in read_workspace(house.folder).problems if one.severity == "note"]
    said = "no route names the private team payments, so no channel hears of ship/finished"
    assert found == [f"note: {said}  [private-untold]"]


def test_nothing_is_said_of_teams_that_are_not_private(house: House) -> None:
    assert house.apply((FINISHED_RULE,), (FINISHED,)).private == ()
    assert [one for one in read_workspace(house.folder).problems if one.severity == "note"] == []


def test_an_objective_that_moves_to_an_open_team_and_back_is_told_where_it_stands_when_the_message_goes(
    house: House,
) -> None:
    both = PRIVATE.replace("teams:\n", "teams:\n  others: {name: Others}\n")
    open_ = both.replace("    team: payments\n", "    team: others\n")
    move(house, HUB, open_)
    house.apply((FINISHED_RULE,), (FINISHED,), okrs=both)
    assert house.tell("a-teams") == 0
    house.apply((FINISHED_RULE,), (FINISHED,), okrs=open_)
    assert house.tell("b-hook") == 1
    assert [one.state for one in rows(house, "a-teams")] == ["dropped"]
    assert len(posts(house, "#payments")) == 1


def test_a_private_team_of_another_name_is_taken_by_routes_that_name_the_new_one(house: House) -> None:
    move(house, routes("to: c-bot, team: payments"), PRIVATE)
    renamed = PRIVATE.replace("  payments: {", "  billing: {").replace("team: payments", "team: billing")
    house.apply((FINISHED_RULE,), (FINISHED,), hub=routes("to: b-hook, team: billing", "to: c-bot"), okrs=renamed)
    assert house.tell("c-bot") == 0
    assert [one.problem for one in rows(house, "c-bot")] == [
        "its team is private, and no route to this channel names it"
    ]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("to: c-bto, objective: ship", "there is no channel 'c-bto'"),
        ("to: c-bot, team: paymets", "there is no team 'paymets'"),
        ("to: c-bot, key_result: ship/finisht", "there is no key result 'ship/finisht'"),
    ],
)
def test_lint_refuses_a_route_with_a_name_that_nothing_has(house: House, line: str, said: str) -> None:
    house.apply((FINISHED_RULE,), (FINISHED,), okrs=PRIVATE)
    (house.folder / "hub.yaml").write_text(routes(line))
    reading = read_workspace(house.folder)
    assert reading.declaration is None
    assert said in [one.message for one in reading.problems if one.severity == "error"]
