"""okrhub up: everything an installation needs, on this machine."""

from __future__ import annotations

import os
import signal
from datetime import UTC, datetime
from pathlib import Path

import click

from hub.cli.console import declared, err, settings_for, workspace_option
from hub.cli.exits import EXIT_CLEAN, EXIT_PROBLEM, complain
from hub.cli.plan import show
from hub.cli.run import find_exposure, print_set_up_link, warn_of_http
from hub.flows.plan import NotAdopted, apply
from hub.log import set_up_logs
from hub.processes.installation import AlreadyRunning, only_one, programs
from hub.processes.listening import require_free_port
from hub.processes.queue_server import NoQueueServer, clear_runtime
from hub.processes.supervisor import StartFailed, Supervisor
from hub.settings import Settings
from hub.store import Store
from hub.store.migrate import upgrade


@click.command()
@workspace_option
def up(workspace: Path | None) -> int:
    """Run the hub: pages, workers, clock, and a queue server unless OKRHUB_REDIS_URL names one.

    Brings the database up to date and applies the workspace when its files have no errors. What dies is started
    again; Ctrl-C stops everything. The data lies in .okrhub in the workspace unless OKRHUB_DATA says otherwise.
    """
    settings = settings_for(workspace)
    set_up_logs(settings.log, as_json=settings.log_format == "json", secrets=settings.secrets)
    exposure = find_exposure(settings)
    if exposure:
        complain(exposure)
        return EXIT_PROBLEM
    warn_of_http(settings)
    public_url = settings.base_url
    os.environ.setdefault("OKRHUB_PUBLIC_URL", public_url)
    try:
        with only_one(settings) as lock:
            require_free_port(settings)
            return _run(settings, public_url, lock)
    except (AlreadyRunning, StartFailed, NoQueueServer, NotAdopted) as problem:
        complain(str(problem))
        return EXIT_PROBLEM


def _run(settings: Settings, public_url: str, lock: int) -> int:
    declaration = declared(settings)
    store = Store(settings.database)
    upgrade(store)
    show(apply(store, declaration, now=datetime.now(UTC), who="okrhub up", environ=os.environ), "applied")
    store.close()
    supervisor = Supervisor(
        programs(settings), say=lambda line: err.print(line, style="yellow", markup=False), inherited=[lock]
    )
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda _signal, _frame: supervisor.stopping.set())
    try:
        supervisor.start()
        if not supervisor.stopping.is_set():
            err.print(f"OKR Hub is up at {public_url} (Ctrl-C stops it)", style="bold")
            print_set_up_link(store, settings)
        store.close()
        supervisor.run()
    finally:
        supervisor.stop()
        clear_runtime(settings)
    err.print("stopped", style="dim")
    return EXIT_CLEAN
