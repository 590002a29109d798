"""Setting up the demo in a folder of its own, and waiting for what must have happened."""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from hub.demo.quarter import quarter_around, write_workspace
from hub.demo.tools import Tools, open_tools
from hub.flows.people import add_account
from hub.flows.plan import apply
from hub.jobs import ring_connection
from hub.model.kinds import Freshness
from hub.model.rights import Role
from hub.processes.installation import child_environ, programs
from hub.processes.listening import require_free_port
from hub.processes.queue_server import clear_runtime
from hub.processes.supervisor import Supervisor
from hub.queue import Bell
from hub.settings import Settings
from hub.store import Store, connections, key_results, listeners, outbox, touched
from hub.store.migrate import upgrade
from hub.workspace import read_workspace

ZONE = ZoneInfo("Europe/Berlin")  # of the example company


UNHEARD = frozenset({"microsoft"})  # kinds of tools that ring nobody: Planner and Excel are read on schedule
OPEN_AS = "ines@northwind.test"
ROLES = {
    OPEN_AS: Role.ADMIN,
    "mira@northwind.test": Role.MEMBER,
    "tom@northwind.test": Role.MEMBER,
    "jonas@northwind.test": Role.VIEWER,
}


class DemoFailed(Exception):
    """The demo did not get where it should; the message says how far it came."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A running installation with its simulated tools."""

    settings: Settings
    store: Store
    tools: Tools
    supervisor: Supervisor
    public_url: str


@contextmanager
def open_stage(*, port: int, say: Callable[[str], None], quiet: bool) -> Iterator[Stage]:
    """Bring everything up in a temporary folder; end it all and remove the folder when the block ends."""
    folder = Path(tempfile.mkdtemp(prefix="okrhub-demo-"))
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        first, last = quarter_around(datetime.now(ZONE).date())
        tools = stack.enter_context(open_tools(first, last, lambda: datetime.now(UTC)))
        port = port or _free_port()
        public_url = f"http://127.0.0.1:{port}"
        settings = Settings(
            workspace=folder / "workspace",
            data=folder / "data",
            database_url="",
            redis_url="",
            host="127.0.0.1",
            port=port,
            public_url=public_url,
            open_as=OPEN_AS,
            tick=2.0,
            log=os.environ.get("OKRHUB_LOG", "warning"),
        )
        require_free_port(settings)
        os.environ.update(tools.environ, OKRHUB_PUBLIC_URL=public_url)
        write_workspace(settings.workspace, first)
        reading = read_workspace(settings.workspace)
        if reading.declaration is None:
            raise DemoFailed("the example workspace has errors: " + "; ".join(str(one) for one in reading.problems))
        store = Store(settings.database)
        stack.callback(store.close)
        upgrade(store)
        apply(store, reading.declaration, now=datetime.now(UTC), who="demo", environ=os.environ)
        let_people_in(store, datetime.now(UTC))
        supervisor = Supervisor(programs(settings), say=say, quiet=quiet)
        stack.callback(clear_runtime, settings)
        stack.callback(supervisor.stop)
        supervisor.start()
        os.environ.update(child_environ(settings))
        bell = Bell(settings.redis)
        with store.read() as tx:
            ids = [row.id for row in connections.all_connections(tx)]
        for connection_id in ids:
            ring_connection(store, bell, connection_id)
        yield Stage(settings, store, tools, supervisor, public_url)


def let_people_in(store: Store, now: datetime) -> None:
    """Give some people of the example company an account; a link from the page People lets one try theirs."""
    for email, role in ROLES.items():
        add_account(store, email=email, name="", role=role, who="demo", now=now)


def wait_until(done: Callable[[], bool], seconds: float, supervisor: Supervisor, failed: Callable[[], str]) -> None:
    """Wait until something holds, keeping the programs up meanwhile. Raises DemoFailed after the time given."""
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            raise DemoFailed(failed())
        if supervisor.stopping.wait(0.1):
            raise DemoFailed("stopped")
        supervisor.look()


def is_all_read(store: Store) -> bool:
    """Whether every key result that has a mapping was read once."""
    with store.read() as tx:
        return all(
            one.is_manual or (one.standing.checked_at is not None and one.standing.freshness is Freshness.FRESH)
            for one in key_results.all_key_results(tx)
        )


def is_listening(store: Store) -> bool:
    """Whether somebody has looked after the webhooks of every connection whose tool lets the hub register them."""
    at = datetime.now(UTC)
    with store.read() as tx:
        rows = connections.all_connections(tx)
        found = [one for row in rows if (one := listeners.listener_of(tx, row.id)) is not None]
    return all(
        one.looked_at is not None and one.leased_until is None and (one.due_at is None or one.due_at > at)
        for one in found
    )


def read_at_next_tick(store: Store) -> None:
    """Bring forward what the schedule would bring later: tools that ring nobody are read as soon as the clock looks."""
    with store.write() as tx:
        for row in connections.all_connections(tx):
            if row.kind in UNHEARD:
                connections.make_due(tx, row.id, datetime.now(UTC))


def is_quiet(store: Store) -> bool:
    """Whether nothing is touched, nobody reads, and every letter is settled."""
    with store.read() as tx:
        rows = connections.all_connections(tx)
        return (
            not any(touched.has_touched(tx, row.id) for row in rows)
            and all(row.leased_until is None for row in rows)
            and outbox.unsettled_count(tx) == 0
        )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
