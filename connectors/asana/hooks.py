"""Webhooks of Asana: the handshake, who signed, and which task moved.

https://developers.asana.com/docs/webhooks-guide
"""

from __future__ import annotations

import hashlib
import json
import re

from connectors.asana.queries import GID
from connectors.errors import Unexpected
from connectors.shapes import Delivery, Event, Greeting
from connectors.signatures import check_hmac_sha256
from connectors.tame import Wild, tame

SUPPORTED = frozenset({"task", "goal", "section"})
IGNORED = frozenset(
    {
        "allocation", "attachment", "budget", "custom_field", "custom_type", "enum_option", "membership", "portfolio",
        "portfolio_membership", "project", "project_brief", "project_membership", "project_status",
        "status_update", "story", "tag", "team", "team_membership", "time_tracking_entry", "user", "workspace",
        "workspace_membership",
    }
)  # fmt: skip
_SECRET = re.compile(r"[0-9A-Za-z_-]{16,200}")


def greet(delivery: Delivery) -> Greeting | None:
    """Answer the handshake that Asana makes while a webhook is being registered: its secret, sent back.

    Whether that registration is really pending is the hub's to know; it must not take the secret otherwise.
    """
    secret = delivery.headers.get("x-hook-secret", "")
    if delivery.method.upper() != "POST" or not _SECRET.fullmatch(secret):
        return None
    return Greeting(200, {"X-Hook-Secret": secret}, secret=secret)


def verify(delivery: Delivery, secret: str) -> None:
    """Raise Forged unless X-Hook-Signature is the hex HMAC-SHA256 of the raw body under the webhook's secret."""
    check_hmac_sha256(delivery.headers.get("x-hook-signature"), delivery.body, secret, prefix="")


def parse(delivery: Delivery) -> tuple[Event, ...]:
    """Return one event for each thing that happened to a task, a goal or a section.

    A heartbeat has none, and so has what cannot be read: Asana would only send the same bytes again, and the next
    scheduled read finds what moved. A section that was renamed or removed rings without a key: then all is looked at.
    """
    try:
        events = list(tame(delivery.body, "asana webhook")["events"])
        raw = json.loads(delivery.body)["events"]
        found = [_event(one, _key(plain)) for one, plain in zip(events, raw, strict=True)]
    except (Unexpected, RecursionError):
        return ()
    return tuple(event for event in found if event is not None)


def _event(event: Wild, key: str) -> Event | None:
    resource = event.maybe("resource")
    if resource is None or not resource.is_object:
        return None  # real ones have been seen without
    kind, gid, action = resource["resource_type"].text(), resource["gid"].key(), event["action"].text()
    if kind not in SUPPORTED or not GID.fullmatch(gid):
        return None
    if kind == "section":
        return None if action == "added" else Event(key)
    return Event(key, (gid if kind == "task" else f"goal:{gid}",), "deleted" if action == "deleted" else "changed")


def _key(event: object) -> str:
    """Return a fingerprint: Asana names no delivery and no event, and sends the same body again when it retries."""
    return "sha256:" + hashlib.sha256(json.dumps(event, sort_keys=True).encode()).hexdigest()
