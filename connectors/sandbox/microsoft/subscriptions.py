"""Subscriptions of a simulated tenant: the handshake in flight, how long they live, and what they send.

https://learn.microsoft.com/graph/api/subscription-post-subscriptions and .../change-notifications-delivery-webhooks
"""

from __future__ import annotations

import json
import secrets
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, unquote

import requests

from connectors.sandbox.microsoft.drawings import time_text
from connectors.sandbox.microsoft.exchange import GraphAnswer, GraphRequest, RefusedError, Route, route
from connectors.sandbox.microsoft.planner import made_guid

SHORTEST = timedelta(minutes=45)  # what is asked for less is given this
_LONGEST = {"/todo/lists/": timedelta(minutes=4230), "sites/": timedelta(minutes=42_300)}
_WAIT = 10  # seconds within which an address must answer


@dataclass(slots=True)
class Subscribed:
    """A live subscription."""

    id: str
    resource: str
    change_type: str
    url: str
    lifecycle_url: str
    state: str
    until: datetime


@dataclass(slots=True)
class Sent:
    """A delivery and how each try ended: a status, or 0 when nobody answered."""

    url: str
    body: bytes
    statuses: list[int] = field(default_factory=list)


class Subscriptions:
    """The subscriptions of one app. While `lost`, nobody is told of changes; a delivery goes out `tries` times."""

    def __init__(self, now: Callable[[], datetime], *, tries: int = 3) -> None:
        self.now, self.tries = now, tries
        self.held: dict[str, Subscribed] = {}
        self.deliveries: list[Sent] = []
        self.lost = False
        self._number = 0
        self._waiting: deque[Sent] = deque()
        self._busy = self._closed = False
        self._bell = threading.Condition()
        self._thread: threading.Thread | None = None

    def routes(self) -> list[Route]:
        """Return the paths that are answered here."""
        return [
            route("GET", "subscriptions", self.all),
            route("POST", "subscriptions", self.subscribe),
            route("GET", "subscriptions/{key}", self.one),
            route("PATCH", "subscriptions/{key}", self.renew),
            route("DELETE", "subscriptions/{key}", self.remove),
        ]

    # -- over HTTP

    def all(self, asked: GraphRequest) -> GraphAnswer:
        self._forget()
        return GraphAnswer(200, {"value": [_draw(one) for one in self.held.values()]})

    def one(self, asked: GraphRequest, key: str) -> GraphAnswer:
        return GraphAnswer(200, _draw(self._found(key)))

    def subscribe(self, asked: GraphRequest) -> GraphAnswer:
        body = asked.body if isinstance(asked.body, dict) else {}
        lacking = [n for n in ("changeType", "notificationUrl", "resource", "expirationDateTime") if not body.get(n)]
        if lacking:
            raise RefusedError(400, "InvalidRequest", f"The property {lacking[0]} is missing.")
        resource = str(body["resource"]).lstrip("/")
        longest = next((span for part, span in _LONGEST.items() if part in f"{resource}/"), None)
        if longest is None or "/planner/" in resource:
            raise RefusedError(400, "ExtensionError", f"Resource '{resource}' is not supported.")
        kinds = set(str(body["changeType"]).split(","))
        if not kinds <= ({"updated"} if resource.startswith("sites/") else {"created", "updated", "deleted"}):
            raise RefusedError(400, "InvalidRequest", f"changeType {body['changeType']} is not supported here.")
        if len(str(body.get("clientState", ""))) > 128:
            raise RefusedError(400, "InvalidRequest", "clientState is longer than 128 characters.")
        urls = {str(body["notificationUrl"]), str(body.get("lifecycleNotificationUrl") or body["notificationUrl"])}
        until = self._until(body["expirationDateTime"], longest)
        for url in sorted(urls):
            self._shake_hands(url)
        self._number += 1
        made = Subscribed(
            made_guid(f"subscription {self._number}"),
            resource,
            str(body["changeType"]),
            str(body["notificationUrl"]),
            str(body.get("lifecycleNotificationUrl") or ""),
            str(body.get("clientState") or ""),
            until,
        )
        self.held[made.id] = made
        return GraphAnswer(201, _draw(made))

    def renew(self, asked: GraphRequest, key: str) -> GraphAnswer:
        held = self._found(key)
        longest = next(span for part, span in _LONGEST.items() if part in f"{held.resource}/")
        held.until = self._until((asked.body or {}).get("expirationDateTime", ""), longest)
        return GraphAnswer(200, _draw(held))

    def remove(self, asked: GraphRequest, key: str) -> GraphAnswer:
        del self.held[self._found(key).id]
        return GraphAnswer(204)

    # -- what a driver does

    def tell(self, resource: str, kind: str, item: str) -> None:
        """Tell whoever subscribed to a resource that something in it changed."""
        self._forget()
        if self.lost:
            return
        for one in self.held.values():
            if _same(one.resource, resource) and kind in one.change_type.split(","):
                data: dict[str, Any] = {"@odata.type": "#Microsoft.Graph.ListItem"}
                if item:
                    data = {
                        "@odata.type": "#microsoft.graph.todoTask",
                        "@odata.id": f"{resource}/{item}",
                        "@odata.etag": f'W/"{secrets.token_hex(4)}"',
                        "id": item,
                    }
                self._post(
                    one.url, [self._notification(one, changeType=kind, resource=one.resource, resourceData=data)]
                )

    def tell_lifecycle(self, key: str, event: str) -> None:
        """Send reauthorizationRequired, subscriptionRemoved or missed about a subscription."""
        one = self.held[key]
        if event == "subscriptionRemoved":
            del self.held[key]
        self._post(one.lifecycle_url or one.url, [self._notification(one, lifecycleEvent=event)])

    def redeliver(self, number: int) -> None:
        """Send a delivery again, as Graph does when it did not hear the answer."""
        self._queue(self.deliveries[number])

    def drain(self, timeout: float = 10.0) -> bool:
        """Wait until every delivery is made or given up; false when `timeout` seconds were not enough."""
        with self._bell:
            return self._bell.wait_for(lambda: not self._waiting and not self._busy, timeout)

    def close(self) -> None:
        """Stop after the delivery in hand."""
        with self._bell:
            self._closed = True
            self._waiting.clear()
            self._bell.notify_all()

    def _notification(self, one: Subscribed, **more: Any) -> dict[str, Any]:
        return {
            "subscriptionId": one.id,
            "subscriptionExpirationDateTime": time_text(one.until),
            "tenantId": made_guid("tenant"),
            "clientState": one.state,
            **more,
        }

    def _post(self, url: str, notifications: list[dict[str, Any]]) -> None:
        sent = Sent(url, json.dumps({"value": notifications}).encode())
        self.deliveries.append(sent)
        self._queue(sent)

    def _queue(self, sent: Sent) -> None:
        with self._bell:
            self._waiting.append(sent)
            if self._thread is None:
                self._thread = threading.Thread(target=self._walk, name="sandbox notifications", daemon=True)
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
                    sent = self._waiting.popleft()
                    self._busy = True
                for _ in range(self.tries):
                    sent.statuses.append(_deliver(session, sent))
                    if 200 <= sent.statuses[-1] < 300:
                        break

    def _shake_hands(self, url: str) -> None:
        token = f"Validation: Testing client application reachability for subscription {secrets.token_hex(8)}"
        refused = RefusedError(400, "ValidationError", "Subscription validation request failed.")
        try:
            with requests.Session() as session:
                session.trust_env = False
                answer = session.post(
                    f"{url}{'&' if '?' in url else '?'}validationToken={quote(token)}",
                    headers={"Content-Type": "text/plain; charset=utf-8"},
                    timeout=_WAIT,
                    allow_redirects=False,
                )
        except requests.RequestException:
            raise refused from None
        kind = answer.headers.get("Content-Type", "").split(";")[0].strip()
        if answer.status_code != 200 or kind != "text/plain" or answer.text != token:
            raise refused

    def _until(self, text: object, longest: timedelta) -> datetime:
        try:
            wanted = datetime.fromisoformat(str(text))
        except ValueError:
            raise RefusedError(400, "InvalidRequest", "expirationDateTime is no time.") from None
        now = self.now().astimezone(UTC)
        if wanted.tzinfo is None or wanted <= now or wanted - now > longest:
            raise RefusedError(400, "ExtensionError", "Subscription expiration can only be sooner than the maximum.")
        return max(wanted.astimezone(UTC), now + SHORTEST)

    def _found(self, key: str) -> Subscribed:
        self._forget()
        if unquote(key) not in self.held:
            raise RefusedError(404, "ResourceNotFound", "The object was not found.")
        return self.held[unquote(key)]

    def _forget(self) -> None:
        now = self.now()
        for key in [one.id for one in self.held.values() if one.until <= now]:
            del self.held[key]


def _same(subscribed: str, resource: str) -> bool:
    """Whether a resource is the one subscribed to, which may quote its list and name its person in another way."""
    mine, theirs = unquote(subscribed), unquote(resource)
    return mine == theirs or ("/todo/" in mine and mine.split("/todo/")[1] == theirs.partition("/todo/")[2])


def _draw(one: Subscribed) -> dict[str, Any]:
    return {
        "id": one.id,
        "resource": one.resource,
        "changeType": one.change_type,
        "clientState": None,  # it is not shown again
        "notificationUrl": one.url,
        "lifecycleNotificationUrl": one.lifecycle_url or None,
        "expirationDateTime": time_text(one.until),
    }


def _deliver(session: requests.Session, sent: Sent) -> int:
    try:
        return session.post(
            sent.url,
            data=sent.body,
            headers={"Content-Type": "application/json; charset=utf-8"},
            timeout=_WAIT,
            allow_redirects=False,
        ).status_code
    except requests.RequestException:
        return 0
