"""The company's own work in Microsoft 365: a plan of sites that learn to run their nights, and a workbook."""

from __future__ import annotations

from datetime import timedelta
from random import Random

from connectors.sandbox import company_words as words
from connectors.sandbox.company_life import Life, address
from connectors.sandbox.company_sites import OnceChange
from connectors.sandbox.microsoft import MicrosoftSandbox
from connectors.sandbox.microsoft.planner import Task

TEAM, PLAN, PREPARING, CERTIFIED = "Operations", "Night shifts", "Preparing", "Certified"
HOST, SITE, FILE, SHEET, CELL = "northwind.sharepoint.com", "sites/operations", "Fleet/Availability.xlsx", "Fleet", "B2"
SITES, UPTIME = 12, 99.83  # sites of the plan, all but one certified; percent of the time that robots are available


def found_operations(microsoft: MicrosoftSandbox, life: Life) -> None:
    """Fill an empty tenant with the plan and the workbook, as far as the quarter has come."""
    planner, office = microsoft.planner, microsoft.office
    people = [planner.add_user(address(name), name) for name in words.OPERATIONS]
    team = planner.add_team(TEAM)
    plan = planner.add_plan(team, PLAN, PREPARING, CERTIFIED)
    planner.name_label(plan, "category1", "cold store")
    certified = planner.bucket_of(plan, CERTIFIED)
    ends = life.finish_dates(SITES - 1)
    for number, site in enumerate(words.PILOTS[-SITES:]):
        born, finished = life.span(-0.1, next(ends))
        task = planner.add_task(
            plan,
            f"Night shift in {site}",
            created=born,
            percent=50,
            due=life.end - timedelta(days=number),
            assigned=[people[number % len(people)]],
            labels=["category1"] if "cold" in site else [],
            checklist=[(line, finished is not None) for line in words.NIGHT_STEPS],
        )
        if finished is not None:
            planner.edit_task(task, percent=100, completed=finished, bucket=certified)
    book = office.add_workbook(office.drive_of(office.add_site(HOST, SITE)), FILE)
    for row, (name, value) in enumerate(
        (("Available, % of the time", UPTIME), ("Robots in service", 412), ("Longest stop, minutes", 38)), start=2
    ):
        office.set_cell(book, SHEET, f"A{row}", name)
        office.set_cell(book, SHEET, f"B{row}", value)


def nights(microsoft: MicrosoftSandbox) -> list[Task]:
    """Return the tasks of the plan."""
    planner = microsoft.planner
    with planner.lock:
        return planner.tasks_of(next(one.id for one in planner.plans.values() if one.title == PLAN))


def _certify(microsoft: MicrosoftSandbox, task: Task, percent: int) -> None:
    planner = microsoft.planner
    bucket = planner.bucket_of(task.plan, CERTIFIED if percent == 100 else PREPARING)
    planner.edit_task(task.id, percent=percent, bucket=bucket)


def certify_last(microsoft: MicrosoftSandbox) -> OnceChange:
    """Certify the last site. Planner rings nobody: the next read on schedule finds it."""
    (last,) = [one for one in nights(microsoft) if one.percent < 100]
    return OnceChange(
        f"{last.title} is certified: the last of {SITES}",
        lambda: _certify(microsoft, last, 100),
        "easy-to-run/night-sites",
        "on_track",
        "achieved",
    )


# -- what goes on while somebody watches


def run_night(microsoft: MicrosoftSandbox, random: Random) -> OnceChange:
    """Certify a site, or have one rehearse its night again."""
    open_ = [one for one in nights(microsoft) if one.percent < 100]
    if open_ and (len(open_) > 2 or random.random() < 0.6):
        task = random.choice(open_)
        return OnceChange(f"{task.title} is certified", lambda: _certify(microsoft, task, 100))
    again = random.choice([one for one in nights(microsoft) if one.percent == 100])
    return OnceChange(f"{again.title} is rehearsed again", lambda: _certify(microsoft, again, 50))


def measure_fleet(microsoft: MicrosoftSandbox, random: Random) -> OnceChange:
    """Write this hour's availability into the workbook."""
    office = microsoft.office
    (book,) = (one for one in office.workbooks.values() if one.path == FILE)
    held = book.sheets[SHEET][CELL]
    value = random.choice([one for one in (99.79, 99.81, 99.82, 99.83, 99.84, 99.86) if one != held])
    return OnceChange(
        f"robots are available {value} % of the time", lambda: office.set_cell(book.id, SHEET, CELL, value)
    )
