"""A small hub that reads a simulated tenant of Microsoft 365, and a clock that the test turns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from connectors.contract import Connector
from connectors.registry import load, secrets_of
from connectors.sandbox.microsoft import MicrosoftSandbox
from connectors.sandbox.server import serve
from connectors.shapes import WorkItem
from connectors.wire import Bearer, Counter, open_wire
from hub.flows.plan import apply
from hub.flows.show import show_key_result
from hub.flows.sync import Synced, sync
from hub.model.kinds import Origin
from hub.model.rights import Role, Viewer
from hub.store import Store, connections, key_results, selected, work
from hub.store.connections import ConnectionRow
from hub.store.measurements import measurements_of
from hub.store.selected import Selection
from hub.vault import Vault
from hub.workspace import read_workspace
from tests.canaries import canary
from tests.flows.house import OKRS, Clock

HUB = """\
workspace: Test house
time_zone: UTC
public_url: https://hub.test
connections:
  m365:
    kind: microsoft
    base_url: "${GRAPH_URL}"
    login_url: "${GRAPH_URL}"
    tenant: northwind.onmicrosoft.com
    client_id: 00001111-aaaa-2222-bbbb-3333cccc4444
    client_secret: "${GRAPH_SECRET}"
    user: mira@northwind.test
    every: 15 minutes
    allow_private: [127.0.0.0/8]
"""


def rule(name: str, select: str, measure: str = "count", where: str = "{state: done}") -> str:
    """Write one mapping."""
    lines = [f"  - key_result: ship/{name}", "    owner: mira@northwind.test", "    from: m365"]
    lines += [f"    select: {select}", f"    measure: {measure}"]
    return "\n".join([*lines, *([f"    where: [{where}]"] if where else [])])


class MicrosoftHouse:
    """The hub's store with one simulated tenant; every call takes the house's clock."""

    def __init__(self, folder: Path, store: Store, clock: Clock, graph: MicrosoftSandbox, url: str) -> None:
        self.folder, self.store, self.clock, self.graph = folder, store, clock, graph
        self.planner, self.office = graph.planner, graph.office
        self.naps: list[float] = []
        self.environ = {"GRAPH_URL": url, "GRAPH_SECRET": graph.login.client_secret}
        self.vault = Vault(folder / "vault.key")
        self.mira = self.planner.add_user("mira@northwind.test", "Mira Okafor")
        self.team = self.planner.add_team("Marketing")

    def apply(self, **selects: str) -> None:
        """Write and apply a workspace with a key result on each selection: how many are done."""
        (self.folder / "okrs").mkdir(exist_ok=True)
        (self.folder / "mappings").mkdir(exist_ok=True)
        goals = "".join(f"      - {{key_result: {n}, title: Done in {n}, kind: reach, target: 10}}\n" for n in selects)
        rules = [
            rule(name, select.partition("|")[0], *([select.partition("|")[2], ""] if "|" in select else []))
            for name, select in selects.items()
        ]
        (self.folder / "hub.yaml").write_text(HUB)
        (self.folder / "okrs" / "all.yaml").write_text(OKRS + goals)
        (self.folder / "mappings" / "all.yaml").write_text("\n".join(["mappings:", *rules, ""]))
        reading = read_workspace(self.folder)
        assert reading.declaration is not None, [str(one) for one in reading.problems]
        apply(self.store, reading.declaration, now=self.clock(), who="a test", environ=self.environ)

    def opener(
        self,
        kind: str,
        settings: Mapping[str, str],
        *,
        allow_private: Sequence[str] = (),
        counter: Counter | None = None,
        bearer: Bearer | None = None,
    ) -> Connector:
        """Open a connector as the registry does, on a wire that notes its waits instead of keeping them."""
        wire = open_wire(
            hosts=load(kind).describe().hosts,
            base_url=settings["base_url"],
            allow_private=allow_private,
            counter=counter,
            secrets=secrets_of(kind, settings),
            sleep=self.naps.append,
            now=lambda: self.clock().timestamp(),
            bearer=bearer,
        )
        return load(kind)(settings, wire)

    def sync(self, *, minutes: int = 15, due: bool = True, **more: Any) -> Synced:
        """Let time pass and read the tenant as a worker does; `due` makes its time come first."""
        self.clock.pass_(minutes=minutes if due else 0)
        if due:
            with self.store.write() as tx:
                connections.make_due(tx, self.connection.id, self.clock())
        wanted: dict[str, Any] = {"now": self.clock, "opener": self.opener, "vault": self.vault, **more}
        return sync(self.store, self.connection.id, owner="reader", environ=self.environ, **wanted)

    @property
    def connection(self) -> ConnectionRow:
        with self.store.read() as tx:
            found = connections.connection_by_slug(tx, "m365")
        assert found is not None
        return found

    def selections(self) -> list[Selection]:
        with self.store.read() as tx:
            return selected.selections_in_use(tx, self.connection.id)

    def held(self) -> dict[str, dict[str, WorkItem]]:
        """Return what the hub holds: the items of each selection, by its scope."""
        found = {}
        for selection in self.selections():
            with self.store.read() as tx:
                held = {item.key: item for item in work.selection_items(tx, selection.id)}
            found[selection.scope.key if selection.scope else selection.problem] = held
        return found

    def reach(self, name: str) -> tuple[str, ...]:
        """Return what the page says of reaching the target."""
        page = show_key_result(self.store, f"ship/{name}", self.clock(), Viewer("mira@northwind.test", Role.ADMIN))
        assert page is not None
        assert page.why is not None
        return tuple(f"{one.label} {one.value}" for one in page.why.reach)

    def past(self, name: str) -> list[Any]:
        """Return what was worked out for the days before the first read."""
        with self.store.read() as tx:
            one = key_results.key_result_by_key(tx, f"ship/{name}")
            assert one is not None
            return [held for held in measurements_of(tx, one.id) if held.origin is Origin.RECONSTRUCTED]

    def value(self, name: str) -> str:
        """Return the value as text, with the freshness that stands beside it: "3 fresh"."""
        with self.store.read() as tx:
            found = key_results.key_result_by_key(tx, f"ship/{name}")
        assert found is not None
        return f"{found.standing.value} {found.standing.freshness}"


@contextmanager
def open_microsoft_house(folder: Path, store: Store) -> Iterator[MicrosoftHouse]:
    """Open a house with nothing applied yet."""
    clock = Clock()
    graph = MicrosoftSandbox(now=clock, client_secret=canary("graph"))
    with serve(graph) as server:
        yield MicrosoftHouse(folder, store, clock, graph, server.url)
    graph.close()
