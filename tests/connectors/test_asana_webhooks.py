"""Webhooks of Asana: the handshake, signatures, and what rings."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.wrappers import Request, Response

from connectors.asana import hooks
from connectors.errors import Forged, Gone, Misconfigured
from connectors.sandbox.server import serve
from connectors.shapes import Delivery, Greeting, Subscription
from tests.connectors.asana_office import Office, open_office

OURS = Path(__file__).parents[1] / "fixtures/asana/webhooks"
THEIRS = Path(__file__).parents[3] / "shared/fixtures/asana/webhooks"
TASK = ("1201000000000010",)


@pytest.fixture
def office() -> Iterator[Office]:
    with open_office() as made:
        yield made


def _delivery(body: bytes, headers: Mapping[str, str] | None = None) -> Delivery:
    at = datetime(2026, 11, 2, 9, tzinfo=UTC)
    return Delivery("POST", "https://hub.test/hooks/x", headers or {}, {}, body, at)


class Hub:
    """An address on loopback that takes webhooks as the hub does. While it is `deaf` it answers 500."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.secret = ""
        self.deaf = False
        self.events: list[tuple[str, ...]] = []
        self.beats = 0

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        request = Request(environ)
        headers = {name.lower(): value for name, value in request.headers.items()}
        return self._answer(_delivery(request.get_data(), headers))(environ, start_response)

    def _answer(self, delivery: Delivery) -> Response:
        if self.deaf:
            return Response("", 500)
        greeting = self.office.connector.greet(delivery)
        if greeting is not None:
            assert not self.secret
            self.secret = greeting.secret or ""
            return Response("", greeting.status, dict(greeting.headers))
        self.office.connector.verify(delivery, self.secret)
        events = self.office.connector.parse(delivery)
        self.beats += not events
        self.events += [event.item_keys for event in events]
        return Response("", 204)


def test_the_handshake_comes_while_we_ask_and_what_moves_then_rings(office: Office) -> None:
    (gid,) = office.fill(1)
    hub = Hub(office)
    with serve(hub) as server:
        (wanted,) = office.connector.wants([office.scope()])
        made = office.connector.subscribe(wanted, f"{server.url}/hooks/1", "ours")
        assert (made.secret, made.scope_key, made.expires_at) == (hub.secret, wanted.key, None)
        office.asana.complete(gid)
        office.asana.postman.heartbeat()
        assert office.asana.drain()
        assert (hub.events, hub.beats) == ([(gid,)], 1)
        assert [sent.statuses for sent in office.asana.deliveries] == [[204], [204]]
        assert office.connector.renew(made) == made
        office.connector.unsubscribe(made)
        office.connector.unsubscribe(made)
        with pytest.raises(Gone):
            office.connector.renew(made)


def test_a_webhook_that_could_not_be_delivered_for_a_day_is_gone(office: Office) -> None:
    hub = Hub(office)
    with serve(hub) as server:
        made = office.connector.subscribe(office.connector.wants([office.scope()])[0], f"{server.url}/hooks/1", "")
        hub.deaf = True
        office.asana.postman.heartbeat()
        assert office.asana.drain()
        office.clock.pass_(hours=23)
        assert office.connector.renew(made) == made
        office.clock.pass_(hours=2)
        with pytest.raises(Gone):
            office.connector.renew(made)


def test_a_target_that_does_not_agree_is_misconfigured_and_nothing_is_registered(office: Office) -> None:
    hub = Hub(office)
    hub.deaf = True
    with serve(hub) as server, pytest.raises(Misconfigured, match="handshake"):
        office.connector.subscribe(office.connector.wants([office.scope()])[0], f"{server.url}/hooks/1", "")
    assert office.asana.postman.hooks == {}


def test_one_webhook_serves_all_that_stands_on_a_project_and_tags_have_none(office: Office) -> None:
    office.asana.add_tag("okr")
    office.asana.add_goal("Revenue", metric={})
    scopes = [
        office.scope(), office.scope(project="Launch", section="Doing"), office.scope(project="Launch", subtasks="yes"),
        office.scope(project="Web shop", section="Open"), office.scope(tag="okr"), office.scope(goal="Revenue"),
    ]  # fmt: skip
    wanted = office.connector.wants(scopes)
    assert {scope.key for scope in wanted} == {f"project:{office.project}", f"project:{office.other}", scopes[-1].key}
    assert wanted == office.connector.wants(scopes[::-1])


def test_only_a_secret_that_looks_like_one_is_greeted() -> None:
    secret = "a1" * 32
    assert hooks.greet(_delivery(b"{}", {"x-hook-secret": secret})) == Greeting(
        200, {"X-Hook-Secret": secret}, secret=secret
    )
    for other in ("", "short", "x" * 300, "a1" * 16 + "\r\nSet-Cookie: a=b", "a1" * 16 + "<script>"):
        assert hooks.greet(_delivery(b"{}", {"x-hook-secret": other})) is None


