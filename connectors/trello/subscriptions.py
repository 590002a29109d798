"""Webhooks that the hub registers itself: one for each board.

https://developer.atlassian.com/cloud/trello/rest/api-group-webhooks/
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from connectors.errors import Gone, Misconfigured
from connectors.shapes import Scope, Subscription
from connectors.trello.answers import TokenHooks, Webhook
from connectors.trello.calls import Calls
from connectors.trello.selection import Selection, selection_of
from connectors.trello.settings import Account


def boards_of(scopes: Sequence[Scope]) -> tuple[Scope, ...]:
    """Return the boards that ring for all these scopes, each once."""
    found: dict[str, Scope] = {}
    for scope in scopes:
        board = selection_of(scope).board
        name = scope.name.partition(" / ")[0]
        found.setdefault(board, Scope("board", f"board:{board}", name, Selection(board).query(), scope.url))
    return tuple(found[board] for board in sorted(found))


def subscribe(calls: Calls, account: Account, scope: Scope, url: str) -> Subscription:
    """Register `url` for a board. Trello probes it with HEAD meanwhile, and signs with the app's secret."""
    if not account.hook_secret:
        raise Misconfigured(
            "trello: webhook_secret is missing, so no delivery could be trusted",
            field="webhook_secret",
            hint="copy the secret that stands beside the API key at trello.com/apps/admin",
        )
    board = selection_of(scope).board
    asked = {"callbackURL": url, "idModel": board, "description": f"OKR Hub: {scope.name}"[:200], "active": "true"}
    try:
        made = calls.hold(calls.ask("POST", "/webhooks/", asked), Webhook, "webhooks")
    except Misconfigured as refused:
        known = _registered(calls, board, url) if "already exists" in str(refused) else None
        if known is None:
            hint = "Trello must reach the hub's public address from outside"
            raise Misconfigured(str(refused), hint=hint) from refused
        made = known  # its answer was lost, or the hub died before it was stored
    return Subscription(made.id, scope.key, secret=account.hook_secret)


def _registered(calls: Calls, board: str, url: str) -> Webhook | None:
    """Find a webhook among those of the account's tokens: the path for those of one token has the token in it."""
    for token in calls.read("/members/me/tokens", list[TokenHooks], {"webhooks": "true"}):
        for hook in token.webhooks:
            if (hook.id_model, hook.callback_url) == (board, url):
                return hook
    return None


def renew(calls: Calls, account: Account, subscription: Subscription) -> Subscription:
    """Look whether it still rings: it has no end, but Trello takes one away that fails for 30 days, or answers 410.

    Raises Gone when there is none any more, or it was switched off.
    """
    found = calls.read(f"/webhooks/{subscription.key}", Webhook)
    if not found.active:
        unsubscribe(calls, subscription)
        raise Gone("trello switched the webhook off, because its deliveries failed", hint="it is registered anew")
    return replace(subscription, secret=account.hook_secret or None)  # which may have been changed since


def unsubscribe(calls: Calls, subscription: Subscription) -> None:
    """Remove it. One that is gone already is no error."""
    try:
        calls.ask("DELETE", f"/webhooks/{subscription.key}")
    except Gone:
        return
