"""How a simulated Asana draws what it holds: compact unless asked for more, and only what was asked for.

https://developers.asana.com/docs/inputoutput-options
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.sandbox.asana.objects import CustomField, Json, Project, Task, stamp
from connectors.sandbox.asana.state import Domain
from connectors.sandbox.oddities import bent

Tree = dict[str, "Tree"]


def tree_of(opt_fields: str | None) -> Tree | None:
    """Turn "name,assignee.name" into a tree; None when nothing was asked for."""
    names = [name.strip() for name in (opt_fields or "").split(",") if name.strip()]
    if not names:
        return None
    tree: Tree = {}
    for name in names:
        here = tree
        for step in name.split("."):
            here = here.setdefault(step, {})
    return tree


def pick(value: Any, tree: Tree) -> Any:
    """Return what of a drawn object was asked for. The gid always comes; a name nobody knows is passed over."""
    if isinstance(value, list):
        return [pick(one, tree) for one in value]
    if not isinstance(value, dict):
        return value
    found = {"gid": value["gid"]} if "gid" in value else {}
    for name, more in tree.items():
        if name in value:
            found[name] = pick(value[name], more) if more else _bare(value[name])
    return found


def compact(value: Json) -> Json:
    """Return what a list shows of an object when nothing was asked for."""
    return {name: value[name] for name in ("gid", "resource_type", "name", "resource_subtype") if name in value}


def _bare(value: Any) -> Any:
    if isinstance(value, list):
        return [_bare(one) for one in value]
    if isinstance(value, dict) and "gid" in value:
        return {"gid": value["gid"], "resource_type": value.get("resource_type")}
    return value


class Bodies:
    """Draw objects whole, as the account sees them."""

    def __init__(self, domain: Domain) -> None:
        self._domain = domain

    def task(self, task: Task) -> Json:
        """Draw a task. Of what holds it only the projects that the account is a member of are shown."""
        d = self._domain
        memberships = []
        for project in d.projects.values():
            if task.gid in project.tasks and not project.locked:
                section = d.things[project.tasks[task.gid]]
                memberships.append({"project": project.compact(), "section": section.compact()})
        held = {one["project"]["gid"] for one in memberships}
        drawn = {
            **task.compact(),
            "approval_status": task.approval,
            "assignee": d.things[task.assignee].compact() if task.assignee else None,
            "completed": task.completed,
            "completed_at": stamp(task.completed_at) if task.completed_at else None,
            "created_at": stamp(task.created),
            "custom_fields": [self.value(d.fields[gid], task.values.get(gid)) for gid in self._fields(task, held)],
            "due_at": stamp(task.due_at) if task.due_at else None,
            # of a due time Asana tells the day too, in the zone of whoever set it: here UTC
            "due_on": f"{task.due_at:%Y-%m-%d}" if task.due_at else task.due_on,
            # of tasks alone: milestones and approvals do not have it
            **({"is_rendered_as_separator": task.heading} if task.subtype == "default_task" else {}),
            "memberships": memberships,
            "modified_at": stamp(task.modified),
            "notes": "",
            "num_subtasks": sum(not d.tasks[gid].deleted for gid in task.subtasks),
            "parent": d.tasks[task.parent].compact() if task.parent else None,
            "permalink_url": f"https://app.asana.com/0/{min(held, default='0')}/{task.gid}",
            "projects": [one["project"] for one in memberships],
            "start_on": None,
            "tags": [d.things[tag].compact() for tag in task.tags],
            "workspace": d.things[task.workspace].compact(),
        }
        return bent(drawn, d.odd.get(task.gid))

    def _fields(self, task: Task, projects: set[str]) -> list[str]:
        shown = {gid for project in projects for gid in self._domain.projects[project].fields}
        return [gid for gid in self._domain.fields if gid in shown or gid in task.values]

    def value(self, field: CustomField, value: Any) -> Json:
        """Draw a custom field with its value on a task."""
        option = self._option(field, value) if field.type == "enum" and value else None
        drawn: Json = {
            **self.field(field),
            "enabled": True,
            "number_value": value if field.type == "number" else None,
            "text_value": value if field.type == "text" else None,
            "enum_value": option,
            "multi_enum_values": [self._option(field, one) for one in value or ()]
            if field.type == "multi_enum"
            else [],
            "date_value": {"date": value, "date_time": None} if field.type == "date" and value else None,
            "people_value": [self._domain.things[one].compact() for one in value or ()]
            if field.type == "people"
            else [],
            "display_value": None if value is None else (option["name"] if option else str(value)),
        }
        mine = {"number": "number_value", "text": "text_value", "enum": "enum_value", "multi_enum": "multi_enum_values",
                "date": "date_value", "people": "people_value"}  # fmt: skip
        return {n: v for n, v in drawn.items() if n not in mine.values() or n == mine.get(field.type)}

    def field(self, field: CustomField) -> Json:
        """Draw a custom field's definition."""
        drawn: Json = {
            "gid": field.gid, "resource_type": "custom_field", "resource_subtype": field.type, "name": field.name,
            "type": field.type,
        }  # fmt: skip
        if field.options:
            drawn["enum_options"] = [self._option(field, gid) for gid in field.options]
        if field.type == "number":
            drawn["precision"] = 2
        return drawn

    def _option(self, field: CustomField, gid: str) -> Json:
        return {
            "gid": gid,
            "resource_type": "enum_option",
            "name": field.options[gid],
            "enabled": True,
            "color": "none",
        }

    def project(self, project: Project) -> Json:
        """Draw a project."""
        return {
            **project.compact(),
            "archived": project.archived,
            "workspace": self._domain.things[project.home].compact(),
            "permalink_url": f"https://app.asana.com/0/{project.gid}/list",
        }

    def section(self, gid: str) -> Json:
        """Draw a section."""
        section = self._domain.things[gid]
        return {**section.compact(), "project": self._domain.projects[section.home].compact()}

    def goal(self, gid: str) -> Json:
        """Draw a goal."""
        goal = self._domain.goals[gid]
        return {**goal.compact(), "metric": goal.metric, "workspace": self._domain.things[goal.home].compact()}

    def counts(self, project: Project) -> Mapping[str, int]:
        """Count a project's tasks as GET /projects/{gid}/task_counts does."""
        tasks = [task for gid in project.tasks if not (task := self._domain.tasks[gid]).deleted]
        milestones = [task for task in tasks if task.subtype == "milestone"]
        found = {}
        for name, held in (("tasks", tasks), ("milestones", milestones)):
            done = sum(task.completed for task in held)
            found.update({f"num_{name}": len(held), f"num_completed_{name}": done})
            found[f"num_incomplete_{name}"] = len(held) - done
        return found
