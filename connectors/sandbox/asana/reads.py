"""What a simulated Asana can be asked. Paths and parameters: https://developers.asana.com/reference"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from connectors.sandbox.asana.asking import Pages, Question, RefusedError
from connectors.sandbox.asana.bodies import Bodies
from connectors.sandbox.asana.objects import Json, Portfolio, Project, Task
from connectors.sandbox.asana.searching import Searching
from connectors.sandbox.asana.state import Domain

Answer = tuple[int, Json]
STALE = (
    "Sync token invalid or too old. If you are attempting to keep resources in sync, you must fetch the full dataset "
    "for this query now and use the new sync token for the next sync."
)


class Reads:
    """Answer questions over a domain. `is_paid`: the plan has search, portfolios and goals."""

    def __init__(self, domain: Domain) -> None:
        self.domain = domain
        self.bodies = Bodies(domain)
        self.pages = Pages(domain.now)
        self.searching = Searching(domain, self.bodies)
        self.is_paid = True

    def routes(self) -> Sequence[tuple[str, str, Callable[..., Answer]]]:
        """Return (method, path, what answers)."""
        return (
            ("GET", r"/users/me", self.me),
            ("GET", r"/workspaces", self.workspaces),
            ("GET", r"/projects", self.projects),
            ("GET", r"/projects/(?P<gid>[^/]+)", self.project),
            ("GET", r"/projects/(?P<gid>[^/]+)/tasks", self.project_tasks),
            ("GET", r"/projects/(?P<gid>[^/]+)/sections", self.sections),
            ("GET", r"/projects/(?P<gid>[^/]+)/task_counts", self.counts),
            ("GET", r"/projects/(?P<gid>[^/]+)/custom_field_settings", self.settings),
            ("GET", r"/sections/(?P<gid>[^/]+)", self.section),
            ("GET", r"/sections/(?P<gid>[^/]+)/tasks", self.section_tasks),
            ("GET", r"/tags", self.tags),
            ("GET", r"/tags/(?P<gid>[^/]+)", self.tag),
            ("GET", r"/tags/(?P<gid>[^/]+)/tasks", self.tag_tasks),
            ("GET", r"/portfolios", self.portfolios),
            ("GET", r"/portfolios/(?P<gid>[^/]+)", self.portfolio),
            ("GET", r"/portfolios/(?P<gid>[^/]+)/items", self.portfolio_items),
            ("GET", r"/workspaces/(?P<gid>[^/]+)/custom_fields", self.fields),
            ("GET", r"/workspaces/(?P<gid>[^/]+)/tasks/search", self.search),
            ("GET", r"/tasks/(?P<gid>[^/]+)", self.task),
            ("GET", r"/tasks/(?P<gid>[^/]+)/subtasks", self.subtasks),
            ("GET", r"/tasks/(?P<gid>[^/]+)/stories", self.stories),
            ("GET", r"/goals", self.goals),
            ("GET", r"/goals/(?P<gid>[^/]+)", self.goal),
            ("GET", r"/status_updates", self.updates),
            ("GET", r"/status_updates/(?P<gid>[^/]+)", self.update),
            ("GET", r"/events", self.events),
        )

    def me(self, question: Question) -> Answer:
        d = self.domain
        held = [thing.compact() for thing in d.things.values() if thing.kind == "workspace"]
        return question.show({**d.things[d.me].compact(), "email": d.email, "workspaces": held})

    def workspaces(self, question: Question) -> Answer:
        return self._list(question, [t.gid for t in self.domain.things.values() if t.kind == "workspace"])

    def projects(self, question: Question) -> Answer:
        wanted, archived = question.needs("workspace"), question.parameters.get("archived")
        held = [
            p.gid
            for p in self.domain.projects.values()
            if p.home == wanted and not p.locked and (archived is None or p.archived == (archived == "true"))
        ]
        return self.pages.show(question, held, lambda gid: self.bodies.project(self.domain.projects[gid]))

    def project(self, question: Question, gid: str) -> Answer:
        return question.show(self.bodies.project(self.seen_project(gid)))

    def project_tasks(self, question: Question, gid: str) -> Answer:
        return self._tasks(question, list(self.seen_project(gid).tasks))

    def sections(self, question: Question, gid: str) -> Answer:
        return self.pages.show(question, self.seen_project(gid).sections, self.bodies.section)

    def counts(self, question: Question, gid: str) -> Answer:
        """Count. Without opt_fields nothing is: the counts are opt-in, every one."""
        project = self.seen_project(gid)
        tree = question.tree or {}
        return 200, {"data": {name: number for name, number in self.bodies.counts(project).items() if name in tree}}

    def settings(self, question: Question, gid: str) -> Answer:
        def draw(field: str) -> Json:
            held = self.bodies.field(self.domain.fields[field])
            return {"gid": f"{field}1", "resource_type": "custom_field_setting", "custom_field": held}

        return self.pages.show(question, self.seen_project(gid).fields, draw)

    def section(self, question: Question, gid: str) -> Answer:
        self._seen_section(gid)
        return question.show(self.bodies.section(gid))

    def section_tasks(self, question: Question, gid: str) -> Answer:
        project = self._seen_section(gid)
        return self._tasks(question, [task for task, section in project.tasks.items() if section == gid])

    def tags(self, question: Question) -> Answer:
        wanted = question.needs("workspace")
        return self._list(
            question, [t.gid for t in self.domain.things.values() if t.kind == "tag" and t.home == wanted]
        )

    def tag(self, question: Question, gid: str) -> Answer:
        return question.show(self.domain.things[self._known("tag", gid)].compact())

    def tag_tasks(self, question: Question, gid: str) -> Answer:
        tag = self._known("tag", gid)
        return self._tasks(question, [task.gid for task in self.domain.tasks.values() if tag in task.tags])

    def portfolios(self, question: Question) -> Answer:
        self._pays()
        question.needs("workspace"), question.needs("owner")
        held = self.domain.portfolios
        return self.pages.show(question, list(held), lambda gid: held[gid].compact())

    def portfolio(self, question: Question, gid: str) -> Answer:
        return question.show(self._seen_portfolio(gid).compact())

    def portfolio_items(self, question: Question, gid: str) -> Answer:
        held = [one for one in self._seen_portfolio(gid).items if not self.domain.projects[one].locked]
        return self.pages.show(question, held, lambda one: self.bodies.project(self.domain.projects[one]))

    def fields(self, question: Question, gid: str) -> Answer:
        held = [field.gid for field in self.domain.fields.values() if field.home == gid]
        return self.pages.show(question, held, lambda field: self.bodies.field(self.domain.fields[field]))

    def search(self, question: Question, gid: str) -> Answer:
        self._pays()
        found = self.searching.find(gid, question.parameters)
        return self.pages.show(question, list(found), found.__getitem__, ends=True)

    def task(self, question: Question, gid: str) -> Answer:
        return question.show(self.bodies.task(self.seen_task(gid)))

    def subtasks(self, question: Question, gid: str) -> Answer:
        return self._tasks(question, self.seen_task(gid).subtasks)

    def stories(self, question: Question, gid: str) -> Answer:
        d = self.domain
        author = d.things[d.me].compact()
        return self.pages.show(question, self.seen_task(gid).stories, lambda story: d.stories[story].full(author))

    def goals(self, question: Question) -> Answer:
        self._pays()
        wanted = question.needs("workspace")
        held = [goal.gid for goal in self.domain.goals.values() if goal.home == wanted]
        return self.pages.show(question, held, self.bodies.goal)

    def goal(self, question: Question, gid: str) -> Answer:
        self._pays()
        if gid not in self.domain.goals:
            raise RefusedError(404, f"goal: Unknown object: {gid}")
        return question.show(self.bodies.goal(gid))

    def updates(self, question: Question) -> Answer:
        wanted, held = question.needs("parent"), self.domain.updates
        return self.pages.show(question, [gid for gid in reversed(held) if held[gid]["parent"] == wanted], self._update)

    def update(self, question: Question, gid: str) -> Answer:
        if gid not in self.domain.updates:
            raise RefusedError(404, f"status_update: Unknown object: {gid}")
        return question.show(self._update(gid))

    def _update(self, gid: str) -> Json:
        drawn = self.domain.updates[gid]
        parent = drawn["parent"]
        kind = next(k for k, held in (("goal", self.domain.goals), ("project", self.domain.projects)) if parent in held)
        return {**drawn, "resource_subtype": f"{kind}_status_update", "parent": {"gid": parent, "resource_type": kind}}

    def events(self, question: Question) -> Answer:
        """Tell what happened, or 412 with a fresh token (https://developers.asana.com/reference/getevents)."""
        gid = question.needs("resource")
        if gid in self.domain.goals:
            self._pays()
        elif gid in self.domain.tasks:
            self.seen_task(gid)
        else:
            self.seen_project(gid)
        told = self.domain.streams.read(gid, question.parameters.get("sync"))
        if told.fresh:
            raise RefusedError(412, STALE, sync=told.sync)
        return 200, {"data": list(told.events), "sync": told.sync, "has_more": told.has_more}

    # -- what may be seen

    def seen_project(self, gid: str) -> Project:
        """Return a project. 404 when there is none, 403 when the account is no member."""
        project = self.domain.projects.get(_number("project", gid))
        if project is None:
            raise RefusedError(404, f"project: Unknown object: {gid}")
        if project.locked:
            raise RefusedError(403, "project: You do not have access to this project")
        return project

    def seen_task(self, gid: str) -> Task:
        """Return a task. 404 when there is none or it is in the trash, 403 when it may not be seen."""
        task = self.domain.tasks.get(_number("task", gid))
        if task is None or task.deleted:
            raise RefusedError(404, f"task: Unknown object: {gid}")
        if not self.domain.sees(task):
            raise RefusedError(403, "task: You do not have access to this task")
        return task

    def _seen_portfolio(self, gid: str) -> Portfolio:
        self._pays()
        if gid not in self.domain.portfolios:
            raise RefusedError(404, f"portfolio: Unknown object: {gid}")
        return self.domain.portfolios[gid]

    def _seen_section(self, gid: str) -> Project:
        return self.seen_project(self.domain.things[self._known("section", gid)].home)

    def _known(self, kind: str, gid: str) -> str:
        thing = self.domain.things.get(_number(kind, gid))
        if thing is None or thing.kind != kind:
            raise RefusedError(404, f"{kind}: Unknown object: {gid}")
        return gid

    def _pays(self) -> None:
        if not self.is_paid:
            raise RefusedError(402, "Payment Required: this feature is not available on your plan")

    def _tasks(self, question: Question, gids: Sequence[str]) -> Answer:
        held = self.domain.tasks
        seen = [gid for gid in gids if self.domain.sees(held[gid])]
        return self.pages.show(question, seen, lambda gid: self.bodies.task(held[gid]))

    def _list(self, question: Question, gids: Sequence[str]) -> Answer:
        return self.pages.show(question, gids, lambda gid: self.domain.things[gid].compact())


def _number(kind: str, gid: str) -> str:
    if not gid.isdigit():
        raise RefusedError(400, f"{kind}: Not a recognized ID: {gid[:40]}")
    return gid
