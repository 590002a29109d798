"""Send webhooks as Trello does: a HEAD first, then signed posts, three times again when they fail.

https://developer.atlassian.com/cloud/trello/guides/rest-api/webhooks/
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import requests

Send = Callable[[str, str, bytes, Mapping[str, str]], int]  # method, url, body, headers -> status, 0 for no answer
RETRIES = 3


@dataclass(slots=True)
class Hook:
    """A registered webhook. `failures` are those since the last success."""

    id: str
    url: str
    model: str
    description: str = ""
    active: bool = True
    failures: int = 0

    def drawn(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "description": self.description,
            "idModel": self.model,
            "callbackURL": self.url,
            "active": self.active,
            "consecutiveFailures": self.failures,
            "firstConsecutiveFailDate": None,
        }


@dataclass(slots=True)
class Sent:
    """A delivery and how each try ended: a status code, or 0 when nobody answered."""

    hook: Hook
    action: str
    type: str
    body: bytes
    headers: Mapping[str, str]
    statuses: list[int] = field(default_factory=list)


class Post:
    """Deliver from one background thread, in order; `send` and the waits before repeats are a driver's to change."""

    def __init__(self, secret: str, *, send: Send | None = None, waits: tuple[float, ...] = (30, 60, 120)) -> None:
        self.secret = secret
        self.send = send or _send
        self.waits = waits
        self.hooks: dict[str, Hook] = {}
        self.deliveries: list[Sent] = []
        self.is_paused = False  # nothing is sent, and what happens meanwhile never will be
        self.is_held = False  # deliveries are made and kept: a driver takes them
        self._waiting: deque[Sent] = deque()
        self._busy = self._closed = False
        self._bell = threading.Condition()
        self._thread: threading.Thread | None = None

    def probe(self, url: str) -> int:
        """Ask whether an address is there."""
        return self.send("HEAD", url, b"", {"User-Agent": "Trello Webhook"})

    def post(self, hook: Hook, action: str, kind: str, body: bytes, client: str) -> None:
        """Make a delivery and queue it."""
        if self.is_paused or not hook.active:
            return
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "Trello Webhook",
            "X-Trello-Webhook": sign(self.secret, body, hook.url),
        }
        if client:
            headers["X-Trello-Client-Identifier"] = client
        sent = Sent(hook, action, kind, body, headers)
        with self._bell:
            self.deliveries.append(sent)
            if self.is_held:
                return
            self._waiting.append(sent)
            if self._thread is None:
                self._thread = threading.Thread(target=self._walk, name="sandbox trello webhooks", daemon=True)
                self._thread.start()
            self._bell.notify_all()

    def drain(self, timeout: float = 10.0) -> bool:
        """Wait until nothing is left to deliver; false when `timeout` seconds were not enough."""
        with self._bell:
            return self._bell.wait_for(lambda: not self._waiting and not self._busy, timeout)

    def close(self) -> None:
        """Stop after the delivery in hand."""
        with self._bell:
            self._closed = True
            self._waiting.clear()
            self._bell.notify_all()

    def _walk(self) -> None:
        while True:
            with self._bell:
                self._busy = False
                self._bell.notify_all()
                self._bell.wait_for(lambda: self._waiting or self._closed)
                if self._closed:
                    return
                sent = self._waiting.popleft()
                self._busy = True
            for wait in (0.0, *self.waits[:RETRIES]):
                time.sleep(wait)
                if self._closed or self._is_over(sent):
                    break

    def _is_over(self, sent: Sent) -> bool:
        status = self.send("POST", sent.hook.url, sent.body, sent.headers)
        sent.statuses.append(status)
        if 200 <= status < 300:
            sent.hook.failures = 0
            return True
        sent.hook.failures += 1
        if status == 410:  # whoever says so does not want it any more
            self.hooks.pop(sent.hook.id, None)
            return True
        return False


def sign(secret: str, body: bytes, url: str) -> str:
    """Return the base64 HMAC-SHA1 of the body followed by the address, as it was registered."""
    return base64.b64encode(hmac.new(secret.encode(), body + url.encode(), hashlib.sha1).digest()).decode()


def _send(method: str, url: str, body: bytes, headers: Mapping[str, str]) -> int:
    with requests.Session() as session:
        session.trust_env = False  # a proxy has no business between two ends of one machine
        try:
            answer = session.request(
                method, url, data=body or None, headers=dict(headers), timeout=(5, 20), allow_redirects=False
            )
        except requests.RequestException:
            return 0
        return answer.status_code
