"""Who is let into a simulated Jira: on the site by e-mail address and token, through the gateway, at Data Center.

After https://developer.atlassian.com/cloud/jira/platform/oauth-2-3lo-apps/ and
https://support.atlassian.com/atlassian-account/docs/manage-api-tokens-for-your-atlassian-account/ (scoped tokens).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from werkzeug.wrappers import Request, Response

from connectors.sandbox.atlassian_login import Access, AtlassianLogin

GATEWAY_MARK = "okrhub.gateway"
# which scope a request takes: the first pattern that its method and path match
_SCOPES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), scope)
    for pattern, scope in (
        (r"\w+ /rest/api/\w+/webhook.*", "manage:jira-webhook"),
        (r"GET /rest/api/\w+/myself", "read:jira-user"),
        (r"GET /rest/agile/.*/sprint", "read:sprint:jira-software"),
        (r"GET /rest/agile/.*/configuration", "read:board-scope.admin:jira-software"),
        (r"GET /rest/(agile|software)/.*/issue", "read:issue-details:jira"),
        (r"GET /rest/agile/.*", "read:board-scope:jira-software"),
        (r"GET .*", "read:jira-work"),
        (
            r"POST .*/(search/jql|search/approximate-count|issue/bulkfetch|jql/match|changelog/bulkfetch)",
            "read:jira-work",
        ),
        (r".*", "write:jira-work"),
    )
)


@dataclass(slots=True)
class Admission:
    """The accounts that a site lets in. `login` is the server behind the gateway, if there is one."""

    email: str
    token: str
    scoped_token: str = ""
    personal_token: str = ""
    login: AtlassianLogin | None = None
    cloud_id: str = ""

    def through(self, environ: Mapping[str, Any]) -> dict[str, Any]:
        """Return the environment of a request that may have come through the gateway, with the path on the site."""
        path, prefix = str(environ.get("PATH_INFO", "")), f"/ex/jira/{self.cloud_id}"
        if path.startswith(f"{prefix}/"):
            return {**environ, "PATH_INFO": path[len(prefix) :], GATEWAY_MARK: True}
        return dict(environ)

    def access_of(self, request: Request) -> Access | None:
        """Return what an app's request through the gateway stands for."""
        return self.login.access_of(request) if self.login and GATEWAY_MARK in request.environ else None

    def to_cloud(self, request: Request) -> Response | None:
        """Let a request to Jira Cloud in, or return the refusal."""
        auth = request.authorization
        pair = (auth.username, auth.password) if auth is not None and auth.type == "basic" else None
        if GATEWAY_MARK not in request.environ:
            return None if pair == (self.email, self.token) else _refused()
        access = self.access_of(request)
        if access is None:
            known = self.scoped_token and pair == (self.email, self.scoped_token)
            return None if known else _plain(401, {"code": 401, "message": "Unauthorized"})
        wanted = _scope_of(f"{request.method} {request.path}")
        if wanted not in access.scopes:
            return _plain(401, {"code": 401, "message": "Unauthorized; scope does not match"})
        return None

    def to_data_center(self, request: Request) -> Response | None:
        """Let a request to Data Center in, or return the refusal."""
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        return None if kind == "Bearer" and self.personal_token and token == self.personal_token else _refused()


def _scope_of(asked: str) -> str:
    return next(scope for pattern, scope in _SCOPES if pattern.fullmatch(asked))


def _refused() -> Response:
    refused = Response("Client must be authenticated to access this resource.", 401, content_type="text/plain")
    refused.headers["WWW-Authenticate"] = 'OAuth realm="https%3A%2F%2Fnorthwind.atlassian.net"'
    refused.headers["X-Seraph-LoginReason"] = "AUTHENTICATED_FAILED"
    return refused


def _plain(status: int, body: Mapping[str, object]) -> Response:
    return Response(json.dumps(body), status, content_type="application/json")
