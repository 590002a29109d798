"""Keeping a lease while a tool is slow to answer."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import copy_context

from hub.log import logger

BEAT = 30.0  # seconds between two renewals of a lease, beside those that its holder makes


@contextmanager
def heartbeat(renew: Callable[[], bool], *, lease: str) -> Iterator[None]:
    """Call `renew` every BEAT seconds until the block ends, or until it returns False: then the lease is lost.

    It beats in a thread of this process alone, and so dies with it. `lease` is a name for the log.
    """
    stop = threading.Event()

    def beat() -> None:
        while not stop.wait(BEAT):
            try:
                if not renew():
                    return
            except Exception as problem:
                # What goes on under the lease finds it lost, or renewed by the next beat.
                logger("lease").warning("a lease could not be renewed", lease=lease, problem=type(problem).__name__)

    thread = threading.Thread(target=copy_context().run, args=(beat,), name=f"lease-{lease}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
