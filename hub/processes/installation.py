"""The programs of one installation, and the lock that allows it once for each data folder."""

from __future__ import annotations

import fcntl
import signal
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO
from urllib.error import URLError

from hub.processes.listening import health_url
from hub.processes.queue_server import is_server_up, server_command
from hub.processes.supervisor import Program
from hub.queue import SYNC_QUEUE, TELL_QUEUE
from hub.settings import Settings

SYNC_WORKERS = 2
PATIENCE = 15.0  # seconds that a start waits for the processes of a hub that was killed
TELL_WORKERS = 2  # a channel that makes its sender wait must not hold up the others


class AlreadyRunning(Exception):
    """Another `okrhub up` or `okrhub demo` works on this data folder."""


@contextmanager
def only_one(settings: Settings, patience: float = PATIENCE) -> Iterator[int]:
    """Hold the data folder's two locks, and yield the file descriptor of the one that the children are to inherit.

    One is this process's alone: whoever finds it taken is refused at once. The other lasts until the last of the
    children has ended, which after a kill of their supervisor is a moment later than its own end; two queue servers
    at once on one file would spoil it. Raises AlreadyRunning; the kernel frees both, however their holders end.
    """
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = settings.data_dir
    with (
        open(folder / "up.lock", "a", encoding="utf-8") as own,
        open(folder / "crew.lock", "a", encoding="utf-8") as crew,
    ):
        if not _took(own):
            raise AlreadyRunning(f"{folder} is in use: the hub is running there already")
        deadline = time.monotonic() + patience
        while not _took(crew):
            if time.monotonic() > deadline:
                raise AlreadyRunning(
                    f"{folder} is in use: processes of a hub that was killed have not ended for {patience:.0f} s; "
                    "end them and start again"
                )
            time.sleep(0.05)
        yield crew.fileno()


def _took(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def programs(settings: Settings, *, sync_workers: int = SYNC_WORKERS, with_web: bool = True) -> list[Program]:
    """Return what `okrhub up` runs: queue server unless one is set, workers, clock and web."""
    environ = child_environ(settings)
    found: list[Program] = []
    if not settings.redis_url:
        found.append(
            Program(
                "queue server",
                server_command(settings),
                environ,
                lambda: is_server_up(settings.redis),
                outlives=True,
                parting=signal.SIGTERM,  # it writes its file to the end
            )
        )
    for number in range(sync_workers):
        found.append(Program(f"sync worker {number + 1}", _okrhub("worker", "--queue", SYNC_QUEUE), environ))
    for number in range(TELL_WORKERS):
        found.append(Program(f"tell worker {number + 1}", _okrhub("worker", "--queue", TELL_QUEUE), environ))
    found.append(Program("clock", _okrhub("clock"), environ))
    if with_web:
        found.append(Program("web", _okrhub("web", "--no-link"), environ, lambda: _is_web_up(settings)))
    return found


def child_environ(settings: Settings) -> dict[str, str]:
    """Return the environment that makes a child see the same installation."""
    return {
        "OKRHUB_WORKSPACE": str(settings.workspace.resolve()),
        "OKRHUB_DATA": str(settings.data_dir),
        "OKRHUB_DATABASE_URL": settings.database,
        "OKRHUB_REDIS_URL": settings.redis,
        "OKRHUB_HOST": settings.host,
        "OKRHUB_PORT": str(settings.port),
        "OKRHUB_PUBLIC_URL": settings.base_url,
        "OKRHUB_OPEN_AS": settings.open_as,
        "OKRHUB_TICK": str(settings.tick),
        "OKRHUB_LOG": settings.log,
        "OKRHUB_LOG_FORMAT": settings.log_format,
        "OKRHUB_METRICS_TOKEN": settings.metrics_token.get_secret_value(),
        "PYTHONUNBUFFERED": "1",
        # A workspace has a folder named mappings: the current folder must never be searched for packages.
        "PYTHONSAFEPATH": "1",
    }


def _okrhub(*arguments: str) -> list[str]:
    return [sys.executable, "-P", "-m", "hub.cli", *arguments]


def _is_web_up(settings: Settings) -> bool:
    try:
        with urllib.request.urlopen(health_url(settings), timeout=2) as answer:  # noqa: S310  http, made here
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False
