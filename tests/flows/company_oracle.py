"""The example company's key results worked out a second time, straight from what its four tools hold.

Written from the sentences of the key results and from the tools' own JSON; nothing here comes from the hub, from the
connectors that read or from the mapping language, so that a mistake there cannot hide in here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from connectors.sandbox.company import Sites
from connectors.sandbox.microsoft.drawings import draw_plan, draw_task
from connectors.sandbox.microsoft.office import draw_range
from connectors.sandbox.trello.bodies import CARD_FIELDS

Issue = Mapping[str, Any]


class Books:
    """All that the tools hold at an instant, as each of them draws it."""

    def __init__(self, sites: Sites, now: datetime) -> None:
        jira, asana, trello, microsoft = sites.jira, sites.asana, sites.trello, sites.microsoft
        self.now = now
        self.issues = jira.issues()
        self.field_ids = {field.name: field.id for field in jira.fields.values()}
        self.tasks = [asana.task(gid) for gid, task in asana.tasks.items() if not task.deleted]
        self.goals = [asana.reads.bodies.goal(gid) for gid in asana.goals]
        bodies = trello.reads.bodies
        self.lists = {id: bodies.column(one)["name"] for id, one in trello.columns.items()}
        self.boards = {id: bodies.board(one, ["name"])["name"] for id, one in trello.boards.items()}
        self.cards = [bodies.card(one, CARD_FIELDS) for one in trello.cards.values()]
        self.plans = {id: draw_plan(one)["title"] for id, one in microsoft.planner.plans.items()}
        self.plan_tasks = [draw_task(one, "") for one in microsoft.planner.tasks.values()]
        self.books = {book.path: book for book in microsoft.office.workbooks.values()}

    def asana_tasks(self, project: str) -> Iterator[tuple[Issue, str]]:
        """Yield the work in a project, each with the name of its section there; a line between tasks is none."""
        for task in self.tasks:
            if task.get("is_rendered_as_separator"):
                continue
            for held in task["memberships"]:
                if held["project"]["name"] == project:
                    yield task, held["section"]["name"]

    def cards_of(self, board: str) -> Iterator[Issue]:
        """Yield the open cards of a board; a template is none, and neither is a line of dashes."""
        for card in self.cards:
            is_line = card["cardRole"] == "separator" or not card["name"].strip("-\u2014 ")
            if self.boards[card["idBoard"]] == board and not (card["closed"] or card["isTemplate"] or is_line):
                yield card

    def cell(self, path: str, sheet: str, address: str) -> Fraction:
        drawn = draw_range(self.books[path], sheet, address)
        assert drawn is not None
        return Fraction(str(drawn["values"][0][0]))

    def labelled(self, project: str, label: str) -> Iterator[Issue]:
        for issue in self.issues:
            fields = issue["fields"]
            if fields["project"]["key"] == project and label in fields["labels"]:
                yield fields

    def number(self, fields: Issue, name: str) -> Fraction | None:
        found = fields[self.field_ids[name]]
        return None if found is None else Fraction(str(found))

    def days_since_done(self, fields: Issue) -> timedelta:
        return self.now - datetime.strptime(fields["resolutiondate"], "%Y-%m-%dT%H:%M:%S.%f%z")


def is_done(fields: Issue) -> bool:
    return bool(fields["status"]["statusCategory"]["key"] == "done")


def is_given_up(fields: Issue) -> bool:
    return is_done(fields) and (fields["resolution"] or {}).get("name") == "Won't Do"


def is_begun(fields: Issue) -> bool:
    return bool(fields["status"]["statusCategory"]["key"] == "indeterminate")


def finished(books: Books, project: str, label: str) -> Fraction:
    return Fraction(sum(1 for fields in books.labelled(project, label) if is_done(fields)))


def mean(numbers: list[Fraction]) -> Fraction | None:
    return sum(numbers, Fraction(0)) / len(numbers) if numbers else None


def merchants_live(books: Books) -> Fraction:
    total = Fraction(0)
    for fields in books.labelled("PAY", "merchant-rollout"):
        if is_done(fields):
            total += books.number(fields, "Merchants in batch") or 0
    return total


def open_checkout_bugs(books: Books) -> Fraction:
    return Fraction(
        sum(
            1
            for fields in books.labelled("PAY", "checkout")
            if fields["issuetype"]["name"] == "Bug"
            and fields["priority"]["name"] in ("Highest", "High")
            and not is_done(fields)
        )
    )


def recon_playbooks(books: Books) -> Fraction:
    return Fraction(
        sum(
            1
            for fields in books.labelled("PAY", "recon-playbook")
            if is_done(fields) and fields["issuetype"]["name"] != "Epic"
        )
    )


def urgent_ledger_bugs(books: Books) -> Fraction:
    return Fraction(
        sum(
            1
            for fields in books.labelled("PAY", "ledger")
            if fields["issuetype"]["name"] == "Bug" and fields["priority"]["name"] == "Highest" and not is_done(fields)
        )
    )


def playbook_shipped(books: Books) -> Fraction:
    earned = whole = Fraction(0)
    for fields in books.labelled("GRO", "pilot-playbook"):
        points = books.number(fields, "Story Points")
        if points is None or fields["issuetype"]["name"] == "Sub-task":
            continue
        whole += points
        earned += points if is_done(fields) else points / 2 if is_begun(fields) else 0
    return earned / whole * 100


def pilots_converted(books: Books) -> Fraction:
    tasks = books.asana_tasks("Pilots")
    return Fraction(sum(1 for task, section in tasks if section == "Signed" and task["completed"]))


def offers_waiting(books: Books) -> Fraction:
    return Fraction(sum(1 for _, section in books.asana_tasks("Pilots") if section == "Offer out"))


def case_studies(books: Books) -> Fraction:
    return Fraction(sum(1 for task, _ in books.asana_tasks("Case studies") if task["completed"]))


def qualified_demos(books: Books) -> Fraction:
    (goal,) = (one for one in books.goals if one["name"] == "Qualified demos booked")
    return Fraction(str(goal["metric"]["current_number_value"]))


def first_reply(books: Books) -> Fraction | None:
    waits = [books.number(fields, "Hours to first reply") for fields in books.labelled("GRO", "lead")]
    return mean([hours for hours in waits if hours is not None])


def runbooks(books: Books) -> Fraction:
    return Fraction(sum(1 for card in books.cards_of("Runbooks v2") if books.lists[card["idList"]] == "Done ✅"))


def runbooks_out_of_date(books: Books) -> Fraction:
    labels = [[label["name"] for label in card["labels"]] for card in books.cards_of("Runbooks v2")]
    return Fraction(sum(1 for held in labels if "out of date" in held))


def night_sites(books: Books) -> Fraction:
    held = [one for one in books.plan_tasks if books.plans[one["planId"]] == "Night shifts"]
    return Fraction(sum(1 for one in held if one["percentComplete"] == 100))


def fleet_uptime(books: Books) -> Fraction:
    return books.cell("Fleet/Availability.xlsx", "Fleet", "B2")


def time_to_restore(books: Books) -> Fraction | None:
    minutes = [
        books.number(fields, "Minutes to restore")
        for fields in books.labelled("INC", "incident")
        if is_done(fields) and books.days_since_done(fields) <= timedelta(days=28)
    ]
    return mean([one for one in minutes if one is not None])


def incident_actions(books: Books) -> Fraction:
    actions = [one for one in books.labelled("INC", "follow-up") if not is_given_up(one)]
    return Fraction(sum(1 for fields in actions if is_done(fields)), len(actions)) * 100


def trunk_based(books: Books) -> Fraction:
    return finished(books, "PLA", "trunk-based")


def deploys_per_week(books: Books) -> Fraction:
    return Fraction(
        sum(
            1
            for fields in books.labelled("PLA", "deploy")
            if is_done(fields) and books.days_since_done(fields) <= timedelta(days=7)
        )
    )


def reviews_waiting(books: Books) -> Fraction:
    return Fraction(sum(1 for fields in books.labelled("PLA", "change") if fields["status"]["name"] == "In Review"))


ORACLE: Mapping[str, Callable[[Books], Fraction | None]] = {
    "easy-to-run/fleet-uptime": fleet_uptime,
    "easy-to-run/night-sites": night_sites,
    "pay-first-time/merchants-live": merchants_live,
    "pay-first-time/open-checkout-bugs": open_checkout_bugs,
    "invoices-reconcile/recon-playbooks": recon_playbooks,
    "invoices-reconcile/urgent-ledger-bugs": urgent_ledger_bugs,
    "pilots-become-customers/playbook-shipped": playbook_shipped,
    "pilots-become-customers/pilots-converted": pilots_converted,
    "pilots-become-customers/offers-waiting": offers_waiting,
    "be-found/case-studies": case_studies,
    "be-found/qualified-demos": qualified_demos,
    "be-found/first-reply": first_reply,
    "fleets-stay-up/runbooks": runbooks,
    "fleets-stay-up/runbooks-out-of-date": runbooks_out_of_date,
    "fleets-stay-up/time-to-restore": time_to_restore,
    "fleets-stay-up/incident-actions": incident_actions,
    "ship-without-waiting/trunk-based": trunk_based,
    "ship-without-waiting/deploys-per-week": deploys_per_week,
    "ship-without-waiting/reviews-waiting": reviews_waiting,
}
