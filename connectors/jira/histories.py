"""What Jira remembers of how issues moved: every change of status, and the status each began with.

https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issues/#api-rest-api-3-changelog-bulkfetch-post
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC

from connectors.errors import Unexpected
from connectors.jira.calls import Calls, number
from connectors.jira.full_read import fetch_bodies
from connectors.jira.items import state_of
from connectors.shapes import State, Transition

ISSUES = 1000  # whose histories are asked for at once


def histories(calls: Calls, keys: Sequence[str]) -> Iterator[Transition]:
    """Yield the transitions of issues that exist, issue by issue, each beginning with how it came into being.

    A status that the site has no more has no state.
    """
    states = _states(calls)
    wanted = [number(key, "keys") for key in keys]
    for first in range(0, len(wanted), ISSUES):
        part = wanted[first : first + ISSUES]
        steps = calls.steps(part)
        for _, issues in fetch_bodies(calls, part, frozenset()):
            for issue in issues:
                moved = sorted(steps.get(int(issue.id), ()), key=lambda step: step.at)
                was_id, was = (moved[0].was_id, moved[0].was) if moved else ("", issue.fields.status.name)
                began = states.get(was_id) if moved else state_of(issue.fields.status.status_category.key)
                yield Transition(issue.id, issue.fields.created.astimezone(UTC), "", was, began)
                for step in moved:
                    yield Transition(issue.id, step.at, step.was, step.now, states.get(step.now_id))


def _states(calls: Calls) -> Mapping[str, State]:
    found = {}
    for status in calls.get("status"):
        state = state_of(status["statusCategory"]["key"].text())
        if state is None:
            raise Unexpected("jira changed shape at status.statusCategory.key: a category we do not know")
        found[status["id"].text()] = state
    return found
