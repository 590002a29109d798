from __future__ import annotations

import hashlib
import hmac
import io
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from redis import ConnectionError as RedisAway
from sqlalchemy import event

from connectors.shapes import Delivery
from hub.flows.receive import Answer
from hub.queue import Bell
from hub.store import Store, connections, counts, touched
from hub.web import hooks
from tests.flows.test_database_away import locked
from tests.web.company import NOW

SECRET = "a-secret-of-the-webhook"
BODY = json.dumps(
    {"webhookEvent": "jira:issue_updated", "timestamp": 1764000000000, "issue": {"id": "10042", "key": "PAY-1"}}
).encode()


@pytest.fixture(autouse=True)
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JIRA_WEBHOOK_SECRET", SECRET)
    monkeypatch.setenv("JIRA_TOKEN", "a-token")


@pytest.fixture
def rings(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    heard: list[int] = []
    monkeypatch.setattr(Bell, "ring_sync", lambda _self, connection_id: heard.append(connection_id))
    return heard


def signed(body: bytes, secret: str = SECRET) -> Mapping[str, str]:
    return {
        "X-Hub-Signature": f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}",
        "X-Atlassian-Webhook-Identifier": "delivery-1",
        "Content-Type": "application/json",
    }


def touched_of(store: Store, slug: str = "jira-main") -> dict[str, int]:
    with store.read() as tx:
        row = connections.connection_by_slug(tx, slug)
        assert row is not None
        return touched.touched_keys(tx, row.id)


def test_a_signed_delivery_is_taken_in_and_rings_once(client: FlaskClient, store: Store, rings: list[int]) -> None:
    answer = client.post("/hooks/jira-main", data=BODY, headers=signed(BODY))
    assert answer.status_code == 204
    assert touched_of(store) == {"10042": 1}
    assert len(rings) == 1


def test_a_redelivered_webhook_changes_nothing(client: FlaskClient, store: Store, rings: list[int]) -> None:
    for _ in range(2):
        assert client.post("/hooks/jira-main", data=BODY, headers=signed(BODY)).status_code == 204
    assert touched_of(store) == {"10042": 1}
    assert len(rings) == 1


@pytest.mark.parametrize("headers", [{}, signed(BODY, "another secret"), signed(BODY + b" ")])
def test_a_forged_delivery_is_refused_counted_and_touches_nothing(
    client: FlaskClient, store: Store, rings: list[int], headers: Mapping[str, str]
) -> None:
    answer = client.post("/hooks/jira-main", data=BODY, headers=headers)
    assert answer.status_code == 401
    assert SECRET not in answer.get_data(as_text=True)
    assert touched_of(store) == {}
    assert rings == []
    with store.read() as tx:
        assert counts.counted(tx, "webhooks.forged") == {"jira-main": 1}


def test_an_unknown_connection_answers_404_in_plain_text(client: FlaskClient) -> None:
    answer = client.post("/hooks/nobody", data=BODY, headers=signed(BODY))
    assert answer.status_code == 404
    assert answer.mimetype == "text/plain"


def test_a_delivery_above_five_megabytes_is_refused(client: FlaskClient, store: Store) -> None:
    large = BODY + b" " * (5 * 1024 * 1024)
    assert client.post("/hooks/jira-main", data=large, headers=signed(large)).status_code == 413
    assert touched_of(store) == {}


def test_a_delivery_in_chunks_is_refused_above_five_megabytes(client: FlaskClient, store: Store) -> None:
    large = BODY + b" " * (6 * 1024 * 1024)
    answer = client.post(
        "/hooks/jira-main",
        input_stream=io.BytesIO(large),
        headers={**signed(large), "Transfer-Encoding": "chunked"},
        environ_overrides={"wsgi.input_terminated": True},
    )
    assert answer.status_code == 413
    assert touched_of(store) == {}


