"""What a refusal for haste asks for: how long a pause, and of whom.

Jira names the reason: https://developer.atlassian.com/cloud/jira/platform/rate-limiting/
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from requests import PreparedRequest, Response

from connectors.wire_answers import wait_asked

NEAR = 0.25  # seconds of quiet at an endpoint after an answer that says its limit is near
_WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_HOUR = timedelta(hours=1)
_LEFT = re.compile(r"\br=(\d+)\b.*?\bt=(\d+)\b")


@dataclass(frozen=True, slots=True)
class Pause:
    """A pause. `key` says of what: "" is all that the account asks; `wait` is None where the tool named none.

    `is_of_app` says that whoever else signed in with the same app must pause as well.
    """

    wait: timedelta | None
    key: str = ""
    is_of_app: bool = False


def pause_asked(response: Response, request: PreparedRequest, now: datetime) -> Pause:
    """Read the pause that an answer (429, 503) asks for. `now` is aware."""
    wait = wait_asked(response, now=now)
    reason = response.headers.get("RateLimit-Reason", "").lower()
    if "quota" in reason:
        reset = _until_reset(response, now)
        return Pause(max(wait or timedelta(), reset), is_of_app="global" in reason)
    if "per-issue" in reason:
        return Pause(wait, issue_of(request) or endpoint_of(request))
    if "burst" in reason:
        return Pause(wait, endpoint_of(request))
    return Pause(wait)


def is_near(response: Response) -> bool:
    """Say whether the tool warns that little of a limit is left (Jira: less than a fifth)."""
    return response.headers.get("X-RateLimit-NearLimit", "").strip().lower() == "true"


def quota_ends(response: Response) -> timedelta | None:
    """Return for how long an hourly quota is used up, where an answer that succeeded says so, or None.

    `RateLimit: "global-app-quota";r=0;t=600` has nothing left for 600 seconds; a Beta- may stand before the name.
    """
    for name in ("RateLimit", "Beta-RateLimit"):
        found = _LEFT.search(response.headers.get(name, ""))
        if found and int(found[1]) == 0:
            return timedelta(seconds=min(int(found[2]), _HOUR.total_seconds()))
    return None


def endpoint_of(request: PreparedRequest) -> str:
    """Return the endpoint a request goes to: its method and path, whatever has a digit in it left out."""
    path = urlsplit(request.url or "").path
    return f"{(request.method or '').upper()} {re.sub(r'/[^/]*[0-9][^/]*', '/*', path)}"


def issue_of(request: PreparedRequest) -> str:
    """Return the issue that a request writes to, "" when it reads or the path names none."""
    if (request.method or "").upper() not in _WRITES:
        return ""
    found = re.search(r"/issue/([^/]*[0-9][^/]*)", urlsplit(request.url or "").path)
    return f"issue {found[1]}" if found else ""


def _until_reset(response: Response, now: datetime) -> timedelta:
    """Return the time until a quota is renewed: what the answer says, else the rest of the hour in UTC."""
    try:
        reset = datetime.fromisoformat(response.headers.get("X-RateLimit-Reset", ""))
        left = (reset if reset.tzinfo else reset.replace(tzinfo=UTC)) - now
    except ValueError:
        left = timedelta()
    if timedelta() < left <= 2 * _HOUR:
        return left
    top = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0) + _HOUR
    return top - now
