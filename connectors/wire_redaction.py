"""What must never be read in a message or a log line: secrets, and the query of any URL."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from urllib.parse import quote, urlsplit

_URL_QUERY = re.compile(r"((?:https?://|url: )[^\s?'\"<>]*)\?[^\s'\"<>]*")
_SHORTEST = 4  # replacing shorter secrets would shred every message and hide nothing


class Redactor:
    """Replaces secrets and URL queries in texts that people or logs may see."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        forms: set[str] = set()
        for secret in secrets:
            forms.update(_forms(secret))
        # the longest first: a secret that contains another must not leave its ends behind
        self._forms = sorted((f for f in forms if len(f) >= _SHORTEST), key=len, reverse=True)

    def __call__(self, text: str) -> str:
        """Return the text with every secret as [secret] and every URL query as ?[hidden]."""
        for form in self._forms:
            text = text.replace(form, "[secret]")
        return _URL_QUERY.sub(r"\1?[hidden]", text)


def _forms(secret: str) -> Iterable[str]:
    yield secret
    yield quote(secret, safe="")
    yield quote(secret)
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
