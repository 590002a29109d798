"""Change notifications of Graph: handshakes, whose they are, what they say, and the subscriptions behind them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from werkzeug.wrappers import Request, Response

from connectors.errors import Forged, Gone, Misconfigured
from connectors.microsoft import Microsoft
from connectors.sandbox.server import serve
from connectors.shapes import Delivery, Subscription
from connectors.wire import open_wire
from tests.connectors.microsoft_tenant import Tenant, open_tenant

FIXTURES = json.loads((Path(__file__).parents[1] / "fixtures/microsoft/notifications.json").read_text())
SECRET = "a-secret-of-our-own"
AT = datetime(2026, 11, 20, 9, tzinfo=UTC)


@pytest.fixture
def microsoft() -> Microsoft:
    return Microsoft({"tenant": "a.test", "client_id": "1"}, open_wire(hosts=()))


def delivery(
    body: Any = b"", *, query: dict[str, str] | None = None, at: datetime = AT, method: str = "POST"
) -> Delivery:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Delivery(method, "https://hub.test/hooks/m365", {}, query or {}, raw, at)


def test_a_validation_token_is_given_back_as_plain_text_that_no_browser_takes_for_a_page(microsoft: Microsoft) -> None:
    token = 'Validation: <script>alert("1")</script> & more'
    greeting = microsoft.greet(delivery(query={"validationToken": token}))
    assert greeting is not None
    assert (greeting.status, greeting.body) == (200, token)
    assert greeting.headers == {"Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff"}


@pytest.mark.parametrize("token", ["", "a" * 1001, "a\r\nSet-Cookie: b=c"])
def test_a_validation_token_that_is_none_is_not_given_back(microsoft: Microsoft, token: str) -> None:
    greeting = microsoft.greet(delivery(query={"validationToken": token}))
    assert greeting is not None and greeting.status == 400
    assert not token or token not in greeting.body


def test_a_notification_is_no_handshake(microsoft: Microsoft) -> None:
    assert microsoft.greet(delivery({"value": []})) is None
    assert microsoft.greet(delivery(query={"validationToken": "x"}, method="GET")) is None


@pytest.mark.parametrize("name", sorted(FIXTURES))
def test_a_notification_says_what_moved(microsoft: Microsoft, name: str) -> None:
    given = delivery(FIXTURES[name]["body"])
    microsoft.verify(given, SECRET)
    events = microsoft.parse(given)
    assert [[event.kind, list(event.item_keys)] for event in events] == FIXTURES[name]["events"]
    assert len({event.key for event in events}) == len(events)
    assert microsoft.parse(given) == events


def test_two_changes_of_one_task_are_two_events_and_a_repeat_is_none(microsoft: Microsoft) -> None:
    body = FIXTURES["todo_updated"]["body"]
    other = json.loads(json.dumps(body))
    other["value"][0]["resourceData"]["@odata.etag"] = 'W/"another"'
    first, repeat, second = (
        microsoft.parse(delivery(one, at=at))[0]
        for one, at in ((body, AT), (body, AT + timedelta(hours=1)), (other, AT))
    )
    assert first == repeat
    assert first.key != second.key


def test_without_an_etag_what_comes_a_minute_later_rings_again(microsoft: Microsoft) -> None:
    body = FIXTURES["subscription_removed_and_missed"]["body"]
    now, later = (microsoft.parse(delivery(body, at=at)) for at in (AT, AT + timedelta(minutes=2)))
    assert {event.key for event in now}.isdisjoint(event.key for event in later)


@pytest.mark.parametrize("state", ["", "another-secret", None, 7, "a-secret-of-our-owN", "ä"])
def test_a_delivery_in_which_one_notification_has_another_state_is_forged(microsoft: Microsoft, state: object) -> None:
    body = json.loads(json.dumps(FIXTURES["todo_deleted_and_created_together"]["body"]))
    body["value"][1]["clientState"] = state
    with pytest.raises(Forged):
        microsoft.verify(delivery(body), SECRET)


@pytest.mark.parametrize(
    "body", [b"", b"{", b"null", b"[]", b'{"value":[]}', b'{"value":{}}', b'{"value":[null]}', b"\xff\xfe", b"[" * 5000]
)
def test_a_body_that_cannot_be_read_is_forged_and_says_nothing(microsoft: Microsoft, body: bytes) -> None:
    with pytest.raises(Forged):
        microsoft.verify(delivery(body), SECRET)
    assert microsoft.parse(delivery(body)) == ()


def test_no_secret_proves_nothing(microsoft: Microsoft) -> None:
    body = json.loads(json.dumps(FIXTURES["todo_updated"]["body"]).replace(SECRET, ""))
    with pytest.raises(Forged, match="no secret"):
        microsoft.verify(delivery(body), "")


class Door:
    """A hub's door: answers the handshake with the connector, and keeps what comes."""

    def __init__(self, microsoft: Microsoft) -> None:
        self.microsoft = microsoft
        self.came: list[Delivery] = []
        self.is_open = True

    def __call__(self, environ: Any, start_response: Any) -> Any:
        request = Request(environ)
        given = Delivery(
            request.method, request.url, {}, dict(request.args), request.get_data(), datetime(2026, 11, 2, tzinfo=UTC)
        )
        greeting = self.microsoft.greet(given)
        if greeting is not None and self.is_open:
            return Response(greeting.body, greeting.status, dict(greeting.headers))(environ, start_response)
        self.came.append(given)
        return Response("", 202 if self.is_open else 503)(environ, start_response)


