"""Asana's webhooks through the hub: registered, shaken hands with in flight, rung, told why, and removed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from werkzeug.wrappers import Request, Response

from connectors.sandbox.server import serve
from connectors.shapes import Delivery
from hub.flows.receive import receive
from hub.flows.subscribe import Subscribed, subscribe
from hub.store import Store, subscriptions, touched
from hub.vault import Vault
from tests.flows.asana_house import AsanaHouse, open_asana_house


class Door:
    """The hub's address for tools, on loopback, and the worker who looks after its webhooks."""

    def __init__(self, house: AsanaHouse) -> None:
        self.house = house
        self.vault = Vault(house.folder / "vault.key")
        self.url = ""

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        request = Request(environ)
        _, _, slug, token = request.path.split("/")
        headers = {name.lower(): text for name, text in request.headers.items()}
        given = Delivery(request.method, request.url, headers, {}, request.get_data(), self.house.clock())
        answer = receive(
            self.house.store,
            slug,
            given,
            environ=self.house.environ,
            opener=self.house.opener,
            vault=self.vault,
            token=token,
        )
        return Response(answer.body, answer.status, dict(answer.headers or {}))(environ, start_response)

    def look(self) -> Subscribed:
        return subscribe(
            self.house.store,
            self.house.connection_id,
            owner="looker",
            now=self.house.clock,
            environ=self.house.environ,
            vault=self.vault,
            public_url=self.url,
            opener=self.house.opener,
        )

    def touched(self) -> set[str]:
        with self.house.store.read() as tx:
            return set(touched.touched_keys(tx, self.house.connection_id))


@contextmanager
def _opened(house: AsanaHouse) -> Iterator[Door]:
    door = Door(house)
    with serve(door) as server:
        door.url = server.url
        yield door


@pytest.fixture
def house(tmp_path: Path, store: Store) -> Iterator[AsanaHouse]:
    with open_asana_house(tmp_path, store) as made:
        yield made


def test_one_webhook_for_each_project_is_agreed_to_in_flight_and_its_deliveries_ring(house: AsanaHouse) -> None:
    gid = house.asana.create(house.project, name="Task")
    house.apply(
        {"all": "{project: Launch}", "doing": "{project: Launch, section: Doing}", "web": "{project: Web shop}"}
    )
    house.sync()
    with _opened(house) as door:
        done = door.look()
        assert (done.state, done.made, done.live, done.problem) == ("done", 2, 2, "")
        hooks = house.asana.postman.hooks
        assert {hook.resource for hook in hooks.values()} == {house.project, house.other}
        house.asana.add_to_project(gid, house.project, house.asana.projects[house.project].sections[1])
        house.asana.postman.heartbeat()
        assert house.asana.drain()
        assert {status for sent in house.asana.deliveries for status in sent.statuses} == {204}
        assert door.touched() == {gid}
        assert (house.sync(due=False).state, house.value("doing")) == ("done", "1 fresh")
        with house.store.read() as tx:
            kept = subscriptions.subscriptions_of(tx, house.connection_id, ["live"])
        secrets = {hook.secret for hook in hooks.values()}
        assert len(secrets) == 2
        assert not secrets & {one.secret for one in kept}, "secrets are sealed"


def test_nobody_re_keys_a_live_webhook_by_shaking_hands_again(house: AsanaHouse) -> None:
    house.apply({"all": "{project: Launch}"})
    house.sync()
    with _opened(house) as door:
        door.look()
        (hook,) = house.asana.postman.hooks.values()
        mine = "f" * 64
        told = house.asana.postman
        stolen = type(hook)(hook.gid, hook.resource, hook.target, (), hook.created, secret=mine)
        with pytest.raises(Exception, match="handshake"):
            told.shake_hands(stolen)
        house.asana.create(house.project, name="Task")
        assert house.asana.drain()
        assert {status for sent in house.asana.deliveries for status in sent.statuses} == {204}


def test_a_webhook_that_asana_deleted_is_registered_anew(house: AsanaHouse) -> None:
    house.apply({"all": "{project: Launch}"})
    house.sync()
    with _opened(house) as door:
        door.look()
        (old,) = house.asana.postman.hooks
        del house.asana.postman.hooks[old]
        for _ in range(40):  # it is looked after now and then, and not every minute
            house.clock.pass_(hours=6)
            door.look()
            if house.asana.postman.hooks:
                break
        assert len(house.asana.postman.hooks) == 1
        assert old not in house.asana.postman.hooks
