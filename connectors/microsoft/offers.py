"""What there is to pick from: plans by their teams, their buckets where few are left, and lists of To Do."""

from __future__ import annotations

from collections.abc import Iterator

from connectors.microsoft import answers
from connectors.microsoft.answers import Named
from connectors.microsoft.graph import Graph
from connectors.microsoft.picking import scope_of
from connectors.microsoft.places import PlanPlace, TodoPlace
from connectors.shapes import Scope
from connectors.tame import decode
from connectors.wire import answer

GROUPS = "groups?$filter=groupTypes/any(c:c%20eq%20'Unified')&$select=id,displayName&$top=999"
_FEW = 10  # plans whose buckets are offered as well


def offers(graph: Graph, query: str) -> Iterator[Scope]:
    """Yield the plans whose title or team contains the words, their buckets where few are left, and lists."""
    words = query.casefold().strip()
    plans = [(plan, team) for plan, team in _plans(graph) if words in f"{plan.called} {team}".casefold()]
    plans.sort(key=lambda pair: (pair[1].casefold(), pair[0].called.casefold(), pair[0].id))
    tenant = graph.account.tenant
    for plan, team in plans:
        yield scope_of(PlanPlace(plan.id), f"{plan.called} ({team})" if team else plan.called, tenant)
    if len(plans) <= _FEW:
        for plan, buckets in zip(
            (plan for plan, _ in plans), _buckets(graph, [plan.id for plan, _ in plans]), strict=True
        ):
            for bucket in buckets:
                yield scope_of(PlanPlace(plan.id, bucket.id), f"{plan.called}, {bucket.called}", tenant)
    for one in _lists(graph):
        if words in one.called.casefold():
            yield scope_of(TodoPlace(graph.account.mine, one.id), f"{one.called} (To Do)", tenant)


def _plans(graph: Graph) -> list[tuple[Named, str]]:
    """Return the plans that are seen, each with its team's name: twenty teams a request."""
    response = graph.get(GROUPS, what="teams", passing={403})
    if response.status_code == 403:  # no names of teams: the plans shared with whoever signed in, then
        mine = graph.get("me/planner/plans", what="plans", passing={400, 403})
        if mine.status_code != 200:
            return []
        return [
            (plan, "") for page in graph.pages("", answers.named_ones, what="plans", first=mine) for plan in page.value
        ]
    teams = {
        t.id: t.called for page in graph.pages("", answers.named_ones, what="teams", first=response) for t in page.value
    }
    found: dict[str, tuple[Named, str]] = {}
    came = graph.batch({team: f"groups/{team}/planner/plans" for team in teams}, what="plans of teams") if teams else {}
    for team, plans in came.items():
        if plans.status_code in {403, 404}:
            continue  # a team that the account is not in
        answer(plans, what="microsoft: plans of a team")
        for page in graph.pages("", answers.named_ones, what="plans of a team", first=plans):
            found.update((plan.id, (plan, teams[team])) for plan in page.value)
    return list(found.values())


def _buckets(graph: Graph, plans: list[str]) -> Iterator[list[Named]]:
    came = graph.batch({plan: f"planner/plans/{plan}/buckets" for plan in plans}, what="buckets") if plans else {}
    for plan in plans:
        response = came[plan]
        if response.status_code in {403, 404}:
            yield []
            continue
        answer(response, what="microsoft: buckets")
        yield decode(answers.named_ones, response.content, "microsoft: buckets").value


def _lists(graph: Graph) -> list[Named]:
    response = graph.get(f"{graph.account.mine}/todo/lists", what="lists of To Do", passing={400, 403, 404})
    if response.status_code != 200:
        return []
    return [one for page in graph.pages("", answers.named_ones, what="lists", first=response) for one in page.value]
