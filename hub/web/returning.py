"""The way back to the page that a form stood on."""

from __future__ import annotations

import re

from flask import request

OWN_PATH = re.compile(r"/(?![/\\])[^\\\x00-\x1f]*")


def way_back() -> str:
    """Return the path that the form or the address names, if it is one of ours; the overview otherwise."""
    return own_path(request.values.get("next", ""))


def own_path(wanted: str) -> str:
    """Return a path if it is one of ours; the overview otherwise."""
    return wanted if OWN_PATH.fullmatch(wanted) else "/"
