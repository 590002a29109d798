"""Odd sites and odd shapes by the thousand, in two processes: see tests/sites."""

from __future__ import annotations

import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from itertools import islice
from pathlib import Path
from typing import Any

from connectors import ledgers
from hub.log import set_up_logs
from hub.store import engine
from tests.sites.judgement import MAKERS, NotSo, try_seed
from tests.sites.line import Stock
from tests.sites.shapes import Shapes, Tally

PROCESSES = 2
SEEDS_AT_ONCE, CHANGES_AT_ONCE = 50, 200
MOST_WRONG = 5  # failures, after which nobody needs more
TOLD_EVERY = 30.0  # seconds

_stocks: list[Stock] = []  # one, in each process
_shapes: dict[str, Shapes] = {}
_spoken = [0.0]


def run_sites(*, seeds: int, seed: int) -> str:
    """Try so many sites from a seed on; return their row of the table. Raises AssertionError naming what is wrong."""
    began, tried = time.monotonic(), 0
    wrong: list[str] = []
    jobs = ((_try_seeds, first, min(first + SEEDS_AT_ONCE, seed + seeds))
            for first in range(seed, seed + seeds, SEEDS_AT_ONCE))  # fmt: skip
    for number, found in _each(jobs):
        tried += number
        wrong += found
        _tell(f"{tried:,} of {seeds:,} sites, {len(wrong)} wrong")
        if len(wrong) >= MOST_WRONG:
            break
    if wrong:
        raise AssertionError(f"odd sites, {tried:,} tried from seed {seed}:\n" + "\n".join(wrong[:MOST_WRONG]))
    minutes = (time.monotonic() - began) / 60
    return (
        f"| {tried:,} odd sites of {len(MAKERS)} kinds, from seed {seed} | every number right, or its rule names the "
        f"items that it leaves out; {minutes:.0f} min | each of them |"
    )


def run_shapes(*, seed: int) -> str:
    """Change every value of every recorded shape; return the row of the table. Raises AssertionError for what is wrong.

    `seed` says with which of the batches to begin.
    """
    began, whole, rows = time.monotonic(), Tally(), list[str]()
    tallies: dict[str, Tally] = {tool: Tally() for tool in MAKERS}
    with _Workshop() as stock:
        counted = {tool: Shapes(tool, stock) for tool in MAKERS}
        batches = [
            (tool, first)
            for tool, shapes in counted.items()
            for first in range(0, sum(1 for _ in shapes.changes()), CHANGES_AT_ONCE)
        ]
        sizes = {tool: (shapes.shapes, len(shapes.spots)) for tool, shapes in counted.items()}
    begin = seed % len(batches)
    jobs = ((_try_changes, *batch) for batch in [*batches[begin:], *batches[:begin]])
    for tool, tally in _each(jobs):
        tallies[tool].add(tally)
        whole.add(tally)
        _tell(f"{whole.changes:,} changes, {len(whole.wrong)} wrong")
        if len(whole.wrong) >= MOST_WRONG:
            break
    if whole.wrong:
        raise AssertionError("odd shapes:\n" + "\n".join(whole.wrong[:MOST_WRONG]))
    for tool, tally in tallies.items():
        tally.shapes, tally.spots = sizes[tool]
        rows.append(f"{tool}: {tally.as_text()}")
    minutes = (time.monotonic() - began) / 60
    return (
        f"| every value of every answer, of another type | {'; '.join(rows)}; {minutes:.0f} min | no failure without "
        "a name, no other rule's value |"
    )


# -- in the processes


def _try_seeds(first: int, last: int) -> tuple[int, list[str]]:
    wrong = []
    for seed in range(first, last):
        ledgers.share(ledgers.Memory())
        try:
            try_seed(seed, _held_stock())
        except NotSo as problem:
            wrong.append(str(problem))
        except Exception as problem:
            wrong.append(f"seed {seed}: {type(problem).__name__}: {problem}")
    return last - first, wrong


def _try_changes(tool: str, first: int) -> tuple[str, Tally]:
    if tool not in _shapes:
        _shapes[tool] = Shapes(tool, _held_stock())
    found = _shapes[tool].run(list(islice(_shapes[tool].changes(), first, first + CHANGES_AT_ONCE)))
    found.shapes = found.spots = 0  # counted once, by whoever asked
    return tool, found


def _held_stock() -> Stock:
    return _stocks[0]


def _begin(folder: str) -> None:
    """Make ready a process: a folder of its own, no wait for a disk whose plug nobody pulls, no word of what fails."""
    set_up_logs("critical")
    engine.SYNCHRONOUS = "OFF"
    own = Path(folder) / str(os.getpid())
    own.mkdir()
    _stocks.append(Stock(own))


class _Workshop:
    """A stock of this process, for as long as it is needed."""

    def __enter__(self) -> Stock:
        set_up_logs("critical")
        engine.SYNCHRONOUS = "OFF"
        self._folder = tempfile.TemporaryDirectory()
        self._stock = Stock(Path(self._folder.name))
        return self._stock

    def __exit__(self, *_: object) -> None:
        self._stock.close()
        self._folder.cleanup()


def _tell(how_far: str) -> None:
    """Say on stderr how far it is, now and then."""
    if time.monotonic() - _spoken[-1] > TOLD_EVERY:
        _spoken.append(time.monotonic())
        print(how_far, file=sys.stderr)


def _each(jobs: Iterator[tuple[Any, ...]]) -> Iterator[Any]:
    """Yield what each job returned, as they end; two at a time."""
    with tempfile.TemporaryDirectory() as folder:
        made = ProcessPoolExecutor(
            PROCESSES, mp_context=multiprocessing.get_context("spawn"), initializer=_begin, initargs=(folder,)
        )
        with made as pool:
            running: set[Future[Any]] = {pool.submit(*job) for job in islice(jobs, PROCESSES * 2)}
            try:
                while running:
                    ended, running = wait(running, return_when=FIRST_COMPLETED)
                    for job in ended:
                        yield job.result()
                    running |= {pool.submit(*job) for job in islice(jobs, len(ended))}
            finally:
                for left in running:
                    left.cancel()
