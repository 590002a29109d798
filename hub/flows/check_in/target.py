"""The key result that something is said about, with what a door must know before it lets anybody."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from hub.model.key_result import KeyResult
from hub.store import Store, key_results, okrs


@dataclass(frozen=True, slots=True)
class Target:
    """Whose a key result is: its team, whether that is private, and the people who own it or its objective."""

    key_result: KeyResult
    team: str
    is_private: bool
    owners: frozenset[str]


def find_target(store: Store, key: str) -> Target | None:
    """Return the key result of this key; None where there is none. Who may see it is for the door to ask."""
    with store.read() as tx:
        return _target(tx, key)


def _target(tx: Connection, key: str) -> Target | None:
    found = key_results.key_result_by_key(tx, key)
    if found is None:
        return None
    objective = okrs.objective_by_slug(tx, found.declared.objective)
    team = next((one for one in okrs.all_teams(tx) if one.slug == found.team), None)
    owners = {found.declared.owner, objective.owner if objective is not None else ""}
    return Target(found, found.team, team is not None and team.is_private, frozenset(owners - {""}))
