"""Deliveries at the address of one registration: judged by its own secret, and by nothing else."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy import Connection

from connectors.errors import Forged, Misconfigured
from connectors.shapes import Delivery, Greeting
from hub.store import Store, connections, listeners, selected, subscriptions
from hub.store.subscriptions import GOING, SubscriptionRow, ring_address
from hub.vault import Vault

# What a tool says of the registration itself, rather than of work: see connectors.shapes.Event.
OF_THE_REGISTRATION = frozenset({"renew", "removed"})
LIFECYCLE = frozenset({*OF_THE_REGISTRATION, "missed"})


@dataclass(frozen=True, slots=True)
class Lesson:
    """A secret that a handshake told, for the registration that waits for it."""

    subscription: SubscriptionRow
    secret: str


def find(store: Store, slug: str, token: str) -> SubscriptionRow | None:
    """Return the registration at this address, whatever became of it."""
    with store.read() as tx:
        return subscriptions.subscription_by_token(tx, slug, token)


def as_registered(delivery: Delivery, row: SubscriptionRow, token: str) -> Delivery:
    """Return the delivery under the address that the tool was given: its signature may be over that."""
    query = urlsplit(delivery.url).query
    return replace(delivery, url=ring_address(row.base, row.connection, token) + (f"?{query}" if query else ""))


def secret_of(row: SubscriptionRow, vault: Vault | None) -> str:
    """Open the secret of a registration. Raises Misconfigured when there is no key for it."""
    if vault is None:
        raise Misconfigured("there is no vault here to open the secret of this webhook")
    return vault.unseal(row.secret)


def lesson_of(greeting: Greeting, row: SubscriptionRow | None, vault: Vault | None) -> Lesson | None:
    """Return what a handshake teaches, if anything.

    Raises Forged unless a registration waits for a secret: at the address of a connection, or at that of a live
    webhook, whoever shakes hands could put a secret of his own in the place of the tool's. The same secret once more
    is a repeated handshake, and teaches nothing.
    """
    if greeting.secret is None:
        return None
    if row is None:
        raise Forged("a handshake belongs to a registration, and nobody asked for this one")
    if row.state == "pending" and not row.is_learned:
        return Lesson(row, greeting.secret)
    if row.state not in GOING or not hmac.compare_digest(greeting.secret.encode(), secret_of(row, vault).encode()):
        raise Forged("this webhook has a secret already")
    return None


def learn(store: Store, lesson: Lesson, vault: Vault) -> bool:
    """Keep the secret; False when the registration is not pending any more, or has learned another one meanwhile."""
    with store.write() as tx:
        if subscriptions.learn_secret(tx, lesson.subscription.id, vault.seal(lesson.secret)):
            return True
        now = subscriptions.subscription_by_id(tx, lesson.subscription.id)
    kept = now.is_learned and now.state in GOING
    return kept and hmac.compare_digest(vault.unseal(now.secret).encode(), lesson.secret.encode())


def follow(tx: Connection, row: SubscriptionRow, kind: str, at: datetime) -> None:
    """Do what the tool says of a registration: renew it, make it anew, or read all that went by unheard."""
    match kind:
        case "renew":
            subscriptions.note_subscription(tx, row.id, was=["live"], renew_at=at)
        case "removed":
            problem = "the tool has removed this webhook"
            subscriptions.note_subscription(tx, row.id, was=["live"], state="lost", renew_at=at, problem=problem)
        case "missed":
            selected.want_full_reads(tx, row.connection_id)
            connections.make_due(tx, row.connection_id, at)
            return
    listeners.make_listener_due(tx, row.connection_id, at)
