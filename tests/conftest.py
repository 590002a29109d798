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
from argon2 import PasswordHasher

from connectors import ledgers
from hub import passwords
from hub.store import Store, engine
from hub.store.migrate import upgrade
from tests.canaries import betrays, search
from tests.compiled import compile_once
from tests.contract import plugin as contract
from tests.store.postgres import bring_back, keep, running_postgres


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
contract.install()

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
    """Search the files that the tests left and judge what was said to tools: each process, and the first one tells."""
    factory = getattr(session.config, "_tmp_path_factory", None)
    made = getattr(factory, "_basetemp", None)
    found = list(search(made)) if made is not None else []
    judged = contract.judge()
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["leaks"], output["contract"] = found, judged
        return
    _leaks.extend(found)
    contract.found.add(judged)
    if (_leaks or contract.found.problems) and session.exitstatus in {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED}:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    output = getattr(node, "workeroutput", {})
    _leaks.extend(output.get("leaks", ()))
    if "contract" in output:
        contract.found.add(output["contract"])


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if _leaks:
        terminalreporter.section("secrets were found where nobody may read them", red=True)
        for leak in sorted(set(_leaks)):
            terminalreporter.line(leak)
    contract.tell(terminalreporter)


compile_once()

# No test pulls the plug of the machine: what a killed process has committed is there whether it waited for the disk
# or not. The hub's own processes wait for it in the tests too.
_real_synchronous = engine.SYNCHRONOUS
engine.SYNCHRONOUS = "OFF"


@pytest.fixture
def real_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite waiting for the disk, as it really does."""
    monkeypatch.setattr(engine, "SYNCHRONOUS", _real_synchronous)


# A password's real cost is 19 MiB and two passes, hundreds of times over: tests pay it where it is what they are about.
_real_hasher = passwords._hasher
passwords._hasher = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)


@pytest.fixture
def real_cost(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Passwords at the cost that they really have."""
    monkeypatch.setattr(passwords, "_hasher", _real_hasher)
    passwords._nobodys.cache_clear()
    yield
    passwords._nobodys.cache_clear()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes long, so that no process is left with it at the end."""
    items.sort(key=lambda item: not (item.get_closest_marker("slow") or item.get_closest_marker("browser")))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Keep the tests of a file together."""
    from tests.distribution import Files

    return Files(config, log)


@pytest.fixture(autouse=True)
def _no_requests_yet() -> None:
    """Forget what other tests asked of their tools: an address of this machine comes up again."""
    ledgers.share(ledgers.Memory())


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
    """A store on a fresh SQLite file, with its connections kept open, as the pages and the workers keep them."""
    path = tmp_path / "store" / "hub.db"
    path.parent.mkdir()
    shutil.copy(_sqlite_template, path)
    made = Store(f"sqlite:///{path}", keeps_open=True)
    yield made
    made.close()


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The URL of a real PostgreSQL, started for this test process and brought up by the migrations."""
    with running_postgres() as url:
        made = Store(url)
        upgrade(made)
        keep(made)
        made.close()
        yield url


@pytest.fixture(scope="session")
def _postgres(postgres_url: str) -> Iterator[Store]:
    made = Store(postgres_url)
    yield made
    made.close()


@pytest.fixture
def postgres_store(_postgres: Store) -> Store:
    """A store on PostgreSQL as the migrations leave it, with every number starting at 1."""
    bring_back(_postgres)
    return _postgres


@pytest.fixture(params=["sqlite", "postgres"])
def store(request: pytest.FixtureRequest) -> Store:
    """A store on each of the two databases in turn."""
    found: Store = request.getfixturevalue(f"{request.param}_store")
    return found
