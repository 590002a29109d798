"""What must never be read in a message or a log line: secrets, and the query of any URL."""

from __future__ import annotations

import logging
import re
import threading
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterable
from urllib.parse import quote, quote_plus, urlsplit

_URL_QUERY = re.compile(r"((?:https?://|url: )[^\s?'\"<>]*)\?[^\s'\"<>]*")
_SHORTEST_BASE64 = 8  # a shorter piece of base64 is found by chance
_SHORTEST = 4  # replacing shorter secrets would shred every message and hide nothing


class Redactor:
    """Replaces secrets and URL queries in texts that people or logs may see."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._forms: frozenset[str] = frozenset()
        self._compiled: tuple[frozenset[str], re.Pattern[str]] | None = None
        self.add(secrets)

    def add(self, secrets: Iterable[str]) -> None:
        """Replace these as well from now on."""
        self._forms |= {form for secret in secrets for form in _forms(secret) if len(form) >= _SHORTEST}

    def __call__(self, text: str) -> str:
        """Return the text with every secret as [secret] and every URL query as ?[hidden]."""
        forms = self._forms
        if any(form in text for form in forms):
            text = self._pattern(forms).sub("[secret]", text)
        return _URL_QUERY.sub(r"\1?[hidden]", text) if "?" in text else text

    def _pattern(self, forms: frozenset[str]) -> re.Pattern[str]:
        """Return the pattern of these forms, made when a text first needs it: that takes milliseconds for each secret,
        and most wires and jobs end without ever having quoted one."""
        kept = self._compiled
        if kept is None or kept[0] is not forms:  # another thread may just have added some
            # the longest first: a secret that contains another must not leave its ends behind
            kept = forms, re.compile("|".join(map(re.escape, sorted(forms, key=len, reverse=True))))
            self._compiled = kept
        return kept[1]


_known: set[str] = set()  # every secret this process has used
_of_all = Redactor()
_turn = threading.Lock()


def remember(secrets: Iterable[str]) -> None:
    """Have these secrets hidden from now on in whatever this process logs, whichever connection they belong to."""
    with _turn:
        fresh = {secret for secret in secrets if len(secret) >= _SHORTEST} - _known
        if fresh:
            _of_all.add(fresh)
            _known.update(fresh)


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
