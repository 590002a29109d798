"""The table of rights: every role, every action, in a team of one's own, in another and in a private one."""

from __future__ import annotations

import pytest

from hub.model.rights import SCOPE_OF, Action, Role, Scope, Standing, Viewer

OWN, OTHER = "payments", "growth"
WHO = {
    "viewer": Viewer("v@acme.test", Role.VIEWER, {OWN: Standing.MEMBER}),
    "member": Viewer("m@acme.test", Role.MEMBER, {OWN: Standing.MEMBER}),
    "lead": Viewer("l@acme.test", Role.MEMBER, {OWN: Standing.LEAD}),
    "admin": Viewer("a@acme.test", Role.ADMIN),
}

# Each cell: viewer, member, lead, admin.
TABLE = {
    Action.SEE: {"own": "yyyy", "other": "yyyy", "private": "nnny"},
    Action.COMMENT: {"own": "nyyy", "other": "nyyy", "private": "nnny"},
    Action.CHECK_IN: {"own": "nyyy", "other": "nnny", "private": "nnny"},
    Action.PAUSE: {"own": "nnyy", "other": "nnny", "private": "nnny"},
    Action.MANAGE_TEAM: {"own": "nnyy", "other": "nnny", "private": "nnny"},
    Action.READ_NOW: {"own": "nyyy", "other": "nyyy", "private": "nnny"},
    Action.MANAGE_PEOPLE: {"own": "nnny", "other": "nnny", "private": "nnny"},
    Action.SEE_OPERATIONS: {"own": "nnny", "other": "nnny", "private": "nnny"},
    Action.MANAGE_CONNECTIONS: {"own": "nnny", "other": "nnny", "private": "nnny"},
}
CELLS = [
    (action, team, who, cell == "y")
    for action, row in TABLE.items()
    for team, cells in row.items()
    for who, cell in zip(WHO, cells, strict=True)
]


@pytest.mark.parametrize(("action", "team", "who", "allowed"), CELLS)
def test_the_table_decides(action: Action, team: str, who: str, allowed: bool) -> None:
    assert WHO[who].may(action, OWN if team == "own" else OTHER, is_private=team == "private") is allowed


def test_the_table_names_every_action() -> None:
    assert set(TABLE) == set(Action) == set(SCOPE_OF)


def test_a_private_team_is_there_for_its_own_members() -> None:
    assert all(WHO[name].may(Action.SEE, OWN, is_private=True) for name in WHO)


def test_an_owner_checks_in_and_pauses_wherever_the_key_result_lies_unless_they_may_only_look() -> None:
    for action in (Action.CHECK_IN, Action.PAUSE):
        assert WHO["member"].may(action, OTHER, is_owner=True)
        assert not WHO["viewer"].may(action, OTHER, is_owner=True)
        assert not WHO["member"].may(action, OTHER, is_owner=True, is_private=True)


@pytest.mark.parametrize("scope", list(Scope))
def test_a_token_allows_what_its_scopes_name_and_its_account_may(scope: Scope) -> None:
    for name, whole in WHO.items():
        token = Viewer(whole.email, whole.role, whole.teams, frozenset({scope}))
        for action in Action:
            assert token.may(action, OWN) is (whole.may(action, OWN) and SCOPE_OF[action] is scope), (name, action)
