"""Webhooks coming in: believed when signed, noted once, and never able to make the hub fail or call out."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.shapes import Delivery
from hub.flows.receive import receive
from hub.store import connections, counts
from tests.flows.house import House


def counted(house: House) -> dict[str, int]:
    names = ("received", "accepted", "repeated", "forged", "unreadable")
    with house.store.read() as tx:
        return {name: n for name in names if (n := counts.counted(tx, f"webhooks.{name}").get("jira-main", 0))}


def body_of(house: House, key: str) -> bytes:
    return json.dumps(
        {"webhookEvent": "jira:issue_updated", "issue": {"id": str(house.jira.by_key[key].id), "key": key}}
    ).encode()


def test_a_signed_delivery_is_noted_and_rings(house: House) -> None:
    (key,) = house.stories(1)
    answer = house.ring(key)
    assert (answer.status, answer.body, answer.ring) == (204, "", house.connection.id)
    assert house.touched() == {str(house.jira.by_key[key].id): 1}
    assert counted(house) == {"received": 1, "accepted": 1}


def test_a_redelivered_webhook_changes_nothing(house: House) -> None:
    (key,) = house.stories(1)
    house.ring(key, identifier="one")
    house.sync()
    again = house.ring(key, identifier="one")
    assert (again.status, again.ring) == (204, None)
    assert house.touched() == {}
    assert counted(house) == {"received": 2, "accepted": 2, "repeated": 1}


def test_a_second_event_before_the_bell_is_answered_does_not_ring_again(house: House) -> None:
    first, second = house.stories(2)
    assert house.ring(first).ring is not None
    assert house.ring(second).ring is None
    assert len(house.touched()) == 2


def test_the_sandbox_signs_as_the_hub_expects(house: House) -> None:
    house.jira.register_webhook("http://127.0.0.1:9/hooks/jira-main", house.environ["JIRA_WEBHOOK_SECRET"])
    (key,) = house.stories(1)
    sent = house.jira.deliveries[0]
    assert house.receive(sent.body, {"x-atlassian-webhook-identifier": sent.identifier}).status == 204
    assert house.touched() == {str(house.jira.by_key[key].id): 1}


@pytest.mark.parametrize(
    "signature",
    ["", "sha256=", "sha256=" + "0" * 64, "sha1=da39a3ee5e6b4b0d3255bfef95601890afd80709", "sha256=é", "nonsense"],
)
def test_a_wrong_signature_is_refused_and_counted(house: House, signature: str) -> None:
    (key,) = house.stories(1)
    answer = house.receive(body_of(house, key), {"x-hub-signature": signature})
    assert (answer.status, answer.ring) == (401, None)
    assert house.touched() == {}
    assert counted(house) == {"received": 1, "forged": 1}


def test_an_unsigned_delivery_is_refused(house: House) -> None:
    (key,) = house.stories(1)
    delivery = Delivery("POST", "https://hub.test/hooks/jira-main", {}, {}, body_of(house, key), house.clock())
    assert receive(house.store, "jira-main", delivery, environ=house.environ).status == 401
    assert house.touched() == {}


def test_a_signature_over_another_body_is_refused(house: House) -> None:
    first, second = house.stories(2)
    good = house.receive(body_of(house, first))
    assert good.status == 204

    mac = hmac.new(b"the-webhook-secret", body_of(house, first), hashlib.sha256).hexdigest()
    assert house.receive(body_of(house, second), {"x-hub-signature": f"sha256={mac}"}).status == 401


def test_a_connection_without_a_webhook_secret_believes_nobody(house: House) -> None:
    from tests.flows.house import HUB

    house.apply(hub=HUB.replace('    webhook_secret: "${JIRA_WEBHOOK_SECRET}"\n', ""))
    (key,) = house.stories(1)
    assert house.ring(key).status == 401
    assert house.touched() == {}


def test_a_secret_that_is_not_set_asks_the_tool_to_come_again(house: House) -> None:
    (key,) = house.stories(1)
    del house.environ["JIRA_WEBHOOK_SECRET"]
    assert house.ring(key).status == 503
    assert house.touched() == {}


def test_a_secret_that_was_changed_a_moment_ago_holds_at_once_and_the_old_one_no_more(house: House) -> None:
    from tests.flows.house import HUB

    first, second, third = house.stories(3)
    assert house.ring(first).status == 204
    house.environ["NEW_SECRET"] = "another-webhook-secret"
    house.apply(hub=HUB.replace("${JIRA_WEBHOOK_SECRET}", "${NEW_SECRET}"))
    assert house.ring(second).status == 401
    body = body_of(house, third)
    mac = hmac.new(b"another-webhook-secret", body, hashlib.sha256).hexdigest()
    assert house.receive(body, {"x-hub-signature": f"sha256={mac}"}).status == 204
    assert set(house.touched()) == {str(house.jira.by_key[key].id) for key in (first, third)}


def test_a_connection_that_was_archived_a_moment_ago_takes_nothing_in(house: House) -> None:
    first, second = house.stories(2)
    assert house.ring(first).status == 204
    with house.store.write() as tx:
        connections.archive_connection(tx, "jira-main", datetime.now(UTC))
    assert house.ring(second).status == 404
    assert counted(house) == {"received": 1, "accepted": 1}


@pytest.mark.parametrize("slug", ["nobody", "", "../jira-main", "a" * 5000, "c-bot"])
def test_an_address_that_belongs_to_no_connection_is_not_found(house: House, slug: str) -> None:
    assert house.receive(b"{}", slug=slug).status == 404
    assert counted(house) == {}


@pytest.mark.parametrize(
    "body",
    [b"", b"null", b"[]", b'"x"', b"{", b"\xff\xfe", b'{"issue": null}', b'{"issue": {"id": {}}}', b'{"issue": 7}'],
)
def test_a_signed_body_that_names_no_issue_touches_nothing(house: House, body: bytes) -> None:
    answer = house.receive(body)
    assert (answer.status, answer.ring) == (204, None)
    assert house.touched() == {}


def test_no_delivery_makes_a_network_call(house: House) -> None:
    (key,) = house.stories(1)
    before = house.jira.count()
    house.ring(key)
    house.receive(b"{}", {"x-hub-signature": "sha256=00"})
    assert (house.last_counter.requests, house.jira.count()) == (0, before)


# What strangers send. A database is kept over the examples: it must hold after all of them.

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
ISSUES = st.fixed_dictionaries(
    {"webhookEvent": st.sampled_from(["jira:issue_updated", "jira:issue_deleted", "comment_created", "odd"]) | JSON},
    optional={"issue": st.fixed_dictionaries({"id": JSON | st.from_regex(r"[0-9]{1,30}", fullmatch=True)}) | JSON},
)
BODIES = (
    st.binary(max_size=200)
    | JSON.map(lambda value: json.dumps(value).encode())
    | ISSUES.map(lambda value: json.dumps(value).encode())
)
HEADERS = st.dictionaries(
    st.sampled_from(["x-hub-signature", "x-atlassian-webhook-identifier", "content-type", "x-other"]),
    st.text(alphabet=st.characters(min_codepoint=1, max_codepoint=255), max_size=60),
    max_size=3,
)


@settings(
    max_examples=200,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(body=BODIES, headers=HEADERS, signs=st.booleans())
def test_no_body_whatsoever_makes_the_hub_fail(house: House, body: bytes, headers: dict[str, str], signs: bool) -> None:
    if signs:
        headers.pop("x-hub-signature", None)
    else:
        headers.setdefault("x-hub-signature", "")
    answer = house.receive(body, headers)
    assert answer.status in ({204} if signs else {204, 401})
    assert all(key.isascii() and key.isdigit() and len(key) <= 18 for key in house.touched())
    assert house.last_counter.requests == 0


HOSTILE: dict[str, bytes] = {
    "a hundred thousand levels": b"[" * 100_000 + b"]" * 100_000,
    "deep objects": b'{"issue":' * 50_000 + b"1" + b"}" * 50_000,
    "not a number": b'{"webhookEvent": "jira:issue_updated", "issue": {"id": NaN}}',
    "infinity": b'{"webhookEvent": "jira:issue_updated", "issue": {"id": Infinity}}',
    "a number of a million digits": b'{"issue": {"id": ' + b"9" * 1_000_000 + b"}}",
    "an id of a million digits": b'{"issue": {"id": "' + b"9" * 1_000_000 + b'"}}',
    "five megabytes": b'{"issue": {"id": "1"}, "x": "' + b"y" * 5_000_000 + b'"}',
    "half a character": b'{"webhookEvent": "\\ud800", "issue": {"id": "1\\ud800"}}',
    "a null in a text": b'{"webhookEvent": "a\\u0000b", "issue": {"id": "1\\u0000"}}',
    "the same name twice": b'{"issue": {"id": "1"}, "issue": {"id": "2"}}',
    "digits that are no ascii": '{"issue": {"id": "\u0661\u0662"}}'.encode(),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_bodies_are_taken_calmly(house: House, name: str) -> None:
    signed = house.receive(HOSTILE[name], {"x-atlassian-webhook-identifier": "x" * 10_000})
    assert signed.status == 204
    assert set(house.touched()) <= {"1", "2"}
    forged = house.receive(HOSTILE[name], {"x-hub-signature": "sha256=" + "f" * 64})
    assert forged.status == 401


def test_a_touched_issue_that_does_not_exist_costs_one_look(house: House) -> None:
    house.stories(2, done=1)
    house.sync()
    house.ring_id("999999999")
    done: Any = house.sync(due=False)
    assert (done.state, done.items) == ("done", 0)
    assert done.requests <= 2
    assert house.touched() == {}
    assert house.value() == "1 fresh"
