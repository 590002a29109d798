"""Deliveries that come at once are stored together, and one that fails takes nobody else with it."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from hub.flows.receive.turnstile import MOST_AT_ONCE, Turnstile


class Work:
    """Work that waits in its first group until it may go on, and refuses what is negative."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.has_begun, self.may_go_on = threading.Event(), threading.Event()

    def __call__(self, given: Sequence[int]) -> list[int]:
        self.groups.append(list(given))
        if len(self.groups) == 1:
            self.has_begun.set()
            assert self.may_go_on.wait(10)
        if any(one < 0 for one in given):
            raise ValueError(f"cannot store {min(given)}")
        return [2 * one for one in given]


def pass_all(work: Work, others: Sequence[int], turnstile: Turnstile[int, int] | None = None) -> list[int | str]:
    """Let one through, and while it is being stored all the others come."""
    turnstile = turnstile or Turnstile(work)
    came = threading.Semaphore(0)

    def send(one: int) -> int | str:
        came.release()
        try:
            return turnstile.pass_(one)
        except ValueError as refused:
            return str(refused)

    with ThreadPoolExecutor(len(others) + 1) as threads:
        first = threads.submit(send, 1000)
        assert work.has_begun.wait(10)
        rest = [threads.submit(send, one) for one in others]
        for _ in range(len(others) + 1):
            assert came.acquire(timeout=10)
        while len(turnstile._waiting) < len(others):
            pass  # each has said that it comes: it is at the door within moments
        work.may_go_on.set()
        return [first.result(10), *(one.result(10) for one in rest)]


def test_one_alone_is_stored_at_once() -> None:
    work = Work()
    work.may_go_on.set()
    assert Turnstile(work).pass_(3) == 6
    assert work.groups == [[3]]


def test_those_who_wait_are_stored_together_and_each_gets_its_own_answer() -> None:
    work = Work()
    assert pass_all(work, range(20)) == [2000, *range(0, 40, 2)]
    assert [len(group) for group in work.groups] == [1, 20]


def test_one_that_fails_takes_nobody_with_it() -> None:
    work = Work()
    assert pass_all(work, [1, -7, 3]) == [2000, 2, "cannot store -7", 6]


def test_a_group_has_an_end() -> None:
    work = Work()
    assert sorted(pass_all(work, range(MOST_AT_ONCE + 5)), key=int)[-1] == 2000
    assert [len(group) for group in work.groups] == [1, MOST_AT_ONCE, 5]


def test_a_failure_alone_is_raised_where_it_was_given() -> None:
    work = Work()
    work.may_go_on.set()
    with pytest.raises(ValueError, match="cannot store -1"):
        Turnstile(work).pass_(-1)


def test_a_database_that_is_away_is_not_waited_for_once_for_each() -> None:
    tries: list[int] = []

    class Away(Work):
        def __call__(self, given: Sequence[int]) -> list[int]:
            super().__call__(given)
            if len(self.groups) > 1:
                tries.append(len(given))
                raise ValueError("the database is away")
            return list(given)

    turnstile = Turnstile[int, int](work := Away(), is_everybodys=lambda _failure: True)
    assert pass_all(work, range(20), turnstile)[1:] == ["the database is away"] * 20
    assert tries == [20, 1]


def test_work_that_forgets_an_answer_leaves_nobody_waiting() -> None:
    class Forgetful(Work):
        def __call__(self, given: Sequence[int]) -> list[int]:
            made = super().__call__(given)
            return made if len(self.groups) == 1 else []

    with pytest.raises(AssertionError, match="0 answers to 1 deliveries"):
        pass_all(Forgetful(), [1, 2, 3])


def test_one_that_was_announced_is_waited_for_and_stored_with_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.flows.receive.turnstile.PATIENCE", 1.0)
    groups: list[list[int]] = []

    def store(given: Sequence[int]) -> list[int]:
        groups.append(list(given))
        return list(given)

    turnstile = Turnstile[int, int](store)
    with ThreadPoolExecutor(1) as threads, turnstile.coming() as coming:
        first = threads.submit(turnstile.pass_, 1)
        while not turnstile._waiting:
            pass  # it has the turn, and looks round for who is coming
        assert coming.give(2) == 2
        assert first.result(10) == 1
    assert groups == [[1, 2]]


def test_one_that_was_announced_and_never_comes_is_not_waited_for_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.flows.receive.turnstile.PATIENCE", 3600.0)
    turnstile = Turnstile[int, int](list)
    with pytest.raises(ValueError, match="forged"), turnstile.coming():
        raise ValueError("forged")
    assert turnstile.pass_(1) == 1


def test_hundreds_of_threads_each_get_their_own_answer() -> None:
    turnstile = Turnstile[int, int](lambda given: [2 * one for one in given])

    def send(one: int) -> int:
        with turnstile.coming() as coming:
            return coming.give(one)

    with ThreadPoolExecutor(32) as threads:
        assert list(threads.map(send, range(2000), timeout=60)) == list(range(0, 4000, 2))
    assert not turnstile._is_taken and not turnstile._waiting and not turnstile._coming
