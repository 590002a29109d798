"""Jira sites: a company-managed and a team-managed project side by side, or a Data Center.

A second reading of what issues hold is here as well: see truth.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from connectors.sandbox.jira import JiraSandbox
from connectors.sandbox.jira.issues import Issue
from tests.canaries import canary
from tests.sites.odd import ABSENT, Change, any_odd
from tests.sites.reading import day, instant, is_none, is_same, local_day, number, step, text
from tests.sites.site import Site
from tests.sites.truth import NOTHING, Odd, Rule, then

MADE, TEAM, MERCHANTS = "customfield_10016", "customfield_10031", "customfield_10042"
SINCE = date(2026, 11, 1)
DROPPED = {"won't do", "won't fix", "duplicate", "cannot reproduce", "declined", "incomplete"}
PLACES: tuple[tuple[str, ...], ...] = (
    ("key",),
    ("fields", "summary"),
    ("fields", "status"),
    ("fields", "status", "name"),
    ("fields", "status", "statusCategory"),
    ("fields", "status", "statusCategory", "key"),
    ("fields", "issuetype"),
    ("fields", "issuetype", "name"),
    ("fields", "created"),
    ("fields", "updated"),
    ("fields", "labels"),
    ("fields", "statuscategorychangedate"),
    ("fields", "resolutiondate"),
    ("fields", "resolution"),
    ("fields", "resolution", "name"),
    ("fields", "duedate"),
    ("fields", "assignee"),
    ("fields", "parent"),
    ("fields", "parent", "key"),
    ("fields", "priority"),
    ("fields", MADE),
    ("fields", TEAM),
    ("fields", MERCHANTS),
)
STATUSES = ("To Do", "In Progress", "In Review", "Done")


# -- reading an issue a second time


def state(raw: Mapping[str, Any]) -> Any:
    category = step(raw, "fields", "status", "statusCategory", "key")
    found = {"new": "todo", "undefined": "todo", "indeterminate": "doing", "done": "done"}.get(
        category if isinstance(category, str) else ""
    )
    if found is None:
        return Odd()
    resolution = step(raw, "fields", "resolution")
    if found != "done" or is_none(resolution):
        return found
    name = step(resolution, "name")
    if not isinstance(name, str):
        return Odd()
    return "dropped" if name.strip().lower() in DROPPED else "done"


def is_done(raw: Mapping[str, Any]) -> Any:
    return then(state(raw), lambda found: found == "done")


def done_after(raw: Mapping[str, Any]) -> Any:
    stands = state(raw)
    if isinstance(stands, Odd):
        return stands if stands.value is NOTHING else Odd(False)
    if stands != "done":
        return False
    dates = [step(raw, "fields", name) for name in ("statuscategorychangedate", "resolutiondate")]
    named = [one for one in dates if not is_none(one)]
    if not named:
        at = raw.get("@moved")
        return at is not None and local_day(at) > SINCE
    at = instant(named[0])
    if isinstance(at, Odd) and len(named) > 1 and not isinstance(instant(named[1]), Odd):
        return Odd(local_day(instant(named[1])) > SINCE)
    return then(at, lambda found: local_day(found) > SINCE)


def status_is(word: str) -> Callable[[Mapping[str, Any]], Any]:
    return lambda raw: then(text(step(raw, "fields", "status", "name")), lambda found: is_same(found, word))


def type_is_not(word: str) -> Callable[[Mapping[str, Any]], Any]:
    return lambda raw: then(text(step(raw, "fields", "issuetype", "name")), lambda found: not is_same(found, word))


def has_label(word: str) -> Callable[[Mapping[str, Any]], Any]:
    def ask(raw: Mapping[str, Any]) -> Any:
        labels = step(raw, "fields", "labels")
        if is_none(labels):
            return False
        if not isinstance(labels, list) or not all(isinstance(one, str) for one in labels):
            return Odd()
        return any(is_same(one, word) for one in labels)

    return ask


def parent_is(key: str) -> Callable[[Mapping[str, Any]], Any]:
    def ask(raw: Mapping[str, Any]) -> Any:
        parent = step(raw, "fields", "parent")
        return False if is_none(parent) else then(text(step(parent, "key")), lambda found: found == key)

    return ask


def due_before(limit: date) -> Callable[[Mapping[str, Any]], Any]:
    return lambda raw: then(day(step(raw, "fields", "duedate")), lambda found: found is not None and found < limit)


def field_of(id: str) -> Callable[[Mapping[str, Any]], Any]:
    return lambda raw: number(step(raw, "fields", id))


def of_project(key: str) -> Callable[[Issue], bool]:
    return lambda issue: issue.project == key


def rules(is_cloud: bool) -> tuple[Rule, ...]:
    """Return the rules on one connection to such a site."""
    pay, web = of_project("PAY"), of_project("WEB")
    done, since = "{state: done}", "{done: {after: 2026-11-01}}"
    own = "{sum: {field: Merchants in batch}}"
    return (
        Rule("done", "project = PAY", "count", done, pay, state, (is_done,)),
        Rule("points", "project = PAY", "{sum: points}", done, pay, state, (is_done,), field_of(MADE), "sum"),
        Rule(
            "team", "project = WEB", "{sum: points}", "", web, state, (), field_of(TEAM if is_cloud else MADE), "sum"
        ),
        Rule("share", "project = WEB", "{percent: items}", "{type: {not: Epic}}", web, state,
             (type_is_not("Epic"),), None, "percent"),
        Rule("recent", "project = PAY", "count", since, pay, state, (done_after,)),
        Rule("review", "project = PAY", "count", "{status: In Review}", pay, state, (status_is("In Review"),)),
        Rule("labelled", "project = PAY", "count", "{labels: {has: checkout}}", pay, state, (has_label("checkout"),)),
        Rule("below", "project = PAY", "count", f"{{parent: PAY-1}}, {done}", pay, state,
             (parent_is("PAY-1"), is_done)),
        Rule("merchants", "project = WEB", own, done, web, state, (is_done,), field_of(MERCHANTS), "sum"),
        Rule("overdue", "project = PAY", "count", "{due: {before: 2026-11-16}}", pay, state,
             (due_before(date(2026, 11, 16)),)),
    )  # fmt: skip


# -- making a site


def jira_site(seed: int, now: Callable[[], datetime], *, is_cloud: bool = True) -> Site:
    """Make a site from a seed: three projects, of which rules read two."""
    dice = Random(f"jira {seed} {is_cloud}")
    jira = JiraSandbox(now=now, token=canary("jira"), is_cloud=is_cloud)
    for key, name in (("PAY", "Payments"), ("WEB", "Web shop"), ("LAB", "Laboratory")):
        jira.add_project(key, name, is_team_managed=is_cloud and key == "WEB")
    if is_cloud:
        jira.add_team_points()
    jira.add_field(10077, "Effort")
    jira.add_field(10078, "Effort")
    plain: set[str] = set()
    for project, size in (("PAY", dice.randint(6, 11)), ("WEB", dice.randint(5, 8)), ("LAB", 3)):
        plain.update(_fill(jira, dice, project, size, is_cloud)[:5])

    def held() -> list[Issue]:
        return list(jira.by_id.values())

    def draw() -> list[tuple[str, Any, dict[str, Any]]]:
        raws = {raw["id"]: raw for raw in jira.issues()}
        for issue in held():
            raws[str(issue.id)]["@moved"] = _moved(issue)
        return [(str(issue.id), issue, raws[str(issue.id)]) for issue in held()]

    def touch(id: str) -> None:
        issue = jira.by_id[int(id)]
        jira.edit(issue.key, summary=issue.summary)

    def key_of(found: Mapping[str, Any]) -> str | None:
        id = found.get("id")
        if not isinstance(id, str) or not id.isdigit() or int(id) not in jira.by_id:
            return None
        return id if "fields" in found or "-" in str(found.get("key")) else None  # projects have an id and a key too

    site = Site(
        tool="jira" if is_cloud else "jira-server",
        app=jira,
        rules=rules(is_cloud),
        draw=draw,
        touch=touch,
        key_of=key_of,
        places=PLACES,
    )
    for issue in held():
        _project_fields(site, dice, issue, is_cloud)
        odds = 0.9 if issue.project == "LAB" else 0.35
        if issue.key not in plain and dice.random() < odds:
            for _ in range(dice.choice((1, 1, 2))):
                site.make_odd(str(issue.id), Change(dice.choice(PLACES), any_odd(dice)))
    site.steps = _steps(jira, site, plain)
    return site


def _fill(jira: JiraSandbox, dice: Random, project: str, size: int, is_cloud: bool) -> list[str]:
    """Create issues: an epic, two stories and two sub-tasks that stay as plain as they are, and others."""
    now = jira.now()
    points = TEAM if is_cloud and project == "WEB" else MADE
    epic = jira.create(project, summary="An epic", type="Epic", created=now - timedelta(days=60))
    keys = [epic]
    for at in range(size):
        is_plain = at < 4
        below = at in (2, 3) or (not is_plain and dice.random() < 0.3)
        key = jira.create(
            project,
            summary=f"Work {at}",
            type="Sub-task" if below else dice.choice(("Story", "Task", "Bug")),
            created=now - timedelta(days=dice.randint(40, 50), hours=at),
            labels=dice.choice(((), ("checkout",), ("Checkout", "x"))) if not is_plain else ("checkout",),
            parent=epic if below else None,
            due=now.date() + timedelta(days=dice.randint(-9, 9)) if at != 1 else None,
            fields={points: dice.choice((1, 2, 3, 5, 8, 0.5)), MERCHANTS: dice.randint(1, 40)},
        )
        status = ("Done", "In Review", "Done", "To Do")[at] if is_plain else dice.choice(STATUSES)
        if status != "To Do":
            jira.transition(key, status, now - timedelta(days=dice.randint(1, 30), minutes=dice.randint(0, 1439)))
        keys.append(key)
    return keys


def _project_fields(site: Site, dice: Random, issue: Issue, is_cloud: bool) -> None:
    """Leave out the points field that the project does not estimate with; some issues keep one of an earlier life."""
    if not is_cloud:
        return
    other = MADE if issue.project == "WEB" else TEAM
    left = dice.choice((ABSENT, ABSENT, None, 99))
    site.changes[str(issue.id)].append(Change(("fields", other), left))


def _moved(issue: Issue) -> datetime | None:
    """Return when an issue last came to be done, as its history says; statuses of other categories all stand open."""
    moves = [
        history["created"]
        for history in issue.histories
        for item in history["items"]
        if item["field"] == "status" and item["toString"] == "Done"
    ]
    return max(moves) if moves and issue.status == "Done" else None


def _steps(jira: JiraSandbox, site: Site, plain: set[str]) -> tuple[Callable[[Random], str], ...]:
    def any_key(dice: Random) -> str:
        return dice.choice(sorted(issue.key for issue in jira.by_id.values() if issue.project != "LAB"))

    def update_times(dice: Random) -> str:
        for issue in list(jira.by_id.values()):
            jira.edit(issue.key, summary=issue.summary)
        return "only the update times moved"

    def one_becomes_odd(dice: Random) -> str:
        key = dice.choice(sorted(set(jira.by_key) - plain))
        change = Change(dice.choice(PLACES), any_odd(dice))
        site.make_odd(str(jira.by_key[key].id), change)
        jira.edit(key, summary=jira.by_key[key].summary)
        return f"{key} became odd"

    def one_is_mended(dice: Random) -> str:
        ids = sorted(id for id, made in site.changes.items() if len(made) > 1)
        if not ids:
            return update_times(dice)
        id = dice.choice(ids)
        site.changes[id] = site.changes[id][:1]
        site.touch(id)
        return f"{id} was mended"

    def one_moves(dice: Random) -> str:
        key = any_key(dice)
        status = dice.choice(STATUSES)
        jira.transition(key, status)
        return f"{key} went to {status}"

    return (update_times, one_becomes_odd, one_is_mended, one_moves)
