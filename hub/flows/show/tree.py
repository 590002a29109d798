"""Company, teams, objectives and key results as a tree, rolled up with counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from hub.flows.show.house import House, elapsed, running_cycles
from hub.flows.show.lights import STATUS_LIGHTS, Tint
from hub.flows.show.rows import Bar, KeyResultRow, Owner, owner_of, percent, row_of
from hub.model.key_result import KeyResult
from hub.model.score import Part, roll_up
from hub.model.words import say_share
from hub.store.okrs import Objective, Team

WORDS_OF_TROUBLE = (("missed", "missed"), ("off", "off track"), ("risk", "at risk"))


@dataclass(frozen=True, slots=True)
class ObjectiveBranch:
    """An objective with the key results that are shown of it."""

    slug: str
    title: str
    share: str
    bar: Bar | None
    rows: tuple[KeyResultRow, ...]
    supports: str = ""  # the title of the objective it is aligned to
    supported_by: tuple[str, ...] = ()  # titles of the objectives aligned to it


@dataclass(frozen=True, slots=True)
class TeamBranch:
    """A team with its objectives. `path` names the teams it is part of, the company aside."""

    slug: str
    name: str
    lead: Owner | None
    share: str
    bar: Bar | None
    counts: str  # "1 off track, 1 at risk"
    objectives: tuple[ObjectiveBranch, ...]
    path: str = ""
    is_company: bool = False


@dataclass(frozen=True, slots=True)
class Tree:
    """The company's own row, then its teams."""

    name: str
    purpose: str
    share: str
    expected: str
    bar: Bar | None
    counts: str
    branches: tuple[TeamBranch, ...]
    shown: int


@dataclass(frozen=True, slots=True)
class _Grown:
    """What a team's branch is made of."""

    objectives: tuple[ObjectiveBranch, ...]
    tick: Decimal | None
    is_company: bool


class RollUp:
    """The progress of objectives, each from its key results and the objectives aligned to it."""

    def __init__(self, objectives: Iterable[Objective], key_results: Iterable[KeyResult]) -> None:
        self.objectives = {objective.slug: objective for objective in objectives}
        self.own: dict[str, list[KeyResult]] = {}
        self.children: dict[str, list[str]] = {}
        for key_result in key_results:
            self.own.setdefault(key_result.declared.objective, []).append(key_result)
        for objective in self.objectives.values():
            if objective.supports in self.objectives:
                self.children.setdefault(str(objective.supports), []).append(objective.slug)
        self._found: dict[str, Decimal | None] = {}

    def of(self, slug: str) -> Decimal | None:
        """Return the share of the way of an objective, 0..1; None when nothing in it has progress."""
        if slug not in self._found:
            self._found[slug] = None  # a circle, refused at load, would end here
            parts = [
                Part(one.standing.progress, one.declared.weight, one.declared.kind.is_scored)
                for one in self.own.get(slug, [])
            ]
            parts += [Part(self.of(child), self.objectives[child].weight) for child in self.children.get(slug, [])]
            self._found[slug] = roll_up(parts)
        return self._found[slug]


def grow_tree(house: House, shown: Sequence[KeyResult], every: Sequence[KeyResult]) -> Tree:
    """Return the tree of the key results shown; what rolls up is always every key result of the cycle."""
    cycles = {one.cycle for one in every}
    objectives = [objective for objective in house.objectives if objective.cycle in cycles] or list(house.objectives)
    sums = RollUp(objectives, every)
    tick = _tick(house)
    rows: dict[str, list[KeyResultRow]] = {}
    for one in shown:
        rows.setdefault(one.declared.objective, []).append(row_of(house, one))
    company = company_team(house)
    by_team: dict[str, list[Objective]] = {}
    for objective in objectives:
        by_team.setdefault(objective.team, []).append(objective)
    branches = []
    for team in _in_order(house.teams):
        own = by_team.get(team.slug, [])
        grown = tuple(
            _branch_of(objective, sums, rows, tick) for objective in own if _is_shown(objective, rows, shown, every)
        )
        if grown:
            branches.append(_team_branch(house, team, own, sums, _Grown(grown, tick, team.slug == company)))
    whole = roll_up(Part(sums.of(objective.slug)) for objective in objectives)
    return Tree(
        house.workspace.name,
        house.workspace.purpose,
        say_share(whole, tick),
        "" if tick is None else f"{say_share(tick, whole)} expected",
        _roll_up_bar(whole, tick),
        count_words(every),
        tuple(branches),
        len(shown),
    )


