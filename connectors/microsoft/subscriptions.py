"""Subscriptions to change notifications: made, put off, taken back.

https://learn.microsoft.com/graph/api/resources/subscription ; how long each may live stands there as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from urllib.parse import quote

from connectors.errors import Gone, Misconfigured
from connectors.microsoft import answers
from connectors.microsoft.graph import Graph
from connectors.microsoft.places import ColumnPlace, TodoPlace, place_of
from connectors.shapes import Scope, Subscription
from connectors.tame import decode

TODO_LASTS = timedelta(minutes=4230)
LIST_LASTS = timedelta(minutes=42_300)
_MARGIN = timedelta(minutes=5)  # their clock and ours, and the time a request takes


def wants(scopes: Sequence[Scope]) -> tuple[Scope, ...]:
    """Return a scope for each list of To Do and each SharePoint list; Planner and Excel tell nobody of a change."""
    wanted: dict[str, Scope] = {}
    for scope in scopes:
        resource = _resource(scope)
        if resource:
            key = f"subscription:{resource}"
            wanted.setdefault(key, Scope("subscription", key, scope.name, scope.query, scope.url))
    return tuple(wanted[key] for key in sorted(wanted))


def subscribe(graph: Graph, scope: Scope, url: str, secret: str) -> Subscription:
    """Register an address, after taking back what an interrupted try may have left there.

    Graph asks the address to answer while this call is on its way.
    """
    resource = _resource(scope)
    if not resource:
        raise Misconfigured("microsoft sends no notifications for this selection", field="select")
    if len(secret) > 128:
        raise Misconfigured("microsoft: a clientState has at most 128 letters", field="webhook_secret")
    for held in graph.all("subscriptions", answers.all_registered, what="subscriptions"):
        if held.notification_url == url:
            unsubscribe(graph, held.id)
    is_list = not resource.endswith("/tasks")
    body = {
        "changeType": "updated" if is_list else "created,updated,deleted",
        "notificationUrl": url,
        "lifecycleNotificationUrl": url,
        "resource": resource,
        "expirationDateTime": _until(graph.now, resource),
        "clientState": secret,
    }
    response = graph.send("POST", "subscriptions", body, what="a subscription")
    return _made(response.content, scope.key)


def renew(graph: Graph, subscription: Subscription) -> Subscription:
    """Put off the end of a subscription, which also answers reauthorizationRequired. Raises Gone where it is not."""
    path = f"subscriptions/{quote(subscription.key, safe='')}"
    held = decode(answers.registered, graph.get(path, what="a subscription").content, "microsoft: a subscription")
    body = {"expirationDateTime": _until(graph.now, held.resource)}
    response = graph.send("PATCH", path, body, what="a subscription")
    return _made(response.content, subscription.scope_key)


def unsubscribe(graph: Graph, key: str) -> None:
    """Take a subscription back. One that is gone already is no error."""
    try:
        graph.send("DELETE", f"subscriptions/{quote(key, safe='')}", None, what="a subscription")
    except Gone:
        return


def _made(body: bytes, scope_key: str) -> Subscription:
    made = decode(answers.registered, body, "microsoft: a subscription")
    return Subscription(made.id, scope_key, expires_at=made.expiration_date_time)


def _resource(scope: Scope) -> str:
    place = place_of(scope)
    if isinstance(place, TodoPlace):
        return f"/{place.query}/tasks"
    if isinstance(place, ColumnPlace):
        return f"/{place.list}"
    return ""


def _until(now: datetime, resource: str) -> str:
    lasts = TODO_LASTS if "/todo/" in resource else LIST_LASTS
    return (now + lasts - _MARGIN).strftime("%Y-%m-%dT%H:%M:%SZ")