def test_a_delivery_of_four_megabytes_is_taken_in(client: FlaskClient, rings: list[int]) -> None:
    large = BODY + b" " * (4 * 1024 * 1024)
    assert client.post("/hooks/jira-main", data=large, headers=signed(large)).status_code == 204
    assert len(rings) == 1


def test_a_queue_server_that_is_away_does_not_lose_the_delivery(
    client: FlaskClient, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_bell: Bell, _connection_id: int) -> None:
        raise RedisAway("connection refused")

    monkeypatch.setattr(Bell, "ring_sync", away)
    assert client.post("/hooks/jira-main", data=BODY, headers=signed(BODY)).status_code == 204
    assert touched_of(store) == {"10042": 1}


@pytest.mark.parametrize("app", ["sqlite"], indirect=True)  # PostgreSQL locks rows: it has nothing like this
def test_a_database_that_is_locked_has_the_delivery_sent_again(
    client: FlaskClient, store: Store, rings: list[int]
) -> None:
    @event.listens_for(store.engine, "connect")
    def _do_not_wait(raw: Any, _record: Any) -> None:
        raw.execute("PRAGMA busy_timeout = 10")

    with locked(store):
        answer = client.post("/hooks/jira-main", data=BODY, headers=signed(BODY))
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    assert answer.get_data(as_text=True) == "the hub's database cannot be used\n"
    assert (touched_of(store), rings) == ({}, [])
    assert client.post("/hooks/jira-main", data=BODY, headers=signed(BODY)).status_code == 204
    assert touched_of(store) == {"10042": 1}


def test_another_failure_of_the_bell_is_not_hidden(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_bell: Bell, _connection_id: int) -> None:
        raise ValueError("a defect")

    monkeypatch.setattr(Bell, "ring_sync", broken)
    assert client.post("/hooks/jira-main", data=BODY, headers=signed(BODY)).status_code == 500


def test_webhooks_come_in_under_any_host_and_without_a_csrf_token(
    make_app: Callable[..., Flask], seeded: Path, tmp_path: Path, rings: list[int]
) -> None:
    (tmp_path / "hub.db").write_bytes(seeded.read_bytes())
    client = make_app(csrf=True).test_client()
    answer = client.post("/hooks/jira-main", data=BODY, headers={**signed(BODY), "Host": "okr.acme.test"})
    assert answer.status_code == 204
    assert len(rings) == 1


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_the_delivery_is_kept_whole_with_the_address_the_tool_was_given(
    make_app: Callable[..., Flask], seeded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    (tmp_path / "hub.db").write_bytes(seeded.read_bytes())
    taken: list[tuple[str, Delivery]] = []

    def note(_store: Store, slug: str, delivery: Delivery, **_more: object) -> Answer:
        taken.append((slug, delivery))
        return Answer(200, "challenge-back", {"X-Hook-Secret": "s"})

    monkeypatch.setattr(hooks, "receive", note)
    client = make_app(public_url="https://okr.acme.test/").test_client()
    body = b"\x00\xffraw" if method == "POST" else b""
    answer = client.open("/hooks/a-tool?validationToken=a%20b", method=method, data=body, headers={"X-Thing": "One"})
    assert answer.status_code == 200
    assert answer.headers["X-Hook-Secret"] == "s"
    slug, delivery = taken[0]
    assert slug == "a-tool"
    assert delivery.method == method
    assert delivery.url == "https://okr.acme.test/hooks/a-tool?validationToken=a%20b"
    assert delivery.query == {"validationToken": "a b"}
    assert delivery.headers["x-thing"] == "One"
    assert delivery.body == body
    assert delivery.received_at == NOW


def test_without_a_public_address_the_one_that_was_asked_counts(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[Delivery] = []

    def note(_store: Store, _slug: str, delivery: Delivery, **_more: object) -> Answer:
        taken.append(delivery)
        return Answer(204)

    monkeypatch.setattr(hooks, "receive", note)
    client.get("/hooks/a-tool?a=1")
    assert taken[0].url == "http://localhost/hooks/a-tool?a=1"
