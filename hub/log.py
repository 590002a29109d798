"""Logs: one line an event, key=value or JSON, to standard error; secrets never reach it.

What libraries log goes the same way, so that a secret in their words is hidden and a line break in them starts no
line of its own.
"""

from __future__ import annotations

import logging
import os
import re
import sys
from collections.abc import Iterable, Mapping, MutableMapping
from functools import lru_cache
from typing import Any

import structlog

from connectors.wire_redaction import redact_known, remember

# What must never be read in a log, whatever its value is: fields named like this.
SECRET_NAMES = re.compile(r"token|secret|password|authorization|cookie|webhook_url|workflow_url|api_key", re.I)
# Breaks and control characters: whoever can have a text logged must not write lines of his own, nor drive a terminal.
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
CHATTY = ("urllib3", "requests", "asyncio", "alembic")  # libraries that say at info what helps nobody
# What lets in whoever reads it: one-time links, API tokens, and what an Authorization header holds.
BEARERS = re.compile(r"((?:/set-up|/invite|/reset)/|\bokr_|\bBearer )[A-Za-z0-9._~+/=-]{8,}")


def set_up_logs(level: str = "info", *, as_json: bool = False, secrets: Iterable[str] = ()) -> None:
    """Send the log to standard error, from the given level on. `secrets` are hidden wherever they occur.

    So is every value of the environment whose name says that it is a secret, and every setting of a connection or
    channel that its connector calls secret, from when it is first used.
    """
    number = getattr(logging, level.upper(), logging.INFO)
    hide(secrets)
    hide(value for name, value in os.environ.items() if SECRET_NAMES.search(name) or name.upper().endswith("_KEY"))
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    ending: list[Any] = [
        structlog.processors.format_exc_info,  # text alone: no value of any variable
        _redact,  # after tracebacks have become text
        *_renderers(as_json),
    ]
    structlog.configure(
        processors=[*shared, *ending],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    of_libraries = logging.StreamHandler(sys.stderr)
    of_libraries.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, _name_part],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *ending],
        )
    )
    root = logging.getLogger()
    for old in [one for one in root.handlers if getattr(one, "is_of_okrhub", False)]:
        root.removeHandler(old)
    of_libraries.is_of_okrhub = True  # type: ignore[attr-defined]
    root.addHandler(of_libraries)
    root.setLevel(number)
    for name in CHATTY:
        logging.getLogger(name).setLevel(max(number, logging.WARNING))


def logger(name: str) -> Any:
    """Return a logger that names the part of the house it speaks for."""
    return structlog.get_logger(part=name)


def hide(secrets: Iterable[str]) -> None:
    """Have these values hidden in every line from now on, also URL-encoded and inside base64."""
    remember(secrets)


def _renderers(as_json: bool) -> list[Any]:
    if as_json:
        return [structlog.processors.JSONRenderer(ensure_ascii=True)]
    if sys.stderr.isatty():
        return [_escape, structlog.dev.ConsoleRenderer(colors=False)]
    return [structlog.processors.KeyValueRenderer(key_order=["timestamp", "level", "event"], drop_missing=True)]


def _name_part(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    record = event.get("_record")
    event["part"] = record.name if record is not None else "library"
    return event


def _redact(_logger: object, _method: str, event: Any) -> Any:
    return {key: _hidden(key, value) for key, value in event.items()}


@lru_cache(maxsize=1024)
def _is_secret_name(key: str) -> bool:
    return SECRET_NAMES.search(key) is not None


def _hidden(key: str, value: Any) -> Any:
    """Return a value as it may be logged, whatever it is nested in."""
    if key and _is_secret_name(key):
        return "(secret)"
    match value:
        case None | bool() | int() | float():
            return value
        case str():
            return _plain(value)
        case Mapping():
            return {_plain(str(name)): _hidden(str(name), inner) for name, inner in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_hidden("", inner) for inner in value]
    return _plain(str(value))  # whatever it is, its text is what would be read


def _plain(text: str) -> str:
    return BEARERS.sub(r"\1(hidden)", redact_known(text))


def _escape(_logger: object, _method: str, event: Any) -> Any:
    """Escape what would begin a line or drive a terminal; the other renderers escape everything themselves."""
    return {
        key: CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", value)
        if isinstance(value, str) and key != "exception"
        else value
        for key, value in event.items()
    }
