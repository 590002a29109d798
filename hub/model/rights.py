"""Who may do what: the one table that pages, API and command line ask.

An account has a role in the workspace; in a team somebody is a member, or leads it. What belongs to a team that is
private is there for its members and for admins alone: to everybody else it does not exist.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Role(StrEnum):
    """What an account is in the workspace."""

    VIEWER = "viewer"  # reads, changes nothing
    MEMBER = "member"  # checks in for the teams they are in, and comments
    ADMIN = "admin"  # everything, in every team


class Standing(StrEnum):
    """What somebody is in a team."""

    MEMBER = "member"
    LEAD = "lead"


class Action(StrEnum):
    """What somebody wants to do. The first group is about one key result, the second about a team, then the hub."""

    SEE = "see"
    COMMENT = "comment"
    CHECK_IN = "check_in"
    PAUSE = "pause"  # and resume: whether the tool's value is taken
    MANAGE_TEAM = "manage_team"  # who is in it
    READ_NOW = "read_now"
    MANAGE_PEOPLE = "manage_people"  # accounts and roles
    SEE_OPERATIONS = "see_operations"  # connections, their problems in full, metrics
    MANAGE_CONNECTIONS = "manage_connections"  # connect tools, sign in again, rename, remove


class Scope(StrEnum):
    """What an API token is for; it never allows more than its account may do."""

    READ = "read"
    WRITE = "write"  # check in, comment, pause, read now
    ADMIN = "admin"


SCOPE_OF: Mapping[Action, Scope] = {
    Action.SEE: Scope.READ,
    Action.COMMENT: Scope.WRITE,
    Action.CHECK_IN: Scope.WRITE,
    Action.PAUSE: Scope.WRITE,
    Action.READ_NOW: Scope.WRITE,
    Action.MANAGE_TEAM: Scope.ADMIN,
    Action.MANAGE_PEOPLE: Scope.ADMIN,
    Action.SEE_OPERATIONS: Scope.ADMIN,
    Action.MANAGE_CONNECTIONS: Scope.ADMIN,
}


@dataclass(frozen=True, slots=True)
class Viewer:
    """Whoever makes a request. `scopes` is None for a session, which may all that its account may."""

    email: str
    role: Role
    teams: Mapping[str, Standing] = field(default_factory=dict)  # team slug -> what they are there
    scopes: frozenset[Scope] | None = None

    def sees(self, team: str, *, is_private: bool) -> bool:
        """Whether what belongs to a team is there for them at all."""
        return not is_private or self.role is Role.ADMIN or team in self.teams

    def may(self, action: Action, team: str = "", *, is_private: bool = False, is_owner: bool = False) -> bool:
        """Whether they may do something to a team's key result (or to the hub, without a team).

        `is_owner` says that the key result, or its objective, is theirs: an owner checks in wherever it lies.
        """
        if self.scopes is not None and SCOPE_OF[action] not in self.scopes:
            return False
        if team and not self.sees(team, is_private=is_private):
            return False
        if action is Action.SEE or self.role is Role.ADMIN:
            return True
        if self.role is Role.VIEWER:
            return False
        standing = self.teams.get(team)
        match action:
            case Action.COMMENT | Action.READ_NOW:
                return True
            case Action.CHECK_IN:
                return is_owner or standing is not None
            case Action.PAUSE:
                return is_owner or standing is Standing.LEAD
            case Action.MANAGE_TEAM:
                return standing is Standing.LEAD
            case _:
                return False


def private_teams(parents: Mapping[str, str | None], private: Collection[str]) -> frozenset[str]:
    """Return the teams whose changes only routes that name them take: the private ones, and every team below one.

    `parents` holds each team's parent by slug; teams above each other in a circle are followed once.
    """
    found = set()
    for slug in parents:
        seen: set[str] = set()
        at: str | None = slug
        while at is not None and at not in seen:
            seen.add(at)
            at = parents.get(at)
        if not seen.isdisjoint(private):
            found.add(slug)
    return frozenset(found)
