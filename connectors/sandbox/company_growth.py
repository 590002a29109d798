"""Growth's work in Asana: pilots on their way to a yearly plan, case studies, and the goal that counts demos."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from connectors.sandbox import company_words as words
from connectors.sandbox.asana import AsanaSandbox
from connectors.sandbox.asana.objects import Task
from connectors.sandbox.company_life import Life
from connectors.sandbox.company_sites import OnceChange

ACCOUNTS, PILOTS, STUDIES, DEMOS = "Key accounts", "Pilots", "Case studies", "Qualified demos booked"
RUNNING, OFFERED, SIGNED = "Pilot runs", "Offer out", "Signed"
WRITING, PUBLISHED = "Writing", "Published"
HEADING, KEY_ACCOUNTS = "Ready to sign", 4  # a line among the offers, and how many signed pilots are key accounts
OFFERS, MOST_DEMOS = 3, 140  # offers that wait for an answer; demos that the quarter is to bring


def found_growth(asana: AsanaSandbox, life: Life) -> None:
    """Fill an empty Asana with the two projects and the goal, as far as the quarter has come."""
    people = [asana.add_person(name) for name in words.PEOPLE["GRO"]]
    accounts = asana.add_project(ACCOUNTS, sections=("Customers",))
    pilots = asana.add_project(PILOTS, sections=(RUNNING, OFFERED, SIGNED))
    studies = asana.add_project(STUDIES, sections=("Ideas", WRITING, PUBLISHED))
    robots = asana.add_field("Robots", to=[pilots])
    channel = asana.add_field("Channel", "enum", options=("Website", "Trade press", "Webinar"), to=[studies])
    choices = list(asana.fields[channel].options)
    _found(asana, life, people, pilots, "{} becomes a yearly plan", words.PILOTS, 0.58, OFFERS, robots, [3, 5, 8, 12])
    _found(asana, life, people, studies, "{}", words.STUDIES, 1.0, 2, channel, choices)
    for pilot in tasks_in(asana, PILOTS, SIGNED)[:KEY_ACCOUNTS]:  # in two projects, this one the older
        asana.add_to_project(pilot.gid, accounts)
        pilot.modified = pilot.completed_at or pilot.created  # it was so from the beginning
    for project, section in ((PILOTS, OFFERED), (STUDIES, PUBLISHED)):
        gid, home = _place(asana, project, section)
        asana.create(gid, name=HEADING, section=home, created=life.start, heading=True)
    demos = round(MOST_DEMOS * life.elapsed * 0.93)
    asana.add_goal(DEMOS, metric={"target_number_value": MOST_DEMOS, "current_number_value": demos})


def _found(
    asana: AsanaSandbox,
    life: Life,
    people: list[str],
    project: str,
    title: str,
    names: tuple[str, ...],
    pace: float,
    middle: int,
    field: str,
    values: Sequence[object],
) -> None:
    """Make a task a name: as many are done, in the last section, as the pace says, and `middle` are on their way."""
    first, second, last = asana.projects[project].sections
    ends = life.finish_dates(life.done_by(len(names), pace))
    for number, name in enumerate(names):
        end = next(ends)
        middle -= end is None
        born, finished = life.span(life.random.uniform(-0.2, 0.1), end)
        asana.create(
            project,
            name=title.format(name),
            section=last if finished else second if middle >= 0 else first,
            created=born,
            completed_at=finished,
            assignee=people[number % len(people)] if number % 7 else None,
            values={field: life.random.choice(values)},
        )


def tasks_in(asana: AsanaSandbox, project: str, section: str = "") -> list[Task]:
    """Return the work in a project, or in one section of it, by their names."""
    with asana.lock:
        held = next(one for one in asana.projects.values() if one.name == project)
        return [
            asana.tasks[gid]
            for gid, home in held.tasks.items()
            if not (asana.tasks[gid].deleted or asana.tasks[gid].heading) and section in {"", asana.things[home].name}
        ]


def _place(asana: AsanaSandbox, project: str, section: str) -> tuple[str, str]:
    """Return the gids of a project and of one of its sections."""
    held = next(one for one in asana.projects.values() if one.name == project)
    return held.gid, next(gid for gid in held.sections if asana.things[gid].name == section)


def _move(asana: AsanaSandbox, task: Task, project: str, section: str, *, done: bool | None = None) -> None:
    with asana.lock:
        asana.add_to_project(task.gid, *_place(asana, project, section))
        if done is not None:
            asana.complete(task.gid, done=done)


def send_last_offer(asana: AsanaSandbox) -> OnceChange:
    """Send the offer that is one too many: whatever the day, three wait, and fewer than four should."""
    pilot = tasks_in(asana, PILOTS, RUNNING)[0]
    return OnceChange(
        f"{pilot.name}: the offer is out, the fourth that waits for an answer",
        lambda: _move(asana, pilot, PILOTS, OFFERED),
        "pilots-become-customers/offers-waiting",
        "on_track",
        "off_track",
    )


# -- what goes on while somebody watches


def move_pilot(asana: AsanaSandbox, random: Random) -> OnceChange:
    """Sign an offer, send one, or begin another pilot."""
    offers, running = tasks_in(asana, PILOTS, OFFERED), tasks_in(asana, PILOTS, RUNNING)
    if len(offers) > 2 and (random.random() < 0.5 or len(offers) > 4):
        signed = random.choice(offers)
        return OnceChange(f"{signed.name}: it is signed", lambda: _move(asana, signed, PILOTS, SIGNED, done=True))
    if running:
        offered = random.choice(running)
        return OnceChange(f"{offered.name}: the offer is out", lambda: _move(asana, offered, PILOTS, OFFERED))
    name = f"{random.choice(words.MERCHANTS)} becomes a yearly plan"
    project, section = _place(asana, PILOTS, RUNNING)
    return OnceChange(f"a pilot begins: {name}", lambda: asana.create(project, name=name, section=section))


def write_study(asana: AsanaSandbox, random: Random) -> OnceChange:
    """Publish a case study, or think of another one."""
    open_ = [one for one in tasks_in(asana, STUDIES) if not one.completed]
    if open_:
        study = random.choice(open_)
        return OnceChange(
            f"the case study {study.name!r} is published", lambda: _move(asana, study, STUDIES, PUBLISHED, done=True)
        )
    name = f"One year on: {random.choice(words.PILOTS)}"
    project, section = _place(asana, STUDIES, WRITING)
    return OnceChange(f"a case study is begun: {name}", lambda: asana.create(project, name=name, section=section))


def book_demo(asana: AsanaSandbox, _random: Random) -> OnceChange:
    """Count one more demo in the goal."""
    goal = next(one for one in asana.goals.values() if one.name == DEMOS)
    assert goal.metric is not None
    booked = int(goal.metric["current_number_value"]) + 1
    return OnceChange(f"{booked} demos are booked", lambda: asana.set_goal(goal.gid, booked))
