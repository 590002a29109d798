"""A small hub that reads a simulated Asana, with a clock that the test turns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from connectors.contract import Connector
from connectors.registry import load, secrets_of
from connectors.sandbox.asana import AsanaSandbox
from connectors.sandbox.server import serve
from connectors.wire import Counter, open_wire
from hub.flows.explain import explain
from hub.flows.plan import apply
from hub.flows.sync import Synced, sync
from hub.store import Store, connections, key_results, measurements, selected, touched, work
from hub.workspace import read_workspace
from mappings import Evaluation
from tests.canaries import canary
from tests.flows.house import OKRS, Clock

TOKEN = canary("asana house")
HUB = """\
workspace: Asana house
time_zone: UTC
public_url: https://hub.test
connections:
  asana-main: {kind: asana, base_url: "${ASANA_URL}", token: "${ASANA_TOKEN}", allow_private: [127.0.0.0/8]}
"""


class AsanaHouse:
    """The hub's store beside one simulated Asana with the projects Launch and Web shop."""

    def __init__(self, folder: Path, store: Store, clock: Clock, asana: AsanaSandbox, url: str) -> None:
        self.folder, self.store, self.clock, self.asana = folder, store, clock, asana
        self.environ = {"ASANA_URL": url, "ASANA_TOKEN": TOKEN}
        self.naps: list[float] = []
        self.project = asana.add_project("Launch", sections=["To do", "Doing"])
        self.other = asana.add_project("Web shop", sections=["Open"])
        self.connection_id = 0

    def apply(self, selects: Mapping[str, str], *, measure: str = "count", where: str = "", zone: str = "UTC") -> None:
        """Make a key result of each name that stands on each selection."""
        for name in ("okrs", "mappings"):
            (self.folder / name).mkdir(exist_ok=True)
        results = [f"      - {{key_result: {name}, title: {name}, kind: reach, target: 10}}" for name in selects]
        rules = [
            f"  - {{key_result: ship/{name}, from: asana-main, select: {select}, measure: {measure}"
            + (f", where: [{where}]}}" if where else "}")
            for name, select in selects.items()
        ]
        (self.folder / "hub.yaml").write_text(HUB.replace("time_zone: UTC", f"time_zone: {zone}"))
        (self.folder / "okrs" / "all.yaml").write_text(OKRS + "\n".join([*results, ""]))
        (self.folder / "mappings" / "all.yaml").write_text("\n".join(["mappings:", *rules, ""]))
        reading = read_workspace(self.folder)
        assert reading.declaration is not None, [str(one) for one in reading.problems]
        self.connection_id = apply(
            self.store, reading.declaration, now=self.clock(), who="a test", environ=self.environ
        ).connections[0]

    def opener(
        self,
        kind: str,
        settings: Mapping[str, str],
        *,
        allow_private: Sequence[str] = (),
        counter: Counter | None = None,
    ) -> Connector:
        made = load(kind)
        wire = open_wire(
            hosts=made.describe().hosts,
            base_url=settings.get("base_url", ""),
            allow_private=allow_private,
            counter=counter,
            secrets=secrets_of(kind, settings),
            sleep=self.naps.append,
        )
        return made(settings, wire)

    def sync(self, *, due: bool = True) -> Synced:
        """Read Asana as a worker does; `due` makes its time come first."""
        if due:
            with self.store.write() as tx:
                connections.make_due(tx, self.connection_id, self.clock())
        return sync(
            self.store,
            self.connection_id,
            owner="reader",
            now=self.clock,
            environ=self.environ,
            opener=self.opener,
        )

    def touch(self, *gids: str) -> None:
        """Note that a webhook named these tasks."""
        with self.store.write() as tx:
            touched.touch(tx, self.connection_id, list(gids), self.clock())

    def value(self, name: str) -> str:
        """Return the value as text, with its freshness: "3 fresh"."""
        with self.store.read() as tx:
            found = key_results.key_result_by_key(tx, f"ship/{name}")
        assert found is not None
        return f"{found.standing.value} {found.standing.freshness}"

    def explain(self, name: str) -> Evaluation:
        """Work a value out anew, as `okrhub explain` does."""
        found = explain(self.store, f"ship/{name}", self.clock())
        assert found is not None
        assert found.evaluation is not None, found.unread
        return found.evaluation

    def moves(self, name: str) -> dict[str, str]:
        """Return what the last reading of a key result says of each item that moved."""
        with self.store.read() as tx:
            found = key_results.key_result_by_key(tx, f"ship/{name}")
            assert found is not None
            last = measurements.last_reading(tx, found.id)
        assert last is not None
        return {move.item_key: move.text for move in last.moves}

    def held(self) -> dict[str, set[str]]:
        """Return what the hub believes each selection holds: the selection's scope key -> gids."""
        with self.store.read() as tx:
            found = {}
            for one in selected.selections_in_use(tx, self.connection_id):
                assert one.scope is not None, one.problem
                found[one.scope.key] = set(work.members(tx, [one.id]))
            return found

    def items(self) -> dict[str, tuple[str, str]]:
        """Return title and state of every item that some selection holds."""
        with self.store.read() as tx:
            held = [one.id for one in selected.selections_in_use(tx, self.connection_id)]
            return {i.key: (i.title, i.state.value) for one in held for i in work.selection_items(tx, one)}


@contextmanager
def open_asana_house(folder: Path, store: Store) -> Iterator[AsanaHouse]:
    clock = Clock()
    asana = AsanaSandbox(now=clock, token=TOKEN)
    with serve(asana) as server:
        yield AsanaHouse(folder, store, clock, asana, server.url)
    asana.close()
