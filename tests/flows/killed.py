"""A process that is killed at a chosen step, as a test in one process can have it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest


class Killed(BaseException):
    """What kill -9 does: nothing below it runs."""


@contextmanager
def killed_at(owner: object, name: str) -> Iterator[pytest.MonkeyPatch]:
    """Have the block die where it calls that function; it must. Yields what else is to be patched until then."""

    def die(*_args: Any, **_more: Any) -> Any:
        raise Killed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(owner, name, die)
        with pytest.raises(Killed):
            yield patch
