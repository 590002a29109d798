"""What differs between the files and the store, noun by noun."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection

from hub.model.judge import Policy
from hub.model.kinds import Status
from hub.model.numbers import say_exact
from hub.model.okr import Milestone
from hub.store import channels, connections, key_results, okrs, rules, team_members
from hub.store.channels import Route
from hub.store.okrs import Objective, Team, Workspace
from hub.workspace import Declaration
from hub.workspace.tools import ToolSettings
from mappings import Rule

LONGEST = 60


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that applying would do. `details` are (field, before, after) as people read them."""

    verb: str  # create | change | archive
    noun: str
    slug: str
    details: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the files want the store to hold, in the store's shapes."""

    workspace: Workspace
    people: Mapping[str, str]
    cycles: Mapping[str, Any]
    teams: Mapping[str, Team]
    objectives: Mapping[str, Objective]
    key_results: Mapping[str, Any]
    connections: Mapping[str, ToolSettings]
    channels: Mapping[str, ToolSettings]
    routes: tuple[Route, ...]
    rules: Mapping[str, Rule]


def wanted(declaration: Declaration) -> Wanted:
    """Turn a declaration into the shapes of the store."""
    return Wanted(
        workspace=Workspace(
            declaration.name, declaration.purpose, declaration.zone, declaration.public_url, declaration.policy
        ),
        people=declaration.people,
        cycles={cycle.slug: cycle for cycle in declaration.cycles},
        teams={
            slug: Team(
                slug,
                team.name,
                team.lead or "",
                team.parent,
                position,
                team.private,
                tuple(sorted({*team.members} - {team.lead})),
            )
            for position, (slug, team) in enumerate(declaration.teams.items())
        },
        objectives={
            one.objective: Objective(
                one.objective, one.title, one.team, one.cycle, one.owner or "", one.supports, one.weight, position
            )
            for position, one in enumerate(declaration.objectives)
        },
        key_results={one.declared.key: one.declared for one in declaration.key_results},
        connections=declaration.connections,
        channels=declaration.channels,
        routes=tuple(
            Route(
                slug, route.team, route.objective, route.key_result, frozenset(Status(word) for word in route.becomes)
            )
            for route in declaration.hub.routes
            for slug in route.to
        ),
        rules={rule.key_result: rule for rule in declaration.rules},
    )


def held(tx: Connection) -> Wanted | None:
    """Return what the store holds in the same shapes; None before the first apply."""
    workspace = okrs.workspace_now(tx)
    if workspace is None:
        return None
    every = key_results.all_key_results(tx)
    current = {one.key: rules.current_rule(tx, one.id) for one in every}
    return Wanted(
        workspace=Workspace(workspace.name, workspace.purpose, workspace.zone, workspace.public_url, workspace.policy),
        people=okrs.people_names(tx),
        cycles={cycle.slug: cycle for cycle in okrs.all_cycles(tx)},
        teams=dict(_teams_held(tx)),
        objectives={
            one.slug: Objective(
                one.slug, one.title, one.team, one.cycle, one.owner, one.supports, one.weight, one.position
            )
            for one in okrs.all_objectives(tx)
        },
        key_results={one.key: one.declared for one in every},
        connections={
            one.slug: ToolSettings(
                one.slug, one.kind, one.slug, one.declared, one.allow_private, one.every, sign_in=one.way
            )
            for one in connections.all_connections(tx)
            if one.is_provided
        },
        channels={
            one.slug: ToolSettings(
                one.slug, one.kind, one.name, one.settings, one.allow_private, timedelta(0), one.owner
            )
            for one in channels.all_channels(tx)
        },
        routes=tuple(channels.all_routes(tx)),
        rules={key: Rule.from_json(row.body) for key, row in current.items() if row is not None},
    )


def _teams_held(tx: Connection) -> Iterator[tuple[str, Team]]:
    provided = team_members.provided_members(tx)
    for team in okrs.all_teams(tx):
        members = provided.get(team.slug, {})
        yield team.slug, replace(team, members=tuple(sorted({*members} - {team.lead})))


def compare(before: Wanted | None, after: Wanted) -> Iterator[Change]:
    """Yield what applying would do, in the order it would be done."""
    if before is None:
        yield Change("create", "workspace", after.workspace.name)
    else:
        details = tuple(_details(before.workspace, after.workspace))
        if details:
            yield Change("change", "workspace", after.workspace.name, details)
    for noun in ("people", "cycles", "teams", "objectives", "key_results", "connections", "channels"):
        old: Mapping[str, Any] = getattr(before, noun) if before is not None else {}
        yield from _compare_noun(noun, old, getattr(after, noun))
    if (before.routes if before is not None else ()) != after.routes:
        count = len(before.routes) if before is not None else 0
        yield Change("change", "routes", "", (("routes", str(count), str(len(after.routes))),))
    yield from _compare_rules(before.rules if before is not None else {}, after.rules)


