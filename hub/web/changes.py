"""Whether anything changed: what the open page asks every few seconds."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request

from hub.flows.show import show_token
from hub.web.state import state

changes = Blueprint("changes", __name__)


@changes.get("/changes")
def show() -> Response:
    """Answer 204 while nothing changed since the token asked about, else the new token."""
    token = show_token(state().store)
    if token == request.args.get("since"):
        return Response(status=204)
    return jsonify(token=token)
