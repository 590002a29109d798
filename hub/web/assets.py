"""Static files: addressed by a hash of their content, so that a browser may keep them for good."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

import flask_bootstrap
from flask import Flask, Response, request, url_for

from hub.web.drawings.plain import draw_code, draw_plain

OURS = Path(__file__).parent / "static"
BOOTSTRAP = Path(flask_bootstrap.__file__).parent / "static" / "bootstrap5"
FOLDERS = {"static": OURS, "bootstrap.static": BOOTSTRAP}
A_YEAR = "public, max-age=31536000, immutable"
A_DAY = "public, max-age=86400"


@cache
def digest(endpoint: str, name: str) -> str:
    """Return a short hash of a static file's content."""
    return hashlib.sha256((FOLDERS[endpoint] / name).read_bytes()).hexdigest()[:12]


def asset_url(name: str) -> str:
    """Return the address of a file of ours."""
    return url_for("static", filename=name, v=digest("static", name))


def bootstrap_url(name: str) -> str:
    """Return the address of a file of Bootstrap, served from here."""
    return url_for("bootstrap.static", filename=name, v=digest("bootstrap.static", name))


def key_result_url(key: str, **query: Any) -> str:
    """Return the address of a key result's page."""
    objective, _, key_result = key.partition("/")
    return url_for("pages.key_result", objective=objective, key_result=key_result, **query)


def add(app: Flask) -> None:
    """Give templates the addresses, and files their time to be kept."""
    app.jinja_env.filters["plain"] = draw_plain
    app.jinja_env.filters["with_code"] = draw_code
    app.jinja_env.globals.update(asset_url=asset_url, bootstrap_url=bootstrap_url, key_result_url=key_result_url)

    @app.after_request
    def keep(response: Response) -> Response:
        if request.endpoint in FOLDERS and response.status_code in {200, 304}:
            # Fonts are named by a style sheet, which knows no hash of ours: they are kept for a day.
            response.headers["Cache-Control"] = A_YEAR if request.args.get("v") else A_DAY
        return response
