"""Asana sites: two projects that share tasks, sub-tasks with headings among them, and one project that nobody reads.

A second reading of what tasks hold is here as well: see truth.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from connectors.sandbox.asana import AsanaSandbox
from tests.canaries import canary
from tests.sites.odd import ABSENT, Change, any_odd
from tests.sites.reading import day, instant, is_none, is_same, local_day, number, step, text
from tests.sites.site import Site
from tests.sites.truth import Ask, Odd, Rule, then

SINCE, LIMIT = date(2026, 11, 1), date(2026, 11, 16)
PLACES: tuple[tuple[str, ...], ...] = (
    ("name",),
    ("completed",),
    ("completed_at",),
    ("created_at",),
    ("modified_at",),
    ("due_on",),
    ("due_at",),
    ("assignee",),
    ("memberships",),
    ("memberships", "[0]"),
    ("memberships", "[0]", "section"),
    ("memberships", "[0]", "section", "name"),
    ("memberships", "[0]", "project", "name"),
    ("tags",),
    ("tags", "[0]"),
    ("tags", "[0]", "name"),
    ("parent",),
    ("resource_subtype",),
    ("is_rendered_as_separator",),
    ("approval_status",),
    ("permalink_url",),
    ("custom_type",),
    ("custom_fields",),
    ("custom_fields", "[0]"),
    ("custom_fields", "[0]", "type"),
    ("custom_fields", "[0]", "name"),
    ("custom_fields", "[0]", "number_value"),
    ("custom_fields", "[1]", "enum_value"),
    ("custom_fields", "[1]", "enum_value", "name"),
)
APPROVALS = {"pending": "todo", "changes_requested": "doing", "approved": "done", "rejected": "dropped"}


# -- reading a task a second time


def state(raw: Mapping[str, Any]) -> Any:
    separator, kind = step(raw, "is_rendered_as_separator"), step(raw, "resource_subtype")
    if separator is True or kind == "section":
        return "dropped"  # a line between tasks
    approval, ticked = step(raw, "approval_status"), step(raw, "completed")
    plain: Any = {True: "done", False: "todo"}[ticked] if isinstance(ticked, bool) else Odd()
    if not (is_none(separator) or isinstance(separator, bool)) or not (isinstance(kind, str) or kind is ABSENT):
        return Odd()
    if kind is ABSENT:
        return plain if isinstance(plain, Odd) else Odd(plain)
    if not (is_none(approval) or isinstance(approval, str)):
        return Odd() if kind == "approval" or isinstance(plain, Odd) else Odd(plain)
    if kind != "approval" or is_none(approval):
        return plain
    return APPROVALS.get(approval) or Odd()


def is_done(raw: Mapping[str, Any]) -> Any:
    return then(state(raw), lambda found: found == "done")


def done_after(raw: Mapping[str, Any]) -> Any:
    at = instant(step(raw, "completed_at")) if "completed_at" in raw else Odd(None)

    def judge(stands: str) -> Any:
        if stands != "done":
            return Odd(False) if isinstance(at, Odd) else False
        return then(at, lambda found: found is not None and local_day(found) > SINCE)

    found = then(state(raw), judge)
    return found.value if isinstance(found, Odd) and isinstance(found.value, Odd) else found


def number_field(gid: str) -> Ask:
    return lambda raw: _field(raw, gid, "number", lambda one: number(step(one, "number_value")))


def option_is(gid: str, word: str) -> Ask:
    def ask(one: Mapping[str, Any]) -> Any:
        chosen = step(one, "enum_value")
        if is_none(chosen):
            return False if chosen is None else Odd(False)
        return then(text(step(chosen, "name")), lambda found: is_same(found, word))

    return lambda raw: _field(raw, gid, "enum", ask, absent=False)


def _field(raw: Mapping[str, Any], gid: str, kind: str, ask: Ask, *, absent: Any = None) -> Any:
    held = step(raw, "custom_fields")
    if not isinstance(held, list):
        return Odd()
    found = [one for one in held if step(one, "gid") == gid]
    if not found:
        return absent if all(isinstance(step(one, "gid"), str) for one in held) else Odd()
    if not isinstance(found[0].get("type"), str):
        return Odd()
    read = ask(found[0])
    if found[0]["type"] != kind:  # read as people see it
        return read if isinstance(read, Odd) else Odd(read)
    member = f"{kind}_value"
    return Odd(absent) if member not in found[0] else read


def section_is(project: str, word: str) -> Ask:
    """Ask for the section of a project that a task is in."""

    def ask(raw: Mapping[str, Any]) -> Any:
        if not isinstance(stands := state(raw), Odd) and stands == "dropped":
            return False
        held = step(raw, "memberships")
        if not isinstance(held, list):
            return Odd()
        here = [one for one in held if step(one, "project", "gid") == project]
        others = all(isinstance(one, dict) for one in held)
        if not here:
            return Odd()  # it was listed there
        section = step(here[0], "section")
        if is_none(section):
            return Odd(False)
        name = step(section, "name")
        if is_none(name) or name == "":
            return Odd(False)
        found = then(text(name), lambda found: is_same(found, word))
        return found if others or isinstance(found, Odd) else Odd(found)

    return ask


def has_tag(word: str) -> Ask:
    def ask(raw: Mapping[str, Any]) -> Any:
        tags = step(raw, "tags")
        if is_none(tags):
            return Odd(False)
        if not isinstance(tags, list) or not all(isinstance(one, dict) for one in tags):
            return Odd()
        names = [step(one, "name") for one in tags]
        if not all(isinstance(name, str) for name in names):
            known = any(isinstance(n, str) and is_same(n, word) for n in names)
            # a tag that the account may not see has no name
            return Odd(known) if known or all(is_none(n) or isinstance(n, str) for n in names) else Odd()
        return any(is_same(name, word) for name in names)

    return ask


def due_before(limit: date) -> Ask:
    def ask(raw: Mapping[str, Any]) -> Any:
        at, on = instant(step(raw, "due_at")), day(step(raw, "due_on"))
        if "due_on" not in raw:
            on = Odd(None)
        if isinstance(at, Odd):
            return at
        if at is None:
            return then(on, lambda found: found is not None and found < limit)
        day_of = local_day(at)
        assert day_of is not None
        return Odd(day_of < limit) if isinstance(on, Odd) else day_of < limit

    return ask


# -- making a site


class _Names:
    """The gids that rules name, the same in every site: what has them is made first, and in one order."""

    def __init__(self, asana: AsanaSandbox) -> None:
        self.backlog = asana.add_project("Backlog", sections=["Ideas", "Picked"])
        self.launch = asana.add_project("Launch", sections=["To do", "Doing", "Live"])
        self.lab = asana.add_project("Laboratory", sections=["Odd"])
        self.effort = asana.add_field("Effort", to=[self.launch])
        self.region = asana.add_field("Region", "enum", options=["EMEA", "APAC"], to=[self.launch])
        self.other_effort = asana.add_field("Effort", to=[self.backlog])
        self.tag = asana.add_tag("Checkout")
        self.people = [asana.add_person("Mira"), asana.add_person("Jon")]


def rules(names: _Names) -> tuple[Rule, ...]:
    """Return the rules on one connection to such a site. What holds a task is the set of its selections' names."""

    def within(selection: str) -> Callable[[Any], bool]:
        return lambda held: selection in held

    launch, family, backlog = within("launch"), within("family"), within("backlog")
    done, since = "{state: done}", "{done: {after: 2026-11-01}}"
    here, below, there = "{project: Launch}", '{project: Launch, subtasks: "yes"}', "{project: Backlog}"
    effort = "{sum: {field: Effort}}"
    live, picked = section_is(names.launch, "Live"), section_is(names.backlog, "Picked")
    return (
        Rule("done", here, "count", done, launch, state, (is_done,)),
        Rule("effort", here, effort, done, launch, state, (is_done,), number_field(names.effort), "sum"),
        Rule("share", below, "{percent: items}", "", family, state, (), None, "percent"),
        Rule("live", here, "count", "{status: Live}", launch, state, (live,)),
        Rule("picked", there, "count", "{status: Picked}", backlog, state, (picked,)),
        Rule("recent", here, "count", since, launch, state, (done_after,)),
        Rule("tagged", here, "count", "{labels: {has: checkout}}", launch, state, (has_tag("checkout"),)),
        Rule("overdue", here, "count", "{due: {before: 2026-11-16}}", launch, state, (due_before(LIMIT),)),
        Rule("region", here, "count", "{fields: {Region: EMEA}}", launch, state, (option_is(names.region, "EMEA"),)),
        Rule("other-effort", there, effort, "", backlog, state, (), number_field(names.other_effort), "sum"),
    )


