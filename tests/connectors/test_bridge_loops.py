"""An asynchronous SDK behind a connector that is not."""

from __future__ import annotations

import asyncio
from contextvars import ContextVar

from connectors.bridges import finish

carried: ContextVar[str] = ContextVar("carried", default="")


async def ask() -> str:
    await asyncio.sleep(0)
    return f"asked for {carried.get()}"


def test_it_is_asked_to_its_end_also_within_an_event_loop_of_somebody_else() -> None:
    carried.set("mira")

    async def somebody_else() -> str:
        return finish(ask())

    assert finish(ask()) == finish(somebody_else()) == "asked for mira"
