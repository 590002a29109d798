"""What may be written to an issue of a simulated Jira: comments, properties, remote links and fields.

Bodies and answers after https://developer.atlassian.com/cloud/jira/platform/rest/v3/ ; version 2 takes plain text where
version 3 takes a document.
"""

from __future__ import annotations

import json
from typing import Any

from werkzeug.wrappers import Request, Response

from connectors.sandbox.jira.bodies import Bodies, moment
from connectors.sandbox.jira.front import INVALID, NO_ISSUE, Front, RefusedError, as_json, payload, window
from connectors.sandbox.jira.issues import Comment, Issue
from connectors.sandbox.jira.state import Tracker
from connectors.sandbox.jira.vocabulary import GATEWAY

LARGEST_PROPERTY = 32768


class WritingRoutes:
    """Answer for what is written. `written` counts what really was, by kind."""

    def __init__(self, tracker: Tracker, bodies: Bodies) -> None:
        self.tracker, self.bodies = tracker, bodies
        self.written: dict[str, int] = {}
        self._next = 90001

    def open(self, front: Front) -> None:
        """Put the answers on a front."""
        issue = r"/rest/api/(?P<version>2|3|latest)/issue/(?P<issue>[^/]+)"
        front.route("PUT", issue, self.edit)
        front.route("GET", issue + r"/comment", self.comments)
        front.route("POST", issue + r"/comment", self.comment)
        front.route("PUT", issue + r"/comment/(?P<id>\d+)", self.change_comment)
        front.route("GET", issue + r"/properties/(?P<name>[^/]+)", self.property)
        front.route("PUT", issue + r"/properties/(?P<name>[^/]+)", self.set_property)
        front.route("POST", issue + r"/remotelink", self.link)
        front.route("GET", issue + r"/remotelink", self.links)

    def edit(self, request: Request, version: int, issue: str) -> Response:
        held = self._found(issue)
        asked = payload(request, {"fields": dict, "update": dict})
        changes: dict[str, Any] = {}
        for id, value in (asked.get("fields") or {}).items():
            entry = self.tracker.fields.get(id)
            if entry is None or not entry.custom:
                return _field_error(id, f"Field '{id}' cannot be set. It is not on the appropriate screen, or unknown.")
            if entry.kind == "number" and (isinstance(value, bool) or not isinstance(value, int | float | None)):
                return _field_error(id, "Operation value must be a number")
            changes[id] = value
        self._count("field")
        self.tracker.edit(held.key, fields=changes)
        return Response("", 204)

    def comments(self, request: Request, version: int, issue: str) -> Response:
        held = self._found(issue)
        start, size = window(request, 50, 100)
        ordered = sorted(held.comments, key=lambda c: c.id, reverse=request.args.get("orderBy", "").startswith("-"))
        more = "properties" in request.args.get("expand", "")
        drawn = [self._comment_json(held, one, more) for one in ordered[start : start + size]]
        return as_json(json.dumps({"startAt": start, "maxResults": size, "total": len(ordered), "comments": drawn}))

    def comment(self, request: Request, version: int, issue: str) -> Response:
        held = self._found(issue)
        asked = payload(request, {"body": (dict, str), "properties": list, "visibility": dict})
        at = self.tracker.now()
        made = Comment(self._number(), self._body(asked, version), at, at, _properties(asked))
        held.comments.append(made)
        self._count("comment")
        return as_json(json.dumps(self._comment_json(held, made, True)), 201)

    def change_comment(self, request: Request, version: int, issue: str, id: str) -> Response:
        held = self._found(issue)
        one = next((c for c in held.comments if c.id == int(id)), None)
        if one is None:
            raise RefusedError(404, f"Can not find a comment for the id: {id}.")
        asked = payload(request, {"body": (dict, str), "properties": list, "visibility": dict})
        one.body, one.updated = self._body(asked, version), self.tracker.now()
        one.properties |= _properties(asked)
        self._count("comment changed")
        return as_json(json.dumps(self._comment_json(held, one, True)))

    def property(self, request: Request, version: int, issue: str, name: str) -> Response:
        held = self._found(issue)
        if name not in held.properties:
            raise RefusedError(404, f"The property with the key {name} does not exist.")
        return as_json(json.dumps({"key": name, "value": held.properties[name]}))

    def set_property(self, request: Request, version: int, issue: str, name: str) -> Response:
        held = self._found(issue)
        raw = request.get_data()
        try:
            value = json.loads(raw)
        except ValueError:
            raise RefusedError(400, INVALID) from None
        if value in ("", None) or len(raw) > LARGEST_PROPERTY or len(name) > 255:
            raise RefusedError(400, "The property value must be non-empty JSON of at most 32768 characters.")
        fresh = name not in held.properties
        held.properties[name] = value
        self._count("property")
        return Response("", 201 if fresh else 200)

    def link(self, request: Request, version: int, issue: str) -> Response:
        held = self._found(issue)
        asked = payload(request, {"globalId": str, "object": dict, "application": dict, "relationship": str})
        about = asked.get("object") or {}
        if not isinstance(about.get("url"), str) or not isinstance(about.get("title"), str):
            raise RefusedError(400, "object.url and object.title are required")
        if len(asked.get("globalId", "")) > 255:
            raise RefusedError(400, "globalId is too long")
        key = asked.get("globalId") or f"number={self._next}"
        fresh = key not in held.links
        id = self._number() if fresh else held.links[key]["id"]
        held.links[key] = {**asked, "id": id}
        self._count("link")
        drawn = {"id": id, "self": f"{GATEWAY}/rest/api/3/issue/{held.key}/remotelink/{id}"}
        return as_json(json.dumps(drawn), 201 if fresh else 200)

    def links(self, request: Request, version: int, issue: str) -> Response:
        return as_json(json.dumps(list(self._found(issue).links.values())))

    def _found(self, issue: str) -> Issue:
        found = self.tracker.find(issue)
        if found is None:
            raise RefusedError(404, NO_ISSUE)
        return found

    def _body(self, asked: dict[str, Any], version: int) -> Any:
        body = asked.get("body")
        if version == 3 and not (isinstance(body, dict) and body.get("type") == "doc" and body.get("version") == 1):
            raise RefusedError(400, "Comment body is not valid!")
        if version == 2 and not (isinstance(body, str) and body.strip()):
            raise RefusedError(400, "Comment body can not be empty!")
        return body

    def _comment_json(self, issue: Issue, one: Comment, more: bool) -> dict[str, Any]:
        drawn = {
            "self": f"{GATEWAY}/rest/api/3/issue/{issue.id}/comment/{one.id}",
            "id": str(one.id),
            "author": json.loads(self.bodies.user(self.tracker.email)),
            "body": one.body,
            "created": moment(one.created, self.tracker),
            "updated": moment(one.updated, self.tracker),
        }
        return drawn | ({"properties": [{"key": k, "value": v} for k, v in one.properties.items()]} if more else {})

    def _number(self) -> int:
        self._next += 1
        return self._next - 1

    def _count(self, kind: str) -> None:
        self.written[kind] = self.written.get(kind, 0) + 1


def _properties(asked: dict[str, Any]) -> dict[str, Any]:
    return {one["key"]: one["value"] for one in asked.get("properties") or []}


def _field_error(id: str, said: str) -> Response:
    return as_json(json.dumps({"errorMessages": [], "errors": {id: said}}), 400)
