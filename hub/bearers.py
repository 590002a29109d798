"""What lets in whoever bears it: sessions, one-time links, API tokens. Random, shown once, and kept as a digest alone.

They are 256 random bits, so a plain SHA-256 is enough: there is nothing to guess that a slow hash would protect. The
digest is what is looked up, so no comparison takes longer the nearer a guess comes.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets

TOKEN_MARK = "okr_"  # noqa: S105  (what a token begins with, so that people and scanners know it when they see one)
TOKEN = re.compile(r"okr_[A-Za-z0-9_-]{43}")


def new_bearer() -> str:
    """Return a new secret: 43 letters that may stand in an address, a cookie and a header."""
    return secrets.token_urlsafe(32)


def new_token() -> str:
    """Return a new API token."""
    return TOKEN_MARK + new_bearer()


def digest_of(bearer: str) -> str:
    """Return what the store keeps of a secret, in hexadecimal."""
    return hashlib.sha256(bearer.encode()).hexdigest()


def derive(bearer: str, purpose: str) -> str:
    """Return another secret that follows from this one for a purpose, and does not lead back to it."""
    return hmac.new(bearer.encode(), purpose.encode(), hashlib.sha256).hexdigest()
