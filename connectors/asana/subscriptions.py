"""Webhooks that we register ourselves: https://developers.asana.com/docs/webhooks-guide"""

from __future__ import annotations

from collections.abc import Sequence

from connectors.asana.calls import Calls
from connectors.asana.queries import Query, read_query
from connectors.asana.settings import Account
from connectors.errors import Gone
from connectors.shapes import Scope, Subscription
from connectors.tame import tame

_TASKS = [
    {"resource_type": "task", "action": action} for action in ("added", "changed", "removed", "deleted", "undeleted")
]
_SECTIONS = [{"resource_type": "section", "action": action} for action in ("changed", "removed", "deleted")]
_GOALS = [{"resource_type": "goal", "action": "changed"}]


def wants(scopes: Sequence[Scope], account: Account) -> tuple[Scope, ...]:
    """Return a project for every project or section, and a goal for every goal, each once.

    Tags and searches have no events; a portfolio's webhook tells of its projects and not of their tasks. These are
    read on schedule.
    """
    found: dict[str, Scope] = {}
    site = account.api.removesuffix("/api/1.0")
    for scope in sorted(scopes, key=lambda scope: scope.key):
        query = read_query(scope.query)
        if query.kind in {"project", "section"}:
            project = Query("project", query.project or query.gid)
            if query == project or project.key not in found:
                name = scope.name if query == project else f"project {project.gid}"
                url = f"{site}/0/{project.gid}/list"
                found[project.key] = Scope("project", project.key, name, project.text, url)
        elif query.kind == "goal":
            found[query.key] = scope
    return tuple(found[key] for key in sorted(found))


def subscribe(calls: Calls, scope: Scope, url: str) -> Subscription:
    """Register `url` for what happens in a project or to a goal. Asana calls it before it answers us.

    Never repeated by the wire: a registration whose answer was lost is a webhook whose secret nobody knows, and Asana
    deletes it after a day of refused deliveries.
    """
    query = read_query(scope.query)
    filters = _GOALS if query.kind == "goal" else [*_TASKS, *_SECTIONS]
    body = {"data": {"resource": query.gid, "target": url, "filters": filters}}
    response = calls.ask(f"webhook for {scope.name}", "WebhooksApi", "create_webhook", body)
    answer = tame(response.content, "asana")
    return Subscription(answer["data"]["gid"].key(), scope.key, None, answer["X-Hook-Secret"].text())


def renew(calls: Calls, subscription: Subscription) -> Subscription:
    """Ask whether it is still there. Raises Gone when Asana deleted it, or stopped it."""
    response = calls.ask("webhook", "WebhooksApi", "get_webhook", subscription.key, opt_fields="active")
    if not tame(response.content, "asana")["data"]["active"].flag():
        raise Gone("asana: the webhook is not active any more", hint="it is registered anew")
    return subscription


def unsubscribe(calls: Calls, subscription: Subscription) -> None:
    """Remove it. One that is gone already is no error."""
    try:
        calls.ask("webhook", "WebhooksApi", "delete_webhook", subscription.key)
    except Gone:
        return
