"""Graph's answers about people, teams and Planner. Planner ignores $filter, $top and $orderby with 200."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote

from connectors.sandbox.microsoft.drawings import (
    draw_bucket,
    draw_plan,
    draw_plan_details,
    draw_task,
    draw_task_details,
)
from connectors.sandbox.microsoft.exchange import (
    PAGE,
    GraphAnswer,
    GraphRequest,
    RefusedError,
    Route,
    forbidden,
    listed,
    missing,
    route,
)
from connectors.sandbox.microsoft.planner import Group, Plan, Planner, Task

_TASKS = ("Tasks.Read", "Tasks.ReadWrite", "Group.Read.All", "Group.ReadWrite.All")
_ALL_TASKS = ("Tasks.Read.All", "Tasks.ReadWrite.All")
_GROUPS = ("Group.Read.All", "Group.ReadWrite.All", "Directory.Read.All")
_USERS = ("User.ReadBasic.All", "User.Read.All", "Directory.Read.All")
_CHANNELS = ("Channel.ReadBasic.All", "ChannelSettings.Read.All", "Group.Read.All", "Directory.Read.All")
_TABS = ("TeamsTab.Read.All", "Group.Read.All", "Directory.Read.All")


class PlannerRoutes:
    """What is asked about a `Planner`. `empty_pages` puts an empty page before each that follows the first."""

    def __init__(self, planner: Planner) -> None:
        self.planner = planner
        self.empty_pages = False
        self.page = PAGE
        self.creator = "0a0a0a0a-1111-4222-8333-444455556666"

    def routes(self) -> list[Route]:
        """Return the paths that are answered here."""
        return [
            route("GET", "me", self.me, ("User.Read", *_USERS)),
            route("GET", "users", self.users, _USERS, _USERS),
            route("GET", "users/{user}", self.user, _USERS, _USERS),
            route("GET", "groups", self.groups, _GROUPS, _GROUPS),
            route("GET", "groups/{group}/planner/plans", self.group_plans, _TASKS, _ALL_TASKS),
            route("GET", "teams/{group}/channels", self.channels, _CHANNELS, _CHANNELS),
            route("GET", "teams/{group}/channels/{channel}/tabs", self.tabs, _TABS, _TABS),
            route("GET", "teams/{group}/primaryChannel/tabs", self.first_tabs, _TABS, _TABS),
            route("GET", "me/planner/plans", self.my_plans, _TASKS),
            route("GET", "planner/plans/{plan}", self.plan, _TASKS, _ALL_TASKS),
            route("GET", "planner/plans/{plan}/details", self.plan_details, _TASKS, _ALL_TASKS),
            route("GET", "planner/plans/{plan}/buckets", self.buckets, _TASKS, _ALL_TASKS),
            route("GET", "planner/plans/{plan}/tasks", self.tasks, _TASKS, _ALL_TASKS),
            route("GET", "planner/buckets/{bucket}/tasks", self.bucket_tasks, _TASKS, _ALL_TASKS),
            route("GET", "planner/tasks/{task}", self.task, _TASKS, _ALL_TASKS),
            route("GET", "planner/tasks/{task}/details", self.task_details, _TASKS, _ALL_TASKS),
        ]

    def me(self, asked: GraphRequest) -> GraphAnswer:
        if not asked.token.user:
            raise RefusedError(
                400, "BadRequest", "/me request is only valid with delegated authentication flow."
            )  # fmt: skip
        return GraphAnswer(200, self._draw_user(asked.token.user))

    def users(self, asked: GraphRequest) -> GraphAnswer:
        drawn = [self._draw_user(user) for user in sorted(self.planner.users)]
        return GraphAnswer(200, {"value": drawn[: int(asked.query.get("$top", "100"))]})

    def user(self, asked: GraphRequest, user: str) -> GraphAnswer:
        held = next((id for id, mail in self.planner.addresses.items() if unquote(user) in {id, mail}), None)
        if held is None:
            raise RefusedError(404, "Request_ResourceNotFound", f"Resource '{user}' does not exist.")
        return GraphAnswer(200, self._draw_user(held))

    def groups(self, asked: GraphRequest) -> GraphAnswer:
        wanted = asked.query.get("$filter", "")
        named = re.fullmatch(r"displayName eq '(.*)'", wanted)
        if wanted and not named and wanted != "groupTypes/any(c:c eq 'Unified')":
            raise RefusedError(400, "Request_UnsupportedQuery", "Unsupported query.")
        name = named[1].replace("''", "'").casefold() if named else None
        held = [one for one in self.planner.groups.values() if name is None or one.name.casefold() == name]
        return GraphAnswer(200, {"value": [{"id": one.id, "displayName": one.name} for one in held]})

    def group_plans(self, asked: GraphRequest, group: str) -> GraphAnswer:
        held = self._group(group)
        plans = [one for one in self.planner.plans.values() if one.group == held.id and not one.hidden]
        return GraphAnswer(200, {"value": [draw_plan(one) for one in plans]})

    def my_plans(self, asked: GraphRequest) -> GraphAnswer:
        if not asked.token.user:
            raise RefusedError(
                400, "BadRequest", "/me request is only valid with delegated authentication flow."
            )  # fmt: skip
        return GraphAnswer(200, {"value": [draw_plan(one) for one in self.planner.plans.values() if not one.hidden]})

    def channels(self, asked: GraphRequest, group: str) -> GraphAnswer:
        held = self._group(group).channels
        return GraphAnswer(
            200, {"value": [{"id": one.id, "displayName": one.name, "membershipType": "standard"} for one in held]}
        )

    def first_tabs(self, asked: GraphRequest, group: str) -> GraphAnswer:
        return self.tabs(asked, group, self._group(group).channels[0].id)

    def tabs(self, asked: GraphRequest, group: str, channel: str) -> GraphAnswer:
        for one in self._group(group).channels:
            if one.id == unquote(channel):
                drawn = [
                    {
                        "id": tab.id,
                        "displayName": tab.name,
                        "webUrl": f"https://teams.microsoft.com/l/entity/{tab.id}",
                        "configuration": {"entityId": None, "contentUrl": tab.url, "websiteUrl": tab.url},
                    }
                    for tab in one.tabs
                ]
                return GraphAnswer(200, {"value": drawn})
        raise RefusedError(404, "NotFound", "The channel was not found.")

    def plan(self, asked: GraphRequest, plan: str) -> GraphAnswer:
        return GraphAnswer(200, draw_plan(self._plan(plan)))

    def plan_details(self, asked: GraphRequest, plan: str) -> GraphAnswer:
        return GraphAnswer(200, draw_plan_details(self._plan(plan)))

    def buckets(self, asked: GraphRequest, plan: str) -> GraphAnswer:
        held = self._plan(plan)
        return GraphAnswer(
            200, {"value": [draw_bucket(one) for one in self.planner.buckets.values() if one.plan == held.id]}
        )

    def tasks(self, asked: GraphRequest, plan: str) -> GraphAnswer:
        return self._tasks(asked, self.planner.tasks_of(self._plan(plan).id))

    def bucket_tasks(self, asked: GraphRequest, bucket: str) -> GraphAnswer:
        held = self.planner.buckets.get(bucket)
        if held is None:
            raise missing()
        plan = self._plan(held.plan)
        return self._tasks(asked, [one for one in self.planner.tasks_of(plan.id) if one.bucket == bucket])

    def task(self, asked: GraphRequest, task: str) -> GraphAnswer:
        return GraphAnswer(200, draw_task(self._task(task), self.creator))

    def task_details(self, asked: GraphRequest, task: str) -> GraphAnswer:
        return GraphAnswer(200, draw_task_details(self._task(task)))

    def _tasks(self, asked: GraphRequest, held: list[Task]) -> GraphAnswer:
        drawn = [(one.number, draw_task(one, self.creator)) for one in held]
        return GraphAnswer(200, listed(asked, drawn, size=self.page, empty_pages=self.empty_pages))

    def _plan(self, plan: str) -> Plan:
        held = self.planner.plans.get(plan)
        if held is None:
            raise missing()
        if held.hidden:
            raise forbidden()
        return held

    def _task(self, task: str) -> Task:
        held = self.planner.tasks.get(task)
        if held is None:
            raise missing()
        self._plan(held.plan)
        return held

    def _group(self, group: str) -> Group:
        held = self.planner.groups.get(group)
        if held is None:
            raise RefusedError(404, "Request_ResourceNotFound", f"Resource '{group}' does not exist.")
        return held

    def _draw_user(self, user: str) -> dict[str, Any]:
        return {
            "id": user,
            "displayName": self.planner.users[user],
            "userPrincipalName": self.planner.addresses[user],
        }
