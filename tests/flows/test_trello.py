"""Trello through the whole hub: a rule over a board, what a sync costs, and what happens when a board is lost."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from connectors.sandbox.server import serve
from connectors.sandbox.trello import TrelloSandbox
from connectors.shapes import Absence, Delivery, seen_by
from connectors.trello import Trello
from hub.flows.receive import Answer, receive
from hub.flows.subscribe import Subscribed, subscribe
from hub.flows.sync import Synced, sync
from hub.store import connections, selected, work
from hub.store.connections import ConnectionRow
from hub.store.selected import Selection
from hub.vault import Vault
from tests.canaries import canary
from tests.connectors.trello.world import PICKERS, World
from tests.flows.house import HUB, House

URL = "https://hub.test/hooks/trello-main"
TRELLO = """\
connections:
  trello-main:
    kind: trello
    base_url: "${TRELLO_URL}"
    api_key: "${TRELLO_KEY}"
    token: "${TRELLO_TOKEN}"
    webhook_secret: "${TRELLO_SECRET}"
    every: 15 minutes
    allow_private: [127.0.0.0/8]
"""
LIVE = "{key_result: live, title: Ten cards live, kind: reach, target: 10, owner: mira@northwind.test}"
EFFORT = "{key_result: effort, title: Effort, kind: reach, target: 100, owner: mira@northwind.test}"
ELSEWHERE = "{key_result: elsewhere, title: Cards elsewhere, kind: reach, target: 10, owner: mira@northwind.test}"
RULES = (
    """\
  - key_result: ship/live
    owner: mira@northwind.test
    from: trello-main
    select: {board: Roadmap}
    where: [{state: done}]
    measure: count
""",
    """\
  - key_result: ship/effort
    owner: mira@northwind.test
    from: trello-main
    select: {board: Roadmap, archived: "yes"}
    where: [{fields: {due_complete: true}}, {fields: {list: Done}}]
    measure: {sum: {field: Effort}}
""",
    """\
  - key_result: ship/elsewhere
    owner: mira@northwind.test
    from: trello-main
    select: {board: Elsewhere, list: To Do}
    measure: count