def asana_site(seed: int, now: Callable[[], datetime]) -> Site:
    """Make a site from a seed."""
    dice = Random(f"asana {seed}")
    asana = AsanaSandbox(now=now, token=canary("jira"))
    names = _Names(asana)
    plain = _fill(asana, names, dice)

    def selections(gid: str) -> frozenset[str]:
        held = {
            word
            for word, project in (("launch", names.launch), ("backlog", names.backlog))
            if gid in asana.projects[project].tasks
        }
        above = asana.tasks[gid].parent
        if "launch" in held or (above and "family" in selections(above)):
            held.add("family")
        return frozenset(held)

    def draw() -> list[tuple[str, Any, dict[str, Any]]]:
        return [(gid, selections(gid), asana.task(gid)) for gid, one in asana.tasks.items() if not one.deleted]

    def key_of(found: Mapping[str, Any]) -> str | None:
        gid = found.get("gid")
        return gid if isinstance(gid, str) and gid in asana.tasks else None

    def touch(gid: str) -> None:
        asana.edit(gid, name=asana.tasks[gid].name)

    site = Site("asana", asana, rules(names), draw, touch, key_of, PLACES)
    for gid in asana.tasks:
        odds = 0.9 if gid in asana.projects[names.lab].tasks else 0.35
        if gid not in plain and dice.random() < odds:
            for _ in range(dice.choice((1, 1, 2))):
                site.make_odd(gid, Change(dice.choice(PLACES), any_odd(dice)))
    site.steps = _steps(asana, names, site, plain)
    return site


