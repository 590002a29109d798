"""Send webhooks as Asana does: a handshake first, signed events, heartbeats, and an end after a day of failures.

https://developers.asana.com/docs/webhooks-guide
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import requests

from connectors.sandbox.asana.objects import Json, stamp

GIVES_UP = timedelta(hours=24)
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1", "0.0.0.0"})  # noqa: S104  (refused, not bound)


class HandshakeError(Exception):
    """The target did not agree to a webhook."""


@dataclass(slots=True)
class Hook:
    """A registered webhook. `failing` is since when nothing could be delivered."""

    gid: str
    resource: str
    target: str
    filters: tuple[Json, ...]
    created: datetime
    secret: str = field(default_factory=lambda: secrets.token_hex(32))
    active: bool = False
    succeeded: datetime | None = None
    failed: datetime | None = None
    failing: datetime | None = None
    failure: str = ""

    def drawn(self) -> Json:
        return {
            "gid": self.gid,
            "resource_type": "webhook",
            "active": self.active,
            "target": self.target,
            "created_at": stamp(self.created),
            "last_success_at": stamp(self.succeeded) if self.succeeded else None,
            "last_failure_at": stamp(self.failed) if self.failed else None,
            "last_failure_content": self.failure,
            "filters": [dict(one) for one in self.filters],
        }

    def passes(self, event: Json) -> bool:
        """Whether a filter lets an event through; without filters all do."""
        if not self.filters:
            return True
        kind, action = event["resource"]["resource_type"], event["action"]
        changed = (event.get("change") or {}).get("field")
        return any(
            one.get("resource_type", kind) == kind
            and one.get("action", action) == action
            and (not one.get("fields") or changed in one["fields"])
            for one in self.filters
        )


@dataclass(slots=True)
class Sent:
    """A delivery and how each try ended: a status code, or 0 when nobody answered."""

    hook: Hook
    body: bytes
    statuses: list[int] = field(default_factory=list)


class Postman:
    """Deliver from one background thread, in order. While `paused`, events are lost, as at-most-once allows.

    `allows_loopback` lets a hub on this machine be a target, which Asana itself refuses.
    """

    def __init__(self, now: Callable[[], datetime], *, timeout: float = 10.0) -> None:
        self._now = now
        self.timeout = timeout
        self.allows_loopback = True
        self.paused = False
        self.hooks: dict[str, Hook] = {}
        self.deliveries: list[Sent] = []
        self._waiting: deque[Sent] = deque()
        self._busy = self._closed = False
        self._bell = threading.Condition()
        self._thread: threading.Thread | None = None

    def admits(self, target: str) -> bool:
        """Whether a target may be registered at all."""
        parts = urlsplit(target)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            return False
        return self.allows_loopback or (parts.scheme == "https" and parts.hostname not in _LOCAL)

    def shake_hands(self, hook: Hook) -> None:
        """Ask the target, now, whether it wants this webhook. Raises HandshakeError unless it sends the secret back."""
        with _session() as session:
            try:
                answer = session.post(
                    hook.target,
                    data=b"{}",
                    headers={"X-Hook-Secret": hook.secret, "Content-Type": "application/json"},
                    timeout=self.timeout,
                    allow_redirects=False,
                )
            except requests.RequestException:
                raise HandshakeError("The remote server did not respond in time to the handshake") from None
        if answer.status_code not in {200, 204} or answer.headers.get("X-Hook-Secret") != hook.secret:
            raise HandshakeError("The remote server did not respond with the handshake secret.")
        hook.active = True
        self.hooks[hook.gid] = hook

    def heard(self, resources: set[str], event: Json) -> None:
        """Queue an event for whoever follows one of these gids."""
        if self.paused:
            return
        lean = {**event, "resource": {n: v for n, v in event["resource"].items() if n != "name"}}
        for hook in list(self.hooks.values()):
            if hook.resource in resources and hook.passes(event):
                self._queue(Sent(hook, json.dumps({"events": [lean]}).encode()))

    def heartbeat(self) -> None:
        """Send every webhook a body without events, as Asana does every eight hours."""
        self.drop_dead()
        for hook in list(self.hooks.values()):
            self._queue(Sent(hook, b'{"events":[]}'))

    def redeliver(self, number: int) -> None:
        """Send a delivery again with the same body."""
        self._queue(self.deliveries[number], new=False)

    def drop_dead(self) -> None:
        """Delete what could not be delivered to for a day."""
        for hook in list(self.hooks.values()):
            if hook.failing is not None and self._now() - hook.failing >= GIVES_UP:
                del self.hooks[hook.gid]

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

    def _queue(self, sent: Sent, *, new: bool = True) -> None:
        with self._bell:
            if new:
                self.deliveries.append(sent)
            self._waiting.append(sent)
            if self._thread is None:
                self._thread = threading.Thread(target=self._walk, name="sandbox asana webhooks", daemon=True)
                self._thread.start()
            self._bell.notify_all()

    def _walk(self) -> None:
        with _session() as session:
            while True:
                with self._bell:
                    self._busy = False
                    self._bell.notify_all()
                    self._bell.wait_for(lambda: self._waiting or self._closed)
                    if self._closed:
                        return
                    sent = self._waiting.popleft()
                    self._busy = True
                self._deliver(session, sent)

    def _deliver(self, session: requests.Session, sent: Sent) -> None:
        hook = sent.hook
        mac = hmac.new(hook.secret.encode(), sent.body, hashlib.sha256).hexdigest()
        headers = {"X-Hook-Signature": mac, "Content-Type": "application/json; charset=utf-8"}
        try:
            answer = session.post(
                hook.target, data=sent.body, headers=headers, timeout=self.timeout, allow_redirects=False
            )
            status, text = answer.status_code, answer.text[:200]
        except requests.RequestException as failure:
            status, text = 0, type(failure).__name__
        sent.statuses.append(status)
        if status in {200, 204}:
            hook.succeeded, hook.failing = self._now(), None
            return
        hook.failed, hook.failure = self._now(), f"{status} {text}"
        hook.failing = hook.failing or self._now()
        if status == 410:
            self.hooks.pop(hook.gid, None)


def _session() -> requests.Session:
    session = requests.Session()
    session.trust_env = False  # a proxy has no business between two ends of one machine
    return session
