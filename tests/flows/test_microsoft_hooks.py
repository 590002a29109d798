"""Change notifications through the hub: agreed to in flight, rung, renewed, and made anew when Graph says so."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from werkzeug.wrappers import Request, Response

from connectors.sandbox.server import serve
from connectors.shapes import Delivery
from hub.flows.receive import receive
from hub.flows.subscribe import Subscribed, subscribe
from hub.store import Store, touched
from tests.flows.microsoft_house import MicrosoftHouse, open_microsoft_house


class Door:
    """The hub's address for tools, on loopback, and the worker who looks after its webhooks."""

    def __init__(self, house: MicrosoftHouse) -> None:
        self.house = house
        self.url = ""

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        request = Request(environ)
        _, _, slug, token = request.path.split("/")
        headers = {name.lower(): text for name, text in request.headers.items()}
        given = Delivery(
            request.method, request.url, headers, dict(request.args), request.get_data(), self.house.clock()
        )
        answer = receive(
            self.house.store,
            slug,
            given,
            environ=self.house.environ,
            opener=self.house.opener,
            vault=self.house.vault,
            token=token,
        )
        return Response(answer.body, answer.status, dict(answer.headers or {}))(environ, start_response)

    def look(self) -> Subscribed:
        return subscribe(
            self.house.store,
            self.house.connection.id,
            owner="looker",
            now=self.house.clock,
            environ=self.house.environ,
            vault=self.house.vault,
            public_url=self.url,
            opener=self.house.opener,
        )

    def touched(self) -> set[str]:
        with self.house.store.read() as tx:
            return set(touched.touched_keys(tx, self.house.connection.id))


@pytest.fixture
def door(tmp_path: Path, store: Store) -> Iterator[Door]:
    """A hub with an address that reads a plan and a list of To Do."""
    with open_microsoft_house(tmp_path, store) as house:
        house.errands = house.office.add_list(house.mira, "Errands")  # type: ignore[attr-defined]
        plan = house.planner.add_plan(house.team, "Launch")
        house.apply(launch=f"{{plan: {plan}}}", errands="{todo: Errands}")
        house.sync()
        made = Door(house)
        with serve(made) as server:
            made.url = server.url
            yield made


def test_a_list_is_subscribed_to_in_flight_and_what_changes_in_it_is_read_at_once(door: Door) -> None:
    house = door.house
    done = door.look()
    assert (done.state, done.made, done.live, done.problem) == ("done", 1, 1, "")
    (held,) = house.graph.subscriptions.held.values()
    assert held.url == held.lifecycle_url != ""
    task = house.office.add_todo(house.errands, "Pay", status="completed")  # type: ignore[attr-defined]
    assert house.graph.subscriptions.drain()
    assert {status for sent in house.graph.subscriptions.deliveries for status in sent.statuses} == {204}
    assert door.touched() == {f"todo:{task}"}
    done_now = house.sync(due=False)
    assert (done_now.state, done_now.requests, house.value("errands")) == ("done", 1, "1 fresh")
    house.graph.subscriptions.redeliver(0)
    assert house.graph.subscriptions.drain()
    assert not door.touched(), "a repeat is known"


def test_a_notification_with_another_state_is_refused(door: Door) -> None:
    door.look()
    (held,) = door.house.graph.subscriptions.held.values()
    held.state = "guessed"
    door.house.office.add_todo(door.house.errands, "Pay")  # type: ignore[attr-defined]
    assert door.house.graph.subscriptions.drain()
    assert set(door.house.graph.subscriptions.deliveries[0].statuses) == {401}
    assert not door.touched()


def test_a_subscription_is_renewed_before_its_end_and_made_anew_when_it_was_removed(door: Door) -> None:
    house = door.house
    door.look()
    (held,) = house.graph.subscriptions.held.values()
    ends = held.until
    house.clock.pass_(days=2, hours=6)
    assert door.look().renewed == 1
    assert held.until > ends
    house.graph.subscriptions.tell_lifecycle(held.id, "reauthorizationRequired")
    assert house.graph.subscriptions.drain()
    assert door.look().renewed == 1
    house.graph.subscriptions.tell_lifecycle(held.id, "subscriptionRemoved")
    assert house.graph.subscriptions.drain()
    assert door.look().made == 1
    assert [one.id for one in house.graph.subscriptions.held.values()] != [held.id]
