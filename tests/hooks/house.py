"""A hub whose only tool is Chimes, and a clock that the test turns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

from connectors.contract import Connector
from connectors.registry import KINDS, load
from connectors.sandbox.server import serve
from connectors.shapes import Delivery
from connectors.wire import Counter, open_wire
from hub.flows.plan import apply
from hub.flows.plan.apply import Applied
from hub.flows.receive import Answer, receive
from hub.flows.subscribe import Subscribed, subscribe
from hub.flows.sync import Synced, sync
from hub.model.key_result import KeyResult
from hub.model.rights import Role, Viewer
from hub.store import Store, connections, key_results, listeners, subscriptions, touched
from hub.store.connections import ConnectionRow
from hub.store.listeners import Listener
from hub.store.subscriptions import SubscriptionRow
from hub.vault import Vault
from hub.workspace import read_workspace
from tests.canaries import canary
from tests.flows.house import OKRS, Clock
from tests.hooks.chimes import ChimesSandbox

PUBLIC = "http://hub.test"
SITE = "chimes-main"
HUB = f"""\
workspace: Chimes house
time_zone: UTC
public_url: https://hub.test
connections:
  {SITE}:
    kind: chimes
    base_url: "${{CHIMES_URL}}"
    token: "${{CHIMES_TOKEN}}"
    every: 15 minutes
    allow_private: [127.0.0.0/8]
"""
ADMIN = Viewer("mira@northwind.test", Role.ADMIN)
STATES = ("pending", "live", "lost", "ended")


def key_result(name: str) -> str:
    return f"{{key_result: {name}, title: Tasks of {name}, kind: reach, target: 10, owner: mira@northwind.test}}"


def rule(name: str, place: str = "", **more: str) -> str:
    """Write the mapping of a key result that counts the finished items of a list."""
    lines = [
        f"  - key_result: ship/{name}",
        "    owner: mira@northwind.test",
        f"    from: {SITE}",
        f"    select: {{list: {place or name}}}",
        "    measure: count",
        "    where: [{state: done}]",
        "    show_items: titles",
    ]
    return "\n".join([*lines, *(f"    {word}: {value}" for word, value in more.items())])


class HookHouse:
    """The store, the tool, and what the workers do."""

    def __init__(self, folder: Path, store: Store, clock: Clock, chimes: ChimesSandbox, url: str) -> None:
        self.folder, self.store, self.clock, self.chimes = folder, store, clock, chimes
        self.vault = Vault(folder / "vault.key")
        self.public_url = PUBLIC
        self.hub = HUB
        self.environ = {"CHIMES_URL": url, "CHIMES_TOKEN": canary("chimes")}
        self.counter = Counter()

    def apply(self, *lists: str, rules: Sequence[str] = (), okrs: str = OKRS) -> Applied:
        """Give each list a key result that counts what is done there, and apply."""
        self.write(*lists, rules=rules, okrs=okrs)
        reading = read_workspace(self.folder)
        assert reading.declaration is not None, [str(one) for one in reading.problems]
        return apply(self.store, reading.declaration, now=self.clock(), who="a test", environ=self.environ)

    def write(self, *lists: str, rules: Sequence[str] = (), okrs: str = OKRS) -> None:
        """Write the files of the workspace."""
        for name in ("okrs", "mappings"):
            (self.folder / name).mkdir(exist_ok=True)
        key_results = "".join(f"      - {key_result(name)}\n" for name in lists)
        (self.folder / "hub.yaml").write_text(self.hub)
        (self.folder / "okrs" / "all.yaml").write_text(okrs + key_results)
        written = rules or [rule(name) for name in lists]
        (self.folder / "mappings" / "all.yaml").write_text("\n".join(["mappings:", *written, ""]))

    def opener(
        self,
        kind: str,
        settings: Mapping[str, str],
        *,
        allow_private: Sequence[str] = (),
        counter: Counter | None = None,
        **_more: Any,
    ) -> Connector:
        made = load(kind)
        self.counter = counter or Counter()
        wire = open_wire(
            hosts=made.describe().hosts,
            base_url=settings.get("base_url", ""),
            allow_private=allow_private,
            counter=self.counter,
            sleep=lambda _seconds: None,
        )
        return made(settings, wire)

    def sync(self, *, due: bool = True) -> Synced:
        if due:
            with self.store.write() as tx:
                connections.make_due(tx, self.connection.id, self.clock())
        return sync(
            self.store,
            self.connection.id,
            owner="reader",
            now=self.clock,
            environ=self.environ,
            opener=self.opener,
        )

    def look(self, *, owner: str = "looker") -> Subscribed:
        """Look after the webhooks as a worker does."""
        return subscribe(
            self.store,
            self.connection.id,
            owner=owner,
            now=self.clock,
            environ=self.environ,
            vault=self.vault,
            public_url=self.public_url,
            opener=self.opener,
        )

    def reach(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> tuple[int, Mapping[str, str]]:
        """Ring at the hub's door as the tool does."""
        answer = self.knock(method, url, headers, body)
        return answer.status, answer.headers or {}

    def knock(self, method: str, url: str, headers: Mapping[str, str], body: bytes = b"") -> Answer:
        parts = urlsplit(url).path.partition("/hooks/")[2].split("/")
        given = Delivery(method, url, {name.lower(): text for name, text in headers.items()}, {}, body, self.clock())
        return receive(
            self.store,
            parts[0],
            given,
            environ=self.environ,
            opener=self.opener,
            vault=self.vault,
            token=parts[1] if len(parts) > 1 else None,
        )

    @property
    def connection(self) -> ConnectionRow:
        with self.store.read() as tx:
            found = connections.connection_by_slug(tx, SITE)
        assert found is not None
        return found

    @property
    def listener(self) -> Listener:
        with self.store.read() as tx:
            found = listeners.listener_of(tx, self.connection.id)
        assert found is not None
        return found

    def is_due(self) -> bool:
        """Whether the clock would have the webhooks looked after now."""
        with self.store.read() as tx:
            return self.connection.id in listeners.due_listeners(tx, self.clock())

    def registered(self, *states: str) -> list[SubscriptionRow]:
        with self.store.read() as tx:
            return subscriptions.subscriptions_of(tx, self.connection.id, states or STATES)

    def touched(self) -> set[str]:
        with self.store.read() as tx:
            return set(touched.touched_keys(tx, self.connection.id))

    def key_result(self, name: str) -> KeyResult:
        with self.store.read() as tx:
            found = key_results.key_result_by_key(tx, f"ship/{name}")
        assert found is not None
        return found


@contextmanager
def open_hook_house(folder: Path, store: Store, clock: Clock | None = None) -> Iterator[HookHouse]:
    """Open a house with Chimes beside it and nothing applied yet; Chimes is a kind of connector while it is open."""
    clock = clock or Clock()
    chimes = ChimesSandbox(clock)
    kinds = cast(dict[str, str], KINDS)
    kinds["chimes"] = "tests.hooks.chimes:Chimes"
    try:
        with serve(chimes) as served:
            house = HookHouse(folder, store, clock, chimes, served.url)
            chimes.reach = house.reach
            yield house
    finally:
        del kinds["chimes"]
