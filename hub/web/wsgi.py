"""The application for a WSGI server: `granian --interface wsgi hub.web.wsgi:app`. Built at the first request."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask

from hub.kernel import end_with_parent
from hub.log import set_up_logs
from hub.settings import Settings
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
                settings = Settings()
                # The server runs this in a process of its own, in which nothing was set up yet.
                set_up_logs(settings.log, as_json=settings.log_format == "json", secrets=settings.secrets)
                _made.append(create_app(settings))
    return _made[0](environ, start_response)