NOUNS = {
    "people": "person",
    "cycles": "cycle",
    "teams": "team",
    "objectives": "objective",
    "key_results": "key result",
    "connections": "connection",
    "channels": "channel",
}
KEPT = frozenset({"people"})  # history names them: a person who left the files stays


def _compare_noun(noun: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    for slug, new in after.items():
        old = before.get(slug)
        if old is None:
            yield Change("create", NOUNS[noun], slug)
        else:
            details = tuple(_details(_plain(noun, old), _plain(noun, new)))
            if details:
                yield Change("change", NOUNS[noun], slug, details)
    if noun not in KEPT:
        for slug in before:
            if slug not in after:
                yield Change("archive", NOUNS[noun], slug)


def _plain(noun: str, value: Any) -> Any:
    """Leave out of a tool's settings what its noun does not have: a connection's name, a channel's interval."""
    if isinstance(value, ToolSettings):
        every = value.every if noun == "connections" else timedelta(0)
        name = value.name if noun == "channels" else value.slug
        owner = value.owner if noun == "channels" else ""
        plain = dict(value.settings)
        return ToolSettings(value.slug, value.kind, name, plain, value.allow_private, every, owner, value.sign_in)
    return value


def _compare_rules(before: Mapping[str, Rule], after: Mapping[str, Rule]) -> Iterator[Change]:
    for key, new in after.items():
        old = before.get(key)
        if old is None:
            told = (("write_back", "nothing", _written(new)),) if new.write_back is not None else ()
            yield Change("create", "mapping", key, told)
        elif old.digest != new.digest:
            yield Change("change", "mapping", key, tuple(_rule_details(old, new)))
        elif _written(old) != _written(new):
            yield Change("change", "mapping", key, (("write_back", _written(old), _written(new)),))
        elif (old.show_items, old.source, old.owner) != (new.show_items, new.source, new.owner):
            yield Change("change", "mapping", key, (("text", "", "same meaning"),))
    for key in before:
        if key not in after:
            yield Change("archive", "mapping", key)


def _rule_details(old: Rule, new: Rule) -> Iterator[tuple[str, str, str]]:
    for name in ("connection", "select", "where", "measure", "guard"):
        if getattr(old, name) != getattr(new, name):
            mine, theirs = getattr(old, name), getattr(new, name)
            if name == "select":
                mine, theirs = mine.query or dict(mine.picker), theirs.query or dict(theirs.picker)
            elif name != "connection":
                yield (name, "", "changed")
                continue
            yield (name, say(mine), say(theirs))
    if _written(old) != _written(new):
        yield ("write_back", _written(old), _written(new))


def _written(rule: Rule) -> str:
    return "nothing" if rule.write_back is None else rule.write_back.words


def _details(old: Any, new: Any) -> Iterator[tuple[str, str, str]]:
    if not is_dataclass(new):
        if old != new:
            yield ("name", say(old), say(new))
        return
    for one in fields(new):
        if one.name not in {"position", "id", "judged_at"}:
            yield from _differences(one.name, getattr(old, one.name), getattr(new, one.name))


def _differences(name: str, old: Any, new: Any) -> Iterator[tuple[str, str, str]]:
    if old == new:
        return
    mine, theirs = _parts(old), _parts(new)
    if mine is None or theirs is None:
        yield (name, say(old), say(new))
        return
    for part in dict.fromkeys([*mine, *theirs]):
        yield from _differences(f"{name}.{part}", mine.get(part), theirs.get(part))


def _parts(value: Any) -> Mapping[str, Any] | None:
    """Return the named parts of a value, so that only those that differ are shown; None when it has none."""
    match value:
        case Policy():
            return {one.name: getattr(value, one.name) for one in fields(value)}
        case Mapping():
            return value
        case tuple() if all(isinstance(one, Milestone) for one in value):
            named = {one.name: one for one in value}
            return named if len(named) == len(value) else None
    return None


def say(value: Any) -> str:
    """Say a value in one short line."""
    match value:
        case None | "" | ():
            return "nothing"
        case Decimal():
            return say_exact(value)
        case date():
            return value.isoformat()
        case Milestone():
            done = f"done on {value.done_on}" if value.done_on else "open"
            return done if value.weight == 1 else f"{done}, weight {say(value.weight)}"
        case tuple():
            text = ", ".join(say(one) for one in value)
        case str():
            text = value
        case Mapping():
            text = ", ".join(f"{name}: {inner}" for name, inner in value.items())
        case _:
            text = str(value)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
