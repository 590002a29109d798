"""The HTTP face of the simulated Jira Cloud: the endpoints a reader needs, as strict as the real ones.

Paths, caps and bodies after https://developer.atlassian.com/cloud/jira/platform/rest/v3/
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from werkzeug.wrappers import Request, Response

from connectors.sandbox.faults import Faults
from connectors.sandbox.jira.bodies import Bodies, moment
from connectors.sandbox.jira.front import (
    INVALID,
    NO_ISSUE,
    Front,
    Known,
    RefusedError,
    as_json,
    errors,
    payload,
    window,
)
from connectors.sandbox.jira.search import Searching
from connectors.sandbox.jira.state import Tracker
from connectors.sandbox.jira.vocabulary import GATEWAY, field_json

REMOVED = (
    "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API. "
    "A full migration guideline is available at https://developer.atlassian.com/changelog/#CHANGE-2046"
)
_SEARCH: Known = {
    "jql": str, "nextPageToken": str, "maxResults": int, "fields": list, "expand": str, "properties": list,
    "fieldsByKeys": bool, "failFast": bool, "reconcileIssues": list,
}  # fmt: skip
_BULK: Known = {
    "issueIdsOrKeys": list, "fields": list, "expand": list, "properties": list, "fieldsByKeys": bool,
}  # fmt: skip


class JiraApp(Front):
    """Jira Cloud's platform API over a tracker."""

    match_queries_max = 100  # Jira refuses more with 400 and does not publish the number: ours, a switch
    match_issues_max = 1000  # likewise

    def __init__(self, tracker: Tracker, faults: Faults, admits: Callable[[Request], Response | None]) -> None:
        super().__init__(tracker, faults, admits)
        self.bodies, self.searching = Bodies(tracker), Searching(tracker)
        self.unreadable: set[int] = set()  # ids that bulkfetch reports in issueErrors
        for method, path, answer in (
            ("GET", r"/myself", self.myself),
            ("GET", r"/serverInfo", self.server_info),
            ("GET", r"/field", self.fields),
            ("GET", r"/search/jql", self.search),
            ("POST", r"/search/jql", self.search),
            ("POST", r"/search/approximate-count", self.count),
            ("GET", r"/search", self.removed),
            ("POST", r"/search", self.removed),
            ("POST", r"/issue/bulkfetch", self.bulk_fetch),
            ("POST", r"/jql/match", self.match),
            ("GET", r"/project/search", self.project_search),
            ("GET", r"/project/(?P<project>[^/]+)", self.project),
            ("GET", r"/issue/(?P<issue>[^/]+)", self.issue),
            ("GET", r"/issue/(?P<issue>[^/]+)/changelog", self.changelog),
        ):
            self.route(method, rf"/rest/api/(?P<version>2|3|latest){path}", answer)

    def myself(self, request: Request, version: int) -> Response:
        return as_json(self.bodies.user(self.tracker.email))

    def server_info(self, request: Request, version: int) -> Response:
        drawn = {
            "baseUrl": request.host_url.rstrip("/"),
            "displayUrl": request.host_url.rstrip("/"),
            "version": "1001.0.0-SNAPSHOT",
            "versionNumbers": [1001, 0, 0],
            "deploymentType": "Cloud",
            "buildNumber": 100300,
            "buildDate": "2026-10-01T08:00:00.000+0000",
            "serverTime": moment(self.tracker.now(), self.tracker),
            "scmInfo": "5a1f0c1d7a906f5f0c1d7a906f5f0c1d7a906f5f",
            "serverTitle": "Jira",
            "serverTimeZone": self.tracker.zone.key,
        }
        return as_json(json.dumps(drawn))

    def fields(self, request: Request, version: int) -> Response:
        return as_json(json.dumps([field_json(f) for f in self.tracker.fields.values()]))

    def removed(self, request: Request, version: int) -> Response:
        return errors(410, REMOVED)

    def search(self, request: Request, version: int) -> Response:
        asked = _from_query(request) if request.method == "GET" else payload(request, _SEARCH)
        size = asked.get("maxResults", 50)
        if not 1 <= size <= 5000:
            raise RefusedError(400, "The max results parameter has to be between 1 and 5,000.")
        reconcile = asked.get("reconcileIssues") or []
        if len(reconcile) > 50 or len(asked.get("properties") or []) > 5:
            raise RefusedError(400, INVALID)
        names = [n.strip() for one in asked.get("fields") or ["id"] for n in one.split(",") if n.strip()]
        bare = set(names) <= {"id", "key", "issuekey"}
        found = self.searching.page(
            asked.get("jql", ""), asked.get("nextPageToken"), size if bare else min(size, 100), reconcile
        )
        wanted = () if bare else self.bodies.wanted(names, "*navigable")
        expand = set((asked.get("expand") or "").split(","))
        if bare:
            drawn = [self.bodies.bare(i, version, key=names != ["id"]) for i in found.issues]
        else:
            drawn = [self.bodies.issue(i, wanted, version, self._more(i, expand)) for i in found.issues]
        text = f'{{"issues": [{", ".join(drawn)}], "isLast": {json.dumps(found.next_token is None)}'
        if found.next_token is not None:
            text += f', "nextPageToken": {json.dumps(found.next_token)}'
        return as_json(text + self._named(wanted, expand) + "}")

    def count(self, request: Request, version: int) -> Response:
        found, _ = self.searching.all(payload(request, {"jql": str}).get("jql", ""))
        return as_json(json.dumps({"count": len(found)}))

    def bulk_fetch(self, request: Request, version: int) -> Response:
        asked = payload(request, _BULK)
        names = asked.get("issueIdsOrKeys") or []
        if not 1 <= len(names) <= 100 or not all(isinstance(name, str) for name in names):
            raise RefusedError(400, "The number of issue IDs or keys must be between 1 and 100." if names else INVALID)
        wanted = self.bodies.wanted(asked.get("fields"), "*navigable")
        expand = set(asked.get("expand") or [])
        held = {
            i.id: i for name in names if (i := self.tracker.find(name)) is not None
        }  # the rest is left out silently
        errors = [
            {"id": str(id), "errorMessage": "The issue could not be read."} for id in held if id in self.unreadable
        ]
        drawn = [
            self.bodies.issue(held[id], wanted, version, self._more(held[id], expand))
            for id in sorted(held)
            if id not in self.unreadable
        ]
        text = f'{{"issueErrors": {json.dumps(errors)}, "issues": [{", ".join(drawn)}]'
        return as_json(text + self._named(wanted, expand) + "}")

    def match(self, request: Request, version: int) -> Response:
        asked = payload(request, {"issueIds": list, "jqls": list})
        if "issueIds" not in asked or "jqls" not in asked or not all(isinstance(i, int) for i in asked["issueIds"]):
            raise RefusedError(400, INVALID)
        if len(asked["jqls"]) > self.match_queries_max or len(asked["issueIds"]) > self.match_issues_max:
            raise RefusedError(400, "The number of JQL queries or issue IDs exceeds the maximum.")
        return as_json(json.dumps({"matches": self.searching.match(asked["jqls"], asked["issueIds"])}))

    def project_search(self, request: Request, version: int) -> Response:
        start, size = window(request)
        words, keys = request.args.get("query", "").lower(), request.args.getlist("keys")
        held = [
            p
            for p in sorted(self.tracker.projects.values(), key=lambda p: p.key)
            if (words in p.key.lower() or words in p.name.lower()) and (not keys or p.key in keys)
        ]
        insight = "insight" in request.args.get("expand", "")
        drawn = {
            "self": f"{GATEWAY}/rest/api/{version}/project/search?startAt={start}&maxResults={size}",
            "maxResults": size,
            "startAt": start,
            "total": len(held),
            "isLast": start + size >= len(held),
            "values": [self._project(p.key, insight) for p in held[start : start + size]],
        }
        return as_json(json.dumps(drawn))

    def project(self, request: Request, version: int, project: str) -> Response:
        for held in self.tracker.projects.values():
            if project.lower() in (held.key.lower(), str(held.id)):
                style = "next-gen" if held.is_team_managed else "classic"
                return as_json(json.dumps(self._project(held.key, False) | {"style": style}))
        raise RefusedError(404, f"No project could be found with key '{project}'.")

    def _project(self, key: str, insight: bool) -> dict[str, Any]:
        drawn: dict[str, Any] = json.loads(self.bodies.project(key))
        if insight:
            held = [i for i in self.tracker.by_id.values() if i.project == key]
            drawn["insight"] = {"totalIssueCount": len(held)}
        return drawn

    def issue(self, request: Request, version: int, issue: str) -> Response:
        found = self.tracker.find(issue)
        if found is None:
            raise RefusedError(404, NO_ISSUE)
        wanted = self.bodies.wanted(request.args.getlist("fields") or None, "*all")
        return as_json(self.bodies.issue(found, wanted, version, self._more(found, {request.args.get("expand", "")})))

    def changelog(self, request: Request, version: int, issue: str) -> Response:
        found = self.tracker.find(issue)
        if found is None:
            raise RefusedError(404, NO_ISSUE)
        start, size = window(request, 100)
        all_ = self.bodies.changelog(found)
        drawn = {"maxResults": size, "startAt": start, "total": len(all_), "isLast": start + size >= len(all_)}
        return as_json(json.dumps(drawn | {"values": all_[start : start + size]}))

    def _more(self, issue: Any, expand: set[str]) -> Mapping[str, Any] | None:
        if "changelog" not in expand:
            return None
        newest = self.bodies.changelog(issue)[::-1]
        return {"changelog": {"startAt": 0, "maxResults": 40, "total": len(newest), "histories": newest[:40]}}

    def _named(self, wanted: Iterable[str], expand: set[str]) -> str:
        entries = [self.tracker.fields[id] for id in wanted]
        text = ""
        if "names" in expand:
            text += f', "names": {json.dumps({f.id: f.name for f in entries})}'
        if "schema" in expand:
            text += f', "schema": {json.dumps({f.id: dict(f.schema) for f in entries if f.schema})}'
        return text


def _from_query(request: Request) -> dict[str, Any]:
    asked: dict[str, Any] = {
        name: request.args[name] for name in ("jql", "nextPageToken", "expand") if name in request.args
    }
    try:
        if "maxResults" in request.args:
            asked["maxResults"] = int(request.args["maxResults"])
        asked["reconcileIssues"] = [int(i) for one in request.args.getlist("reconcileIssues") for i in one.split(",")]
    except ValueError:
        raise RefusedError(400, INVALID) from None
    asked["fields"] = request.args.getlist("fields")
    return asked
