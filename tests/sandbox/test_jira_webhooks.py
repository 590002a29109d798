"""Webhooks of the simulated Jira: signed, in order, and repeated with the same identity."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
from werkzeug.wrappers import Request, Response

from connectors.sandbox.jira import JiraSandbox
from connectors.sandbox.server import serve

SECRET = "It's a Secret to Everybody"


class Ear:
    """A receiver that answers what it is told to and keeps what it heard."""

    def __init__(self) -> None:
        self.heard: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[int] = []

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        request = Request(environ)
        self.heard.append((dict(request.headers), request.get_data()))
        return Response(status=self.answers.pop(0) if self.answers else 204)(environ, start_response)

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.heard]


@pytest.fixture
def ear(jira: JiraSandbox) -> Iterator[Ear]:
    made = Ear()
    jira.postman.retry_after = 0
    with serve(made) as server:
        jira.register_webhook(f"{server.url}/hook", SECRET)
        yield made


def test_each_change_is_told_once_and_in_order(jira: JiraSandbox, ear: Ear) -> None:
    key = jira.create("PAY", summary="Pay by invoice", points=3)
    jira.transition(key, "Done")
    jira.delete(key)
    assert jira.drain()
    assert [body["webhookEvent"] for body in ear.bodies] == [
        "jira:issue_created",
        "jira:issue_updated",
        "jira:issue_deleted",
    ]
    updated = ear.bodies[1]
    assert (updated["issue"]["id"], updated["issue"]["key"]) == ("10001", "PAY-1")
    assert updated["issue"]["fields"]["customfield_10016"] == 3
    assert [(i["field"], i["fromString"], i["toString"]) for i in updated["changelog"]["items"]] == [
        ("status", "To Do", "Done"),
        ("resolution", None, "Done"),
    ]
    assert all("changelog" not in body for body in (ear.bodies[0], ear.bodies[2]))


def test_a_delivery_is_signed_over_its_raw_body(jira: JiraSandbox, ear: Ear) -> None:
    jira.create("PAY", summary="Zahlung auf Rechnung für Köln")
    assert jira.drain()
    headers, body = ear.heard[0]
    mac = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    assert headers["X-Hub-Signature"] == f"sha256={mac}"
    assert headers["X-Atlassian-Webhook-Flow"] == "Primary"
    assert "X-Atlassian-Webhook-Retry" not in headers
    assert "Köln".encode() in body


def test_the_signature_agrees_with_the_vendors_example() -> None:
    mac = hmac.new(SECRET.encode(), b"Hello World!", hashlib.sha256).hexdigest()
    assert mac == "a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9"


def test_a_failed_delivery_comes_again_under_the_same_identifier(jira: JiraSandbox, ear: Ear) -> None:
    ear.answers = [503, 429]
    jira.create("PAY", summary="One")
    jira.create("PAY", summary="Two")
    assert jira.drain()
    ids = [headers["X-Atlassian-Webhook-Identifier"] for headers, _ in ear.heard]
    assert [headers.get("X-Atlassian-Webhook-Retry") for headers, _ in ear.heard] == [None, "1", "2", None]
    assert ids[0] == ids[1] == ids[2] != ids[3]
    assert [sent.statuses for sent in jira.deliveries] == [[503, 429, 204], [204]]


def test_a_refused_delivery_is_not_repeated(jira: JiraSandbox, ear: Ear) -> None:
    ear.answers = [401]
    jira.create("PAY", summary="One")
    assert jira.drain()
    assert [sent.statuses for sent in jira.deliveries] == [[401]]


def test_a_delivery_is_given_up_after_five_repeats(jira: JiraSandbox, ear: Ear) -> None:
    ear.answers = [500] * 9
    jira.create("PAY", summary="One")
    assert jira.drain()
    assert jira.deliveries[0].statuses == [500] * 6


def test_a_delivery_can_be_sent_again(jira: JiraSandbox, ear: Ear) -> None:
    jira.create("PAY", summary="One")
    assert jira.drain()
    jira.redeliver(0)
    assert jira.drain()
    first, second = ear.heard
    assert first[1] == second[1]
    assert first[0]["X-Atlassian-Webhook-Identifier"] == second[0]["X-Atlassian-Webhook-Identifier"]
    assert second[0]["X-Atlassian-Webhook-Retry"] == "1"
    assert len(jira.deliveries) == 1


def test_nobody_listening_is_noted_as_such(jira: JiraSandbox) -> None:
    jira.postman.retry_after = 0
    with serve(Ear()) as server:
        address = server.url
    jira.register_webhook(address, SECRET)
    jira.create("PAY", summary="One")
    assert jira.drain()
    assert jira.deliveries[0].statuses == [0] * 6


def test_what_changes_while_webhooks_are_paused_is_never_told(jira: JiraSandbox, ear: Ear) -> None:
    jira.webhooks_paused = True
    key = jira.create("PAY", summary="One")
    jira.webhooks_paused = False
    jira.transition(key, "Done")
    assert jira.drain()
    assert [body["webhookEvent"] for body in ear.bodies] == ["jira:issue_updated"]
