"""A small hub that reads a simulated Trello, with a clock that the test turns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from connectors.contract import Connector
from connectors.registry import load, secrets_of
from connectors.sandbox.server import serve
from connectors.sandbox.trello import TrelloSandbox
from connectors.wire import Counter, open_wire
from hub.flows.explain import explain
from hub.flows.plan import apply
from hub.flows.sync import Synced, sync
from hub.store import Store, connections, key_results, measurements, touched
from hub.workspace import read_workspace
from mappings import Evaluation
from tests.flows.house import OKRS, Clock

HUB = """\
workspace: Trello house
time_zone: {zone}
public_url: https://hub.test
connections:
  trello-main:
    kind: trello
    base_url: "${{TRELLO_URL}}"
    api_key: "${{TRELLO_KEY}}"
    token: "${{TRELLO_TOKEN}}"
    allow_private: [127.0.0.0/8]
{settings}"""


class TrelloHouse:
    """The hub's store beside one simulated Trello with the boards Roadmap and Elsewhere."""

    def __init__(self, folder: Path, store: Store, clock: Clock, desk: TrelloSandbox, url: str) -> None:
        self.folder, self.store, self.clock, self.desk = folder, store, clock, desk
        self.environ = {"TRELLO_URL": url, "TRELLO_KEY": desk.api_key, "TRELLO_TOKEN": desk.token}
        self.naps: list[float] = []
        self.board = desk.add_board("Roadmap", "To Do", "Doing", "Done")
        self.other = desk.add_board("Elsewhere", "To Do", "Done")
        self.connection_id = 0

    def list(self, name: str, board: str = "") -> str:
        return self.desk.list_of(board or self.board, name)

    def rename(self, name: str, now: str) -> None:
        """Rename a list of the first board."""
        self.desk.edit_list(self.list(name), name=now)

    def apply(
        self,
        selects: Mapping[str, str],
        *,
        measure: str = "count",
        where: str = "",
        zone: str = "UTC",
        settings: str = "",
    ) -> None:
        """Make a key result of each name that stands on each selection."""
        for name in ("okrs", "mappings"):
            (self.folder / name).mkdir(exist_ok=True)
        results = [f"      - {{key_result: {name}, title: {name}, kind: reach, target: 10}}" for name in selects]
        rules = [
            f"  - {{key_result: ship/{name}, from: trello-main, select: {select}, measure: {measure}"
            + (f", where: [{where}]}}" if where else "}")
            for name, select in selects.items()
        ]
        (self.folder / "hub.yaml").write_text(
            HUB.format(zone=zone, settings=f"    {settings}\n" if settings else ""), encoding="utf-8"
        )
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
        """Read Trello as a worker does; `due` makes its time come first."""
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

    def touch(self, *cards: str) -> None:
        """Note that a webhook named these cards."""
        with self.store.write() as tx:
            touched.touch(tx, self.connection_id, list(cards), self.clock())

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

    def notes(self, name: str) -> tuple[str, ...]:
        """Return what the last reading of a key result says beside its value."""
        with self.store.read() as tx:
            found = key_results.key_result_by_key(tx, f"ship/{name}")
            assert found is not None
            last = measurements.last_reading(tx, found.id)
        assert last is not None
        return last.notes


@contextmanager
def open_trello_house(folder: Path, store: Store) -> Iterator[TrelloHouse]:
    clock = Clock()
    desk = TrelloSandbox(now=clock)
    with serve(desk) as server:
        yield TrelloHouse(folder, store, clock, desk, server.url)
    desk.close()
