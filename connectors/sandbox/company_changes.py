"""What happens at Northwind Robotics while somebody watches: six changes that surely tell, and an endless stream."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from random import Random

from connectors.sandbox import company_growth as growth
from connectors.sandbox import company_operations as operations
from connectors.sandbox import company_runbooks as runbooks
from connectors.sandbox.company_sites import OnceChange, Sites
from connectors.sandbox.company_words import GENERAL, THINGS
from connectors.sandbox.jira import JiraSandbox
from connectors.sandbox.jira.issues import Issue

PLAYBOOK, LEDGER, REVIEW = "recon-playbook", "ledger", "change"


def changes_for_once(sites: Sites) -> tuple[OnceChange, ...]:
    """Return three changes in Jira and one in each other tool.

    Each moves the status of one key result whatever the day and hour.
    """
    return (
        *_changes_in_jira(sites.jira),
        growth.send_last_offer(sites.asana),
        runbooks.mark_third(sites.trello),
        operations.certify_last(sites.microsoft),
    )


def _changes_in_jira(jira: JiraSandbox) -> tuple[OnceChange, OnceChange, OnceChange]:
    (playbook,) = _open(jira, PLAYBOOK)
    bug = _open(jira, LEDGER)[0]
    waiting = next(i for i in _open(jira, REVIEW) if i.status == "To Do")
    return (
        OnceChange(
            f"{playbook.key} is done: the last reconciliation playbook",
            lambda: jira.transition(playbook.key, "Done"),
            "invoices-reconcile/recon-playbooks",
            "on_track",
            "achieved",
        ),
        OnceChange(
            f"{bug.key} is fixed: two urgent ledger bugs are left",
            lambda: jira.transition(bug.key, "Done"),
            "invoices-reconcile/urgent-ledger-bugs",
            "off_track",
            "on_track",
        ),
        OnceChange(
            f"{waiting.key} waits for review: the fifteenth, one more than the team wants",
            lambda: jira.transition(waiting.key, "In Review"),
            "ship-without-waiting/reviews-waiting",
            "on_track",
            "off_track",
        ),
    )


def live_changes(sites: Sites, random: Random) -> Iterator[OnceChange]:
    """Yield believable changes without end; each is chosen when asked for and made by its `apply()`."""
    kinds: tuple[tuple[Callable[[Random], OnceChange | None], int], ...] = (
        *((partial(kind, sites.jira), weight) for kind, weight in _IN_JIRA),
        (partial(growth.move_pilot, sites.asana), 2),
        (partial(growth.write_study, sites.asana), 1),
        (partial(growth.book_demo, sites.asana), 1),
        (partial(runbooks.write_runbook, sites.trello), 2),
        (partial(runbooks.age_runbook, sites.trello), 1),
        (partial(operations.run_night, sites.microsoft), 1),
        (partial(operations.measure_fleet, sites.microsoft), 1),
    )
    choices, weights = [kind for kind, _ in kinds], [weight for _, weight in kinds]
    while True:
        with sites.jira.lock:
            change = random.choices(choices, weights)[0](random)
        if change is not None:
            yield change


def _labelled(jira: JiraSandbox, label: str) -> list[Issue]:
    with jira.lock:
        return [i for i in jira.by_id.values() if label in i.labels and not i.hidden]


def _open(jira: JiraSandbox, label: str) -> list[Issue]:
    return [i for i in _labelled(jira, label) if i.status != "Done"]


def _move(jira: JiraSandbox, issue: Issue, status: str, says: str) -> OnceChange:
    key = issue.key
    return OnceChange(f"{key} {says}", lambda: jira.transition(key, status))


def _any(jira: JiraSandbox, random: Random, *statuses: str) -> Issue | None:
    found = [
        i
        for i in jira.by_id.values()
        if i.status in statuses and i.type != "Epic" and not {LEDGER, REVIEW, "deploy"} & set(i.labels)
    ]
    return random.choice(found) if found else None


def _finish(jira: JiraSandbox, random: Random) -> OnceChange | None:
    issue = _any(jira, random, "In Progress", "In Review")
    return _move(jira, issue, "Done", "is done") if issue else None


def _begin(jira: JiraSandbox, random: Random) -> OnceChange | None:
    issue = _any(jira, random, "To Do")
    return _move(jira, issue, "In Progress", "is begun") if issue else None


def _reopen(jira: JiraSandbox, random: Random) -> OnceChange | None:
    recent = sorted(
        (i for i in jira.by_id.values() if i.resolved and i.type == "Story"),
        key=lambda i: (i.resolved or i.created, i.id),
    )[-40:]
    return _move(jira, random.choice(recent), "In Progress", "is open again") if recent else None


def _report_ledger_bug(jira: JiraSandbox, random: Random) -> OnceChange | None:
    if len(_open(jira, LEDGER)) >= 4:
        return None

    def report() -> None:
        jira.create(
            "PAY", summary="Ledger and bank statement disagree", type="Bug", priority="Highest", labels=(LEDGER,)
        )

    return OnceChange("an urgent ledger bug is reported", report)


def _fix_ledger_bug(jira: JiraSandbox, random: Random) -> OnceChange | None:
    bugs = _open(jira, LEDGER)
    return _move(jira, random.choice(bugs), "Done", "is fixed") if bugs else None


def _ask_for_review(jira: JiraSandbox, random: Random) -> OnceChange | None:
    waiting = [i for i in _open(jira, REVIEW) if i.status == "In Review"]
    if len(waiting) >= 16:
        return None
    ready = [i for i in _open(jira, REVIEW) if i.status != "In Review"]
    if ready:
        return _move(jira, random.choice(ready), "In Review", "waits for review")

    def propose() -> None:
        key = jira.create("PLA", summary="Tighten the time-outs of the site gateway", type="Task", labels=(REVIEW,))
        jira.transition(key, "In Review")

    return OnceChange("a change is put up for review", propose)


def _review(jira: JiraSandbox, random: Random) -> OnceChange | None:
    waiting = [i for i in _open(jira, REVIEW) if i.status == "In Review"]
    return _move(jira, random.choice(waiting), "Done", "is reviewed and merged") if len(waiting) > 9 else None


def _deploy(jira: JiraSandbox, random: Random) -> OnceChange | None:
    def deploy() -> None:
        key = jira.create("PLA", summary="Deploy fleet-console", type="Task", labels=("deploy",))
        jira.transition(key, "Done")

    return OnceChange("a service is deployed", deploy)


def _ask_for(jira: JiraSandbox, random: Random) -> OnceChange | None:
    project = random.choice(("PAY", "GRO", "PLA"))
    summary = random.choice(GENERAL[project]).format(random.choice(THINGS[project]))

    def ask() -> None:
        jira.create(project, summary=summary, points=float(random.choice((1, 2, 3, 5))), labels=("customer-ask",))

    return OnceChange(f"a customer asks: {summary}", ask)


def _go_live(jira: JiraSandbox, random: Random) -> OnceChange | None:
    batches = _open(jira, "merchant-rollout")
    if batches:
        return _move(jira, random.choice(batches), "Done", "is live: a batch of merchants")

    def prepare() -> None:
        jira.create(
            "PAY",
            summary="Move another batch of merchants to the new checkout",
            labels=("merchant-rollout",),
            fields={"Merchants in batch": 2.0},
        )

    return OnceChange("another batch of merchants is planned", prepare)


def _relabel(jira: JiraSandbox, random: Random) -> OnceChange | None:
    issue = _any(jira, random, "To Do", "In Progress")
    if issue is None:
        return None
    key, labels = issue.key, tuple(sorted({*issue.labels, "customer-ask"}))
    return OnceChange(f"{key} is marked as a customer's wish", lambda: jira.edit(key, labels=labels))


_IN_JIRA: tuple[tuple[Callable[[JiraSandbox, Random], OnceChange | None], int], ...] = (
    (_finish, 6),
    (_begin, 5),
    (_reopen, 2),
    (_report_ledger_bug, 2),
    (_fix_ledger_bug, 2),
    (_ask_for_review, 3),
    (_review, 3),
    (_deploy, 1),
    (_ask_for, 5),
    (_go_live, 2),
    (_relabel, 1),
)
