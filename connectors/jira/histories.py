"""What Jira remembers of how issues moved: every change of status, and the status each began with.

https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issues/#api-rest-api-3-changelog-bulkfetch-post
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from connectors.jira.answers import number
from connectors.jira.calls import Calls
from connectors.jira.full_read import fetch_bodies
from connectors.jira.items import work_item
from connectors.jira.steps import ISSUES
from connectors.shapes import State, Transition


def histories(calls: Calls, keys: Sequence[str]) -> Iterator[Transition]:
    """Yield the transitions of issues that exist, issue by issue, each beginning with how it came into being.

    A status that the site has no more has no state. Of an issue without a date that can be read nothing is told.
    """
    wanted = [number(key, "keys") for key in keys]
    for first in range(0, len(wanted), ISSUES):
        part = wanted[first : first + ISSUES]
        steps = calls.steps(part)
        for _, issues in fetch_bodies(calls, part, frozenset()):
            for issue in issues:
                item = work_item(issue, calls.account.site, ())
                if "created" in item.unreadable:
                    continue
                moved = sorted(steps.get(int(issue.id), ()), key=lambda step: step.at)
                was_id, was = (moved[0].was_id, moved[0].was) if moved else ("", item.status)
                now: State | None = None if "state" in item.unreadable else item.state
                yield Transition(issue.id, item.created, "", was, calls.states.get(was_id) if moved else now)
                for step in moved:
                    yield Transition(issue.id, step.at, step.was, step.now, calls.states.get(step.now_id))
