"""What must never be read in a message or a log line: secrets, and the query of any URL."""

from __future__ import annotations

import logging
import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterable
from urllib.parse import quote, quote_plus, urlsplit

_URL_QUERY = re.compile(r"((?:https?://|url: )[^\s?'\"<>]*)\?[^\s'\"<>]*")
_SHORTEST_BASE64 = 8  # a shorter piece of base64 is found by chance
_SHORTEST = 4  # replacing shorter secrets would shred every message and hide nothing


class Redactor:
    """Replaces secrets and URL queries in texts that people or logs may see."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        forms: set[str] = set()
        for secret in secrets:
            forms.update(_forms(secret))
        # the longest first: a secret that contains another must not leave its ends behind
        found = sorted((f for f in forms if len(f) >= _SHORTEST), key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, found))) if found else None

    def __call__(self, text: str) -> str:
        """Return the text with every secret as [secret] and every URL query as ?[hidden]."""
        if self._pattern is not None:
            text = self._pattern.sub("[secret]", text)
        return _URL_QUERY.sub(r"\1?[hidden]", text) if "?" in text else text


_known: dict[str, None] = {}  # every secret this process has used
_of_all = Redactor()


def remember(secrets: Iterable[str]) -> None:
    """Have these secrets hidden from now on in whatever this process logs, whichever connection they belong to."""
    global _of_all  # noqa: PLW0603  (one log a process, and so one list of what it must not say)
    fresh = {secret: None for secret in secrets if len(secret) >= _SHORTEST and secret not in _known}
    if fresh:
        _known.update(fresh)
        _of_all = Redactor(_known)


def redact_known(text: str) -> str:
    """Return the text without any secret that was remembered, and without URL queries."""
    return _of_all(text)


def _forms(secret: str) -> Iterable[str]:
    yield secret
    yield quote(secret, safe="")
    yield quote(secret)
    yield quote_plus(secret)
    yield from _in_base64(secret.encode())
    if secret.startswith(("http://", "https://")):
        # an incoming-webhook address is a secret as a whole; libraries quote its path alone
        try:
            parts = urlsplit(secret)
        except ValueError:  # no address after all, but still a secret
            return
        if parts.path.strip("/"):
            yield parts.path
        if parts.query:
            yield parts.query


def _in_base64(secret: bytes) -> Iterable[str]:
    """Yield what every base64 of a text with the secret in it shows, such as a Basic authorization."""
    for before in range(3):
        after = -(before + len(secret)) % 3
        padded = b"\0" * before + secret + b"\0" * after
        # the first and the last characters depend on what stands beside the secret as well
        cut = slice((0, 2, 3)[before], -(0, 2, 3)[after] or None)
        for encode in (b64encode, urlsafe_b64encode):
            found = encode(padded).decode()[cut]
            if len(found) >= _SHORTEST_BASE64:
                yield found


class _QuietPool(logging.Filter):
    """Keeps request lines of urllib3 out of the log: they carry paths and queries."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno < logging.WARNING:
            return False
        record.msg = _URL_QUERY.sub(r"\1?[hidden]", record.getMessage())
        record.args = ()
        return True


_QUIET = _QuietPool()


def quiet_pools() -> None:
    """Stop urllib3 from logging request lines. Safe to call again."""
    logging.getLogger("urllib3.connectionpool").addFilter(_QUIET)
