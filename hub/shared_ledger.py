"""What was asked of the tools, kept in the queue server, where every worker on every machine goes by it.

Nothing here is needed tomorrow: a server that was emptied, or is away, costs a refusal or two and no more.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from redis import Redis, RedisError, WatchError

from connectors.ledgers import Memory
from connectors.windows import State, mend
from hub.log import logger

T = TypeVar("T")

KEEP = 24 * 3600  # seconds that what was asked of an account is kept after the last request
TRIES = 100  # times that somebody else may be faster
AWAY = 30.0  # seconds after which a server that was away is asked again: its time-outs must not slow every request
_PREFIX = "okrhub:allowance:"


class SharedLedger:
    """A connectors.ledgers.Ledger in Redis or Valkey. Thread-safe; made in the process that uses it."""

    def __init__(self, url: str) -> None:
        self._redis = Redis.from_url(url, socket_connect_timeout=2, socket_timeout=5)
        self._lock = threading.Lock()  # threads of one process take turns here, not by being refused there
        self._alone = Memory()  # goes on while the server is away
        self._alone_until = 0.0

    def change(self, accounts: Sequence[str], alter: Callable[[Sequence[State]], T]) -> T:
        """See Ledger. While the server is away, this process goes by what it alone asked."""
        if time.monotonic() < self._alone_until:
            return self._alone.change(accounts, alter)
        try:
            with self._lock:
                return self._change([_PREFIX + account for account in accounts], alter)
        except (RedisError, OSError) as problem:
            self._alone_until = time.monotonic() + AWAY
            logger("limits").warning(
                "the queue server is away, each worker keeps to the limits by itself", problem=type(problem).__name__
            )
        return self._alone.change(accounts, alter)

    def _change(self, keys: Sequence[str], alter: Callable[[Sequence[State]], T]) -> T:
        with self._redis.pipeline() as line:
            for _ in range(TRIES):
                line.watch(*keys)  # type: ignore[no-untyped-call]
                states = [_read(text) for text in line.mget(keys)]
                result = alter(states)
                line.multi()
                for key, state in zip(keys, states, strict=True):
                    line.set(key, json.dumps(state), ex=KEEP)
                try:
                    line.execute()
                except WatchError:
                    continue
                return result
        raise WatchError("others were faster every time")


def _read(text: bytes | str | None) -> State:
    """Read a state. What cannot be read is forgotten: it may have been written by another version, or by anybody."""
    try:
        return mend(json.loads(text or b"{}"))
    except (ValueError, RecursionError):
        return mend(None)
