"""A tool's limit as connections meet it: those of one sign-in wait together, and nobody else waits with them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connectors.registry import open_connector
from connectors.sandbox.jira import JiraSandbox
from connectors.sandbox.server import serve
from hub.flows.sync import Synced, sync
from hub.store import connections
from hub.store.connections import ConnectionRow
from tests.canaries import canary
from tests.flows.house import FINISHED, FINISHED_RULE, HUB, OPEN_BUGS, POINTS, POINTS_RULE, House, rule

_MAIN = HUB[HUB.index("  jira-main:") : HUB.index("channels:")]
THREE = HUB.replace(
    "channels:",
    _MAIN.replace("jira-main", "jira-twin")
    + _MAIN.replace("jira-main", "jira-other").replace("JIRA_URL", "OTHER_URL")
    + "channels:",
    1,
)
RULES = (
    FINISHED_RULE,
    POINTS_RULE.replace("from: jira-main", "from: jira-twin"),
    rule("open-bugs", "project = WEB", "count").replace("from: jira-main", "from: jira-other"),
)


def _row(house: House, slug: str) -> ConnectionRow:
    with house.store.read() as tx:
        found = connections.connection_by_slug(tx, slug)
    assert found is not None
    return found


def _sync(house: House, slug: str) -> Synced:
    """Read a connection as a worker does, on the wire that the registry opens."""
    with house.store.write() as tx:
        connections.make_due(tx, _row(house, slug).id, house.clock())
    return sync(
        house.store, _row(house, slug).id, owner=slug, now=house.clock, environ=house.environ, opener=open_connector
    )


@pytest.mark.parametrize("status", [429, 503])
def test_a_wait_asked_of_one_connection_is_kept_by_its_twin_and_holds_nobody_else_up(
    sqlite_house: House, status: int
) -> None:
    house = sqlite_house
    house.stories(3, done=2)
    other = JiraSandbox(now=house.clock, token=canary("jira"))
    other.add_project("WEB", "Web shop")
    other.create("WEB", summary="A banner", created=house.clock() - timedelta(hours=2))
    with serve(other) as server:
        house.environ["OTHER_URL"] = server.url
        house.apply(rules=RULES, key_results=(FINISHED, POINTS, OPEN_BUGS), hub=THREE)
        house.jira.fail_next(1, status, {"Retry-After": "600"})
        first = _sync(house, "jira-main")
        asked = house.jira.count()
        twin, apart = _sync(house, "jira-twin"), _sync(house, "jira-other")
        assert (first.state, twin.state, apart.state) == ("waiting", "waiting", "done")
        assert house.jira.count() == asked, "the twin asked although both were told to wait"
        wait = _row(house, "jira-twin").paused_until - house.clock()  # type: ignore[operator]
        assert timedelta(seconds=590) < wait <= timedelta(seconds=600)
        assert house.value("open-bugs") == "1 fresh"
    other.close()
