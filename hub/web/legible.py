"""Requests that cannot be read: they are refused before anything asks for their address or keeps their words."""

from __future__ import annotations

from flask import Flask, Response, request
from werkzeug.exceptions import BadHost, SecurityError

from hub.web.errors import problem_json

WORDS = "This request cannot be read"


def guard(app: Flask) -> None:
    """Refuse a Host that is no name, a query that is no UTF-8, and letters that no database keeps.

    Without a Host there are no addresses to write on a page, and a page writes its own query into its forms: so the
    answer is no page.
    """

    @app.before_request
    def refuse_illegible() -> Response | None:
        why = _find_fault()
        if not why:
            return None
        if request.path.startswith("/api/"):
            return problem_json(400, WORDS, f"{why[0].upper()}{why[1:]}.")
        return Response(f"{WORDS.lower()}: {why}\n", 400, mimetype="text/plain")


def fault_of(query: bytes, path: str) -> str:
    """Return what makes a query or a path illegible, or an empty text."""
    if any(byte < 0x20 or byte == 0x7F for byte in query):
        return "its query holds control characters"
    try:
        query.decode()
    except UnicodeDecodeError:
        return "its query is no UTF-8"
    return "its path holds control characters" if "\x00" in path else ""


def _find_fault() -> str:
    if isinstance(request.routing_exception, SecurityError | BadHost):
        return "its Host is no name"
    fault = fault_of(request.query_string, request.path)
    if fault:
        return fault
    is_form = request.method == "POST" and not request.path.startswith("/api/")
    if is_form and any("\x00" in name or "\x00" in value for name, value in request.form.items(multi=True)):
        return "its form holds control characters"
    return ""
