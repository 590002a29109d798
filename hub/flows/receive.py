"""Receive: a webhook is a doorbell. Verify it, note what it touched, ring; the value is read from the tool later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from connectors.contract import Webhooks
from connectors.errors import ConnectorError, Forged, Misconfigured
from connectors.fields import Face
from connectors.registry import Opener, load, open_connector
from connectors.shapes import Delivery
from connectors.wire import Counter
from hub.store import Store, connections, counts, touched
from hub.vault import reveal


@dataclass(frozen=True, slots=True)
class Answer:
    """What the tool is answered, and whether a worker should be rung for."""

    status: int
    body: str = ""
    headers: Mapping[str, str] | None = None
    ring: int | None = None  # the connection's id


def receive(
    store: Store,
    slug: str,
    delivery: Delivery,
    *,
    environ: Mapping[str, str],
    opener: Opener = open_connector,
) -> Answer:
    """Take in one delivery for a connection. Makes no network call; one transaction."""
    with store.read() as tx:
        row = connections.connection_by_slug(tx, slug)
    if row is None or Face.WEBHOOKS not in load(row.kind).describe().faces:
        return Answer(404, "no such address")
    try:
        settings = reveal(row.settings, environ)
        connector = opener(row.kind, settings, allow_private=row.allow_private, counter=Counter())
        assert isinstance(connector, Webhooks)
        greeting = connector.greet(delivery)
        if greeting is not None:
            return Answer(greeting.status, greeting.body, greeting.headers)
        secret = settings.get("webhook_secret", "")
        if not secret:
            raise Forged("this connection has no webhook_secret: deliveries cannot be trusted")
        connector.verify(delivery, secret)
        events = connector.parse(delivery)
    except Forged:
        _count(store, slug, "forged")
        return Answer(401, "the signature does not hold")
    except Misconfigured:
        # The tool will try again, and an admin may have set what is missing by then.
        return Answer(503, "this connection is not set up")
    except ConnectorError:
        _count(store, slug, "unreadable")
        return Answer(400, "the delivery cannot be read")
    ring = False
    with store.write() as tx:
        # The connection's row first, as a sync takes them: in the opposite order two transactions wait for each other.
        connections.hold_row(tx, row.id)
        counts.count(tx, "webhooks.received", slug)
        counts.count(tx, "webhooks.accepted", slug)
        for event in events:
            if not touched.see_delivery(tx, row.id, event.key, event.item_keys, delivery.received_at):
                counts.count(tx, "webhooks.repeated", slug)
                continue
            if event.item_keys:
                touched.touch(tx, row.id, event.item_keys, delivery.received_at)
            else:
                connections.make_due(tx, row.id, delivery.received_at)
            ring = True
        ring = ring and connections.claim_ring(tx, row.id, delivery.received_at)
    return Answer(204, ring=row.id if ring else None)


def _count(store: Store, slug: str, outcome: str) -> None:
    with store.write() as tx:
        counts.count(tx, "webhooks.received", slug)
        counts.count(tx, f"webhooks.{outcome}", slug)
