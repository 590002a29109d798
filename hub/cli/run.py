"""okrhub web, worker and clock: one process each, for a platform's process manager; `okrhub up` runs them all."""

from __future__ import annotations

import ipaddress
import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

import click

import hub
from hub.cli.console import require_workspace
from hub.cli.exits import EXIT_CLEAN, EXIT_PROBLEM, complain
from hub.flows.people import has_accounts, make_set_up_link
from hub.log import set_up_logs
from hub.processes.listening import bind_address, require_free_port
from hub.processes.supervisor import StartFailed
from hub.queue import QUEUES, Bell, run_worker
from hub.settings import Settings
from hub.store import Store


@click.command()
@click.option("--link/--no-link", default=True, hidden=True, help="Print a set-up link while nobody has an account.")
def web(link: bool) -> int:
    """Serve the pages and /hooks.

    While nobody has an account it prints a one-time link that makes the first admin. To listen beyond this machine,
    set OKRHUB_HOST and OKRHUB_PUBLIC_URL, and put a proxy with https before it.
    """
    settings = Settings()
    require_workspace(settings, keeps_files=True)
    set_up_logs(settings.log, as_json=settings.log_format == "json", secrets=settings.secrets)
    problem = find_exposure(settings)
    if problem:
        complain(problem)
        return EXIT_PROBLEM
    if link:
        warn_of_http(settings)
        _offer_set_up(settings)
    try:
        require_free_port(settings)
        address = bind_address(settings.host)
    except StartFailed as taken:
        complain(str(taken))
        return EXIT_PROBLEM
    from granian.constants import Interfaces
    from granian.log import LogLevels
    from granian.server import Server

    Server(
        "hub.web.wsgi:app",
        address=address,
        port=settings.port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=16,  # webhooks that come at once are stored together; a slow page holds up nobody
        log_level=LogLevels.error,
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


def _offer_set_up(settings: Settings) -> None:
    store = Store(settings.database)
    try:
        print_set_up_link(store, settings)
    except Exception as problem:  # whatever it is: the pages are served, and say themselves what is wrong
        complain(f"no set-up link ({type(problem).__name__}): run `okrhub db upgrade`, then `okrhub user link`")
    finally:
        store.close()


def find_exposure(settings: Settings) -> str:
    """Say why the pages must not be served as the settings ask; "" when they may."""
    if is_loopback(settings.host):
        return ""
    if settings.open_as:
        return (
            f"OKRHUB_OPEN_AS opens the pages without a sign-in, which is for this machine alone, but OKRHUB_HOST is "
            f"{settings.host}: unset one of them"
        )
    if not settings.public_url:
        return (
            f"OKRHUB_HOST is {settings.host}: set OKRHUB_PUBLIC_URL to the address that people open, such as "
            "https://okrs.acme.test. The pages answer to no other name."
        )
    return ""


def warn_of_http(settings: Settings) -> None:
    """Say that passwords travel in the clear where the pages are reached from elsewhere by http."""
    if not is_loopback(settings.host) and not settings.is_https:
        complain("OKRHUB_PUBLIC_URL is not https: passwords and sessions can be read on the way")


def print_set_up_link(store: Store, settings: Settings) -> None:
    """Print a new set-up link while nobody has an account; older ones are void from then on."""
    if settings.open_as or has_accounts(store):
        return
    click.echo(
        f"Nobody has an account yet. Become the first admin (once, within 24 hours):\n  {set_up_link(store, settings)}",
        err=True,
    )


def set_up_link(store: Store, settings: Settings) -> str:
    """Return a new set-up link, as people open it. Raises Refused when somebody has an account."""
    return address_of(settings) + make_set_up_link(store, datetime.now(UTC))


def address_of(settings: Settings) -> str:
    """Return the address of the pages, without a slash at its end."""
    return settings.base_url


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


@click.command()
@click.option("--queue", type=click.Choice(QUEUES), help="Work on this queue alone (default: one process for each).")
def worker(queue: str | None) -> int:
    """Work on the queues: reads of connections, and letters to channels."""
    settings = Settings()
    require_workspace(settings)
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
    require_workspace(settings)
    set_up_logs(settings.log, as_json=settings.log_format == "json", secrets=settings.secrets)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _signal, _frame: stop.set())
    run_clock(Store(settings.database), Bell(settings.redis), settings.tick, stop)
    return EXIT_CLEAN
