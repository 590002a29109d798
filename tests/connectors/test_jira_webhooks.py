"""Jira's webhooks: who signed them, and which issue they ring for."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import Forged
from connectors.jira import Jira, hooks
from connectors.shapes import Delivery, Event
from connectors.signatures import hmac_sha256_hex
from tests.connectors.conftest import Site

SECRET = "a long shared secret"


def _delivery(body: object, **headers: str) -> Delivery:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Delivery("POST", "https://okr.example/hooks/jira-main", named, {}, raw, datetime(2026, 11, 2, tzinfo=UTC))


def _issue_event(name: str) -> dict[str, object]:
    return {"timestamp": 1, "webhookEvent": name, "issue": {"id": "10042", "key": "PAY-7", "fields": {"summary": "x"}}}


def test_a_signed_delivery_passes_and_a_changed_byte_does_not(site: Site) -> None:
    body = json.dumps(_issue_event("jira:issue_updated")).encode()
    signed = "sha256=" + hmac_sha256_hex(SECRET, body)
    site.connector.verify(_delivery(body, x_hub_signature=signed), SECRET)
    for delivery in (
        _delivery(body + b" ", x_hub_signature=signed),
        _delivery(body),
        _delivery(body, x_hub_signature="sha256=" + "0" * 64),
        _delivery(body, x_hub_signature=signed.removeprefix("sha256=")),
    ):
        with pytest.raises(Forged):
            site.connector.verify(delivery, SECRET)


@pytest.mark.parametrize("name", sorted(hooks.SUPPORTED))
def test_a_supported_event_rings_for_its_issue(name: str) -> None:
    found = hooks.parse(_delivery(_issue_event(name), x_atlassian_webhook_identifier="uuid-1"))
    kind = "deleted" if name == "jira:issue_deleted" else "changed"
    assert found == (Event("uuid-1", ("10042",), kind),)


@pytest.mark.parametrize("name", sorted(hooks.IGNORED))
def test_an_ignored_event_rings_for_nothing_even_with_an_issue(name: str) -> None:
    assert hooks.parse(_delivery(_issue_event(name))) == ()


def test_no_event_is_both_supported_and_ignored() -> None:
    assert not hooks.SUPPORTED & hooks.IGNORED


@pytest.mark.parametrize("name", ["jira:issue_teleported", ""])
def test_an_unknown_event_rings_when_it_carries_an_issue(name: str) -> None:
    assert [e.item_keys for e in hooks.parse(_delivery(_issue_event(name)))] == [("10042",)]
    assert hooks.parse(_delivery({"webhookEvent": name})) == ()


def test_a_comment_without_its_issue_rings_for_nothing() -> None:
    assert hooks.parse(_delivery({"webhookEvent": "comment_created", "comment": {"id": "1"}})) == ()


def test_a_redelivery_has_the_same_key_with_and_without_jiras_identifier() -> None:
    event = _issue_event("jira:issue_updated")
    first = hooks.parse(_delivery(event, x_atlassian_webhook_identifier="uuid-1"))
    again = hooks.parse(_delivery(event, x_atlassian_webhook_identifier="uuid-1", x_atlassian_webhook_retry="1"))
    assert first == again
    assert hooks.parse(_delivery(event))[0].key == hooks.parse(_delivery(event))[0].key
    assert hooks.parse(_delivery(event))[0].key.startswith("sha256:")


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"\xff\xff", b"null", b"[]", b'"x"', b"[" * 100_000, b'{"webhookEvent": 3}', b'{"issue": []}',
        b'{"issue": {"id": ["1"]}}', b'{"issue": {"id": "../../admin"}}', b'{"issue": {"id": ""}}',
        b'{"issue": {"id": true}}', b'{"issue": {"id": 1e400}}', b'{"issue": {"key": "PAY-1"}}',
        b'{"issue": {"id": "99999999999999999999"}}',
    ],
)  # fmt: skip
def test_a_body_that_cannot_be_read_gives_no_event_and_no_error(body: bytes) -> None:
    assert hooks.parse(_delivery(body)) == ()


@given(body=st.binary(max_size=200), headers=st.dictionaries(st.text(max_size=20), st.text(max_size=20), max_size=3))
def test_no_delivery_whatsoever_is_an_error(body: bytes, headers: dict[str, str]) -> None:
    assert hooks.parse(Delivery("POST", "https://x", headers, {}, body, datetime(2026, 11, 2, tzinfo=UTC))) == ()


def test_jira_shakes_no_hands(site: Site) -> None:
    assert site.connector.greet(_delivery({})) is None
    assert isinstance(site.connector, Jira)
