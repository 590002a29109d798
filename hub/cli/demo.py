"""okrhub demo."""

from __future__ import annotations

import signal
import time
from datetime import datetime
from random import Random
from types import FrameType

import click
from rich.markup import escape

from connectors.sandbox.company import live_changes
from hub.cli.console import err, out, print_json
from hub.cli.exits import EXIT_CLEAN, EXIT_PROBLEM, complain
from hub.demo.narrator import Narrator
from hub.demo.once import is_all_fresh, run_once
from hub.demo.stage import ZONE, DemoFailed, Stage, open_stage
from hub.log import set_up_logs
from hub.processes.listening import next_free_port
from hub.processes.queue_server import NoQueueServer
from hub.processes.supervisor import StartFailed

COLOURS = {"read": "dim", "status": "bold", "post": "cyan", "work": "green"}
SEED = 20261001
HOST, FIRST_PORT = "127.0.0.1", 8080


@click.command()
@click.option("--once", is_flag=True, help="Make six changes, wait until all is told, and end.")
@click.option("--json", "as_json", is_flag=True, help="With --once: print what the hub shows as one JSON object.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=None,
    envvar="OKRHUB_PORT",
    show_envvar=True,
    help="Port of the pages; 0: any. Unless given: the first free one from 8080 on.",
)
@click.option(
    "--every", type=click.FloatRange(min=0.2), default=4.0, show_default=True, help="Seconds between changes."
)
def demo(once: bool, as_json: bool, port: int | None, every: float) -> int:
    """Show the whole system on this machine against simulated tools.

    Starts a queue server, workers, the clock and the pages, and simulated Jira, Asana, Trello, Microsoft 365, Slack
    and Teams; founds an example company of four teams with a quarter of work behind it, and keeps it working. Ctrl-C
    stops everything and leaves nothing behind.
    """
    started = time.monotonic()
    set_up_logs("warning")
    quiet = once

    def say(line: str) -> None:
        err.print(escape(line), style="dim")

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        chosen = port if port is not None else (0 if once else next_free_port(HOST, FIRST_PORT))
        say("starting the simulated tools and the hub ...")
        with open_stage(port=chosen, say=say, quiet=quiet) as stage:
            if not once:
                if port is None and stage.settings.port != FIRST_PORT:
                    err.print(f"Port {FIRST_PORT} is taken: the pages are on {stage.settings.port}.")
                _live(stage, every)
                return EXIT_CLEAN
            found = run_once(stage, started, say)
        if as_json:
            print_json(found)
        else:
            _show(found)
        return EXIT_CLEAN if is_all_fresh(found) else EXIT_PROBLEM
    except KeyboardInterrupt:
        say("stopped; nothing is left behind")
        return EXIT_CLEAN if not once else EXIT_PROBLEM
    except (DemoFailed, StartFailed, NoQueueServer) as problem:
        complain(str(problem))
        return EXIT_PROBLEM


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _live(stage: Stage, every: float) -> None:
    out.print(f"[bold]OKR Hub[/bold]        {stage.public_url}")
    out.print(f"Channel wall   {stage.public_url}/channels")
    for name, address in stage.tools.addresses.items():
        out.print(f"{name.title():<14} {address} [dim](simulated)[/dim]")
    out.print("[dim]Ctrl-C stops everything.[/dim]\n")

    def line(at: str, what: str, text: str) -> None:
        out.print(f"[dim]{at}[/dim]  [{COLOURS[what]}]{what:<6}[/{COLOURS[what]}]  {escape(text)}")

    narrator = Narrator(stage.store, line)
    work = live_changes(stage.tools.sites, Random(SEED))
    stage.tools.ring_at(stage.public_url)
    next_at = time.monotonic() + every
    while not stage.supervisor.stopping.wait(0.25):
        stage.supervisor.look()
        narrator.look()
        if time.monotonic() >= next_at:
            next_at = time.monotonic() + every
            change = next(work)
            change.apply()
            line(f"{datetime.now(ZONE):%H:%M:%S}", "work", change.says)


def _show(found: dict[str, object]) -> None:
    results = found["key_results"]
    posts = found["posts"]
    assert isinstance(results, list) and isinstance(posts, list)
    for one in results:
        out.print(f"{one['status']:<12} {one['freshness']:<8} {one['key']} = {one['value']}")
    for post in posts:
        out.print(f"told {post['channel']}: {post['key_result']} {post['from']} → {post['to']}")
    out.print(f"{found['requests']} requests, {found['webhooks']} webhooks, {found['seconds']} s")
