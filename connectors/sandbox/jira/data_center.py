"""The HTTP face of a simulated Jira Data Center: version 2 of the API, pages that count, personal access tokens.

After https://developer.atlassian.com/server/jira/platform/rest/
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from werkzeug.wrappers import Request, Response

from connectors.sandbox.faults import Faults
from connectors.sandbox.jira.bodies import Bodies, moment
from connectors.sandbox.jira.front import INVALID, Front, RefusedError, as_json, payload, window
from connectors.sandbox.jira.issues import Issue
from connectors.sandbox.jira.search import Searching
from connectors.sandbox.jira.state import Tracker
from connectors.sandbox.jira.vocabulary import EPIC_LINK, field_json

HIDDEN = "You do not have the permission to see the specified issue."


class ServerBodies(Bodies):
    """Issues as a server draws them: people have names instead of ids, and epics are linked to by a field."""

    def user(self, email: str) -> str:
        drawn = {
            "name": email.partition("@")[0],
            "key": f"JIRAUSER{10000 + sorted(self._tracker.people).index(email)}",
            "emailAddress": email,
            "displayName": self._tracker.people[email],
            "active": True,
            "timeZone": self._tracker.zone.key,
        }
        return json.dumps(drawn)

    def _field(self, issue: Issue, name: str, version: int) -> str:
        if name in issue.odd:
            return super()._field(issue, name, version)
        if name == EPIC_LINK.id:
            parent = self._tracker.by_id.get(issue.parent) if issue.parent and issue.type != "Sub-task" else None
            return json.dumps(parent.key if parent else None)
        if name == "parent" and issue.type != "Sub-task":
            return "null"
        return super()._field(issue, name, version)


class DataCenterApp(Front):
    """Jira Data Center's API over a tracker. `page_most` is jira.search.views.default.max."""

    page_most = 1000

    def __init__(self, tracker: Tracker, faults: Faults, admits: Callable[[Request], Response | None]) -> None:
        super().__init__(tracker, faults, admits)
        self.bodies, self.searching = ServerBodies(tracker), Searching(tracker)
        self.between_pages: Callable[[], None] | None = None  # what happens after a page of a search was drawn
        for method, path, answer in (
            ("GET", r"/myself", self.myself),
            ("GET", r"/serverInfo", self.server_info),
            ("GET", r"/field", self.fields),
            ("GET", r"/search", self.search),
            ("POST", r"/search", self.search),
            ("GET", r"/project", self.projects),
            ("GET", r"/issue/(?P<issue>[^/]+)", self.issue),
        ):
            self.route(method, rf"/rest/api/(?P<version>2|latest){path}", answer)

    def myself(self, request: Request, version: int) -> Response:
        return as_json(self.bodies.user(self.tracker.email))

    def server_info(self, request: Request, version: int) -> Response:
        drawn = {
            "baseUrl": request.host_url.rstrip("/"),
            "version": "10.3.4",
            "versionNumbers": [10, 3, 4],
            "deploymentType": "Server",
            "buildNumber": 10030004,
            "serverTime": moment(self.tracker.now(), self.tracker),
            "serverTitle": "Jira",
        }
        return as_json(json.dumps(drawn))

    def fields(self, request: Request, version: int) -> Response:
        return as_json(json.dumps([field_json(f) for f in self.tracker.fields.values()]))

    def projects(self, request: Request, version: int) -> Response:
        return as_json(json.dumps([json.loads(self.bodies.project(key)) for key in sorted(self.tracker.projects)]))

    def search(self, request: Request, version: int) -> Response:
        if request.method == "GET":
            start, size = window(request, 50, self.page_most)
            asked: dict[str, Any] = {"jql": request.args.get("jql", ""), "startAt": start, "maxResults": size}
            asked["fields"] = request.args.getlist("fields")
            asked["expand"] = request.args.get("expand", "").split(",")
            asked["validateQuery"] = request.args.get("validateQuery", "true") != "false"
        else:
            asked = payload(
                request,
                {"jql": str, "startAt": int, "maxResults": int, "fields": list, "validateQuery": bool, "expand": list},
            )
        start, size = asked.get("startAt", 0), min(asked.get("maxResults", 50), self.page_most)
        if start < 0 or size < 0:
            raise RefusedError(400, INVALID)
        lenient = not asked.get("validateQuery", True)
        found, _ = self.searching.all(asked.get("jql", ""), lenient=lenient)
        wanted = self.bodies.wanted(asked.get("fields") or None, "*navigable")
        more = "changelog" in (asked.get("expand") or [])
        drawn = self._drawn(found[start : start + size], wanted, more)
        answered = as_json(
            f'{{"expand": "schema,names", "startAt": {start}, "maxResults": {size}, "total": {len(found)}, '
            f'"issues": [{", ".join(drawn)}]}}'
        )
        if self.between_pages is not None:
            self.between_pages()
        return answered

    def _drawn(self, issues: Sequence[Issue], wanted: Sequence[str], more: bool) -> Iterable[str]:
        for issue in issues:
            held = self.bodies.changelog(issue) if more else []
            log = {"startAt": 0, "maxResults": len(held), "total": len(held), "histories": held}
            yield self.bodies.issue(issue, wanted, 2, {"changelog": log} if more else None)

    def issue(self, request: Request, version: int, issue: str) -> Response:
        found = self.tracker.find(issue)
        if found is None:
            held = self.tracker.by_id.get(int(issue)) if issue.isdecimal() else self.tracker.by_key.get(issue.upper())
            raise RefusedError(403, HIDDEN) if held is not None else RefusedError(404, "Issue Does Not Exist")
        wanted = self.bodies.wanted(request.args.getlist("fields") or None, "*all")
        return as_json(self.bodies.issue(found, wanted, 2))