""",
)


@dataclass
class Office:
    """A hub with a Trello of two boards."""

    house: House
    desk: TrelloSandbox
    board: str
    other: str
    hooks: list[bytes] = field(default_factory=list)

    @property
    def connection(self) -> ConnectionRow:
        with self.house.store.read() as tx:
            found = connections.connection_by_slug(tx, "trello-main")
        assert found is not None
        return found

    def sync(self, *, due: bool = True) -> Synced:
        if due:
            with self.house.store.write() as tx:
                connections.make_due(tx, self.connection.id, self.house.clock())
        return sync(
            self.house.store,
            self.connection.id,
            owner="reader",
            environ=self.house.environ,
            now=self.house.clock,
            opener=self.house.opener,
        )

    def list(self, name: str, board: str = "") -> str:
        return self.desk.list_of(board or self.board, name)

    def held(self) -> dict[str, set[str]]:
        """Return the titles that each selection holds, by its query."""
        with self.house.store.read() as tx:
            return {
                one.scope.name: {item.title for item in work.selection_items(tx, one.id)}
                for one in selected.selections_in_use(tx, self.connection.id)
                if one.scope is not None
            }

    def selections(self) -> list[Selection]:
        with self.house.store.read() as tx:
            return selected.selections_in_use(tx, self.connection.id)

    def agrees(self) -> None:
        """Hold what is stored against a read of everything by a connector of its own."""
        settings = {name: value for name, value in self.connection.settings.items() if "$" not in value}
        settings |= {"base_url": self.house.environ["TRELLO_URL"]}
        settings |= {"api_key": self.desk.api_key, "token": self.desk.token}
        trello = self.house.opener("trello", settings, allow_private=("127.0.0.0/8",))
        assert isinstance(trello, Trello)
        for selection in self.selections():
            assert selection.scope is not None
            assert selection.problem == ""
            with self.house.store.read() as tx:
                stored = {item.key: item for item in work.selection_items(tx, selection.id)}
            pages = trello.fetch(selection.scope)
            read = {item.key: seen_by(item, selection.scope.fields) for page in pages for item in page.items}
            assert stored == read, selection.scope.name

    def deliver(self, sent: object, *, url: str = URL) -> Answer:
        """Hand the hub a delivery as Trello sent it."""
        body, headers = sent.body, {name.lower(): value for name, value in sent.headers.items()}  # type: ignore[attr-defined]
        delivery = Delivery("POST", url, headers, {}, body, self.house.clock())
        return receive(self.house.store, "trello-main", delivery, environ=self.house.environ, opener=self.house.opener)


@pytest.fixture
def office(house: House) -> Iterator[Office]:
    desk = TrelloSandbox(now=house.clock, token=canary("trello"), send=lambda *_: 200)
    desk.post.is_held = True
    board, other = desk.add_board("Roadmap"), desk.add_board("Elsewhere")
    desk.add_field(board, "Effort", "number")
    with serve(desk) as server:
        house.environ |= {
            "TRELLO_URL": server.url,
            "TRELLO_KEY": desk.api_key,
            "TRELLO_TOKEN": desk.token,
            "TRELLO_SECRET": desk.post.secret,
        }
        house.apply(rules=RULES, key_results=(LIVE, EFFORT, ELSEWHERE), hub=HUB.replace("connections:\n", TRELLO))
        yield Office(house, desk, board, other)
    desk.close()


def test_a_board_moves_key_results_and_an_unchanged_one_costs_one_request(office: Office) -> None:
    effort = next(iter(office.desk.fields))
    for number in range(60):
        card = office.desk.create(office.list("Done" if number < 4 else "To Do"), f"card {number}")
        office.desk.set_value(card, effort, {"value": {"number": "2.5"}})
        if number < 3:
            office.desk.edit(card, due_complete=True)
    office.house.clock.pass_(hours=1)
    first = office.sync()
    assert first.state == "done", first.problem
    assert office.house.value("live") == "4 fresh"
    assert office.house.value("effort") == "7.5 fresh"
    again = office.sync()
    assert (again.requests, again.items) == (2, 0)  # two boards, one request each
    done = office.desk.create(office.list("Done"), "one more")
    changed = office.sync()
    assert (changed.requests, changed.items) == (3, 1)
    assert office.house.value("live") == "5 fresh"
    office.desk.delete(done)
    assert office.sync().requests == 3
    assert office.house.value("live") == "4 fresh"


def test_a_board_out_of_sight_holds_its_own_key_result_alone(office: Office) -> None:
    office.desk.create(office.list("To Do", office.other), "there")
    office.desk.create(office.list("Done"), "here")
    office.sync()
    assert office.house.value("elsewhere") == "1 fresh"
    office.desk.boards[office.other].hidden = True
    office.desk.create(office.list("Done"), "here too")
    lost = office.sync()
    assert lost.state == "done"
    assert office.house.value("live") == "2 fresh"
    assert office.house.value("elsewhere") == "1 broken"
    (problem,) = {one.problem for one in office.selections() if one.problem}
    assert "may not see the board any more" in problem
    office.desk.boards[office.other].hidden = False
    office.desk.create(office.list("To Do", office.other), "there too")
    office.sync()
    assert office.house.value("elsewhere") == "2 fresh"


def test_a_signed_webhook_rings_for_its_card_and_a_forged_one_for_nothing(office: Office) -> None:
    card = office.desk.create(office.list("To Do"), "a card")
    office.sync()
    office.desk.writes.subscribe({"callbackURL": URL, "idModel": office.board}, b"")
    office.desk.move(card, office.list("Done"))
    (sent,) = office.desk.post.deliveries
    assert office.deliver(sent, url="https://hub.test/hooks/trello-main?x=1").status == 401
    assert office.deliver(sent).status == 204
    touched = office.sync(due=False)
    assert touched.requests == 2  # the card; what its board defines and when it was done
    assert office.house.value("live") == "1 fresh"
    assert office.deliver(sent).ring is None  # told once


def test_a_renamed_list_rings_for_a_read_of_the_boards(office: Office) -> None:
    office.desk.create(office.list("Doing"), "a card")
    office.sync()
    office.desk.writes.subscribe({"callbackURL": URL, "idModel": office.board}, b"")
    office.desk.edit_list(office.list("Done"), name="Old")
    office.desk.edit_list(office.list("Doing"), name="Done")
    assert [office.deliver(sent).status for sent in office.desk.post.deliveries] == [204, 204]
    office.sync(due=False)
    assert office.house.value("live") == "1 fresh"


def test_the_hub_registers_a_webhook_for_each_board_and_is_rung_there(office: Office, tmp_path: Path) -> None:
    vault = Vault(tmp_path / "vault.key")
    statuses: list[tuple[str, int]] = []

    def ring(method: str, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        """Stand for the net between Trello and the hub."""
        sent = {name.lower(): value for name, value in headers.items()}
        answer = receive(
            office.house.store,
            "trello-main",
            Delivery(method, url, sent, {}, body, office.house.clock()),
            environ=office.house.environ,
            opener=office.house.opener,
            vault=vault,
            token=url.rpartition("/")[2],
        )
        statuses.append((method, answer.status))
        return answer.status

    office.desk.post.send = ring
    card = office.desk.create(office.list("To Do"), "a card")
    office.sync()

    def look_after() -> Subscribed:
        return subscribe(
            office.house.store,
            office.connection.id,
            owner="listener",
            now=office.house.clock,
            environ=office.house.environ,
            vault=vault,
            public_url="https://hub.test",
            opener=office.house.opener,
        )

    made = look_after()
    assert (made.state, made.made, made.problem) == ("done", 2, "")
    assert statuses == [("HEAD", 200), ("HEAD", 200)]
    office.desk.move(card, office.list("Done"))
    (sent,) = office.desk.post.deliveries
    assert ring("POST", sent.hook.url, sent.body, sent.headers) == 204
    assert ring("POST", sent.hook.url, sent.body + b" ", sent.headers) == 401
    office.sync(due=False)
    assert office.house.value("live") == "1 fresh"
    next(iter(office.desk.post.hooks.values())).active = False  # its deliveries failed for thirty days
    office.house.clock.pass_(days=2)
    again = look_after()
    assert (again.state, again.made, again.live, len(office.desk.post.hooks)) == ("done", 1, 2, 2)


def test_why_a_card_is_gone_is_kept(office: Office) -> None:
    secret = office.desk.add_board("Secret")
    deleted, hidden, moved = (office.desk.create(office.list("Done"), name) for name in ("d", "h", "m"))
    office.sync()
    office.desk.delete(deleted)
    office.desk.boards[secret].hidden = True
    office.desk.move(hidden, office.list("To Do", secret))
    office.desk.edit(moved, closed=True)
    office.sync()
    with office.house.store.read() as tx:
        why = work.absences(tx, office.connection.id, [deleted, hidden, moved])
    assert why == {deleted: Absence.DELETED, hidden: Absence.HIDDEN}
    assert office.held()["Roadmap"] == set()


def test_no_secret_of_trello_is_in_an_address_or_a_row(office: Office) -> None:
    office.sync()
    assert not [one for one in office.desk.requests if office.desk.token in one.path]
    with office.house.store.read() as tx:
        row = connections.connection_by_slug(tx, "trello-main")
    assert row is not None
    assert office.desk.token not in json.dumps(dict(row.settings)) + (row.cursor or "")


def test_after_any_history_one_sync_later_the_hub_holds_what_trello_holds(office: Office) -> None:
    """Webhooks are dropped, doubled and shuffled, and a board is lost for a while: what is stored ends up equal."""
    world = World(office.desk, random.Random(4))
    office.desk.delete_field(next(iter(office.desk.fields)))  # the world brings its own of that name
    world.furnish()
    rules = [_rule(f"kr-{at}", picker) for at, picker in enumerate(PICKERS)]
    key_results = [f"{{key_result: kr-{at}, title: KR {at}, kind: reach, target: 9}}" for at in range(len(PICKERS))]
    office.house.apply(rules=rules, key_results=key_results, hub=HUB.replace("connections:\n", TRELLO))
    for board in world.boards:
        office.desk.writes.subscribe({"callbackURL": URL, "idModel": board}, b"")
    assert office.sync().state == "done"
    web = office.desk.boards[world.boards[1]]
    for _ in range(4):
        web.hidden = world.dice.random() < 0.3
        office.desk.post.deliveries.clear()
        for _ in range(6):
            world.touch()
            office.house.clock.pass_(seconds=world.dice.choice([0, 1, 40]))
        came = [sent for sent in office.desk.post.deliveries if world.dice.random() < 0.6]
        for sent in world.dice.sample(came * 2, k=len(came)):
            assert office.deliver(sent).status == 204
        office.sync(due=False)
        office.house.clock.pass_(minutes=15)
        ended = office.sync()
        assert ended.state == "done", ended.problem
        if not web.hidden:
            office.agrees()


def _rule(name: str, picker: Mapping[str, str]) -> str:
    picks = ", ".join(f'{word}: "{value}"' for word, value in picker.items())
    return f"""\
  - key_result: ship/{name}
    owner: mira@northwind.test
    from: trello-main
    select: {{{picks}}}
    measure: {{sum: {{field: Effort}}}}
"""
