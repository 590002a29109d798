"""What people are told when connecting something is refused."""

from __future__ import annotations

from collections.abc import Sequence


class Refused(Exception):
    """It was not done. The message says why and what to do next; `field` names the setting it is about, if one.

    `also` holds what else was not right.
    """

    def __init__(self, message: str, field: str = "", also: Sequence[Refused] = ()) -> None:
        super().__init__(message)
        self.field = field
        self.also = tuple(also)


class NotThere(Refused):
    """There is no such connection, tool or draft, or it is not there for whoever asked."""
