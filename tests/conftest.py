"""What all tests stand on: both databases made by the migrations, a fixed time, and no network but this machine."""

from __future__ import annotations

import ipaddress
import shutil
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from hub.store import Store
from hub.store.migrate import upgrade
from hub.store.schema import metadata
from tests.canaries import betrays, search
from tests.store.postgres import running_postgres


class NetworkRefused(RuntimeError):
    """A test tried to reach another machine."""


def _refuse_network(event: str, given: tuple[Any, ...]) -> None:
    if event not in {"socket.connect", "socket.sendto"}:
        return
    address = given[1]
    if not isinstance(address, tuple) or not address:
        return  # a unix socket
    host = str(address[0])
    try:
        is_here = ipaddress.ip_address(host.split("%", 1)[0]).is_loopback
    except ValueError:
        is_here = host in {"localhost", ""}
    if not is_here:
        raise NetworkRefused(f"a test may not reach {host}")


sys.addaudithook(_refuse_network)

# Canaries: the secrets of the fixtures must be in nothing that a test printed, logged or left in a file.

_leaks: list[str] = []


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Search what a test printed and logged. Its own failure may quote what it compared."""
    if report.failed:
        return
    for name, said in report.sections:
        found = betrays(said.encode("utf-8", "replace"))
        if found:
            _leaks.append(f"{report.nodeid} ({name}): {', '.join(found)}")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Search the files that the tests left; with xdist each process its own, and the first process tells."""
    factory = getattr(session.config, "_tmp_path_factory", None)
    made = getattr(factory, "_basetemp", None)
    found = list(search(made)) if made is not None else []
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["leaks"] = found
        return
    _leaks.extend(found)
    if _leaks and session.exitstatus in {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED}:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    _leaks.extend(getattr(node, "workeroutput", {}).get("leaks", ()))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if _leaks:
        terminalreporter.section("secrets were found where nobody may read them", red=True)
        for leak in sorted(set(_leaks)):
            terminalreporter.line(leak)


@pytest.fixture
def now() -> datetime:
    return datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file as the migrations leave it, to be copied."""
    path = tmp_path_factory.mktemp("template") / "hub.db"
    made = Store(f"sqlite:///{path}")
    upgrade(made)
    made.close()
    return path


@pytest.fixture
def sqlite_store(_sqlite_template: Path, tmp_path: Path) -> Iterator[Store]:
    """A store on a fresh SQLite file."""
    path = tmp_path / "store" / "hub.db"
    path.parent.mkdir()
    shutil.copy(_sqlite_template, path)
    made = Store(f"sqlite:///{path}")
    yield made
    made.close()


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The URL of a real PostgreSQL, started for this test process and brought up by the migrations."""
    with running_postgres() as url:
        made = Store(url)
        upgrade(made)
        made.close()
        yield url


@pytest.fixture(scope="session")
def _postgres(postgres_url: str) -> Iterator[Store]:
    made = Store(postgres_url)
    yield made
    made.close()


@pytest.fixture
def postgres_store(_postgres: Store) -> Store:
    """A store on PostgreSQL with every table empty and every number starting at 1."""
    names = ", ".join(table.name for table in metadata.sorted_tables)
    with _postgres.write() as tx:
        tx.execute(text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))
    return _postgres


@pytest.fixture(params=["sqlite", "postgres"])
def store(request: pytest.FixtureRequest) -> Store:
    """A store on each of the two databases in turn."""
    found: Store = request.getfixturevalue(f"{request.param}_store")
    return found
