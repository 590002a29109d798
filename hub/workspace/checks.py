"""What only shows when all files are seen together: names that lead nowhere, doubles, circles, goals without sense."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from hub.model.key_result import Declared
from hub.model.kinds import Kind
from hub.model.numbers import say_exact
from hub.model.progress import GoalError, check_goal
from hub.model.score import find_circle
from hub.model.shares import doubt_shares
from hub.workspace.audience import private_routes, untold_private
from hub.workspace.declaration import Declaration, Source
from hub.workspace.entries import KeyResultEntry, ObjectiveEntry, OkrsEntry
from hub.workspace.places import find, key_of, problem_at
from mappings import Node, Problem, nearest

MOST_KEY_RESULTS = 5


def check_references(
    declaration: Declaration, hub: Source, okrs: Sequence[tuple[Source, OkrsEntry]]
) -> Iterator[Problem]:
    """Yield every problem between the files of a workspace."""
    yield from _routes(declaration, hub)
    yield from _audience(declaration, hub)
    yield from _doubles(okrs)
    yield from _teams(declaration, okrs)
    declared = {one.declared.key: one.declared for one in declaration.key_results}
    mapped = {rule.key_result for rule in declaration.rules}
    for source, file in okrs:
        for position, objective in enumerate(file.objectives):
            at = ("objectives", position)
            yield from _objective(declaration, source, objective, at)
            for number, entry in enumerate(objective.key_results):
                key = f"{objective.objective}/{entry.key_result}"
                spot = (*at, "key_results", number)
                yield from _key_result(
                    source, entry, spot, is_mapped=key in mapped, owner=entry.owner or objective.owner
                )
                if key in declared:
                    try:
                        check_goal(declared[key].goal(declaration.zone))
                    except GoalError as wrong:
                        yield problem_at(source.path, find(source.node, *spot, "key_result"), f"{wrong}", "goal")
                    yield from _goal(source, entry, declared[key], spot)
    yield from _shares(declaration)
    yield from _alignment(declaration, okrs)


def _routes(declaration: Declaration, hub: Source) -> Iterator[Problem]:
    objectives = {one.objective for one in declaration.objectives}
    for position, route in enumerate(declaration.hub.routes):
        at = ("routes", position)
        wanted = [(slug, declaration.channels, "channel", ("to", number)) for number, slug in enumerate(route.to)]
        for name, known, noun, place in [
            *wanted,
            (route.team, declaration.teams, "team", ("team",)),
            (route.objective, objectives, "objective", ("objective",)),
            (route.key_result, declaration.keys, "key result", ("key_result",)),
        ]:
            if name is not None and name not in known:
                spot = find(hub.node, *at, *place)
                code = f"unknown-{noun.replace(' ', '-')}"
                yield problem_at(hub.path, spot, f"there is no {noun} {name!r}", code, suggestion=nearest(name, known))


def _audience(declaration: Declaration, hub: Source) -> Iterator[Problem]:
    for position, sentence in private_routes(declaration):
        yield problem_at(hub.path, find(hub.node, "routes", position), sentence, "private-route", note=True)
    for sentence in untold_private(declaration) if declaration.hub.routes else ():
        yield problem_at(hub.path, key_of(hub.node, "routes"), sentence, "private-untold", note=True)


def _doubles(okrs: Sequence[tuple[Source, OkrsEntry]]) -> Iterator[Problem]:
    seen: dict[tuple[str, str], tuple[str, Node | None]] = {}
    for source, file in okrs:
        named = [
            *((("cycle", slug), key_of(source.node, "cycles", slug)) for slug in file.cycles),
            *((("team", slug), key_of(source.node, "teams", slug)) for slug in file.teams),
            *(
                (("objective", one.objective), find(source.node, "objectives", number, "objective"))
                for number, one in enumerate(file.objectives)
            ),
            *(
                (
                    ("key result", f"{one.objective}/{entry.key_result}"),
                    find(source.node, "objectives", number, "key_results", place, "key_result"),
                )
                for number, one in enumerate(file.objectives)
                for place, entry in enumerate(one.key_results)
            ),
        ]
        for (noun, slug), node in named:
            place = f"{source.path}:{node.line if node else 1}"
            first, known = seen.setdefault((noun, slug), (place, node))
            if known is not node:
                yield problem_at(source.path, node, f"the {noun} {slug!r} is already at {first}", "duplicate")


def _teams(declaration: Declaration, okrs: Sequence[tuple[Source, OkrsEntry]]) -> Iterator[Problem]:
    for source, file in okrs:
        for slug, team in file.teams.items():
            if team.parent is not None and team.parent not in declaration.teams:
                yield problem_at(
                    source.path,
                    find(source.node, "teams", slug, "parent"),
                    f"there is no team {team.parent!r}",
                    "unknown-team",
                    suggestion=nearest(team.parent, declaration.teams),
                )
    circle = find_circle({slug: team.parent for slug, team in declaration.teams.items()})
    if circle:
        path = next(source for source, file in okrs if circle[0] in file.teams)
        spot = find(path.node, "teams", circle[0], "parent")
        text = f"teams stand above each other in a circle: {' > '.join([*circle, circle[0]])}"
        yield problem_at(path.path, spot, text, "circle")


def _objective(
    declaration: Declaration, source: Source, objective: ObjectiveEntry, at: tuple[str, int]
) -> Iterator[Problem]:
    objectives = [one.objective for one in declaration.objectives]
    cycles = [cycle.slug for cycle in declaration.cycles]
    for name, known, field, noun in [
        (objective.team, declaration.teams, "team", "team"),
        (objective.cycle, cycles, "cycle", "cycle"),
        (objective.supports, objectives, "supports", "objective"),
    ]:
        if name is not None and name not in known:
            yield problem_at(
                source.path,
                find(source.node, *at, field),
                f"there is no {noun} {name!r}",
                f"unknown-{noun}",
                suggestion=nearest(name, known),
            )
    spot = find(source.node, *at, "objective")
    is_supported = any(one.supports == objective.objective for one in declaration.objectives)
    if not objective.key_results and not is_supported:
        yield problem_at(source.path, spot, "nothing measures this objective yet", "no-key-results", warning=True)
    if len(objective.key_results) > MOST_KEY_RESULTS:
        text = f"{len(objective.key_results)} key results: more than {MOST_KEY_RESULTS} are hard to keep in mind"
        yield problem_at(source.path, spot, text, "many-key-results", warning=True)


def _key_result(
    source: Source, entry: KeyResultEntry, spot: tuple[str | int, ...], *, is_mapped: bool, owner: str | None
) -> Iterator[Problem]:
    node = find(source.node, *spot, "key_result")
    if not is_mapped and not entry.check_ins and not entry.milestones:
        text = "no mapping and no check-in: this key result has no value yet"
        yield problem_at(source.path, node, text, "no-value", warning=True)
    if owner is None and not is_mapped:
        yield problem_at(source.path, node, "nobody owns this key result: add owner:", "no-owner", warning=True)
    for number, said in enumerate(entry.check_ins):
        if (is_mapped or entry.milestones) and said.value is not None:
            place = find(source.node, *spot, "check_ins", number, "value")
            origin = "a mapping" if is_mapped else "the milestones"
            text = f"the value comes from {origin}: a check-in here may carry a note alone"
            yield problem_at(source.path, place, text, "two-values")
    dates = [said.on for said in entry.check_ins]
    for number, day in enumerate(dates):
        if day in dates[:number]:
            place = find(source.node, *spot, "check_ins", number, "on")
            yield problem_at(source.path, place, f"there is a check-in for {day} already", "duplicate")


def _goal(source: Source, entry: KeyResultEntry, declared: Declared, spot: tuple[str | int, ...]) -> Iterator[Problem]:
    """Warn of a goal that can be judged and is probably meant otherwise."""
    baseline, target = entry.baseline or Decimal(0), entry.target
    if entry.kind is Kind.REACH and target is not None and target < baseline:
        way = f"from {say_exact(baseline)} to {say_exact(target)}"
        text = f"this goal goes down, {way}: write kind: decrease, or correct the target"
        yield problem_at(source.path, find(source.node, *spot, "target"), text, "goes-down", warning=True)
    values = [said.value for said in entry.check_ins if said.value is not None]
    doubt = doubt_shares(declared, values)
    if doubt:
        number = next(number for number, said in enumerate(entry.check_ins) if said.value is not None)
        place = find(source.node, *spot, "check_ins", number, "value")
        yield problem_at(source.path, place, doubt, "shares", warning=True)


def _shares(declaration: Declaration) -> Iterator[Problem]:
    """Warn of a rule whose examples give shares of 1 for a goal in per cent."""
    declared = {one.declared.key: one.declared for one in declaration.key_results}
    for rule in declaration.rules:
        goal = declared.get(rule.key_result)
        given = [example for example in rule.examples if example.gives is not None]
        if goal is None or rule.measure.fold == "percent":
            continue
        doubt = doubt_shares(goal, [example.gives for example in given if example.gives is not None])
        if doubt:
            line = rule.line + given[0].line - 1
            yield Problem(rule.path, line, rule.column, doubt, "shares", severity="warning")


def _alignment(declaration: Declaration, okrs: Sequence[tuple[Source, OkrsEntry]]) -> Iterator[Problem]:
    circle = find_circle({one.objective: one.supports for one in declaration.objectives})
    for source, file in okrs if circle else ():
        for position, objective in enumerate(file.objectives):
            if objective.objective == circle[0]:
                spot = find(source.node, "objectives", position, "supports")
                text = f"objectives support each other in a circle: {' > '.join([*circle, circle[0]])}"
                yield problem_at(source.path, spot, text, "circle")
