"""Keeping a lease while the tool is slow to answer."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import copy_context
from datetime import datetime

from hub.flows.sync.intake import LEASE
from hub.log import logger
from hub.store import Store, connections

BEAT = 30.0  # seconds between two renewals of the lease beside those that every page makes


@contextmanager
def heartbeat(store: Store, connection_id: int, owner: str, now: Callable[[], datetime]) -> Iterator[None]:
    """Renew the lease while a read waits for its tool. It beats in this process alone, and so dies with it."""
    stop = threading.Event()

    def beat() -> None:
        while not stop.wait(BEAT):
            try:
                with store.write() as tx:
                    connections.renew_lease(tx, connection_id, owner=owner, now=now(), lasts=LEASE)
            except Exception as problem:
                # The read goes on: its next page renews the lease itself, or finds it lost.
                logger("sync").warning("a lease could not be renewed", problem=type(problem).__name__)

    thread = threading.Thread(target=copy_context().run, args=(beat,), name=f"lease-{connection_id}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
