"""How much memory a large selection takes: read, evaluated and recorded by a worker, the tool in another process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.bench.row import Row

ISSUES = int(os.environ.get("BENCH_ISSUES", "50000"))
MOST = 150  # MB above idle
RULES = 2  # key results on the selection: one that counts, one in percent of points


def memory() -> Iterator[Row]:
    """A selection of 50,000 issues: first sync and a full read again, in a process that does nothing else."""
    with tempfile.TemporaryDirectory() as folder:
        tool = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.memory", "serve", str(ISSUES)], stdout=subprocess.PIPE, text=True
        )
        try:
            assert tool.stdout is not None
            url = tool.stdout.readline().strip()
            said = subprocess.run(
                [sys.executable, "-m", "tests.bench.memory", "read", url, folder],
                capture_output=True,
                text=True,
                check=False,
                timeout=1200,
            )
            assert said.returncode == 0, said.stderr[-2000:]
        finally:
            tool.kill()
            tool.wait()
    for one in map(json.loads, said.stdout.splitlines()):
        yield Row(
            f"memory: {one['what']} of {one['items']:,} issues, {RULES} key results",
            f"{one['above']:.0f} MB above the idle {one['idle']:.0f} MB at the peak, {one['seconds']:.0f} s",
            f"{MOST} MB",
            one["above"] <= MOST,
        )


def _serve(issues: int) -> None:
    from tests.bench.main_job import site

    with site(issues) as (_, url):
        print(url, flush=True)
        time.sleep(3600)


def _read(url: str, folder: Path) -> None:
    """Do what a worker does for one connection, and print the peak of each step."""
    import connectors.jira
    import hub.jobs  # noqa: F401
    from hub.store import Store, connections
    from tests.bench.main_job import install, now, sync_now

    store, connection_id = install(folder, url)
    with store.read() as tx:
        connections.all_connections(tx)
    idle = _status("VmRSS")
    for what in ("first sync", "read again"):
        Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
        done, seconds = sync_now(store, connection_id)
        peak = _status("VmHWM")
        print(
            json.dumps(
                {"what": what, "items": done.items or ISSUES, "above": peak - idle, "idle": idle, "seconds": seconds}
            ),
            flush=True,
        )
        with store.write() as tx:
            from sqlalchemy import update

            from hub.store.tables_work import connections as table
            from hub.store.tables_work import selections

            tx.execute(update(selections).values(joined_at=now().replace(year=2000)))
            tx.execute(update(table).values(next_due_at=now()))
    assert isinstance(store, Store) and connectors.jira is not None


def _status(name: str) -> float:
    """Return a figure of this process in MB."""
    for line in Path(f"/proc/{os.getpid()}/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) / 1024
    raise LookupError(name)


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        _serve(int(sys.argv[2]))
    else:
        _read(sys.argv[2], Path(sys.argv[3]))
