"""Logs: one line an event, key=value, to standard error; secrets never reach it."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping
from typing import Any

import structlog

# What must never be read in a log, whatever field it came in: names that hold secrets, and addresses' queries.
SECRET_NAMES = re.compile(r"token|secret|password|authorization|cookie|webhook_url|workflow_url|api_key", re.I)
QUERY = re.compile(r"(https?://[^\s?]+)\?\S+")
# What lets in whoever reads it: one-time links, API tokens, and what an Authorization header holds.
BEARERS = re.compile(r"((?:/set-up|/invite|/reset)/|\bokr_|\bBearer )[A-Za-z0-9._~+/=-]{8,}")


def set_up_logs(level: str = "info") -> None:
    """Send the log to standard error, from the given level on."""
    number = getattr(logging, level.upper(), logging.INFO)
    structlog.configure(
        processors=[
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _redact,  # after tracebacks have become text
            structlog.dev.ConsoleRenderer(colors=False)
            if sys.stderr.isatty()
            else structlog.processors.KeyValueRenderer(key_order=["timestamp", "level", "event"]),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )


def logger(name: str) -> Any:
    """Return a logger that names the part of the house it speaks for."""
    return structlog.get_logger(part=name)


def _redact(_logger: object, _method: str, event: Any) -> Any:
    return {key: _hidden(key, value) for key, value in event.items()}


def _hidden(key: str, value: Any) -> Any:
    """Return a value as it may be logged, whatever it is nested in."""
    if SECRET_NAMES.search(key):
        return "(secret)"
    match value:
        case str():
            return BEARERS.sub(r"\1(hidden)", QUERY.sub(r"\1?(hidden)", value))
        case Mapping():
            return {name: _hidden(str(name), inner) for name, inner in value.items()}
        case list() | tuple():
            return [_hidden("", inner) for inner in value]
    return value
