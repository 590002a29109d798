"""What reading Microsoft 365 takes, in requests counted by the wire."""

from __future__ import annotations

import time
from collections.abc import Iterator

from tests.bench.row import Row
from tests.connectors.microsoft_tenant import Tenant, cursor_of, open_tenant

ALLOWED = 5


def microsoft_budgets() -> Iterator[Row]:
    """Microsoft 365: a plan of 2,000 tasks, twenty numbers and a list."""
    with open_tenant() as tenant:
        yield from _planner(tenant)
    with open_tenant() as tenant:
        yield from _office(tenant)


def _planner(tenant: Tenant) -> Iterator[Row]:
    plan = tenant.planner.add_plan(tenant.team, "Launch", "Now", "Later")
    people = [tenant.planner.add_user(f"p{number}@northwind.test", f"Person {number}") for number in range(15)]
    tasks = [
        tenant.planner.add_task(plan, f"Task {n}", assigned=[people[n % 15]], percent=n % 3 * 50) for n in range(2000)
    ]
    scope = tenant.scope(plan=plan)
    tenant.counter.take()
    began = time.perf_counter()
    since = cursor_of(tenant.read(scope))
    requests = tenant.counter.take()["requests"]
    yield Row(
        "Planner: first read of a plan of 2,000 tasks of 15 people",
        f"{requests} requests, {time.perf_counter() - began:.1f} s, cursor {len(since) // 1000} KB",
        "7 requests",
        requests <= 7,
    )
    tenant.clock.pass_(minutes=15)
    began = time.perf_counter()
    pages = list(tenant.connector.changes([scope], since))
    requests, bodies = tenant.counter.take()["requests"], sum(len(page.items) for page in pages)
    yield Row(
        "Planner: re-read of an unchanged 2,000-task plan",
        f"{requests} requests, {bodies} items, {time.perf_counter() - began:.1f} s",
        f"{ALLOWED} requests, names once a day",
        requests <= ALLOWED and bodies == 0,
    )
    for task in tasks[:50]:
        tenant.planner.edit_task(task, percent=100)
    for task in tasks[50:60]:
        tenant.planner.delete_task(task)
    pages = list(tenant.connector.changes([scope], cursor_of(pages)))
    requests, bodies = tenant.counter.take()["requests"], sum(len(page.items) for page in pages)
    gone = sum(len(page.gone_because) for page in pages)
    yield Row(
        "Planner: re-read after 50 of 2,000 tasks changed and 10 were deleted",
        f"{requests} requests, {bodies} items, {gone} known to be deleted",
        f"{ALLOWED + 1} requests",
        requests <= ALLOWED + 1 and bodies == 50 and gone == 10,
    )
    tenant.clock.pass_(hours=25)
    list(tenant.connector.changes([scope], cursor_of(pages)))
    requests = tenant.counter.take()["requests"]
    yield Row(
        "Planner: the same once a day, with the names of buckets, labels and 15 people",
        f"{requests} requests",
        f"{ALLOWED + 2} requests",
        requests <= ALLOWED + 2,
    )


def _office(tenant: Tenant) -> Iterator[Row]:
    site = tenant.office.add_site("northwind.sharepoint.com", "sites/sales")
    book = tenant.office.add_workbook(tenant.office.drive_of(site), "OKR.xlsx")
    scopes = []
    for row in range(1, 21):
        tenant.office.set_cell(book, "Q4", f"B{row}", row)
        scopes.append(
            tenant.scope(site="northwind.sharepoint.com/sites/sales", file="OKR.xlsx", sheet="Q4", cell=f"B{row}")
        )
    tenant.counter.take()
    since = cursor_of(list(tenant.connector.changes(scopes, cursor_of(tenant.read(scopes[0])))))
    tenant.counter.take()
    list(tenant.connector.changes(scopes, since))
    requests = tenant.counter.take()["requests"]
    yield Row("Excel: twenty cells looked at", f"{requests} requests", "1 request", requests <= 1)
    mine = tenant.connect(user=tenant.mira)
    errands = tenant.office.add_list(tenant.mira, "Errands")
    for number in range(500):
        tenant.office.add_todo(errands, f"Errand {number}")
    scope = next(one for one in mine.scopes("errands"))
    since = cursor_of(list(mine.fetch(scope)))
    tenant.counter.take()
    list(mine.changes([scope], since))
    requests = tenant.counter.take()["requests"]
    yield Row("To Do: re-read of an unchanged list of 500 tasks", f"{requests} requests", "1 request", requests <= 1)
