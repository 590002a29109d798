"""One id from the door to the last job: made where something begins, and in every log line that follows from it."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

from structlog.contextvars import bind_contextvars, get_contextvars, reset_contextvars

FIELD = "request_id"
WELL_FORMED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}", re.ASCII)


_numbers = count()
_process = secrets.token_hex(4)


def _be_another() -> None:
    global _process  # noqa: PLW0603  (a process that was forked is another one)
    _process = secrets.token_hex(4)


os.register_at_fork(after_in_child=_be_another)


def make() -> str:
    """Return a new id: 16 hexadecimal digits, the first eight of this process."""
    # A number each time, not chance: it tells requests apart and lets nobody in, and chance is a call to the system.
    return f"{_process}{next(_numbers) & 0xFFFFFFFF:08x}"


def accept(given: object) -> str:
    """Return an id that came from outside if it is one, else a new one: 8 to 64 letters, digits, dots and dashes."""
    return given if isinstance(given, str) and WELL_FORMED.fullmatch(given) else make()


@contextmanager
def carry(found: str) -> Iterator[None]:
    """Have an id in every log line, and in every job that is rung for, until the block ends."""
    before = bind_contextvars(**{FIELD: found})
    try:
        yield
    finally:
        reset_contextvars(**before)


def current() -> str:
    """Return the id that is carried now, or an empty text."""
    return str(get_contextvars().get(FIELD, ""))
