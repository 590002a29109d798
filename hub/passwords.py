"""Passwords: argon2id by argon2-cffi, and what is too easy to guess.

The cost is what OWASP's Password Storage Cheat Sheet names for argon2id: 19 MiB, two passes, one lane.
"""

from __future__ import annotations

import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST = 12
LONGEST = 500
FEWEST_LETTERS = 5  # different ones
RUNS = ("0123456789" * 6, "abcdefghijklmnopqrstuvwxyz" * 3, "qwertyuiopasdfghjklzxcvbnm" * 3)

_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


def find_weakness(password: str, email: str) -> str:
    """Say in words what is wrong with a new password; "" when nothing is. There are no rules of composition."""
    plain = _plain(password)
    folded = plain.casefold()
    if len(plain) < SHORTEST:
        return f"Use at least {SHORTEST} characters. A few words in a row are fine."
    if len(plain) > LONGEST:
        return f"Use at most {LONGEST} characters."
    if folded in {email.casefold(), email.partition("@")[0].casefold()}:
        return "Your e-mail address is the first thing that is tried. Use something else."
    is_run = any(folded in run or folded[::-1] in run for run in RUNS)
    if len(set(folded)) < FEWEST_LETTERS or is_run:
        return "This is among the first passwords that are tried. A few words in a row are better."
    return ""


def hash_password(password: str) -> str:
    """Return what the store keeps of a password."""
    return _hasher.hash(_plain(password))


def is_right(password: str, kept: str) -> bool:
    """Whether a password is the one that was kept. Takes as long when none was kept."""
    try:
        return _hasher.verify(kept or _nobodys(), _plain(password)) and bool(kept)
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(kept: str) -> bool:
    """Whether a password was kept at another cost than it would be today."""
    return _hasher.check_needs_rehash(kept)


@cache
def _nobodys() -> str:
    """Return the hash of a password that nobody has, for sign-ins to accounts that there are none of."""
    return _hasher.hash("nobody has this password")


def _plain(password: str) -> str:
    """Return a password in the one form that its letters have, however a keyboard put them together."""
    return unicodedata.normalize("NFKC", password)
