"""Numbers that Asana works out or keeps: a goal's metric, and the counts of a project."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from functools import partial

from connectors.asana import answers
from connectors.asana.calls import Calls
from connectors.asana.queries import read_query
from connectors.errors import Gone, Misconfigured
from connectors.gauges import VALUE, gauge_item
from connectors.salvage import number
from connectors.shapes import Absence, Page, Sample, Scope
from connectors.tame import decode

COUNTS = tuple(answers.Counts.__struct_fields__)
_GOAL = "name,metric.unit,metric.current_number_value,metric.progress_source"


class UnreadableError(Misconfigured):
    """The number is none."""

    def __init__(self, why: str) -> None:
        super().__init__(why, field="select", hint="look at the number in Asana")


def is_gauge(scope: Scope) -> bool:
    """Say whether a scope is one number rather than tasks."""
    return scope.kind in {"goal", "progress"}


def sample(calls: Calls, scope: Scope, name: str, now: datetime) -> Sample:
    """Read the number now. Raises Gone where the goal is no more, Misconfigured where it has no number."""
    query = read_query(scope.query)
    if query.kind == "progress":
        response = calls.ask(
            f"counts of project {query.gid}", "ProjectsApi", "get_task_counts_for_project", query.gid,
            opt_fields=query.count,
        )  # fmt: skip
        counts = decode(answers.counts_one, response.content, "asana").data
        return Sample(name or scope.name, Decimal(getattr(counts, query.count)), now)
    response = calls.ask(f"goal {query.gid}", "GoalsApi", "get_goal", query.gid, opt_fields=_GOAL)
    return _of(decode(answers.goal_one, response.content, "asana").data, name or scope.name, now)


def pages(calls: Calls, scopes: Sequence[Scope], now: datetime) -> Iterator[Page]:
    """Yield a page for each gauge: goals by ten a request, counts by one each. A goal that is gone is said to be."""
    goals = {read_query(scope.query).gid: scope for scope in scopes if scope.kind == "goal"}
    for gid, found in calls.goals(list(goals), _GOAL):
        scope = goals[gid]
        if isinstance(found, Absence):
            raise Misconfigured(
                f"asana: the goal {scope.name} is {'deleted' if found is Absence.DELETED else 'not shown to us'}",
                field="select",
                hint="select another goal, or share this one with the account that the hub signs in as",
            )
        yield _page(scope, partial(_of, found, found.name or scope.name, now), now)
    for scope in scopes:
        if scope.kind != "goal":
            try:
                yield _page(scope, partial(sample, calls, scope, "", now), now)
            except Gone as lost:
                raise Misconfigured(str(lost), field="select", hint=lost.hint) from lost


def _page(scope: Scope, read: Callable[[], Sample], now: datetime) -> Page:
    """Return the page of one gauge. A number that cannot be read is that gauge's own problem, and says so on it."""
    try:
        item = gauge_item(scope, read())
    except UnreadableError as why:
        item = replace(gauge_item(scope, Sample(scope.name, Decimal(0), now)), fields={}, unreadable={VALUE: str(why)})
    return Page(items=(item,), memberships={item.key: frozenset({scope.key})})


def _of(goal: answers.Goal, name: str, now: datetime) -> Sample:
    if goal.metric is None or goal.metric.current_number_value is None:
        raise Misconfigured(
            f"asana: the goal {goal.name or goal.gid} has no metric, so there is no number to read",
            field="select",
            hint="give the goal a measurement in Asana, or select another",
        )
    try:
        return Sample(name, number(goal.metric.current_number_value), now)
    except ValueError as why:
        raise UnreadableError(str(why)) from None