def _fill(asana: AsanaSandbox, names: _Names, dice: Random) -> set[str]:
    """Create tasks. Those returned stay plain: so every field is of use on some."""
    now, plain = asana.now(), set[str]()
    option = list(asana.fields[names.region].options)
    sections = asana.projects[names.launch].sections
    for at in range(dice.randint(8, 12)):
        is_plain = at < 3
        ended = now - timedelta(days=dice.randint(1, 30), minutes=dice.randint(0, 1439))
        kind = "default_task" if is_plain else dice.choice(("default_task",) * 4 + ("milestone", "approval"))
        gid = asana.create(
            names.launch,
            name=f"Task {at}",
            section=sections[2] if is_plain else dice.choice(sections),
            completed_at=ended if at == 0 or (at != 1 and dice.random() < 0.5) else None,
            created=now - timedelta(days=40, hours=at),
            subtype=kind,
            due_on=f"{now.date() + timedelta(days=dice.randint(-9, 9))}" if at % 2 else None,
            due_at=now + timedelta(hours=dice.randint(-60, 60)) if at % 4 == 2 else None,
            heading=not is_plain and kind == "default_task" and dice.random() < 0.15,
            assignee=dice.choice([None, *names.people]),
            tags=[names.tag] if is_plain or dice.random() < 0.5 else [],
            values={
                names.effort: dice.choice((1, 2, 3.5, 8)),
                names.region: dice.choice(option),
            },
        )
        if is_plain:
            plain.add(gid)
        if at in (0, 1) or dice.random() < 0.3:
            asana.add_to_project(gid, names.backlog, dice.choice(asana.projects[names.backlog].sections))
            asana.edit(gid, values={names.other_effort: dice.choice((100, 200))})
        for below in range(dice.choice((0, 0, 1, 3))):
            child = asana.create(
                name=f"Step {below}",
                parent=gid,
                completed_at=ended if dice.random() < 0.6 else None,
                heading=below == 2,
            )
            if is_plain:
                plain.add(child)
    for at in range(3):
        asana.create(names.lab, name=f"Odd {at}")
    return plain


def _steps(asana: AsanaSandbox, names: _Names, site: Site, plain: set[str]) -> tuple[Callable[[Random], str], ...]:
    def update_times(dice: Random) -> str:
        for gid in asana.tasks:
            site.touch(gid)
        return "only the update times moved"

    def one_becomes_odd(dice: Random) -> str:
        gid = dice.choice(sorted(set(asana.tasks) - plain))
        site.make_odd(gid, Change(dice.choice(PLACES), any_odd(dice)))
        site.touch(gid)
        return f"{gid} became odd"

    def one_is_mended(dice: Random) -> str:
        gids = sorted(gid for gid, made in site.changes.items() if made)
        if not gids:
            return update_times(dice)
        gid = dice.choice(gids)
        site.changes[gid] = []
        site.touch(gid)
        return f"{gid} was mended"

    def one_moves(dice: Random) -> str:
        gid = dice.choice(sorted(asana.projects[names.launch].tasks))
        asana.add_to_project(gid, names.launch, dice.choice(asana.projects[names.launch].sections))
        asana.complete(gid, done=dice.random() < 0.5)
        return f"{gid} moved"

    def a_section_is_renamed(dice: Random) -> str:
        asana.rename_section(asana.projects[names.launch].sections[1], "Doing it")
        return "a section was renamed"

    return (update_times, one_becomes_odd, one_is_mended, one_moves, a_section_is_renamed)