def test_a_signature_holds_over_the_raw_body_alone() -> None:
    body, secret = b'{"events": []}', "s" * 64
    mac = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    hooks.verify(_delivery(body, {"x-hook-signature": mac}), secret)
    for headers, sent, known in (
        ({"x-hook-signature": mac}, b'{"events":[]}', secret),
        ({"x-hook-signature": mac}, body, "t" * 64),
        ({"x-hook-signature": f"sha256={mac}"}, body, secret),
        ({"x-hook-signature": mac}, body, ""),
        ({}, body, secret),
    ):
        with pytest.raises(Forged):
            hooks.verify(_delivery(sent, headers), known)


RINGS: dict[str, list[tuple[str, ...]]] = {
    "heartbeat": [],
    "task_completed": [("1201000000000042",)],
    "task_moved_to_a_section": [TASK, TASK],
    "task_deleted": [("1201000000000043",)],
    "task_restored_by_a_rule": [TASK],
    "milestone_added": [("1201000000000011",)],
    "comment_added": [],
    "section_renamed": [()],
    "goal_changed": [("goal:1201000000000020",)],
    "custom_field_value_changed": [TASK],
}


def test_every_fixture_is_tried() -> None:
    assert {path.stem for path in OURS.glob("*.json")} == set(RINGS)


@pytest.mark.parametrize("name", sorted(RINGS))
def test_what_moved_rings_and_the_rest_does_not(name: str) -> None:
    body = (OURS / f"{name}.json").read_bytes()
    events = hooks.parse(_delivery(body))
    assert [event.item_keys for event in events] == RINGS[name]
    assert hooks.parse(_delivery(json.dumps(json.loads(body), indent=7).encode())) == events  # a retry is the same
    assert len({event.key for event in events}) == len(events)


@pytest.mark.parametrize("kind", sorted(hooks.IGNORED))
def test_an_ignored_kind_rings_for_nothing(kind: str) -> None:
    event = {"action": "changed", "resource": {"gid": "1", "resource_type": kind}}
    assert hooks.parse(_delivery(json.dumps({"events": [event]}).encode())) == ()


def test_no_kind_is_both_supported_and_ignored() -> None:
    assert not hooks.SUPPORTED & hooks.IGNORED


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"\xff", b"null", b"[]", b'{"events": {}}', b'{"events": [3]}', b"[" * 100_000,
        b'{"events": [{"action": "changed", "resource": {"gid": "../me", "resource_type": "task"}}]}',
        b'{"events": [{"action": "changed", "resource": null}]}',
        b'{"events": [{"action": 1, "resource": {"gid": "1", "resource_type": "task"}}]}',
    ],
)  # fmt: skip
def test_a_body_that_cannot_be_read_gives_no_event_and_no_error(body: bytes) -> None:
    assert hooks.parse(_delivery(body)) == ()


@given(body=st.binary(max_size=200), headers=st.dictionaries(st.text(max_size=20), st.text(max_size=20), max_size=3))
def test_no_delivery_whatsoever_is_an_error(body: bytes, headers: dict[str, str]) -> None:
    assert hooks.greet(_delivery(body, headers)) is None
    assert hooks.parse(_delivery(body, headers)) == ()


@pytest.mark.skipif(not THEIRS.is_dir(), reason="no real payloads beside the project")
def test_every_real_delivery_is_events_or_a_heartbeat() -> None:
    read = {path.stem: json.loads(path.read_text()) for path in THEIRS.glob("*.json")}
    deliveries = {name: body for name, body in read.items() if "events" in body}
    assert deliveries
    for body in deliveries.values():
        events = hooks.parse(_delivery(json.dumps(body).encode()))
        assert [event.item_keys for event in events] == [(one["resource"]["gid"],) for one in body["events"]]
    shaken = read["handshake_and_create_response"]
    headers = {name.lower(): value for name, value in shaken["handshake_request_headers"].items()}
    greeting = hooks.greet(_delivery(b"", headers))
    assert greeting is not None
    assert greeting.secret == shaken["create_response_201"]["X-Hook-Secret"]


def test_a_renewed_subscription_that_asana_stopped_is_gone(office: Office) -> None:
    with serve(Hub(office)) as server:
        made = office.connector.subscribe(office.connector.wants([office.scope()])[0], f"{server.url}/h", "")
        office.asana.postman.hooks[made.key].active = False
        with pytest.raises(Gone):
            office.connector.renew(Subscription(made.key, made.scope_key))
