"""okrhub web, worker and clock: one process each, for a platform's process manager; `okrhub up` runs them all."""

from __future__ import annotations

import ipaddress
import signal
import subprocess
import sys
import threading
from pathlib import Path
from types import FrameType

import click

import hub
from hub.cli.exits import EXIT_CLEAN, EXIT_PROBLEM, complain
from hub.log import set_up_logs
from hub.queue import QUEUES, Bell, run_worker
from hub.settings import Settings
from hub.store import Store


@click.command()
def web() -> int:
    """Serve the pages and /hooks.

    Without accounts the pages are for this machine alone: OKRHUB_HOST must be a loopback address. /hooks may
    stand behind a proxy.
    """
    settings = Settings()
    set_up_logs(settings.log, as_json=settings.log_format == "json", secrets=settings.secrets)
    if not is_loopback(settings.host):
        complain(
            f"OKRHUB_HOST is {settings.host}, but there are no accounts yet: the pages listen on 127.0.0.1 only. "
            "Put a proxy before /hooks to receive webhooks."
        )
        return EXIT_PROBLEM
    from granian.constants import Interfaces
    from granian.log import LogLevels
    from granian.server import Server

    Server(
        "hub.web.wsgi:app",
        address=settings.host,
        port=settings.port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=16,  # webhooks that come at once are stored together; a slow page holds up nobody
        log_level=LogLevels.warning,
        log_access=False,
        # Its lines go where ours go: through the same redaction, and to standard error.
        log_dictconfig={
            "handlers": {},
            "loggers": {name: {"handlers": [], "propagate": True} for name in ("_granian", "granian.access")},
        },
        websockets=False,
        # Its child puts the working folder first on the import path: a workspace's mappings/ must not be found there.
        working_dir=Path(hub.__file__).parents[1],
    ).serve()
    return EXIT_CLEAN


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@click.command()
@click.option("--queue", type=click.Choice(QUEUES), help="Work on this queue alone (default: one process for each).")
def worker(queue: str | None) -> int:
    """Work on the queues: reads of connections, and letters to channels."""
    settings = Settings()
    set_up_logs(settings.log, as_json=settings.log_format == "json", secrets=settings.secrets)
    if queue is not None:
        run_worker(settings.redis, queue)
        return EXIT_CLEAN
    children = [subprocess.Popen([sys.executable, "-P", "-m", "hub.cli", "worker", "--queue", name]) for name in QUEUES]

    def stop(_signal: int, _frame: FrameType | None) -> None:
        for child in children:
            child.terminate()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    codes = [child.wait() for child in children]
    return EXIT_PROBLEM if any(codes) else EXIT_CLEAN


@click.command()
def clock() -> int:
    """Look at what is due every few seconds and ring the workers. Two clocks are harmless."""
    from hub.clock import run_clock

    settings = Settings()
    set_up_logs(settings.log, as_json=settings.log_format == "json", secrets=settings.secrets)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _signal, _frame: stop.set())
    run_clock(Store(settings.database), Bell(settings.redis), settings.tick, stop)
    return EXIT_CLEAN
