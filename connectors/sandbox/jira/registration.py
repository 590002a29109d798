"""Webhooks that an app registers itself at a simulated Jira Cloud: few, filtered, and dead after thirty days.

After https://developer.atlassian.com/cloud/jira/platform/webhooks/ and
https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-webhooks/
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from joserfc import jwt
from joserfc.jwk import OctKey
from werkzeug.wrappers import Request, Response

from connectors.sandbox.atlassian_login import Access
from connectors.sandbox.jira.front import INVALID, Front, RefusedError, as_json, payload, window
from connectors.sandbox.jira.issues import Issue
from connectors.sandbox.jira.jql import Both, Clause, Either, JqlError, Tree, read_jql
from connectors.sandbox.jira.jql_meaning import Meaning
from connectors.sandbox.jira.state import Tracker

LASTS = timedelta(days=30)
MOST = 5  # for one app and one person on one site


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


EVENTS = _words(
    "jira:issue_created jira:issue_updated jira:issue_deleted comment_created comment_updated comment_deleted "
    "issue_property_set issue_property_deleted"
)
_FIELDS = _words("issuekey key issue project issuetype type status priority assignee reporter")
_SIGNS = frozenset({"=", "!=", "in", "not in"})


@dataclass(slots=True)
class Registered:
    """A webhook of an app."""

    id: int
    url: str
    events: tuple[str, ...]
    jql: str
    client_id: str
    account: str
    expires_at: datetime


class RegistrationRoutes:
    """Answer for webhooks of apps. `access_of` says whose request it is, None where no app signed it."""

    def __init__(self, tracker: Tracker, access_of: Callable[[Request], Access | None]) -> None:
        self.tracker, self._access_of = tracker, access_of
        self.held: dict[int, Registered] = {}
        self._next = 1000

    def open(self, front: Front) -> None:
        """Put the answers on a front."""
        path = r"/rest/api/(?P<version>2|3|latest)/webhook"
        front.route("GET", path, self.listed)
        front.route("POST", path, self.register)
        front.route("DELETE", path, self.remove)
        front.route("PUT", path + "/refresh", self.refresh)

    def ringing(self, event: str, issue: Issue) -> list[Registered]:
        """Return the webhooks that an event of an issue goes to."""
        return [
            one for one in self.held.values() if self._is_alive(one) and event in one.events and self._holds(one, issue)
        ]

    def proof(self, one: Registered, secret: str) -> str:
        """Sign a delivery as Jira does: three minutes under the app's secret, with no word about the body."""
        at = int(self.tracker.now().timestamp())
        claims = {"iss": one.client_id, "iat": at, "exp": at + 180, "qsh": "context-qsh"}
        return jwt.encode({"alg": "HS256", "typ": "JWT"}, claims, OctKey.import_key(secret))

    def register(self, request: Request, version: int) -> Response:
        access = self._app(request)
        asked = payload(request, {"url": str, "webhooks": list})
        url, wanted = asked.get("url", ""), asked.get("webhooks") or []
        if not url.startswith("http") or not wanted:
            raise RefusedError(400, INVALID)
        others = {one.url.split("/", 3)[2] for one in self._of(access)}
        if others - {url.split("/", 3)[2]}:
            raise RefusedError(400, "The app may register webhooks with one base URL only.")
        results: list[dict[str, Any]] = []
        for one in wanted:
            problem = self._problem(access, one)
            if problem:
                results.append({"errors": [problem]})
                continue
            made = Registered(
                self._next, url, tuple(one["events"]), one["jqlFilter"], access.client_id, access.account, self._end()
            )
            self._next += 1
            self.held[made.id] = made
            results.append({"createdWebhookId": made.id})
        return as_json(json.dumps({"webhookRegistrationResult": results}))

    def listed(self, request: Request, version: int) -> Response:
        held = self._of(self._app(request))
        start, size = window(request, 100, 100)
        drawn = {
            "maxResults": size,
            "startAt": start,
            "total": len(held),
            "isLast": start + size >= len(held),
            "values": [
                {
                    "id": one.id,
                    "jqlFilter": one.jql,
                    "events": list(one.events),
                    "url": one.url,
                    "expirationDate": int(one.expires_at.timestamp() * 1000),
                }
                for one in held[start : start + size]
            ],
        }
        return as_json(json.dumps(drawn))

    def refresh(self, request: Request, version: int) -> Response:
        access = self._app(request)
        for one in self._named(request, access):
            one.expires_at = self._end()
        return as_json(json.dumps({"expirationDate": int(self._end().timestamp() * 1000)}))

    def remove(self, request: Request, version: int) -> Response:
        for one in self._named(request, self._app(request)):
            del self.held[one.id]
        return Response("", 202)

    def _app(self, request: Request) -> Access:
        access = self._access_of(request)
        if access is None:
            raise RefusedError(403, "The caller is not an app, so it cannot access webhooks.")
        return access

    def _of(self, access: Access) -> list[Registered]:
        return [one for one in self.held.values() if (one.client_id, one.account) == (access.client_id, access.account)]

    def _named(self, request: Request, access: Access) -> list[Registered]:
        """Return the app's webhooks that a request names; the ids of others are passed over, as Jira does."""
        ids = payload(request, {"webhookIds": list}).get("webhookIds")
        if not ids or not all(isinstance(id, int) for id in ids):
            raise RefusedError(400, INVALID)
        return [one for one in self._of(access) if one.id in ids]

    def _problem(self, access: Access, one: Any) -> str:
        if not isinstance(one, dict) or not set(one) <= {
            "events",
            "jqlFilter",
            "fieldIdsFilter",
            "issuePropertyKeysFilter",
        }:
            return INVALID
        if not one.get("events") or not set(one["events"]) <= EVENTS:
            return "The webhook has no events, or some that are not supported."
        if len(self._of(access)) >= MOST:
            return f"The app has registered the maximum of {MOST} webhooks for this user."
        try:
            where = read_jql(one.get("jqlFilter") or "").where
            if where is None or not _is_supported(where):
                return "The JQL filter is empty or uses clauses that webhooks do not support."
            Meaning(self.tracker).predicate(where)
        except JqlError as error:
            return str(error)
        return ""

    def _holds(self, one: Registered, issue: Issue) -> bool:
        where = read_jql(one.jql).where
        assert where is not None
        try:
            return Meaning(self.tracker).predicate(where)(issue)
        except JqlError:
            return False  # the project is gone

    def _is_alive(self, one: Registered) -> bool:
        return one.expires_at > self.tracker.now()

    def _end(self) -> datetime:
        return self.tracker.now() + LASTS


def _is_supported(tree: Tree) -> bool:
    if isinstance(tree, Clause):
        known = tree.field.lower() in _FIELDS or tree.field.lower().startswith("cf[")
        return known and tree.operator in _SIGNS and all(o.arguments is None for o in tree.operands)
    assert isinstance(tree, Both | Either)
    return all(_is_supported(part) for part in tree.parts)
