"""Taking in together what came in at once: whoever gets the turn does the work of all who wait.

A transaction costs a write to the disk, and the database takes one writer at a time. Threads that answer webhooks
would queue for it; here the first of them stores the deliveries of all, in one transaction, and each is answered
after it was committed. Nobody waits for company: a delivery that comes alone is stored alone, at once.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

Given = TypeVar("Given")
Made = TypeVar("Made")

MOST_AT_ONCE = 64


class _Waiting(Generic[Given, Made]):
    """One thread's part: what it gave, and then what was made of it or why nothing was."""

    __slots__ = ("failure", "given", "is_done", "made")

    def __init__(self, given: Given) -> None:
        self.given = given
        self.made: Made | None = None
        self.failure: BaseException | None = None
        self.is_done = False


class Turnstile(Generic[Given, Made]):
    """Lets threads through in groups. `work` gets what several gave and returns as much, in the same order.

    `is_everybodys` says of a failure that it is nobody's own: then nobody else of the group is tried after it, because
    each would wait as long for a database that is away.
    """

    def __init__(
        self,
        work: Callable[[Sequence[Given]], Sequence[Made]],
        *,
        is_everybodys: Callable[[BaseException], bool] = lambda _failure: False,
    ) -> None:
        self._work = work
        self._is_everybodys = is_everybodys
        self._turn = threading.Lock()
        self._door = threading.Lock()
        self._waiting: list[_Waiting[Given, Made]] = []

    def pass_(self, given: Given) -> Made:
        """Return what was made of this. Raises what the work raised: one that fails takes nobody else with it."""
        mine: _Waiting[Given, Made] = _Waiting(given)
        with self._door:
            self._waiting.append(mine)
        while not mine.is_done:
            with self._turn:
                if not mine.is_done:
                    self._take_all()
        if mine.failure is not None:
            raise mine.failure
        return mine.made  # type: ignore[return-value]

    def _take_all(self) -> None:
        with self._door:
            group, self._waiting = self._waiting[:MOST_AT_ONCE], self._waiting[MOST_AT_ONCE:]
        failure = self._try(group)
        if failure is None:
            return
        if len(group) > 1 and isinstance(failure, Exception):
            for number, one in enumerate(group):
                alone = self._try([one])
                if alone is not None:
                    _fail([one], alone)
                    if self._is_everybodys(alone):
                        _fail(group[number + 1 :], alone)
                        return
            return
        _fail(group, failure)

    def _try(self, group: Sequence[_Waiting[Given, Made]]) -> BaseException | None:
        """Do the work of a group; return why nothing of it was done."""
        try:
            made = self._work([one.given for one in group])
            if len(made) != len(group):
                raise AssertionError(f"{len(made)} answers to {len(group)} deliveries")
        except BaseException as failure:
            return failure
        for one, result in zip(group, made, strict=True):
            one.made, one.is_done = result, True
        return None


def _fail(group: Sequence[_Waiting[Given, Made]], failure: BaseException) -> None:
    for one in group:
        one.failure, one.is_done = failure, True
