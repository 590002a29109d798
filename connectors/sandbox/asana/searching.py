"""Searching a simulated workspace: https://developers.asana.com/reference/searchtasksforworkspace

Knows text, completed, resource_subtype, is_subtask, projects.any, sections.any, tags.any, assignee.any, created_at,
modified_at and number fields; refuses other parameters, so that no test rests on a filter that does nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from connectors.sandbox.asana.asking import RefusedError
from connectors.sandbox.asana.bodies import Bodies
from connectors.sandbox.asana.objects import Json
from connectors.sandbox.asana.state import Domain

_OTHER = frozenset({"limit", "opt_fields", "sort_by", "sort_ascending"})


class Searching:
    """Find tasks as the index sees them: `index_lag` seconds behind."""

    def __init__(self, domain: Domain, bodies: Bodies) -> None:
        self._domain = domain
        self._bodies = bodies

    def find(self, workspace: str, asked: Mapping[str, str]) -> dict[str, Json]:
        """Return the drawn tasks by gid, in the order asked for (newest change first)."""
        wanted = {name: value for name, value in asked.items() if name not in _OTHER}
        held = [one for one in self._indexed() if one["workspace"]["gid"] == workspace]
        found = [one for one in held if all(_matches(one, name, value) for name, value in wanted.items())]
        by = asked.get("sort_by", "modified_at")
        if by not in {"created_at", "modified_at", "completed_at", "due_date", "likes"}:
            raise RefusedError(400, f"sort_by: Not a recognized value: {by}")
        found.sort(key=lambda one: (one.get(by) or "", one["gid"]), reverse=asked.get("sort_ascending") != "true")
        return {one["gid"]: one for one in found}

    def _indexed(self) -> list[Json]:
        domain = self._domain
        horizon = domain.now() - timedelta(seconds=domain.index_lag)
        for gid in list(domain.past):
            domain.past[gid] = [entry for entry in domain.past[gid] if entry[0] > horizon]
            if not domain.past[gid]:
                del domain.past[gid]
        seen = [task for task in domain.tasks.values() if domain.sees(task)]
        late = {gid: entries[0][1] for gid, entries in domain.past.items()}
        found = [self._bodies.task(task) for task in seen if task.gid not in late]
        visible = {task.gid for task in seen}
        return [*found, *(one for gid, one in late.items() if one is not None and gid in visible)]


def _matches(task: Json, name: str, value: str) -> bool:
    values = set(value.split(","))
    match name:
        case "text":
            return value.casefold() in str(task["name"]).casefold()
        case "completed":
            return bool(task["completed"]) == (value == "true")
        case "resource_subtype":
            return bool(task["resource_subtype"] == value)
        case "is_subtask":
            return bool(task["parent"]) == (value == "true")
        case "projects.any":
            return any(one["gid"] in values for one in task["projects"])
        case "sections.any":
            return any(one["section"]["gid"] in values for one in task["memberships"])
        case "tags.any":
            return any(one["gid"] in values for one in task["tags"])
        case "assignee.any":
            return task["assignee"] is not None and task["assignee"]["gid"] in values
        case "created_at.after" | "modified_at.after":
            return bool(task[name.partition(".")[0]] > value)
        case "created_at.before" | "modified_at.before":
            return bool(task[name.partition(".")[0]] < value)
    raise RefusedError(400, f"{name}: Not a recognized search parameter")
