"""Simulated Teams workflow addresses ("When a Teams webhook request is received").

After https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

from werkzeug.wrappers import Request, Response

from connectors.sandbox.adaptive import faults as card_faults
from connectors.sandbox.posts import Post, PostingSandbox

SIZE_MAX = 28 * 1024


@dataclass(slots=True)
class Flow:
    """A workflow that posts into one channel."""

    name: str
    id: str
    sig: str
    posts: list[Post] = field(default_factory=list)


class TeamsSandbox(PostingSandbox):
    """Workflows in memory, as a WSGI application. `now` is its clock; `posts` is what the channels show."""

    def __init__(self, *, now: Callable[[], datetime]) -> None:
        self.now = now
        super().__init__()
        self.flows: dict[str, Flow] = {}

    def add_channel(self, name: str, slug: str) -> str:
        """Make a workflow for a channel and return path and query of its address, to be put after the server's URL."""
        digest = sha256(slug.encode()).hexdigest()
        flow = self.flows[slug] = Flow(name, digest[:32], digest[-43:])
        return f"{_path(flow)}?api-version=1&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig={flow.sig}"

    def delete_flow(self, slug: str) -> None:
        """Delete a workflow: its address answers 404 from now on."""
        del self.flows[slug]

    def _answer(self, request: Request) -> Response:
        flow = next((f for f in self.flows.values() if _path(f) == request.path), None)
        if flow is None:
            return _refusal(404, "WorkflowNotFound", "The workflow could not be found.")
        if request.method != "POST":
            return _refusal(405, "MethodNotAllowed", "The workflow is invoked with POST.")
        if request.args.get("sig") != flow.sig:
            return _refusal(
                401, "DirectApiAuthorizationRequired", "The request must be authenticated by a valid SAS key."
            )
        body = request.get_data()
        if len(body) > SIZE_MAX:
            return Response("Request Entity too large", 413, content_type="text/plain")
        try:
            message = json.loads(body)
        except ValueError:
            return _refusal(400, "InvalidRequestContent", "The request content is not valid JSON.")
        if wrong := list(card_faults(message)):
            return _refusal(400, "TriggerInputSchemaMismatch", "; ".join(wrong))
        kept = Post(flow.name, self.now(), message)
        flow.posts.append(kept)
        self.posts.append(kept)
        return Response(b"", 202)


def _path(flow: Flow) -> str:
    return f"/powerautomate/automations/direct/workflows/{flow.id}/triggers/manual/paths/invoke"


def _refusal(status: int, code: str, message: str) -> Response:
    text = json.dumps({"error": {"code": code, "message": message}})
    return Response(text, status, content_type="application/json; charset=utf-8")
