"""One read for all scopes of a connection: what changed, where it belongs now, and why what left is gone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from decimal import Decimal

from connectors.errors import Gone, Misconfigured
from connectors.gauges import gauge_item
from connectors.microsoft.answers import Task
from connectors.microsoft.cursors import PlanNames, PlanState, Standing, read_cursor
from connectors.microsoft.full_read import wants_details
from connectors.microsoft.graph import Graph
from connectors.microsoft.items import TODO, mark_of, work_item
from connectors.microsoft.lists import LinkExpired, Lists
from connectors.microsoft.places import GaugePlace, PlanPlace, TodoPlace, place_of
from connectors.microsoft.plans import NAMES_FOR, Plans, unknown_buckets
from connectors.microsoft.readings import Numbers
from connectors.shapes import Absence, Cursor, Page, Roll, Sample, Scope, WorkItem

_STRETCH = 400  # items of one page


class Sweeping:
    """The changes of one connection. Made anew for every read."""

    def __init__(self, graph: Graph, scopes: Sequence[Scope]) -> None:
        self._graph = graph
        self._scopes = {scope.key: scope for scope in scopes}
        self._plans: dict[str, list[tuple[Scope, PlanPlace]]] = {}
        self._lists: dict[str, TodoPlace] = {}
        self._gauges: dict[str, GaugePlace] = {}
        for scope in self._scopes.values():
            place = place_of(scope)
            if isinstance(place, PlanPlace):
                self._plans.setdefault(place.plan, []).append((scope, place))
            elif isinstance(place, TodoPlace):
                self._lists[scope.key] = place
            else:
                self._gauges[scope.key] = place
        self._called = {plan: held[0][0].name for plan, held in self._plans.items()}
        self._with_details = any(wants_details(scope.fields) for scope in self._scopes.values())

    def changes(self, since: Cursor | None, touched: Sequence[str]) -> Iterator[Page]:
        """Yield what changed and what was touched, then the roll calls. See `Sweep.changes`.

        Only the last page moves the cursor: a sweep cut short begins again where it had begun.
        """
        rung = frozenset(touched)
        if since is None:
            yield from self._touched(rung)
            return
        before = read_cursor(since)
        plans: dict[str, PlanState] = {}
        rolls: list[Roll] = []
        reader = Plans(self._graph, before, self._called)
        if self._plans:
            states, now_in, pages = self._swept(reader, before, {key for key in rung if _is_task(key)})
            yield from pages
            plans = states
            rolls += self._plan_rolls(now_in)
        links: dict[str, str] = {}
        for key, place in self._lists.items():
            for page, link, roll in self._list(key, place, before.lists.get(key)):
                yield page
                links[key] = link or links.get(key, "")
                rolls += [roll] if roll is not None else []
        yield from self._touched(frozenset(key for key in rung if key.startswith(TODO)))
        numbers = self._numbers(self._gauges)
        yield from self._told(
            {key: number for key, number in numbers.items() if before.gauges.get(key) != str(number) or key in rung}
        )
        standing = Standing(
            plans=plans,
            people=reader.people,
            people_at=reader.people_at,
            lists=links,
            gauges={key: str(number) for key, number in numbers.items()},
        )
        yield Page(cursor=standing.text(), rolls=tuple(rolls))

    # Planner.

    def _swept(
        self, reader: Plans, before: Standing, rung: Set[str]
    ) -> tuple[dict[str, PlanState], dict[str, Task], list[Page]]:
        """Read every plan whole. Returns their new states, all tasks that are there, and what to tell of them."""
        now_in: dict[str, Task] = {}
        for plan in self._plans:
            try:
                now_in.update((task.id, task) for tasks in reader.tasks(plan) for task in tasks)
            except Gone as missing:
                raise self._blamed(missing) from missing
        known = {task for plan in self._plans if plan in before.plans for task in before.plans[plan].marks}
        found, lost = reader.find((known | rung) - set(now_in))
        outside = {key for key, task in found.items() if task.plan_id not in self._plans}
        now_in.update((key, task) for key, task in found.items() if key not in outside)
        names = self._names(reader, before, now_in)
        reader.meet(now_in.values())
        marks = {key: mark_of(task, names[task.plan_id], reader.people) for key, task in now_in.items()}
        told = [task for key, task in now_in.items() if key in rung or _mark_before(before, task) != marks[key]]
        states = {
            plan: PlanState(names[plan], {key: marks[key] for key, task in now_in.items() if task.plan_id == plan})
            for plan in self._plans
        }
        return states, now_in, [*self._pages(reader, told, names, rung), *_left(outside, lost)]

    def _names(self, reader: Plans, before: Standing, now_in: Mapping[str, Task]) -> dict[str, PlanNames]:
        """Return the names within each plan: those that are known, unless they are a day old or a bucket is new."""
        names, stale = {}, []
        for plan in self._plans:
            held = before.plans.get(plan)
            of_plan = {key: task for key, task in now_in.items() if task.plan_id == plan}
            if (
                held is None
                or self._graph.now - held.names.at >= NAMES_FOR
                or unknown_buckets(of_plan, held.names)
            ):  # fmt: skip
                stale.append(plan)
            else:
                names[plan] = held.names
        try:
            return {**names, **reader.names(stale)}
        except Gone as missing:
            raise self._blamed(missing) from missing

    def _pages(
        self, reader: Plans, told: Sequence[Task], names: Mapping[str, PlanNames], rung: Set[str]
    ) -> Iterator[Page]:
        """Yield these tasks: with their items where a scope holds them or they were asked for."""
        for start in range(0, len(told), _STRETCH):
            stretch = told[start : start + _STRETCH]
            holders = {task.id: self._holders(task) for task in stretch}
            shown = [task for task in stretch if holders[task.id] or task.id in rung]
            details = reader.details([task.id for task in shown]) if self._with_details else {}
            tenant = self._graph.account.tenant
            yield Page(
                items=tuple(
                    work_item(task, names[task.plan_id], reader.people, tenant, details.get(task.id)) for task in shown
                ),
                memberships=holders,
            )

    def _holders(self, task: Task) -> frozenset[str]:
        return frozenset(
            scope.key
            for scope, place in self._plans.get(task.plan_id, ())
            if place.bucket in ("", task.bucket_id)
        )  # fmt: skip

    def _plan_rolls(self, now_in: Mapping[str, Task]) -> Iterator[Roll]:
        keys: dict[str, set[str]] = {scope.key: set() for held in self._plans.values() for scope, _ in held}
        for task in now_in.values():
            for key in self._holders(task):
                keys[key].add(task.id)
        for scope, held in keys.items():
            yield Roll(frozenset({scope}), frozenset(held), exact=True)

    # To Do.

    def _list(
        self, key: str, place: TodoPlace, link: str | None
    ) -> Iterator[tuple[Page, str | None, Roll | None]]:  # fmt: skip
        """Yield the changes of a list; all of it with its roll where the link is unknown or too old."""
        try:
            if link:
                for page in Lists(self._graph).delta(place, link):
                    yield _list_page(key, page.items, page.gone), page.link, None
                return
        except LinkExpired:
            pass  # as To Do says itself, its states are forgotten after a while: from the beginning, then
        except Gone as missing:
            raise self._blamed(missing) from missing
        keys: set[str] = set()
        try:
            for page in Lists(self._graph).delta(place):
                keys.update(item.key for item in page.items)
                keys.difference_update(page.gone)
                roll = Roll(frozenset({key}), frozenset(keys), exact=True) if page.link else None
                yield _list_page(key, page.items, page.gone), page.link, roll
        except Gone as missing:
            raise self._blamed(missing) from missing

    # Numbers.

    def _numbers(self, places: Mapping[str, GaugePlace]) -> dict[str, Decimal]:
        try:
            return Numbers(self._graph).read_all(places) if places else {}
        except Gone as missing:
            raise self._blamed(missing) from missing

    def _told(self, changed: Mapping[str, Decimal]) -> Iterator[Page]:
        items = [
            gauge_item(self._scopes[key], Sample(self._scopes[key].name, number, self._graph.now))
            for key, number in changed.items()
        ]
        if items:
            yield Page(items=tuple(items), memberships={item.key: frozenset({item.key}) for item in items})

    # What was touched alone.

    def _touched(self, rung: Set[str]) -> Iterator[Page]:
        """Yield these keys as they are now, without a roll."""
        tasks = {key for key in rung if _is_task(key)}
        if tasks:
            reader = Plans(self._graph, Standing(), self._called)
            found, lost = reader.find(tasks)
            held = sorted({task.plan_id for task in found.values()} & set(self._plans))
            try:
                names = reader.names(held)
            except Gone as missing:
                raise self._blamed(missing) from missing
            reader.meet(found.values())
            here = [task for task in found.values() if task.plan_id in names]
            yield from self._pages(reader, here, names, rung)
            yield from _left({key for key, task in found.items() if task.plan_id not in names}, lost)
        todos = {key for key in rung if key.startswith(TODO)}
        if todos:
            items, lost = Lists(self._graph).find(todos, self._lists)
            yield Page(
                items=tuple(item for item, _ in items.values()),
                memberships={key: frozenset({scope}) for key, (_, scope) in items.items()},
                gone=tuple(sorted(lost)),
                gone_because=lost,
            )
        gauges = {key: self._gauges[key] for key in rung if key in self._gauges}
        if gauges:
            numbers = self._numbers(gauges)
            yield from self._told(numbers)

    def _blamed(self, missing: Gone) -> Misconfigured:
        """Say that one selection cannot be read: then each is read by itself, and the others go on."""
        return Misconfigured(str(missing), field="select", hint=missing.hint)


def _is_task(key: str) -> bool:
    return ":" not in key


def _mark_before(before: Standing, task: Task) -> str | None:
    held = before.plans.get(task.plan_id)
    return None if held is None else held.marks.get(task.id)


def _left(outside: Set[str], lost: Mapping[str, Absence]) -> Iterator[Page]:
    """Yield what is in none of the plans any more: moved elsewhere, deleted, or hidden from us."""
    if outside:
        yield Page(memberships={key: frozenset() for key in sorted(outside)})
    if lost:
        yield Page(gone=tuple(sorted(lost)), gone_because=lost)


def _list_page(key: str, items: tuple[WorkItem, ...], gone: tuple[str, ...]) -> Page:
    return Page(
        items=items,
        memberships={item.key: frozenset({key}) for item in items},
        gone=gone,
        gone_because=dict.fromkeys(gone, Absence.DELETED),
    )
