"""Send webhooks as Jira Cloud does: signed, identified, in order, again when they fail.

https://developer.atlassian.com/cloud/jira/platform/webhooks/
"""

from __future__ import annotations

import hashlib
import hmac
import threading
import time
import uuid
from collections import deque
from dataclasses import dataclass, field

import requests

AGAIN = frozenset({408, 409, 425, 429})


@dataclass(slots=True)
class Hook:
    """Where deliveries go, and the secret that signs them ("" leaves them unsigned), or an app's token."""

    url: str
    secret: str
    bearer: str = ""


@dataclass(slots=True)
class Sent:
    """A delivery and how each try ended: a status code, or 0 when nobody answered."""

    hook: Hook
    identifier: str
    event: str
    key: str
    body: bytes
    statuses: list[int] = field(default_factory=list)

    @property
    def status(self) -> int | None:
        """The last try's status; None before the first."""
        return self.statuses[-1] if self.statuses else None


class Postman:
    """Deliver from one background thread, in order; `retry_after` is the wait before a repeat, in seconds."""

    def __init__(self, *, retry_after: float = 0.2, tries: int = 6, timeout: tuple[float, float] = (5, 20)) -> None:
        self.retry_after, self.tries, self.timeout = retry_after, tries, timeout
        self.deliveries: list[Sent] = []
        self._waiting: deque[tuple[Sent, int]] = deque()
        self._busy = self._closed = False
        self._bell = threading.Condition()
        self._thread: threading.Thread | None = None

    def post(self, hook: Hook, event: str, key: str, body: bytes) -> None:
        """Queue a new delivery."""
        self._queue(Sent(hook, str(uuid.uuid4()), event, key, body), retry=0)

    def redeliver(self, number: int) -> None:
        """Queue a delivery again, with the same identifier and body, as a retry."""
        sent = self.deliveries[number]
        self._queue(sent, retry=max(1, len(sent.statuses)), new=False)

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

    def _queue(self, sent: Sent, *, retry: int, new: bool = True) -> None:
        with self._bell:
            if new:
                self.deliveries.append(sent)
            self._waiting.append((sent, retry))
            if self._thread is None:
                self._thread = threading.Thread(target=self._walk, name="sandbox webhooks", daemon=True)
                self._thread.start()
            self._bell.notify_all()

    def _walk(self) -> None:
        with requests.Session() as session:
            session.trust_env = False  # a proxy has no business between two ends of one machine
            while True:
                with self._bell:
                    self._busy = False
                    self._bell.notify_all()
                    self._bell.wait_for(lambda: self._waiting or self._closed)
                    if self._closed:
                        return
                    sent, retry = self._waiting.popleft()
                    self._busy = True
                while not self._delivered(session, sent, retry) and retry + 1 < self.tries and not self._closed:
                    retry += 1
                    time.sleep(self.retry_after)

    def _delivered(self, session: requests.Session, sent: Sent, retry: int) -> bool:
        headers = {
            "Content-Type": "application/json; charset=UTF-8",
            "User-Agent": "Atlassian Webhook HTTP Client",
            "X-Atlassian-Webhook-Identifier": sent.identifier,
            "X-Atlassian-Webhook-Flow": "Primary",
        }
        if retry:
            headers["X-Atlassian-Webhook-Retry"] = str(retry)
        if sent.hook.secret:
            mac = hmac.new(sent.hook.secret.encode(), sent.body, hashlib.sha256).hexdigest()
            headers["X-Hub-Signature"] = f"sha256={mac}"
        if sent.hook.bearer:
            headers["Authorization"] = f"Bearer {sent.hook.bearer}"
        try:
            answer = session.post(
                sent.hook.url, data=sent.body, headers=headers, timeout=self.timeout, allow_redirects=False
            )
        except requests.RequestException:
            sent.statuses.append(0)
            return False
        sent.statuses.append(answer.status_code)
        return answer.status_code < 500 and answer.status_code not in AGAIN
