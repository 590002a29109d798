"""A small company in the store, put there by the store's own functions."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from connectors.shapes import Scope, Select, State, WorkItem
from hub.model.judge import Policy
from hub.model.key_result import Declared
from hub.model.kinds import Kind
from hub.model.okr import Cycle
from hub.store import Store, channels, connections, key_results, okrs, rules, selected
from hub.store.channels import Route
from hub.store.okrs import Objective, Team, Workspace

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)  # of the quarter's 92 days, 53.5 have gone by
FIRST, LAST = date(2026, 10, 1), date(2026, 12, 31)
MERCHANTS = Declared(
    "pay/merchants", "40 merchants live", Kind.REACH, FIRST, LAST, unit="merchants", target=Decimal(40)
)
ITEM = WorkItem(
    key="10001",
    ref="PAY-1",
    title="Pay by card",
    state=State.DOING,
    status="In Review",
    type="Story",
    url="https://jira.test/browse/PAY-1",
    created=datetime(2026, 10, 2, 8, 0, tzinfo=UTC),
    updated=datetime(2026, 11, 2, 8, 0, tzinfo=UTC),
)


def found_company(tx: Connection, *, hold: timedelta = timedelta(hours=1)) -> int:
    """Put a workspace, a team and an objective there; return the objective's id."""
    okrs.put_workspace(tx, Workspace("Acme", "", ZoneInfo("UTC"), "http://hub.test", Policy(hold=hold)))
    okrs.put_cycle(tx, Cycle("q4", "Q4 2026", FIRST, LAST))
    okrs.put_team(tx, Team("payments", "Payments", "mira@acme.test", None))
    return okrs.put_objective(tx, Objective("pay", "Customers pay", "payments", "q4", "mira@acme.test", None, None))


def found_key_result(store: Store, **changes: Any) -> int:
    """Put the company and one key result there; return its id."""
    hold = changes.pop("hold", timedelta(hours=1))
    with store.write() as tx:
        return key_results.put_key_result(tx, found_company(tx, hold=hold), replace(MERCHANTS, **changes))


def add_connection(tx: Connection, slug: str = "jira-main", every: timedelta = timedelta(minutes=15)) -> int:
    connections.put_connection(
        tx, slug=slug, kind="jira", settings={"token": "${T}"}, allow_private=[], every=every, now=NOW
    )
    found = connections.connection_by_slug(tx, slug)
    assert found is not None
    return found.id


def add_selection(tx: Connection, connection_id: int, query: str = "project = PAY", *fields: str) -> int:
    found = selected.put_selection(tx, connection_id, Select(query, fields=frozenset(fields)))
    selected.resolve_selection(
        tx, found, Scope("jql", query, query, query, "https://jira.test/issues", dict.fromkeys(fields, "id"))
    )
    return found


def add_rule(tx: Connection, key_result_id: int, selection_id: int, digest: str = "d1", slug: str = "jira-main") -> int:
    return rules.put_rule(
        tx,
        key_result_id=key_result_id,
        digest=digest,
        body={"digest": digest},
        connection=slug,
        selection_id=selection_id,
        author="mira@acme.test",
        now=NOW,
    )


def add_channel(tx: Connection, slug: str, *routes: Route) -> int:
    """Put a channel there, and these routes after those that are there already."""
    channels.put_channel(tx, slug=slug, name=f"#{slug}", kind="slack", settings={}, allow_private=[], owner="")
    channels.put_routes(tx, [*channels.all_routes(tx), *routes])
    return next(one.id for one in channels.all_channels(tx) if one.slug == slug)
