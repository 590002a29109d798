"""Teams and who is in them, as files say it."""

from __future__ import annotations

from datetime import datetime

import pytest

from hub.flows import people
from hub.flows.plan.diff import Change
from hub.model.rights import Role, Standing, Viewer
from hub.store import Store, okrs, team_members
from tests.plan.company import OKRS_FILE, Workspace

TEAM = "  payments: {name: Payments, lead: mira@acme.test}"
PRIVATE = "  payments: {name: Payments, lead: mira@acme.test, private: true, members: [tom@acme.test]}"


def members(store: Store) -> dict[str, tuple[Standing, bool]]:
    with store.read() as tx:
        return {one.email: (one.standing, one.is_provided) for one in team_members.members_of(tx, "payments")}


def test_a_file_makes_members_and_a_lead_and_gives_nobody_an_account(files: Workspace) -> None:
    files.apply((OKRS_FILE, TEAM, PRIVATE))
    assert members(files.store) == {"mira@acme.test": (Standing.LEAD, True), "tom@acme.test": (Standing.MEMBER, True)}
    assert people.list_people(files.store, files.now).persons == ()
    with files.store.read() as tx:
        assert [team.is_private for team in okrs.all_teams(tx)] == [True]
    assert files.plan((OKRS_FILE, TEAM, PRIVATE)).is_clean


def test_plan_says_who_joins_and_that_a_team_becomes_private(files: Workspace) -> None:
    files.apply()
    assert files.plan((OKRS_FILE, TEAM, PRIVATE)).changes == (
        Change(
            "change", "team", "payments", (("is_private", "False", "True"), ("members", "nothing", "tom@acme.test"))
        ),
    )


def test_who_leaves_the_file_leaves_the_team_and_who_was_added_by_hand_stays(files: Workspace) -> None:
    files.apply((OKRS_FILE, TEAM, PRIVATE))
    people.add_member(
        files.store, "payments", email="Jo@acme.test", standing=Standing.MEMBER, who="mira", now=files.now
    )
    files.apply()
    assert members(files.store) == {"mira@acme.test": (Standing.LEAD, True), "jo@acme.test": (Standing.MEMBER, False)}


def test_whom_a_file_names_is_not_removed_by_hand(files: Workspace, now: datetime) -> None:
    files.apply((OKRS_FILE, TEAM, PRIVATE))
    for email, words in (("tom@acme.test", "by its file"), ("nobody@acme.test", "not in this team")):
        with pytest.raises(people.Refused, match=words):
            people.remove_member(files.store, "payments", email=email, who="mira", now=now)
    assert len(members(files.store)) == 2


def test_a_private_team_is_listed_for_its_members_and_for_admins_alone(files: Workspace) -> None:
    files.apply((OKRS_FILE, TEAM, PRIVATE))
    tom = Viewer("tom@acme.test", Role.VIEWER, {"payments": Standing.MEMBER})
    for viewer, number in (
        (tom, 1),
        (Viewer("ines@acme.test", Role.ADMIN), 1),
        (Viewer("jo@acme.test", Role.MEMBER), 0),
    ):
        assert len(people.list_teams(files.store, viewer)) == number
