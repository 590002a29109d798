"""Webhooks that an app registers itself: as few as the projects of its scopes allow, renewed before thirty days.

https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-webhooks/ : five for one app and person on one
site, with a filter of few clauses, of which `project in` is one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from connectors.errors import Gone, Misconfigured, Unexpected
from connectors.jira.answers import number
from connectors.jira.calls import Calls, began_at
from connectors.jira.extents import is_jql
from connectors.jira.jql import bounding_projects, in_projects
from connectors.jira.settings import Account
from connectors.shapes import Scope, Subscription
from connectors.tame import Wild, tame

LASTS = timedelta(days=30)
EVENTS = (
    "jira:issue_created",
    "jira:issue_updated",
    "jira:issue_deleted",
)


def wants(account: Account, scopes: Sequence[Scope]) -> tuple[Scope, ...]:
    """Return one scope whose query is the filter of the webhook, or none.

    Scopes that no project bounds are left out: the filter cannot say them. They are rung for all the same where an
    issue is in one of the projects.
    """
    projects = {name for scope in scopes if is_jql(scope) for name in bounding_projects(scope.query) or ()}
    if not account.is_app or not projects:
        return ()
    query = in_projects(projects)
    key = "hook:" + hashlib.sha256(query.encode()).hexdigest()[:16]
    return (Scope("webhook", key, f"webhook for {query}", query, account.site),)


def subscribe(calls: Calls, scope: Scope, url: str) -> Subscription:
    """Register a webhook. Raises Misconfigured with Jira's own reason when it registers none.

    A registration whose answer was lost stands at Jira and nobody knows it. When Jira refuses one more, those with an
    address beside this one are removed, which this one replaces, and it is asked once more.
    """
    key, said, at = _registered(calls, scope, url)
    if not key and (left := [one["id"].key() for one in calls.paged("webhook", {}) if _is_beside(one, url)]):
        calls.write("DELETE", "webhook", {"webhookIds": [number(id, "webhook.id") for id in left]})
        key, said, at = _registered(calls, scope, url)
    if not key:
        raise Misconfigured(f"jira registers no webhook: {said[:300]}", hint="changes are read on schedule until then")
    return Subscription(key=key, scope_key=scope.key, expires_at=at + LASTS, secret=calls.account.client_secret)


def _registered(calls: Calls, scope: Scope, url: str) -> tuple[str, str, datetime]:
    """Return the id of a webhook that was registered, or why there is none, and the server's time."""
    body = {"url": url, "webhooks": [{"events": list(EVENTS), "jqlFilter": scope.query}]}
    response = calls.write("POST", "webhook", body)
    results = list(tame(response.content, "jira webhook")["webhookRegistrationResult"])
    if len(results) != 1:
        raise Unexpected(
            f"jira changed shape at webhookRegistrationResult: 1 webhook asked for, {len(results)} results answered"
        )
    result = results[0]
    made = result.maybe("createdWebhookId")
    if made is None or made.is_null:
        return "", " ".join(one.text() for one in result["errors"]), began_at(response)
    return made.key(), "", began_at(response)


def _is_beside(webhook: Wild, url: str) -> bool:
    return webhook["url"].text().rpartition("/")[0] == url.rpartition("/")[0]


def renew(calls: Calls, subscription: Subscription) -> Subscription:
    """Put off the end. Jira passes over ids that it does not know, so it is asked first which it has."""
    if subscription.key not in {one["id"].key() for one in calls.paged("webhook", {})}:
        raise Gone("jira has this webhook no more", hint="it is registered anew")
    response = calls.write("PUT", "webhook/refresh", {"webhookIds": [_number(subscription)]})
    ends = tame(response.content, "jira webhook")["expirationDate"]
    return Subscription(subscription.key, subscription.scope_key, _moment(ends), calls.account.client_secret)


def unsubscribe(calls: Calls, subscription: Subscription) -> None:
    """Remove a webhook. Jira passes over an id that it does not know."""
    calls.write("DELETE", "webhook", {"webhookIds": [_number(subscription)]})


def _number(subscription: Subscription) -> int:
    if not subscription.key.isdigit():
        raise Unexpected(f"jira: {subscription.key[:40]!r} is not the id of a webhook")
    return int(subscription.key)


def _moment(ends: Wild) -> datetime:
    """Read a time that the documentation gives as text, and the published description as milliseconds since 1970."""
    try:
        at = float(ends.number()) / 1000
    except Unexpected:
        return ends.moment()
    try:
        return datetime.fromtimestamp(at, UTC)
    except (ValueError, OverflowError, OSError):
        raise ends.unexpected("a time") from None
