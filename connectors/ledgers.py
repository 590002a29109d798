"""Where it is kept what was asked of a tool: in this process, or where all workers of a hub can see it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from connectors.windows import State

T = TypeVar("T")


class Ledger(Protocol):
    """Keeps one state for each account, by a name that tells nothing of the account."""

    def change(self, accounts: Sequence[str], alter: Callable[[Sequence[State]], T]) -> T:
        """Let `alter` change the states of these accounts while nobody else does, and return what it returns.

        `alter` may be called again when somebody else was faster: it changes nothing but the states it is given.
        """


class Memory:
    """The ledger of one process, shared by its threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._states: dict[str, State] = {}

    def change(self, accounts: Sequence[str], alter: Callable[[Sequence[State]], T]) -> T:
        """See Ledger."""
        with self._lock:
            return alter([self._states.setdefault(account, {}) for account in accounts])


_shared: list[Ledger] = [Memory()]


def shared() -> Ledger:
    """Return the ledger that all connections of this process go by."""
    return _shared[-1]


def share(ledger: Ledger) -> None:
    """Go by this ledger from now on: one that other processes go by as well.

    A tool limits an account, and not a process of ours: so this belongs to the process, as the log does.
    """
    _shared[:] = [ledger]
