"""What an HTTP answer means: the error it stands for, the wait it asks for, the time it was sent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from requests import Response

from connectors.errors import Gone, Misconfigured, TryLater, Unauthorized, Unexpected
from connectors.wire_redaction import Redactor

SAFE = {"X-Hub-Safe": "1"}  # headers of a POST that only reads: it may be repeated, and is never sent
REPEATABLE = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
_LONGEST = 300


def answer(response: Response, *, what: str) -> None:
    """Return for a 2xx answer, else raise the error that says what to do about it.

    `what` names the tool and the call in a person's words ("jira: search"); the tool's own sentence follows.
    """
    status = response.status_code
    if 200 <= status < 300:
        return
    said = _sentence(response)
    text = f"{what}: {status}{': ' + said if said else ''}"
    if status == 401:
        raise Unauthorized(text, hint="sign in again: the token is wrong, expired or revoked")
    if status == 403:
        raise Unauthorized(text, hint="the account lacks a permission for this: grant it, or use another account")
    if status in {404, 410}:
        raise Gone(text, hint="it was removed, or the account may not see it")
    if status in {400, 422}:
        raise Misconfigured(text)
    if status == 429:
        raise TryLater(
            text, after=wait_asked(response), is_limit=True, hint="the tool limits how often it may be asked"
        )
    if status >= 500 or status in {408, 425}:
        raise TryLater(text, after=wait_asked(response), maybe_arrived=not is_repeatable(response))
    raise Unexpected(text)


def is_page(response: Response) -> bool:
    """Say whether a web page came instead of a tool's answer: a sign-in page, or a proxy that wants a word first."""
    return response.content[:1000].lstrip().startswith(b"<")


def is_repeatable(response: Response) -> bool:
    """Say whether the request behind an answer may be sent again without doing anything twice."""
    request = response.request
    return (request.method or "").upper() in REPEATABLE or "X-Hub-Safe" in request.headers


def has_whole_head(response: Response) -> bool:
    """Say whether an answer tells where its body ends, as all do that were not cut off in their head.

    http.client takes the end of the line for the end of the head; a cut answer then looks like a short, whole one.
    https://www.rfc-editor.org/rfc/rfc9112#section-8 : such an answer means nothing, and the request may be repeated.
    """
    if getattr(response.raw, "version", 0) != 11 or response.status_code in {204, 304}:
        return True
    if response.request is not None and response.request.method == "HEAD":
        return True
    headers = response.headers
    return (
        headers.get("Content-Length", "").strip().isdigit()
        or headers.get("Transfer-Encoding", "").strip().lower().endswith("chunked")
        or "close" in headers.get("Connection", "").lower()
    )


def wait_asked(response: Response, *, now: datetime | None = None) -> timedelta | None:
    """Return what Retry-After asks for (seconds or an HTTP date, RFC 9110 10.2.3), or None.

    A date is read against the answer's own Date, else against `now` (aware), else it is ignored.
    """
    text = response.headers.get("Retry-After", "").strip()
    if not text:
        return None
    try:
        seconds = float(text)
    except ValueError:
        until, sent = _http_date(text), server_time(response) or now
        if until is None or sent is None:
            return None
        return max(until - sent, timedelta())
    if not 0 <= seconds < 10**8:  # also false for nan
        return None
    return timedelta(seconds=seconds)


def server_time(response: Response) -> datetime | None:
    """Return the answer's Date header in UTC, or None when it has none that can be read."""
    return _http_date(response.headers.get("Date", ""))


def _http_date(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)


def _sentence(response: Response) -> str:
    """Return the tool's own words, cleaned of secrets, in at most 300 characters."""
    redact = getattr(response.connection, "redact", None) or Redactor()
    if 300 <= response.status_code < 400:
        return "it sent us to another address, and redirects are not followed: check the address in the settings"
    if "html" in response.headers.get("Content-Type", "").lower():
        return ""
    try:
        words = list(_words(json.loads(response.content)))
    except (ValueError, RecursionError):
        words = [response.content[:1000].decode("utf-8", "replace")]
    text = " ".join(" ".join(words).split())
    clean = redact("".join(c for c in text if c.isprintable()))
    return clean if len(clean) <= _LONGEST else clean[: _LONGEST - 1] + "…"


def _words(body: object) -> Iterator[str]:
    if isinstance(body, str):
        yield body
    if not isinstance(body, dict):
        return
    for name in ("errorMessages", "errors", "error_description", "message", "error"):
        value = body.get(name)
        if isinstance(value, str):
            yield value
        elif isinstance(value, list):
            for one in value:
                yield from _words(one)
        elif isinstance(value, dict):
            if name == "error":
                yield from _words(value)
            else:
                yield from (f"{key}: {said}" for key, said in value.items() if isinstance(said, str))
