"""A changed rule over the items that are stored already: no tool is asked."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from connectors.sandbox.jira import JiraSandbox
from hub.flows.plan.outlook import Outlook
from hub.flows.sync import sync
from hub.model.kinds import Status
from tests.plan.company import MAPPING_FILE, OKRS_FILE, Workspace


def test_a_changed_rule_shows_its_value_over_the_stored_items_without_asking_the_tool(
    files: Workspace, jira: tuple[JiraSandbox, str], now: datetime
) -> None:
    site, url = jira
    files.environ = {"JIRA_URL": url, "JIRA_TOKEN": "sandbox-token"}
    files.apply()
    done = sync(files.store, 1, owner="t", now=lambda: now, environ=files.environ)
    assert (done.state, files.key_result("pay/merchants").standing.value) == ("done", Decimal(4))
    asked = len(site.requests)
    change = (MAPPING_FILE, "- state: done\n", "- state: {not: done}\n")
    fewer = (MAPPING_FILE, "gives: 1", "gives: 1   # the other one")
    found = files.plan(change, fewer)
    assert [(one.verb, one.noun, one.details) for one in found.changes] == [
        ("change", "mapping", (("where", "", "changed"),))
    ]
    assert found.outlooks == (Outlook("pay/merchants", Decimal(4), Decimal(2), Status.OFF_TRACK, Status.OFF_TRACK),)
    all_of_them = (MAPPING_FILE, "    where:\n      - state: done\n", "")
    lower = (OKRS_FILE, "target: 40", "target: 6")
    found = files.plan(all_of_them, lower)
    assert found.outlooks == (Outlook("pay/merchants", Decimal(4), Decimal(6), Status.OFF_TRACK, Status.ACHIEVED),)
    assert len(site.requests) == asked
    assert files.key_result("pay/merchants").standing.value == Decimal(4)


def test_a_new_query_has_to_be_read_first(files: Workspace, jira: tuple[JiraSandbox, str], now: datetime) -> None:
    _, url = jira
    files.environ = {"JIRA_URL": url, "JIRA_TOKEN": "sandbox-token"}
    files.apply()
    sync(files.store, 1, owner="t", now=lambda: now, environ=files.environ)
    found = files.plan((MAPPING_FILE, "select: project = PAY", "select: project = PAY AND type = Bug"))
    assert found.outlooks == (
        Outlook("pay/merchants", Decimal(4), None, Status.OFF_TRACK, Status.OFF_TRACK, "to be read first"),
    )
