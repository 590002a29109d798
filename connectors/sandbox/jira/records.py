"""What a simulated Jira tells about itself beside issues: histories in bulk, statuses, and the account's rights."""

from __future__ import annotations

import json
from typing import Any

from werkzeug.wrappers import Request, Response

from connectors.sandbox.jira.bodies import Bodies
from connectors.sandbox.jira.front import INVALID, Front, RefusedError, as_json, payload
from connectors.sandbox.jira.state import Tracker
from connectors.sandbox.jira.vocabulary import STATUSES, status_json


class RecordRoutes:
    """Answer for histories, statuses and rights."""

    def __init__(self, tracker: Tracker, bodies: Bodies) -> None:
        self.tracker, self.bodies = tracker, bodies
        self._tokens: dict[str, tuple[str, int]] = {}

    def open(self, front: Front) -> None:
        """Put the answers on a front."""
        api = r"/rest/api/(?P<version>2|3|latest)"
        front.route("GET", api + r"/status", self.statuses)
        front.route("GET", api + r"/mypermissions", self.permissions)
        if self.tracker.is_cloud:
            front.route("POST", api + r"/changelog/bulkfetch", self.changelogs)

    def statuses(self, request: Request, version: int) -> Response:
        return as_json(json.dumps([status_json(name) for name in STATUSES]))

    def permissions(self, request: Request, version: int) -> Response:
        names = request.args.get("permissions", "").split(",")
        if not all(names):
            raise RefusedError(400, "The permissions parameter is required.")
        drawn = {
            name: {
                "id": str(10 + number),
                "key": name,
                "name": name.replace("_", " ").capitalize(),
                "type": "PROJECT",
                "description": "",
                "havePermission": self.tracker.may_browse or name != "BROWSE_PROJECTS",
            }
            for number, name in enumerate(names)
        }
        return as_json(json.dumps({"permissions": drawn}))

    def changelogs(self, request: Request, version: int) -> Response:
        asked = payload(
            request, {"issueIdsOrKeys": list, "fieldIds": list, "maxResults": int, "nextPageToken": (str, type(None))}
        )
        names, size = asked.get("issueIdsOrKeys") or [], asked.get("maxResults", 1000)
        fields = asked.get("fieldIds") or []
        if not 1 <= len(names) <= 1000 or len(fields) > 10 or len(set(fields)) < len(fields) or not 1 <= size <= 10000:
            raise RefusedError(400, INVALID)
        flat: list[tuple[str, dict[str, Any]]] = []
        for name in names:
            issue = self.tracker.find(name)
            for history in self.bodies.changelog(issue) if issue is not None else ():
                if not fields or any(item["fieldId"] in fields for item in history["items"]):
                    flat.append((str(issue.id), history))  # type: ignore[union-attr]
        flat.sort(key=lambda one: int(one[1]["id"]))  # oldest first, over all issues
        start = 0
        shape = json.dumps([names, fields, size])
        if (token := asked.get("nextPageToken")) is not None:
            if token not in self._tokens or self._tokens[token][0] != shape:
                raise RefusedError(400, "The page token is invalid.")
            start = self._tokens[token][1]
        logs: dict[str, list[dict[str, Any]]] = {}
        for id, history in flat[start : start + size]:
            logs.setdefault(id, []).append(history)
        drawn: dict[str, Any] = {
            "issueChangeLogs": [{"issueId": id, "changeHistories": held} for id, held in logs.items()]
        }
        if start + size < len(flat):
            token = f"page-{len(self._tokens) + 1}"
            self._tokens[token] = (shape, start + size)
            drawn["nextPageToken"] = token
        return as_json(json.dumps(drawn))
