"""Subscriptions: webhooks that the hub has registered at a tool, each with an address and a secret of its own."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, select, update

from connectors.shapes import Scope
from hub.store.tables_hooks import subscriptions
from hub.store.tables_work import connections

GOING = ("pending", "live")  # whose deliveries are taken


@dataclass(frozen=True, slots=True)
class SubscriptionRow:
    """One registration. `secret` is sealed; `key` is the tool's id of it, empty until the tool has answered.

    pending: asked for, and the answer is not here; live; lost: refused, or the tool has it no more; ended: nobody
    wants it, and whoever still rings there is told that it is gone.
    """

    id: int
    connection_id: int
    connection: str
    scope_key: str
    scope_name: str
    base: str
    key: str
    secret: str
    is_learned: bool
    state: str
    made_at: datetime
    expires_at: datetime | None
    renew_at: datetime | None
    problem: str


def digest_of(token: str) -> str:
    """Return what is kept of the token in a subscription's path."""
    return hashlib.sha256(token.encode()).hexdigest()


def ring_address(base: str, slug: str, token: str) -> str:
    """Return the address of one subscription: what the tool is given, and what it may sign over."""
    return f"{base}/hooks/{slug}/{token}"


def add_subscription(
    tx: Connection, connection_id: int, scope: Scope, *, token: str, base: str, secret: str, now: datetime
) -> int:
    """Note a registration before the tool is asked for it; return its id. `secret` is sealed."""
    row = {
        "connection_id": connection_id,
        "scope_key": scope.key,
        "scope_name": scope.name,
        "base": base,
        "digest": digest_of(token),
        "key": "",
        "secret": secret,
        "is_learned": False,
        "state": "pending",
        "made_at": now,
        "problem": "",
    }
    made = tx.execute(subscriptions.insert().values(row).returning(subscriptions.c.id))
    return int(made.scalar_one())


def subscription_by_token(tx: Connection, slug: str, token: str) -> SubscriptionRow | None:
    """Return the subscription of a connection whose path holds this token, whatever became of it."""
    found = tx.execute(
        _QUERY.where(subscriptions.c.digest == digest_of(token), connections.c.slug == slug)
    ).one_or_none()
    return None if found is None else _shape(found)


def subscription_by_id(tx: Connection, subscription_id: int) -> SubscriptionRow:
    return _shape(tx.execute(_QUERY.where(subscriptions.c.id == subscription_id)).one())


def subscriptions_of(tx: Connection, connection_id: int, states: Collection[str] = GOING) -> list[SubscriptionRow]:
    """Return the subscriptions of a connection in the states named, oldest first."""
    found = tx.execute(
        _QUERY.where(subscriptions.c.connection_id == connection_id, subscriptions.c.state.in_(states)).order_by(
            subscriptions.c.id
        )
    )
    return [_shape(row) for row in found]


def live_numbers(tx: Connection) -> dict[int, int]:
    """Return how many live subscriptions each connection has, by its id."""
    rows = tx.execute(
        select(subscriptions.c.connection_id, func.count().label("number"))
        .where(subscriptions.c.state == "live")
        .group_by(subscriptions.c.connection_id)
    )
    return {row.connection_id: row.number for row in rows}


def learn_secret(tx: Connection, subscription_id: int, sealed: str) -> bool:
    """Keep the secret that a handshake told; False unless the registration is pending and has learned none yet.

    A secret that is stored is never overwritten: whoever knows the address could re-key a live webhook.
    """
    done = tx.execute(
        update(subscriptions)
        .where(
            subscriptions.c.id == subscription_id,
            subscriptions.c.state == "pending",
            subscriptions.c.is_learned.is_(False),
        )
        .values(secret=sealed, is_learned=True)
    )
    return done.rowcount == 1


def note_subscription(tx: Connection, subscription_id: int, *, was: Collection[str], **changes: Any) -> bool:
    """Set columns of a subscription that is in one of the states `was`; False when it is not any more."""
    done = tx.execute(
        update(subscriptions)
        .where(subscriptions.c.id == subscription_id, subscriptions.c.state.in_(was))
        .values(**changes)
    )
    return done.rowcount == 1


def end_subscriptions(
    tx: Connection, connection_id: int, states: Collection[str], now: datetime, *, scope_key: str | None = None
) -> int:
    """End the registrations of a connection, or of one scope, that are in these states; return how many."""
    wanted = subscriptions.c.state.in_(states) & (subscriptions.c.connection_id == connection_id)
    if scope_key is not None:
        wanted = wanted & (subscriptions.c.scope_key == scope_key)
    return tx.execute(update(subscriptions).where(wanted).values(state="ended", ended_at=now)).rowcount


def drop_pending(tx: Connection, subscription_id: int) -> None:
    """Forget a registration that has surely not reached the tool."""
    tx.execute(delete(subscriptions).where(subscriptions.c.id == subscription_id, subscriptions.c.state == "pending"))


def try_lost_again(tx: Connection, now: datetime) -> None:
    """Have the registrations that were refused tried at once: somebody has just acted."""
    tx.execute(update(subscriptions).where(subscriptions.c.state == "lost").values(renew_at=now))


def forget_ended(tx: Connection, before: datetime) -> int:
    """Drop what ended so long ago that no tool rings there any more; return how many."""
    return tx.execute(
        delete(subscriptions).where(subscriptions.c.state == "ended", subscriptions.c.ended_at < before)
    ).rowcount


def reseal_subscriptions(tx: Connection, reseal: Callable[[str], str]) -> int:
    """Seal the secrets of those that ring anew, for a vault whose key was changed; return how many changed."""
    changed = 0
    going = select(subscriptions.c.id, subscriptions.c.secret).where(subscriptions.c.state.in_(GOING))
    for row in tx.execute(going).all():
        sealed = reseal(row.secret)
        if sealed != row.secret:
            # One that was learned meanwhile stays: the newest key has sealed it.
            held = (subscriptions.c.id == row.id) & (subscriptions.c.secret == row.secret)
            tx.execute(update(subscriptions).where(held).values(secret=sealed))
            changed += 1
    return changed


_QUERY = select(subscriptions, connections.c.slug).join(connections, connections.c.id == subscriptions.c.connection_id)


def _shape(row: Row[Any]) -> SubscriptionRow:
    return SubscriptionRow(
        id=row.id,
        connection_id=row.connection_id,
        connection=row.slug,
        scope_key=row.scope_key,
        scope_name=row.scope_name,
        base=row.base,
        key=row.key,
        secret=row.secret,
        is_learned=row.is_learned,
        state=row.state,
        made_at=row.made_at,
        expires_at=row.expires_at,
        renew_at=row.renew_at,
        problem=row.problem,
    )
