"""Change notifications of Graph: the handshake, whose they are, and what moved.

https://learn.microsoft.com/graph/change-notifications-delivery-webhooks and .../change-notifications-lifecycle-events
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re

from connectors.errors import Forged, Unexpected
from connectors.microsoft.items import TODO
from connectors.shapes import Delivery, Event, Greeting
from connectors.tame import Wild, tame

# What Graph says about a subscription itself. None of these names an item: the hub reads on schedule, at once.
LIFECYCLE = {
    "reauthorizationRequired": "renew",  # it lapses unless it is renewed now
    "subscriptionRemoved": "removed",  # it is there no more: subscribe anew
    "missed": "missed",  # notifications were lost: read what changed
}
_LONGEST_TOKEN = 1000
_TODO = re.compile(r"/todo/lists\b", re.IGNORECASE)


def greet(delivery: Delivery) -> Greeting | None:
    """Give back the validation token, as plain text that no browser takes for a page; None when there is none."""
    token = delivery.query.get("validationToken")
    if token is None or delivery.method != "POST":
        return None
    if not token or len(token) > _LONGEST_TOKEN or not token.isprintable():
        return Greeting(400, {"Content-Type": "text/plain; charset=utf-8"}, "this is no validation token")
    headers = {"Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff"}
    return Greeting(200, headers, token)


def verify(delivery: Delivery, secret: str) -> None:
    """Raise Forged unless every notification in the delivery carries the subscription's clientState."""
    if not secret:
        raise Forged("no secret is set for this subscription, so no delivery can be trusted")
    try:
        states = [_text(one, "clientState") for one in tame(delivery.body, "the notification")["value"]]
    except Unexpected:
        raise Forged("the delivery holds no notifications") from None
    if not states:
        raise Forged("the delivery holds no notifications")
    # all are compared, and each in constant time, so that nothing is learned from how long it takes
    same = [hmac.compare_digest(state.encode(), secret.encode()) for state in states]
    if not all(same):
        raise Forged("the clientState is not the subscription's")


def parse(delivery: Delivery) -> tuple[Event, ...]:
    """Return an event for each notification; nothing for what cannot be read, which Graph would only send again."""
    try:
        return tuple(_event(one, delivery) for one in tame(delivery.body, "the notification")["value"])
    except Unexpected:
        return ()


def _event(one: Wild, delivery: Delivery) -> Event:
    lifecycle = _text(one, "lifecycleEvent")
    key = _key(one, delivery)
    if lifecycle:
        return Event(key, (), LIFECYCLE.get(lifecycle, "changed"))
    kind = "deleted" if _text(one, "changeType") == "deleted" else "changed"
    data = one.maybe("resourceData")
    item = _text(data, "id") if data is not None and data.is_object else ""
    if item and _TODO.search(_text(one, "resource")):
        return Event(key, (TODO + item,), kind)
    return Event(key, (), kind)  # of a SharePoint list nothing tells which item: all numbers are looked at


def _key(one: Wild, delivery: Delivery) -> str:
    """Return the notification's own id with what it says, or what it says with its etag, which differs by change.

    One with neither is told from the next by the minute it came in: a repeat may ring once more, and none is lost.
    """
    said = [_text(one, name) for name in ("subscriptionId", "changeType", "lifecycleEvent", "resource", "id")]
    data = one.maybe("resourceData")
    etag = _text(data, "@odata.etag") if data is not None and data.is_object else ""
    said.append(etag)
    if not _text(one, "id") and not etag:
        said.append(delivery.received_at.isoformat(timespec="minutes"))
    return "sha256:" + hashlib.sha256(json.dumps(said).encode()).hexdigest()


def _text(wild: Wild, name: str) -> str:
    found = wild.maybe(name)
    return "" if found is None or found.is_null else found.text()
