"""Reading Planner: whole plans, the names within them, and single tasks by the batch.

Planner ignores `$filter`, `$top` and `$orderby` with 200, pages by some 400 as it sees fit, and has no delta in v1.0
(https://github.com/microsoftgraph/microsoft-graph-docs-contrib/issues/6438): so it is asked for everything, plainly.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import timedelta

import msgspec
from requests import Response

from connectors.errors import Gone, Unexpected
from connectors.microsoft import answers
from connectors.microsoft.answers import Task, TaskDetails
from connectors.microsoft.cursors import PlanNames, Standing
from connectors.microsoft.graph import Graph
from connectors.microsoft.lenient import read_item
from connectors.microsoft.places import PlanPlace
from connectors.shapes import Absence
from connectors.tame import decode
from connectors.wire import answer

NAMES_FOR = timedelta(hours=24)


class Plans:
    """The plans of one read. `people` grows as tasks name people who are not known yet."""

    def __init__(self, graph: Graph, standing: Standing, called: Mapping[str, str]) -> None:
        """Begin. `called` are names for people, by the ids of plans."""
        self._graph = graph
        self._called = called
        self.people: dict[str, str] = dict(standing.people)
        self.people_at = standing.people_at

    def tasks(self, plan: str) -> Iterator[list[Task]]:
        """Yield all tasks of a plan, page by page. Raises Gone where the plan is not there for us any more."""
        first = self._graph.get(f"planner/plans/{plan}/tasks", what="tasks of a plan", passing={403, 404})
        if first.status_code in {403, 404}:
            raise missing_plan(self._name(plan), first)
        for page in self._graph.pages("", answers.tasks, what="tasks of a plan", first=first):
            yield [_task(one) for one in page.value]

    def names(self, plans: Collection[str]) -> dict[str, PlanNames]:
        """Return the names of buckets and labels of these plans: one request for ten. Raises Gone as `tasks` does."""
        asked = {f"{kind} {plan}": f"planner/plans/{plan}/{kind}" for plan in plans for kind in ("buckets", "details")}
        came = self._graph.batch(asked, what="names of a plan") if asked else {}
        return {plan: self._names(plan, came[f"buckets {plan}"], came[f"details {plan}"]) for plan in plans}

    def _names(self, plan: str, buckets: Response, details: Response) -> PlanNames:
        for response in (buckets, details):
            if response.status_code in {403, 404}:
                raise missing_plan(self._name(plan), response)
            answer(response, what="microsoft: names of a plan")
        pages = self._graph.pages("", answers.named_ones, what="buckets", first=buckets)
        called = decode(answers.plan_details, details.content, "microsoft: details of a plan").category_descriptions
        return PlanNames(
            at=self._graph.now,
            buckets={one.id: one.called for page in pages for one in page.value},
            labels={name: text for name, text in called.items() if isinstance(text, str) and text},
        )

    def _name(self, plan: str) -> str:
        return f"the plan of {self._called[plan]!r} ({plan})" if plan in self._called else f"the plan {plan}"

    def has_bucket(self, place: PlanPlace, names: PlanNames) -> None:
        """Raise Gone where the place is a bucket that its plan has no more."""
        if place.bucket and place.bucket not in names.buckets:
            raise Gone(
                f"microsoft: the plan {place.plan} has no bucket {place.bucket} any more", hint="select another bucket"
            )

    def meet(self, tasks: Iterable[Task]) -> None:
        """Learn the names of those assigned: once a day, twenty a request.

        Somebody who left, or whose name the account may not see, goes by the id.
        """
        if self.people_at is None or self._graph.now - self.people_at >= NAMES_FOR:
            self.people, self.people_at = {}, self._graph.now
        strange = sorted({user for task in tasks for user in task.assignments} - set(self.people))
        asked = {user: f"users/{user}?$select=id,displayName" for user in strange}
        for user, response in (self._graph.batch(asked, what="names of people") if asked else {}).items():
            if response.status_code in {400, 403, 404}:
                self.people[user] = ""
                continue
            answer(response, what="microsoft: names of people")
            self.people[user] = decode(answers.named, response.content, "microsoft: a user").called

    def find(self, ids: Collection[str]) -> tuple[dict[str, Task], dict[str, Absence]]:
        """Ask for single tasks: those that are there, and why the others are not."""
        asked = {task: f"planner/tasks/{_id(task)}" for task in ids}
        found: dict[str, Task] = {}
        lost: dict[str, Absence] = {}
        for task, response in (self._graph.batch(asked, what="tasks") if asked else {}).items():
            if response.status_code in {403, 404}:
                lost[task] = Absence.HIDDEN if response.status_code == 403 else Absence.DELETED
                continue
            answer(response, what="microsoft: a task")
            found[task] = _task(response.content)
            if found[task].id != task:
                raise Unexpected("microsoft answered with another task than was asked for")
        return found, lost

    def details(self, ids: Collection[str]) -> dict[str, TaskDetails]:
        """Return descriptions and checklists, twenty tasks a request. Without those of tasks that went meanwhile."""
        asked = {task: f"planner/tasks/{_id(task)}/details" for task in ids}
        found: dict[str, TaskDetails] = {}
        for task, response in (self._graph.batch(asked, what="details of tasks") if asked else {}).items():
            if response.status_code in {403, 404}:
                continue
            answer(response, what="microsoft: details of a task")
            found[task], _ = read_item(response.content, TaskDetails, "microsoft: details of a task")
        return found


def _task(raw: msgspec.Raw | bytes) -> Task:
    task, odd = read_item(raw, Task, "microsoft: a task")
    task.odd = odd
    return task


def missing_plan(name: str, response: Response) -> Gone:
    """Return the error for a plan that is not there any more, or not for us."""
    if response.status_code == 403:
        return Gone(
            f"microsoft: the account may not see {name}",
            hint="make it a member of the plan's group, or grant the app Tasks.Read.All",
        )
    return Gone(f"microsoft: {name} does not exist any more", hint="select another plan")


def unknown_buckets(tasks: Mapping[str, Task], names: PlanNames) -> bool:
    """Say whether a task stands in a bucket that was made after the names were read."""
    return any(task.bucket_id and task.bucket_id not in names.buckets for task in tasks.values())


def _id(task: str) -> str:
    if not task.isascii() or not task.replace("-", "").replace("_", "").isalnum():
        raise Unexpected(f"microsoft: {task[:40]!r} is not the id of a task")
    return task
