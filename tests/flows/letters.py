"""What a house's channels were told, and what waits for them."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import select

from hub.store.tables_told import outbox, receipts
from tests.flows.house import House

CHANNELS = ("a-teams", "b-hook", "c-bot")


def rows(house: House, slug: str) -> list[Any]:
    """Return the letters to a channel as they are stored, the oldest first."""
    query = select(outbox).where(outbox.c.channel_id == house.channel(slug).id).order_by(outbox.c.id)
    with house.store.read() as tx:
        return list(tx.execute(query))


def outcomes(house: House, slug: str) -> list[str]:
    """Return how each try to tell a channel ended."""
    query = (
        select(receipts.c.outcome)
        .join(outbox, outbox.c.id == receipts.c.outbox_id)
        .where(outbox.c.channel_id == house.channel(slug).id)
        .order_by(receipts.c.id)
    )
    with house.store.read() as tx:
        return [row.outcome for row in tx.execute(query)]


def posts(house: House, channel: str) -> list[str]:
    """Return what stands in a channel, by the channel's name."""
    every = [*house.slack.posts, *house.teams.posts]
    return [json.dumps(post.payload, ensure_ascii=False) for post in every if post.channel == channel]
