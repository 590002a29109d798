"""Opening the database: one engine a process, and transactions that say whether they write."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, DisconnectionError, InterfaceError, InternalError, OperationalError
from sqlalchemy.pool import NullPool

from hub.store import (  # noqa: F401  (their tables register themselves)
    tables_hooks,
    tables_okr,
    tables_people,
    tables_signed,
    tables_told,
    tables_work,
)
from hub.store.schema import metadata

BUSY = 15_000  # milliseconds that a writer on SQLite waits for another
SYNCHRONOUS = "FULL"  # SQLite: what was committed outlives a machine that loses power


class Store:
    """A database by URL. Safe to use after a fork: the child opens connections of its own.

    SQLite runs in WAL mode; its writers begin with BEGIN IMMEDIATE, because a plain BEGIN that writes later
    fails with "database is locked" as soon as two processes do it.
    """

    def __init__(self, url: str, *, keeps_open: bool = False) -> None:
        """Open nothing yet. With `keeps_open` connections of SQLite too wait to be used again."""
        self.url = url
        self._keeps_open = keeps_open
        self._engine: Engine | None = None
        self._pid = 0

    @property
    def engine(self) -> Engine:
        if self._engine is None or self._pid != os.getpid():
            if self._engine is not None:
                self._engine.dispose(close=False)
            self._engine, self._pid = _open(self.url, self._keeps_open), os.getpid()
        return self._engine

    @property
    def is_sqlite(self) -> bool:
        return make_url(self.url).get_backend_name() == "sqlite"

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a transaction that only reads: one consistent picture."""
        with self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Open a transaction that writes; commits at the end, rolls back on any exception."""
        with self.engine.connect().execution_options(writes=True) as connection, connection.begin():
            yield connection

    def create_all(self) -> None:
        """Create every table at once, for tests; a real database is made by the migrations."""
        metadata.create_all(self.engine)

    def close(self) -> None:
        if self._engine is not None and self._pid == os.getpid():
            self._engine.dispose()
        self._engine = None


def why_away(problem: BaseException | None) -> str:
    """Return what the database said when it cannot be used: full, locked, stopped; "" for any other failure.

    One line in the driver's own words, without statement or values.
    """
    if not isinstance(problem, DBAPIError):
        return ""
    said = " ".join(str(problem.orig).split("\n")[0].split())
    if said.startswith("no such table") or type(problem.orig).__name__ == "UndefinedTable":
        return "the hub's database was never set up: run `okrhub db upgrade`"
    if not isinstance(problem, OperationalError | InterfaceError | InternalError):
        return ""
    return f"the hub's database cannot be used: {said[:200]}"


def _open(url: str, keeps_open: bool) -> Engine:
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        if parsed.drivername == "postgresql":
            parsed = parsed.set(drivername="postgresql+psycopg")
        return create_engine(parsed, pool_size=4, max_overflow=16, pool_pre_ping=True, hide_parameters=True)
    if parsed.database and parsed.database != ":memory:":
        Path(parsed.database).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if keeps_open and parsed.database:
        engine = create_engine(parsed, pool_size=8, max_overflow=24, hide_parameters=True)
        _watch_file(engine, parsed.database)
    else:
        engine = create_engine(parsed, poolclass=NullPool if parsed.database else None, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def _prepare(raw: Any, _record: Any) -> None:
        raw.isolation_level = None  # the driver's own BEGIN would come too late: ours is below
        cursor = raw.cursor()
        cursor.execute(f"PRAGMA busy_timeout={BUSY}")
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute(f"PRAGMA synchronous={SYNCHRONOUS}")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _watch_file(engine: Engine, path: str) -> None:
    """Let go of a connection whose file was taken away or replaced: SQLite would go on with what nobody else sees."""

    def of_file() -> tuple[int, int]:
        found = os.stat(path)
        return found.st_dev, found.st_ino

    @event.listens_for(engine, "connect")
    def _note(_raw: Any, record: Any) -> None:
        record.info["file"] = of_file()

    @event.listens_for(engine, "checkout")
    def _check(_raw: Any, record: Any, _proxy: Any) -> None:
        try:
            is_same = record.info.get("file") == of_file()
        except OSError:
            is_same = False
        if not is_same:
            raise DisconnectionError("the database's file was replaced")