@pytest.fixture
def tenant() -> Iterator[Tenant]:
    with open_tenant() as made:
        made.connector = made.connect(user=made.mira)
        made.errands = made.office.add_list(made.mira, "Errands")  # type: ignore[attr-defined]
        with serve(door := Door(made.connector)) as server:
            made.door, made.hook = door, f"{server.url}/hooks/m365/1"  # type: ignore[attr-defined]
            yield made


def subscribed(tenant: Tenant) -> Subscription:
    (wanted,) = tenant.connector.wants([tenant.scope(todo="Errands")])
    return tenant.connector.subscribe(wanted, tenant.hook, SECRET)  # type: ignore[attr-defined]


def test_lists_are_subscribed_to_once_each_and_planner_and_excel_not_at_all(tenant: Tenant) -> None:
    site = tenant.office.add_site("northwind.sharepoint.com", "sites/sales")
    metrics = tenant.office.add_site_list(site, "Metrics", {"Value": "Value", "Goal": "Goal"})
    tenant.office.set_site_item(metrics, 3, Value=1)
    book = tenant.office.add_workbook(tenant.office.drive_of(site), "OKR.xlsx")
    tenant.office.set_cell(book, "Q4", "B7", 1)
    address = "northwind.sharepoint.com/sites/sales"
    scopes = [
        tenant.scope(todo="Errands"),
        *(tenant.scope(site=address, list="Metrics", item="3", column=name) for name in ("Value", "Goal")),
        tenant.scope(site=address, file="OKR.xlsx", sheet="Q4", cell="B7"),
        tenant.scope(plan=tenant.planner.add_plan(tenant.team, "Launch")),
    ]
    wanted = tenant.connector.wants(scopes)
    assert len(wanted) == 2
    assert wanted == tenant.connector.wants(scopes[::-1])[: len(wanted)] or {w.key for w in wanted} == {
        w.key for w in tenant.connector.wants(scopes[::-1])
    }
    for number, one in enumerate(wanted):
        made = tenant.connector.subscribe(one, f"{tenant.hook}{number}", SECRET)  # type: ignore[attr-defined]
        assert made.scope_key == one.key and made.expires_at is not None
    assert {held.change_type for held in tenant.graph.subscriptions.held.values()} == {
        "updated",
        "created,updated,deleted",
    }


def test_a_change_rings_with_the_state_that_was_given(tenant: Tenant) -> None:
    subscribed(tenant)
    task = tenant.office.add_todo(tenant.errands, "New")  # type: ignore[attr-defined]
    assert tenant.graph.subscriptions.drain()
    (came,) = tenant.door.came  # type: ignore[attr-defined]
    tenant.connector.verify(came, SECRET)
    assert [event.item_keys for event in tenant.connector.parse(came)] == [(f"todo:{task}",)]


def test_a_try_that_was_interrupted_leaves_no_second_subscription(tenant: Tenant) -> None:
    first, second = subscribed(tenant), subscribed(tenant)
    assert first.key != second.key
    assert list(tenant.graph.subscriptions.held) == [second.key]


def test_a_subscription_is_put_off_as_far_as_graph_allows(tenant: Tenant) -> None:
    made = subscribed(tenant)
    begun = tenant.clock()
    assert made.expires_at is not None
    assert timedelta(minutes=4200) < made.expires_at - begun <= timedelta(minutes=4230)
    tenant.clock.pass_(days=2)
    renewed = tenant.connector.renew(made)
    assert (renewed.key, renewed.scope_key) == (made.key, made.scope_key)
    assert renewed.expires_at == made.expires_at + timedelta(days=2)


def test_a_subscription_that_lapsed_or_was_removed_is_gone(tenant: Tenant) -> None:
    made = subscribed(tenant)
    tenant.graph.subscriptions.tell_lifecycle(made.key, "subscriptionRemoved")
    with pytest.raises(Gone):
        tenant.connector.renew(made)
    again = subscribed(tenant)
    tenant.clock.pass_(days=4)
    with pytest.raises(Gone):
        tenant.connector.renew(again)
    tenant.connector.unsubscribe(again)  # what is gone already is no error


def test_an_address_that_does_not_shake_hands_is_not_subscribed(tenant: Tenant) -> None:
    tenant.door.is_open = False  # type: ignore[attr-defined]
    with pytest.raises(Misconfigured, match="validation request failed"):
        subscribed(tenant)
    assert not tenant.graph.subscriptions.held


def test_unsubscribing_takes_it_back(tenant: Tenant) -> None:
    made = subscribed(tenant)
    tenant.connector.unsubscribe(made)
    assert not tenant.graph.subscriptions.held
