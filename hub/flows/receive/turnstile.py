"""Taking in together what came in at once: one of those who wait does the work of all.

A transaction costs a write to the disk, and the database takes one writer at a time. Threads that answer webhooks
would queue for it; here the first of them stores the deliveries of all, in one transaction, and each is answered
after it was committed. A delivery that comes alone is stored alone, at once; one that has company, or follows on
several that came at once, waits `PATIENCE` for those that are being judged at this moment.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Generic, TypeVar

Given = TypeVar("Given")
Made = TypeVar("Made")

MOST_AT_ONCE = 64
PATIENCE = 0.002  # seconds


class _Waiting(Generic[Given, Made]):
    """One thread's part: what it gave, and then what was made of it or why nothing was."""

    __slots__ = ("bell", "failure", "given", "is_done", "made", "next")

    def __init__(self, given: Given) -> None:
        self.given = given
        self.made: Made | None = None
        self.failure: BaseException | None = None
        self.is_done = False
        self.next: _Waiting[Given, Made] | None = None  # to be woken by this one
        self.bell = threading.Lock()  # held until there is news: it was done, or it is this thread's turn
        self.bell.acquire()


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
        self._door = threading.Lock()
        self._waiting: list[_Waiting[Given, Made]] = []
        self._is_taken = False  # somebody has the turn
        self._coming = 0
        self._had_company = False  # there were several the last time: more are on their way

    def coming(self) -> Coming[Given, Made]:
        """Say that something will be given in a moment, so that whoever has the turn waits for it."""
        return Coming(self)

    def expect(self, number: int) -> None:
        """Count one more on the way, or one less (-1) that will not come after all."""
        with self._door:
            self._coming += number

    def pass_(self, given: Given, *, was_expected: bool = False) -> Made:
        """Return what was made of this. Raises what the work raised: one that fails takes nobody else with it."""
        mine: _Waiting[Given, Made] = _Waiting(given)
        with self._door:
            if was_expected:
                self._coming -= 1
            self._waiting.append(mine)
            has_turn = not self._is_taken
            self._is_taken = True
        if not has_turn:
            mine.bell.acquire()
            if mine.next is not None:
                mine.next.bell.release()
        if not mine.is_done:
            self._take_all(mine)
        if mine.failure is not None:
            raise mine.failure
        return mine.made  # type: ignore[return-value]

    def _take_all(self, mine: _Waiting[Given, Made]) -> None:
        """Do the work of all who wait, oneself first among them, and pass the turn on."""
        if self._coming or self._had_company:
            time.sleep(PATIENCE)
        with self._door:
            group, self._waiting = self._waiting[:MOST_AT_ONCE], self._waiting[MOST_AT_ONCE:]
            self._had_company = len(group) > 1
        try:
            self._do(group)
        finally:
            with self._door:
                following = self._waiting[0] if self._waiting else None
                self._is_taken = following is not None
            _wake([one for one in group if one is not mine])
            if following is not None:
                following.bell.release()

    def _do(self, group: Sequence[_Waiting[Given, Made]]) -> None:
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


class Coming(Generic[Given, Made]):
    """One who is on the way to a turnstile, for as long as the block lasts or until `give`."""

    __slots__ = ("_has_come", "_turnstile")

    def __init__(self, turnstile: Turnstile[Given, Made]) -> None:
        self._turnstile = turnstile
        self._has_come = False

    def __enter__(self) -> Coming[Given, Made]:
        self._turnstile.expect(1)
        return self

    def give(self, given: Given) -> Made:
        """Pass through; see `Turnstile.pass_`."""
        self._has_come = True
        return self._turnstile.pass_(given, was_expected=True)

    def __exit__(self, *_problem: object) -> None:
        if not self._has_come:
            self._turnstile.expect(-1)


def _wake(group: Sequence[_Waiting[Given, Made]]) -> None:
    """Wake the first; each wakes the one after it. All at once they would only queue for the interpreter."""
    for one, after in pairwise(group):
        one.next = after
    for one in group[:1]:
        one.bell.release()


def _fail(group: Sequence[_Waiting[Given, Made]], failure: BaseException) -> None:
    for one in group:
        one.failure, one.is_done = failure, True
