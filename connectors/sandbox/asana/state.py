"""Every way in which a simulated Asana may change. Each change is told in the streams of what it touches."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from connectors.sandbox.asana.inventory import Inventory
from connectors.sandbox.asana.objects import Json, Story, Task, stamp


class Domain(Inventory):
    """An inventory and what a driver does to it, thread-safe."""

    def create(
        self,
        project: str = "",
        *,
        name: str,
        section: str = "",
        parent: str = "",
        completed: bool = False,
        completed_at: datetime | None = None,
        subtype: str = "default_task",
        created: datetime | None = None,
        due_on: str | None = None,
        due_at: datetime | None = None,
        heading: bool = False,
        assignee: str | None = None,
        tags: Iterable[str] = (),
        values: Mapping[str, Any] | None = None,
    ) -> str:
        """Create a task in a project, or a sub-task of `parent`, and return its gid.

        One that is `completed` was so when it was created, unless `completed_at` says when. A `heading` is drawn as a
        line between tasks.
        """
        with self.lock:
            at = created or self.now()
            ended = completed_at or (at if completed else None)
            completed = ended is not None
            task = Task(
                self._gid(), name, self.workspace, at, ended or at, subtype, ended, completed,
                ("approved" if completed else "pending") if subtype == "approval" else None, due_on, due_at, heading,
                assignee, parent or None, list(tags), dict(values or {}),
            )  # fmt: skip
            self._remember(task, existed=False)
            self.tasks[task.gid] = task
            if parent:
                self.tasks[parent].subtasks.append(task.gid)
                self._tell("added", task, {"gid": parent, "resource_type": "task"})
            if project:
                self._join(task, project, section)
            return task.gid

    def edit(self, gid: str, **changes: Any) -> None:
        """Change name, due_on, due_at, heading, assignee, subtype, approval or `values` (which are merged)."""
        with self.lock:
            task = self._touched(gid)
            for name, value in changes.items():
                if name == "values":
                    task.values.update(value)
                elif name in {"name", "due_on", "due_at", "heading", "assignee", "subtype"}:
                    setattr(task, name, value)
                elif name == "approval":
                    task.approval = value
                    self._complete(task, value != "pending")
                else:
                    raise ValueError(f"a task has no {name!r} to edit")
                said = {"values": "custom_fields", "approval": "approval_status", "subtype": "resource_subtype"}
                self._tell("changed", task, change=said.get(name, name))

    def complete(self, gid: str, *, done: bool = True) -> None:
        """Tick a task off, or take the tick away."""
        with self.lock:
            task = self._touched(gid)
            self._complete(task, done)
            if task.subtype == "approval":
                task.approval = "approved" if done else "pending"
            self._tell("changed", task, change="completed")

    def add_to_project(self, gid: str, project: str, section: str = "") -> None:
        """Add a task to one more project, or move it to a section of one that it is in."""
        with self.lock:
            self._join(self._touched(gid), project, section)

    def remove_from_project(self, gid: str, project: str) -> None:
        """Take a task out of a project."""
        with self.lock:
            task = self._touched(gid)
            heard = self._heard(task)
            if self.projects[project].tasks.pop(gid, None) is not None:
                self._tell("removed", task, self.projects[project].compact(), heard=heard)

    def tag(self, gid: str, tag: str, *, on: bool = True) -> None:
        """Put a tag on a task, or take it off."""
        with self.lock:
            task = self._touched(gid)
            task.tags = [held for held in task.tags if held != tag] + ([tag] if on else [])
            self._tell("added" if on else "removed", task, self.things[tag].compact())

    def delete(self, gid: str) -> None:
        """Put a task into the trash, its sub-tasks with it; of these only the projects hear that hold them as well."""
        with self.lock:
            self._touched(gid)
            for one in self.family(gid):
                self._remember(one)
                one.deleted = True
                self._tell_of_family("deleted", one, gid)

    def restore(self, gid: str) -> None:
        """Take a task and its sub-tasks out of the trash again."""
        with self.lock:
            self._touched(gid)
            for one in self.family(gid):
                self._remember(one)
                one.deleted = False
                self._tell_of_family("undeleted", one, gid)

    def hide(self, gid: str) -> None:
        """Make a task private to others: it leaves its parent and every project, and may not be read."""
        with self.lock:
            if self.tasks[gid].parent:
                self.set_parent(gid, None)
            for project in self.projects.values():
                if gid in project.tasks:
                    self.remove_from_project(gid, project.gid)
            self._touched(gid).hidden = True

    def show(self, gid: str, project: str) -> None:
        """Share a hidden task again, in this project."""
        with self.lock:
            self.tasks[gid].hidden = False
            self.add_to_project(gid, project)

    def set_parent(self, gid: str, parent: str | None) -> None:
        """Hang a task below another, or let it stand by itself."""
        with self.lock:
            task = self._touched(gid)
            heard = self._heard(task)
            if task.parent:
                self.tasks[task.parent].subtasks.remove(gid)
            task.parent = parent
            if parent:
                self.tasks[parent].subtasks.append(gid)
            self._tell("changed", task, change="parent", heard=heard | self._heard(task))

    def lock_project(self, project: str, *, on: bool = True) -> None:
        """Take the account's membership of a project away, or give it back. Nothing is told of it."""
        self.projects[project].locked = on

    def rename_section(self, section: str, name: str) -> None:
        """Give a section another name: the tasks in it do not change, and no event speaks of them."""
        with self.lock:
            self.things[section].name = name
            resource = {"gid": section, "resource_type": "section", "name": name}
            self.announce({self.things[section].home}, self._event("changed", resource, change="name"))

    def comment(self, gid: str, text: str) -> str:
        """Comment on a task."""
        with self.lock:
            story = Story(self._gid(), gid, text, self.now(), self.me)
            self.stories[story.gid] = story
            self.tasks[gid].stories.append(story.gid)
            resource = {"gid": story.gid, "resource_type": "story", "resource_subtype": "comment_added"}
            self.announce(self._heard(self.tasks[gid]), self._event("added", resource, self.tasks[gid].compact()))
            return story.gid

    def set_goal(self, gid: str, value: float) -> None:
        """Set the current number of a goal's metric."""
        with self.lock:
            metric = self.goals[gid].metric
            assert metric is not None
            metric["current_number_value"] = value
            resource = {"gid": gid, "resource_type": "goal", "name": self.goals[gid].name}
            self.announce({gid}, self._event("changed", resource, change="metric"))

    def add_update(self, parent: str, **said: Any) -> Json:
        """Post a status update."""
        with self.lock:
            gid = self._gid()
            made = {"gid": gid, "resource_type": "status_update", "created_at": stamp(self.now()), "parent": parent}
            self.updates[gid] = {**made, **said}
            return self.updates[gid]

    # -- inside

    def _touched(self, gid: str) -> Task:
        task = self.tasks[gid]
        self._remember(task)
        task.modified = max(task.modified, self.now())
        return task

    def _complete(self, task: Task, done: bool) -> None:
        if done != task.completed:
            task.completed, task.completed_at = done, self.now() if done else None

    def _join(self, task: Task, project: str, section: str) -> None:
        held = self.projects[project]
        where = section or (held.tasks.get(task.gid) or held.sections[0])
        was = held.tasks.get(task.gid)
        if was == where:
            return
        held.tasks[task.gid] = where
        if was is None:
            self._tell("added", task, held.compact())
        else:
            self._tell("removed", task, self.things[was].compact())
        self._tell("added", task, self.things[where].compact())

    def _tell_of_family(self, action: str, one: Task, top: str) -> None:
        heard = {gid for gid, project in self.projects.items() if one.gid in project.tasks}
        if one.gid == top or heard:
            self._tell(action, one, heard=self._heard(one) if one.gid == top else heard)

    def _tell(
        self, action: str, task: Task, parent: Json | None = None, change: str = "", heard: set[str] | None = None
    ) -> None:
        resource = {"gid": task.gid, "resource_type": "task", "resource_subtype": task.subtype, "name": task.name}
        self.announce(self._heard(task) if heard is None else heard, self._event(action, resource, parent, change))
