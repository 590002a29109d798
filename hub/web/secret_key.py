"""The key that cookies are signed with: random, made once, readable by its owner alone."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def read_secret_key(path: Path) -> str:
    """Return the key in a file, which is made with mode 0600 if it is not there.

    The file appears whole or not at all, so that of several processes that start at once all read the same key.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(secrets.token_hex(32))
            try:
                os.link(draft, path)
            except FileExistsError:
                return path.read_text("ascii").strip()
        finally:
            draft.unlink()
    return path.read_text("ascii").strip()
