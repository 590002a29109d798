"""Read all that one scope holds: a plan or a bucket, a list of To Do, or one number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from connectors.gauges import gauge_page
from connectors.microsoft.cursors import PlanState, Standing
from connectors.microsoft.graph import Graph
from connectors.microsoft.items import DETAILS, mark_of, work_item
from connectors.microsoft.lists import Lists
from connectors.microsoft.places import GaugePlace, PlanPlace, TodoPlace, place_of
from connectors.microsoft.plans import Plans
from connectors.microsoft.readings import Numbers
from connectors.shapes import Page, Roll, Sample, Scope


def read_all(graph: Graph, scope: Scope) -> Iterator[Page]:
    """Yield a scope from its beginning, then the roll call. See `Source.fetch`.

    Neither Planner nor To Do has an order to go on from: a read that broke off is begun again, and only the last page
    has a cursor.
    """
    place = place_of(scope)
    if isinstance(place, PlanPlace):
        yield from _plan(graph, scope, place)
    elif isinstance(place, TodoPlace):
        yield from _list(graph, scope, place)
    else:
        sample = sample_of(graph, scope, place, scope.name)
        yield gauge_page(scope, sample, Standing(gauges={scope.key: str(sample.value)}).text())


def sample_of(graph: Graph, scope: Scope, place: GaugePlace, name: str) -> Sample:
    """Read a number, as of the server's time."""
    value = Numbers(graph).read(place)
    return Sample(name or scope.name, value, graph.now)


def _plan(graph: Graph, scope: Scope, place: PlanPlace) -> Iterator[Page]:
    plans = Plans(graph, Standing(), {place.plan: scope.name})
    names = plans.names([place.plan])[place.plan]
    plans.has_bucket(place, names)
    marks: dict[str, str] = {}
    held: dict[str, bool] = {}  # a task that moves during the read may come twice: its last place counts
    for tasks in plans.tasks(place.plan):
        plans.meet(tasks)
        marks.update((task.id, mark_of(task, names, plans.people)) for task in tasks)
        held.update((task.id, place.bucket in ("", task.bucket_id)) for task in tasks)
        here = [task for task in tasks if held[task.id]]
        details = plans.details([task.id for task in here]) if wants_details(scope.fields) else {}
        items = tuple(work_item(task, names, plans.people, graph.account.tenant, details.get(task.id)) for task in here)
        yield Page(items=items, memberships={item.key: frozenset({scope.key}) for item in items})
    keys = frozenset(key for key, is_here in held.items() if is_here)
    standing = Standing({place.plan: PlanState(names, marks)}, plans.people, plans.people_at)
    yield Page(
        cursor=standing.text(), total=len(keys), rolls=(Roll(frozenset({scope.key}), keys, exact=True),)
    )  # fmt: skip


def _list(graph: Graph, scope: Scope, place: TodoPlace) -> Iterator[Page]:
    keys: set[str] = set()
    link = ""
    for page in Lists(graph).delta(place):
        keys.update(item.key for item in page.items)
        keys.difference_update(page.gone)
        link = page.link or link
        yield Page(items=page.items, memberships={item.key: frozenset({scope.key}) for item in page.items})
    yield Page(
        cursor=Standing(lists={scope.key: link}).text(),
        total=len(keys),
        rolls=(Roll(frozenset({scope.key}), frozenset(keys), exact=True),),
    )


def wants_details(fields: Mapping[str, str]) -> bool:
    """Say whether a rule names what Planner keeps apart from the task."""
    return any(name in DETAILS for name in fields.values())
