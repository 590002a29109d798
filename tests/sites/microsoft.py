"""Microsoft tenants: two plans of Planner that rules read, and one that nobody does.

A second reading of what tasks hold is here as well: see truth.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from connectors.sandbox.microsoft import MicrosoftSandbox
from connectors.sandbox.microsoft.drawings import draw_task
from tests.canaries import canary
from tests.sites.odd import ABSENT, Change, any_odd
from tests.sites.reading import instant, is_same, local_day, step
from tests.sites.site import Site
from tests.sites.truth import Ask, Odd, Rule, then

SINCE, LIMIT = date(2026, 11, 1), date(2026, 11, 16)
PLACES: tuple[tuple[str, ...], ...] = (
    ("title",),
    ("percentComplete",),
    ("startDateTime",),
    ("createdDateTime",),
    ("dueDateTime",),
    ("completedDateTime",),
    ("completedBy",),
    ("bucketId",),
    ("priority",),
    ("appliedCategories",),
    ("appliedCategories", "category1"),
    ("assignments",),
    ("checklistItemCount",),
    ("activeChecklistItemCount",),
    ("orderHint",),
    ("hasDescription",),
)


# -- reading a task a second time


def _whole(raw: Any) -> bool:
    return isinstance(raw, int) and not isinstance(raw, bool)


def state(raw: Mapping[str, Any]) -> Any:
    percent = step(raw, "percentComplete")
    if not _whole(percent) or not 0 <= percent <= 100:
        return Odd()
    return "done" if percent == 100 else "doing" if percent else "todo"


def is_done(raw: Mapping[str, Any]) -> Any:
    return then(state(raw), lambda found: found == "done")


def done_after(raw: Mapping[str, Any]) -> Any:
    stands = state(raw)
    if isinstance(stands, Odd):
        return stands
    raw_date = step(raw, "completedDateTime")
    at = Odd(None) if raw_date is ABSENT else instant(raw_date)
    if stands != "done":
        return Odd(False) if isinstance(at, Odd) else False
    return then(at, lambda found: found is not None and local_day(found) > SINCE)


def has_label(word: str, category: str) -> Ask:
    def ask(raw: Mapping[str, Any]) -> Any:
        held = step(raw, "appliedCategories")
        if held is None or held is ABSENT:
            return Odd(False)
        if not isinstance(held, dict):
            return Odd()
        found = held.get(category, False)
        if not all(isinstance(one, bool) for one in held.values()):
            others = all(isinstance(one, bool) or one is None for name, one in held.items() if name != category)
            return Odd(bool(found)) if others and (found is None or isinstance(found, bool)) else Odd()
        return bool(found) or any(on and is_same(name, word) for name, on in held.items())

    return ask


def due_before(limit: date) -> Ask:
    def ask(raw: Mapping[str, Any]) -> Any:
        due = step(raw, "dueDateTime")
        if due is ABSENT:
            return Odd(False)
        return then(instant(due), lambda at: at is not None and local_day(at) < limit)

    return ask


def ticked_lines(raw: Mapping[str, Any]) -> Any:
    total, still_open = step(raw, "checklistItemCount"), step(raw, "activeChecklistItemCount")
    if not (_whole(total) and _whole(still_open)) or total > 10**6:
        return Odd()
    return total - still_open if 0 <= total - still_open <= total else Odd()


def percent(raw: Mapping[str, Any]) -> Any:
    found = state(raw)
    return found if isinstance(found, Odd) else step(raw, "percentComplete")


# -- making a site


class _Names:
    """What rules name, the same in every site."""

    def __init__(self, graph: MicrosoftSandbox) -> None:
        planner = graph.planner
        self.mira = planner.add_user("mira@northwind.test", "Mira Okafor")
        self.team = planner.add_team("Marketing")
        self.launch = planner.add_plan(self.team, "Launch", "Now", "Later")
        self.other = planner.add_plan(self.team, "Other", "All")
        self.lab = planner.add_plan(self.team, "Laboratory", "Odd")
        planner.name_label(self.launch, "category1", "Checkout")


def rules(names: _Names) -> tuple[Rule, ...]:
    """Return the rules on one connection to such a tenant. What holds a task is its plan."""

    def of(plan: str) -> Callable[[Any], bool]:
        return lambda held: bool(held == plan)

    here, there = "{team: Marketing, plan: Launch}", "{team: Marketing, plan: Other}"
    launch, other, done = of(names.launch), of(names.other), "{state: done}"
    since, label = "{done: {after: 2026-11-01}}", has_label("Checkout", "category1")
    return (
        Rule("done", here, "count", done, launch, state, (is_done,)),
        Rule("share", here, "{percent: items}", "", launch, state, (), None, "percent"),
        Rule("recent", here, "count", since, launch, state, (done_after,)),
        Rule("labelled", here, "count", "{labels: {has: checkout}}", launch, state, (label,)),
        Rule("overdue", here, "count", "{due: {before: 2026-11-16}}", launch, state, (due_before(LIMIT),)),
        Rule("lines", here, "{sum: {field: checklist_done}}", "", launch, state, (), ticked_lines, "sum"),
        Rule("other", there, "count", done, other, state, (is_done,)),
        Rule("percent", there, "{sum: {field: percent_complete}}", "", other, state, (), percent, "sum"),
    )


def microsoft_site(seed: int, now: Callable[[], datetime]) -> Site:
    """Make a tenant from a seed."""
    dice = Random(f"microsoft {seed}")
    graph = MicrosoftSandbox(now=now, client_secret=canary("jira"))
    names, planner = _Names(graph), graph.planner
    plain = _fill(graph, names, dice)

    def draw() -> list[tuple[str, Any, dict[str, Any]]]:
        return [(id, one.plan, draw_task(one, names.mira)) for id, one in planner.tasks.items()]

    def key_of(found: Mapping[str, Any]) -> str | None:
        id = found.get("id")
        return id if isinstance(id, str) and id in planner.tasks else None

    def touch(id: str) -> None:
        planner.edit_task(id, title=planner.tasks[id].title)

    site = Site("microsoft", graph, rules(names), draw, touch, key_of, PLACES)
    for id, task in planner.tasks.items():
        odds = 0.9 if task.plan == names.lab else 0.35
        if id not in plain and dice.random() < odds:
            for _ in range(dice.choice((1, 1, 2))):
                site.make_odd(id, Change(dice.choice(PLACES), any_odd(dice)))
    site.steps = _steps(graph, names, site, plain)
    return site


def _fill(graph: MicrosoftSandbox, names: _Names, dice: Random) -> set[str]:
    planner, now, plain = graph.planner, graph.planner.now(), set[str]()
    for plan, size in ((names.launch, dice.randint(7, 11)), (names.other, dice.randint(4, 7)), (names.lab, 3)):
        buckets = [one.id for one in planner.buckets.values() if one.plan == plan]
        for at in range(size):
            is_plain = at < 3
            done = at == 0 or (not is_plain and dice.random() < 0.5)
            task = planner.add_task(
                plan,
                f"Task {at}",
                bucket=dice.choice(buckets),
                created=now - timedelta(days=40, hours=at),
                percent=100 if done else dice.choice((0, 30, 50)),
                due=now + timedelta(hours=dice.randint(-99, 99)) if dice.random() < 0.7 else None,
                labels=frozenset({"category1"} if is_plain or dice.random() < 0.5 else ()),
                checklist=[(f"Line {line}", dice.random() < 0.5) for line in range(dice.choice((0, 2, 3)))],
                **({"completed": now - timedelta(days=dice.randint(1, 30), minutes=at)} if done else {}),
            )
            if is_plain:
                plain.add(task)
    return plain


def _steps(graph: MicrosoftSandbox, names: _Names, site: Site, plain: set[str]) -> tuple[Callable[[Random], str], ...]:
    planner = graph.planner

    def update_times(dice: Random) -> str:
        for id in planner.tasks:
            site.touch(id)
        return "only the versions moved"

    def one_becomes_odd(dice: Random) -> str:
        id = dice.choice(sorted(set(planner.tasks) - plain))
        site.make_odd(id, Change(dice.choice(PLACES), any_odd(dice)))
        site.touch(id)
        return f"{id} became odd"

    def one_is_mended(dice: Random) -> str:
        ids = sorted(id for id, made in site.changes.items() if made)
        if not ids:
            return update_times(dice)
        id = dice.choice(ids)
        site.changes[id] = []
        site.touch(id)
        return f"{id} was mended"

    def one_moves(dice: Random) -> str:
        id = dice.choice(sorted(id for id, one in planner.tasks.items() if one.plan != names.lab))
        if dice.random() < 0.3:
            planner.move_task(id, names.lab)
            return f"{id} went to another plan"
        planner.edit_task(id, percent=dice.choice((0, 50, 100)))
        return f"{id} moved"

    def a_bucket_is_renamed(dice: Random) -> str:
        planner.rename_bucket(planner.bucket_of(names.launch, "Now"), "At once")
        return "a bucket was renamed"

    return (update_times, one_becomes_odd, one_is_mended, one_moves, a_bucket_is_renamed)
