"""The application for a WSGI server: `granian --interface wsgi hub.web.wsgi:app`. Built at the first request."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask

from hub.kernel import end_with_parent
from hub.web import create_app

_parent = multiprocessing.parent_process()
if _parent is not None and _parent.pid is not None:
    end_with_parent(_parent.pid)  # granian's own child: without its parent it would go on answering

_made: list[Flask] = []
_making = threading.Lock()


def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer a request with the application that the environment (OKRHUB_...) describes."""
    if not _made:
        with _making:
            if not _made:
                _made.append(create_app())
    return _made[0](environ, start_response)
