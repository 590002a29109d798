"""Secrets that can be recognised wherever they turn up: every fixture's credentials are made here.

The suite fails when one is found in what a test printed or logged, or in a file that it left (tests/conftest.py).
"""

from __future__ import annotations

import hashlib
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import quote

MARK = "kanarie7Qx"
LARGEST = 32 * 2**20  # bytes of a file that is searched


def canary(name: str) -> str:
    """Return the secret of this name: the same in every run, and like no other text."""
    return f"{MARK}{hashlib.sha256(name.encode()).hexdigest()[:16]}"


def forms(secret: str) -> set[bytes]:
    """Return what betrays a secret: itself, URL-encoded, backwards, and what any base64 of a text with it shows."""
    found = {secret, quote(secret, safe=""), secret[::-1], secret.encode().hex()}
    for before in range(3):
        for encode in (b64encode, urlsafe_b64encode):
            whole = encode(b"\0" * before + secret.encode() + b"\0\0").decode()
            end = (before + len(secret)) * 8 // 6
            found.add(whole[-(-before * 8 // 6) : end])
    return {one.encode() for one in found}


_OF_MARK = forms(MARK)


def betrays(text: bytes, secrets: Iterable[str] = ()) -> list[str]:
    """Return what of a canary, or of the secrets named, stands in a text."""
    wanted = set(_OF_MARK).union(*(forms(one) for one in secrets))
    return sorted(one.decode() for one in wanted if one in text)


def search(folder: Path, secrets: Iterable[str] = ()) -> Iterator[str]:
    """Yield every file below a folder that holds a canary, with what it holds."""
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or not path.is_file() or path.stat().st_size > LARGEST:
            continue
        found = betrays(path.read_bytes(), secrets)
        if found:
            yield f"{path}: {', '.join(found)}"
