"""What people are told when something about accounts is refused."""

from __future__ import annotations

from datetime import datetime

from mappings.entries import EMAIL


class Refused(Exception):
    """It was not done. The message says why and what to do next, and may be read by whoever asked."""


class NotThere(Refused):
    """There is no such account, link, token or team, or it is not there for whoever asked."""


class NotYet(Refused):
    """Too many tries; `free_at` says from when on another one is taken."""

    def __init__(self, message: str, free_at: datetime) -> None:
        super().__init__(message)
        self.free_at = free_at


def read_email(given: str) -> str:
    """Return an address as it is stored: lower case. Raises Refused when it is none."""
    plain = given.strip().lower()
    if not EMAIL.fullmatch(plain):
        raise Refused(f"{plain[:80]!r} is not an e-mail address." if plain else "An e-mail address is missing.")
    return plain


def read_name(given: str) -> str:
    """Return a name as it is stored: one line. Raises Refused when it is too long."""
    plain = " ".join(given.split())
    if len(plain) > 120:
        raise Refused("This name is too long: use at most 120 characters.")
    return plain
