"""Work that goes on while the hub is maltreated."""

from __future__ import annotations

import threading
from random import Random

from connectors.sandbox.company import live_changes
from tests.soak.installation import Installation


class Stream:
    """Changes in the four tools without end, from a thread."""

    def __init__(self, installation: Installation, random: Random, pause: tuple[float, float]) -> None:
        self._work = live_changes(installation.tools.sites, random)
        self._random, self._pause = random, pause
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="stream of changes")
        self.changes = 0

    def _run(self) -> None:
        while not self._stop.wait(self._random.uniform(*self._pause)):
            next(self._work).apply()
            self.changes += 1

    def __enter__(self) -> Stream:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