def company_team(house: House) -> str:
    """Return the slug of the one team that all others are part of, if there is one."""
    tops = [team.slug for team in house.teams if team.parent is None]
    return tops[0] if len(tops) == 1 else ""


def count_words(key_results: Iterable[KeyResult]) -> str:
    """Say what is wrong, in counts: "1 off track, 1 at risk"; "all on track" where nothing is."""
    groups = [STATUS_LIGHTS[one.standing.status].group for one in key_results]
    found = [f"{groups.count(group)} {word}" for group, word in WORDS_OF_TROUBLE if group in groups]
    if found:
        return ", ".join(found)
    judged = [group for group in groups if group != "none"]
    return "all on track" if judged else ""


def _is_shown(
    objective: Objective,
    rows: Mapping[str, Sequence[KeyResultRow]],
    shown: Sequence[KeyResult],
    every: Sequence[KeyResult],
) -> bool:
    """An objective without key results is shown as long as nothing is filtered away."""
    return objective.slug in rows or len(shown) == len(every)


def _branch_of(
    objective: Objective, sums: RollUp, rows: Mapping[str, Sequence[KeyResultRow]], tick: Decimal | None
) -> ObjectiveBranch:
    share = sums.of(objective.slug)
    parent = sums.objectives.get(objective.supports or "")
    children = sums.children.get(objective.slug, [])
    return ObjectiveBranch(
        objective.slug,
        objective.title,
        say_share(share),
        _roll_up_bar(share, tick),
        tuple(rows.get(objective.slug, ())),
        parent.title if parent is not None else "",
        tuple(sums.objectives[child].title for child in children),
    )


def _team_branch(
    house: House,
    team: Team,
    own: Sequence[Objective],
    sums: RollUp,
    grown: _Grown,
) -> TeamBranch:
    share = roll_up(Part(sums.of(objective.slug), objective.weight) for objective in own)
    names = {other.slug: other for other in house.teams}
    above = names.get(team.parent or "")
    path = above.name if above is not None and above.parent is not None else ""
    inside = [one for objective in own for one in sums.own.get(objective.slug, [])]
    return TeamBranch(
        team.slug,
        "Company objectives" if grown.is_company else team.name,
        owner_of(house, team.lead),
        say_share(share),
        _roll_up_bar(share, grown.tick),
        count_words(inside),
        grown.objectives,
        path,
        grown.is_company,
    )


def _roll_up_bar(share: Decimal | None, tick: Decimal | None) -> Bar | None:
    if share is None:
        return None
    words = f"{say_share(share, tick)} of the way"
    if tick is None:
        return Bar(words, percent(share), Tint.NONE)
    return Bar(f"{words}, {say_share(tick, share)} expected today", percent(share), Tint.NONE, percent(tick))


def _tick(house: House) -> Decimal | None:
    cycles = running_cycles(house)
    return elapsed(cycles[0], house.now, house.zone) if cycles else None


def _in_order(teams: Sequence[Team]) -> list[Team]:
    """Return teams with every one right after what it is part of, else in their own order."""
    known = {team.slug for team in teams}
    below: dict[str | None, list[Team]] = {}
    for team in teams:
        below.setdefault(team.parent if team.parent in known else None, []).append(team)
    found: list[Team] = []

    def walk(parent: str | None) -> None:
        for team in below.get(parent, []):
            found.append(team)
            walk(team.slug)

    walk(None)
    return found
