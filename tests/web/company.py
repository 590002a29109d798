"""The made-up company that the page tests look at: people, goals, rules and what was said."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from hub.model.key_result import Declared
from hub.model.kinds import Kind
from hub.model.okr import Milestone

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)
STARTS, ENDS = date(2026, 10, 1), date(2026, 12, 31)
MIRA, TOM, JONAS, INES = "mira@acme.test", "tom@acme.test", "jonas@acme.test", "ines@acme.test"

RULES = """\
mappings:
  - key_result: pay-first-time/merchants-live
    owner: mira@acme.test
    from: jira-main
    select: project = PAY AND labels = merchant-rollout
    where:
      - labels: {not: not-q4}
      - status: {not: Duplicate}
    measure:
      sum: {field: Merchants in batch}
      credit:
        doing: 0.5                       # in review, with half their merchants live
        done: 1
    guard: {max_drop: 40%}
    show_items: titles
  - key_result: pay-first-time/open-bugs
    owner: tom@acme.test
    from: jira-main
    select: project = PAY AND type = Bug
    where:
      - state: {not: done}
    measure: count
    show_items: titles
  - key_result: invoices/playbooks
    owner: mira@acme.test
    from: jira-main
    select: project = PAY AND labels = playbook
    where:
      - state: done
    measure: count
  - key_result: invoices/ledger-bugs
    owner: tom@acme.test
    from: jira-main
    select: project = LED AND type = Bug
    where:
      - state: {in: [todo, doing]}
    measure: count
  - key_result: found/pilots
    owner: jonas@acme.test
    from: jira-old
    select: project = GRO AND labels = pilot
    measure: {percent: points}
    show_items: none
  - key_result: found/case-studies
    owner: jonas@acme.test
    from: jira-main
    select: project = GRO AND labels = case
    measure: count
  - key_result: found/pages
    owner: jonas@acme.test
    from: jira-main
    select: project = WEB
    where:
      - state: done
    measure: count
  - key_result: found/waiting
    owner: jonas@acme.test
    from: jira-main
    select: project = WEB AND type = Review
    measure: count
"""

PEOPLE = {MIRA: "Mira Okafor", TOM: "Tom Bauer", JONAS: "Jonas Weber", INES: "Ines Carvalho"}
BATCHES = (
    ("PAY-412", "Batch 1, bakeries and cafés", 4, date(2026, 10, 8)),
    ("PAY-418", "Batch 2, repair depots", 5, date(2026, 10, 15)),
    ("PAY-431", "Batch 3, warehouses north", 6, date(2026, 11, 2)),
    ("PAY-446", "Batch 5, farm co-ops", 3, date(2026, 11, 17)),
    ("PAY-429", "Batch 4, campus shops", 3, None),
    ("PAY-455", "Batch 6, ports first wave", 2, None),
    ("PAY-460", "Batch 7, ports second wave", 5, None),
)


def at(month: int, day: int, hour: int = 9, minute: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=BERLIN).astimezone(UTC)


def _kr(key: str, title: str, kind: Kind, owner: str, unit: str = "", **more: object) -> Declared:
    numbers = {
        name: Decimal(str(value)) if isinstance(value, int | float | str) else value for name, value in more.items()
    }
    return Declared(key, title, kind, STARTS, ENDS, unit, owner=owner, **numbers)  # type: ignore[arg-type]


DECLARED = (
    _kr(
        "easy-to-run/operator-score",
        "Operators rate us 45, up from 32",
        Kind.INCREASE,
        INES,
        "points",
        baseline=32,
        target=45,
        phased_targets=((date(2026, 10, 31), Decimal(34)), (date(2026, 11, 30), Decimal(39))),
    ),
    _kr(
        "easy-to-run/uptime",
        "Robots are available more than 99.5 % of the time",
        Kind.STAY_ABOVE,
        INES,
        "%",
        target="99.5",
        risk_threshold="99.6",
    ),
    _kr(
        "pay-first-time/merchants-live",
        "40 merchants live on the new checkout",
        Kind.REACH,
        MIRA,
        "merchants",
        target=40,
    ),
    _kr(
        "pay-first-time/failed-payments",
        "Failed payments down from 2.4 % to 1.2 %",
        Kind.DECREASE,
        TOM,
        "%",
        baseline="2.4",
        target="1.2",
    ),
    _kr(
        "pay-first-time/open-bugs",
        "Open P1 and P2 checkout bugs down from 18 to 4",
        Kind.DECREASE,
        TOM,
        "bugs",
        baseline=18,
        target=4,
    ),
    _kr("invoices/playbooks", "12 reconciliation playbooks published", Kind.REACH, MIRA, "playbooks", target=12),
    _kr(
        "invoices/bank-feeds",
        "8 bank feeds connected",
        Kind.MILESTONES,
        TOM,
        "feeds",
        milestones=tuple(
            Milestone(name, done_on=done)
            for name, done in (
                ("Sparkasse", date(2026, 10, 9)),
                ("Rabobank", date(2026, 10, 19)),
                ("Nordea", date(2026, 10, 29)),
                ("BNP Paribas", date(2026, 11, 8)),
                ("Santander", date(2026, 11, 19)),
                ("Erste Group", None),
                ("Danske Bank", None),
                ("UniCredit", None),
            )
        ),
    ),
    _kr("invoices/ledger-bugs", "Fewer than 3 urgent ledger bugs are open", Kind.STAY_BELOW, TOM, "bugs", target=3),
    _kr("found/pilots", "Pilot work done, 80 % of the points", Kind.REACH, JONAS, "%", target=80),
    _kr("found/case-studies", "10 case studies published", Kind.REACH, JONAS, "studies", target=10),
    _kr("found/demos", "140 qualified demos booked", Kind.REACH, JONAS, "demos", target=140),
    _kr("found/pages", "400 landing pages translated", Kind.REACH, JONAS, "pages", target=400),
    _kr(
        "found/waiting", "Between 6 and 14 changes wait for review", Kind.RANGE, JONAS, "changes", minimum=6, maximum=14
    ),
    _kr("found/signup", "Time to sign up", Kind.BASELINE, JONAS, "minutes"),
)


CHECK_INS: Mapping[str, tuple[tuple[datetime, str, str, int, str], ...]] = {
    "pay-first-time/failed-payments": (
        (at(10, 8), "2.4", TOM, 6, ""),
        (at(10, 22), "2.33", TOM, 5, "Retries moved to the morning"),
        (at(11, 5), "2.29", TOM, 4, ""),
        (at(11, 20), "2.26", TOM, 3, "One acquirer declines all Norwegian cards"),
    ),
    "found/demos": (
        (at(10, 8), "12", JONAS, 7, ""), (at(10, 29), "58", JONAS, 7, ""), (at(11, 12), "74", JONAS, 6, ""),
    ),
    "easy-to-run/operator-score": (
        (at(10, 8), "32.6", INES, 6, ""), (at(11, 19), "38.5", INES, 7, "Night shifts asked"),
    ),
    "easy-to-run/uptime": ((at(10, 8), "99.71", INES, 8, ""), (at(10, 15), "99.58", INES, 6, "Map incident"),
                           (at(11, 19), "99.83", INES, 9, "")),
    "found/signup": ((at(10, 14), "11.5", JONAS, 5, ""), (at(11, 18), "9.2", JONAS, 5, "")),
}  # fmt: skip
