"""The example company's key results worked out a second time, straight from what Jira holds.

Written from the sentences of the key results and from Jira's own JSON; nothing here comes from the hub or from the
mapping language, so that a mistake there cannot hide in here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

Issue = Mapping[str, Any]


class Books:
    """All issues of the site at an instant, with the site's own field names."""

    def __init__(self, issues: list[dict[str, Any]], field_ids: Mapping[str, str], now: datetime) -> None:
        self.issues, self.field_ids, self.now = issues, field_ids, now

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
    return finished(books, "GRO", "pilot-conversion")


def case_studies(books: Books) -> Fraction:
    return finished(books, "GRO", "case-study")


def first_reply(books: Books) -> Fraction | None:
    waits = [books.number(fields, "Hours to first reply") for fields in books.labelled("GRO", "lead")]
    return mean([hours for hours in waits if hours is not None])


def runbooks(books: Books) -> Fraction:
    return finished(books, "PLA", "runbook-v2")


def time_to_restore(books: Books) -> Fraction | None:
    minutes = [
        books.number(fields, "Minutes to restore")
        for fields in books.labelled("INC", "incident")
        if is_done(fields) and books.days_since_done(fields) <= timedelta(days=28)
    ]
    return mean([one for one in minutes if one is not None])


def incident_actions(books: Books) -> Fraction:
    actions = list(books.labelled("INC", "follow-up"))
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
    "pay-first-time/merchants-live": merchants_live,
    "pay-first-time/open-checkout-bugs": open_checkout_bugs,
    "invoices-reconcile/recon-playbooks": recon_playbooks,
    "invoices-reconcile/urgent-ledger-bugs": urgent_ledger_bugs,
    "pilots-become-customers/playbook-shipped": playbook_shipped,
    "pilots-become-customers/pilots-converted": pilots_converted,
    "be-found/case-studies": case_studies,
    "be-found/first-reply": first_reply,
    "fleets-stay-up/runbooks": runbooks,
    "fleets-stay-up/time-to-restore": time_to_restore,
    "fleets-stay-up/incident-actions": incident_actions,
    "ship-without-waiting/trunk-based": trunk_based,
    "ship-without-waiting/deploys-per-week": deploys_per_week,
    "ship-without-waiting/reviews-waiting": reviews_waiting,
}
