"""Problems as programs read them: RFC 9457, application/problem+json."""

from __future__ import annotations

import json
from collections.abc import Mapping

from flask import Response

KIND = "application/problem+json"


def problem(status: int, title: str, detail: str, *, errors: Mapping[str, str] | None = None) -> Response:
    """Return an answer that says what is wrong; `errors` holds a sentence by the field it is about."""
    body: dict[str, object] = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    if errors:
        body["errors"] = dict(errors)
    return Response(json.dumps(body), status, mimetype=KIND)
