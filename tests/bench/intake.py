"""How many webhooks a second the hub takes in, beside a bare route on the same server."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

from hub.processes.queue_server import clear_runtime, server_command, wait_for_server
from hub.settings import Settings
from hub.store import Store, connections
from hub.store.migrate import upgrade
from tests.bench.load import SECRET, fire
from tests.bench.row import Row

ROUNDS = 5
SECONDS = 3.0
LINES = 32
LEAST = 0.8
SERVER = (
    "import sys\n"
    "from granian.constants import Interfaces\n"
    "from granian.log import LogLevels\n"
    "from granian.server import Server\n"
    "if __name__ == '__main__':\n"
    "    Server(sys.argv[1], address='127.0.0.1', port=int(sys.argv[2]), interface=Interfaces.WSGI, workers=1,\n"
    "        blocking_threads=16, log_level=LogLevels.warning, log_access=False, websockets=False).serve()\n"
)


def intake() -> Iterator[Row]:
    """Webhooks taken in a second, against a bare Flask route that checks the same HMAC and writes one row."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        settings = Settings(workspace=folder, data=folder / "data", redis_url="", database_url="")
        store = Store(settings.database)
        stack.callback(store.close)
        upgrade(store)
        with store.write() as tx:
            connections.put_connection(
                tx,
                slug="jira-main",
                kind="jira",
                settings={
                    "base_url": "https://acme.atlassian.net",
                    "email": "a@acme.test",
                    "token": "${BENCH_TOKEN}",
                    "webhook_secret": "${BENCH_SECRET}",
                },
                allow_private=[],
                every=timedelta(minutes=15),
                now=datetime.now(UTC),
            )
        stack.enter_context(queue_server(settings))
        environ = {
            "OKRHUB_WORKSPACE": str(folder),
            "OKRHUB_DATA": str(folder / "data"),
            "OKRHUB_REDIS_URL": settings.redis,
            "OKRHUB_LOG": "info",
            "OKRHUB_PUBLIC_URL": "http://127.0.0.1:8080",
            "BENCH_TOKEN": "a-token-of-the-bench",
            "BENCH_SECRET": SECRET,
            "BARE_DATABASE": str(folder / "bare.db"),
        }
        ours = stack.enter_context(serving("hub.web.wsgi:app", environ, folder / "ours.log"))
        bare = stack.enter_context(serving("tests.bench.bare:app", environ, folder / "bare.log"))
        rates: dict[int, list[float]] = {ours: [], bare: []}
        spread: dict[int, list[float]] = {ours: [], bare: []}
        for port in (ours, bare):
            fire("/hooks/jira-main", port, seconds=1.0, lines=LINES)
        for _ in range(ROUNDS):
            for port in (bare, ours):
                found = fire("/hooks/jira-main", port, seconds=SECONDS, lines=LINES)
                assert not found["refused"], found
                rates[port].append(found["rate"])
                spread[port].append(found["p99"])
        mine, theirs = median(rates[ours]), median(rates[bare])
        yield Row(
            f"webhook intake: signed deliveries of 2 KB over {LINES} lines, median of {ROUNDS} runs by turns",
            f"{mine:.0f} a second, p99 {median(spread[ours]):.0f} ms; the bare route {theirs:.0f}, "
            f"p99 {median(spread[bare]):.0f} ms: {mine / theirs:.0%}",
            f"{LEAST:.0%} of the bare route",
            mine / theirs >= LEAST,
        )


@contextmanager
def queue_server(settings: Settings) -> Iterator[None]:
    server = subprocess.Popen(server_command(settings), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for_server(settings.redis)
        yield
    finally:
        server.terminate()
        server.wait(10)
        clear_runtime(settings)


@contextmanager
def serving(app: str, environ: dict[str, str], log: Path) -> Iterator[int]:
    """Serve an application as `okrhub web` does: one process, sixteen threads. Yields the port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    with open(log, "wb") as lines:
        server = subprocess.Popen(
            [sys.executable, "-c", SERVER, app, str(port)],
            env={**os.environ, **environ, "PYTHONPATH": os.getcwd()},
            stdout=lines,
            stderr=lines,
        )
        try:
            deadline = time.monotonic() + 30
            while True:
                try:
                    socket.create_connection(("127.0.0.1", port), timeout=1).close()
                    break
                except OSError:
                    assert time.monotonic() < deadline and server.poll() is None, log.read_text()
                    time.sleep(0.05)
            yield port
        finally:
            server.terminate()
            server.wait(15)
