"""Which selections hold a task, worked out from the task's own body and from what was listed beforehand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from connectors.asana import answers
from connectors.asana.answers import Task
from connectors.asana.calls import Calls
from connectors.asana.queries import Query, read_query
from connectors.shapes import Scope

MOST_LEVELS = 10  # Asana lets people nest sub-tasks; deeper than this nobody looks


def is_lost(task: Task) -> bool:
    """Say whether a task does not tell where it belongs, because that cannot be read."""
    if task.wrong and not task.wrong.keys().isdisjoint({"memberships", "tags"}):
        return True
    return any(held.project is None for held in task.memberships)


class Belonging:
    """The selections of one read. `projects` says for each scope whose projects it lives in, a portfolio's too.

    `listed` has for each search, and may have for others, the gids of what it holds now.
    """

    def __init__(self, calls: Calls, scopes: Sequence[Scope]) -> None:
        self._calls = calls
        self.queries: dict[str, Query] = {scope.key: read_query(scope.query) for scope in scopes}
        self.projects: dict[str, tuple[str, ...]] = {}
        self.listed: dict[str, set[str]] = {}
        self.subtasks = any(query.subtasks for query in self.queries.values())
        self.gids = frozenset(gid for scope in scopes for gid in scope.field_ids if gid.isdecimal())
        self.fields = answers.STANDARD + (f",{answers.CUSTOM}" if self.gids else "")
        if self.subtasks:
            self.fields += ",num_subtasks"
        self._places: dict[str, set[str]] = {}  # gid -> scopes in whose list it stood, of tasks that do not say where
        self._seen: dict[str, Task | None] = {}  # ancestors, while there are sub-tasks to place

    def find_projects(self) -> None:
        """Ask which projects each scope lives in: one request for each hundred projects of a portfolio."""
        for key, query in self.queries.items():
            if query.kind == "project":
                self.projects[key] = (query.gid,)
            elif query.kind == "section":
                self.projects[key] = (query.project,)
            elif query.kind == "portfolio":
                found = self._calls.named(
                    f"portfolio {query.gid}", "PortfoliosApi", "get_items_for_portfolio", query.gid
                )
                self.projects[key] = tuple(sorted({project.gid for project in found}))

    def note(self, tasks: Sequence[Task], keys: Iterable[str]) -> None:
        """Remember that these tasks stood in the list of these scopes: one that cannot say where it is is there."""
        for task in tasks:
            if is_lost(task):
                self._places.setdefault(task.gid, set()).update(keys)

    def holders(self, tasks: Sequence[Task]) -> Mapping[str, frozenset[str]]:
        """Return for each task the keys of the scopes that hold it. Asks for parents where sub-tasks count."""
        if self.subtasks:
            self._climb(tasks)
        return {task.gid: self._of(task) for task in tasks}

    def is_unsure(self, task: Task) -> bool:
        """Say whether a task, or one above it, does not tell where it belongs; `holders` has looked at them before."""
        return any(
            is_lost(one) or (query.subtasks and "parent" in one.wrong)
            for query in self.queries.values()
            for one in self._line(task, query)
        )

    def _of(self, task: Task) -> frozenset[str]:
        held = []
        for key, query in self.queries.items():
            if key in self.listed:
                is_held = task.gid in self.listed[key]
            else:
                is_held = any(self._holds(key, query, one) for one in self._line(task, query))
            if is_held or key in self._places.get(task.gid, ()):
                held.append(key)
        return frozenset(held)

    def _holds(self, key: str, query: Query, task: Task) -> bool:
        if key in self._places.get(task.gid, ()):
            return True
        if query.kind == "tag":
            return any(tag.gid == query.gid for tag in task.tags)
        if query.kind == "section":
            return any(m.section is not None and m.section.gid == query.gid for m in task.memberships)
        wanted = self.projects.get(key, ())
        return any(m.project is not None and m.project.gid in wanted for m in task.memberships)

    def _line(self, task: Task, query: Query) -> Iterable[Task]:
        """Yield a task, and where the selection counts sub-tasks all that are above it."""
        yield task
        above: Task | None = task
        for _ in range(MOST_LEVELS if query.subtasks else 0):
            if above is None or above.parent is None:
                return
            above = self._seen.get(above.parent.gid)
            if above is not None:
                yield above

    def _climb(self, tasks: Sequence[Task]) -> None:
        self._seen.update({task.gid: task for task in tasks})
        level: Sequence[Task] = tasks
        for _ in range(MOST_LEVELS):
            wanted = sorted({t.parent.gid for t in level if t.parent is not None and t.parent.gid not in self._seen})
            if not wanted:
                return
            above: list[Task] = []
            for found, missing in self._calls.bodies(wanted, self.fields):
                above += found
                self._seen.update(dict.fromkeys(missing))
            self._seen.update({task.gid: task for task in above})
            level = above

    def below(self, tasks: Sequence[Task]) -> list[Task]:
        """Return all sub-tasks of these, level by level, where a selection counts them: ten parents a request."""
        found: dict[str, Task] = {}
        level = list(tasks) if self.subtasks else []
        self._seen.update({task.gid: task for task in level})
        for _ in range(MOST_LEVELS):
            parents = sorted({task.gid for task in level if task.num_subtasks})
            level = []
            for _, children in self._calls.subtasks(parents, self.fields):
                level += [child for child in children if child.gid not in found]
                found.update({child.gid: child for child in children})
            if not level:
                break
            self._seen.update({child.gid: child for child in level})
        return list(found.values())
