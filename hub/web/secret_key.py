"""The key that cookies are signed with: random, made once, readable by its owner alone."""

from __future__ import annotations

import secrets
from pathlib import Path

from hub.key_file import read_or_make


def read_secret_key(path: Path) -> str:
    """Return the key in a file, which is made with mode 0600 if it is not there."""
    return read_or_make(path, lambda: secrets.token_hex(32)).strip()
