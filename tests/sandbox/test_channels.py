"""The simulated Slack and Teams take what the real ones take, and refuse what they refuse."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests
from werkzeug.test import Client

from connectors.sandbox.server import AnswerLostError, serve
from connectors.sandbox.slack import SlackSandbox
from connectors.sandbox.teams import TeamsSandbox
from tests.sandbox.conftest import Clock

BEARER = {"Authorization": "Bearer xoxb-sandbox"}


def section(text: str = "On track") -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def card(*body: dict[str, Any], **more: Any) -> dict[str, Any]:
    content = {"type": "AdaptiveCard", "version": "1.5", "body": list(body), **more}
    kind = "application/vnd.microsoft.card.adaptive"
    return {"type": "message", "attachments": [{"contentType": kind, "contentUrl": None, "content": content}]}


@pytest.fixture
def slack(clock: Clock) -> SlackSandbox:
    return SlackSandbox(now=clock)


@pytest.fixture
def teams(clock: Clock) -> TeamsSandbox:
    return TeamsSandbox(now=clock)


def call(
    slack: SlackSandbox, method: str, body: dict[str, Any], headers: dict[str, str] | None = None
) -> dict[str, Any]:
    answer = Client(slack).post(f"/api/{method}", json=body, headers=BEARER if headers is None else headers)
    said: dict[str, Any] = answer.get_json()
    return said


# -- Slack, incoming webhooks


def test_a_webhook_posts_into_its_channel(slack: SlackSandbox, clock: Clock) -> None:
    made = slack.add_channel("#payments", "payments")
    answer = Client(slack).post(made.webhook_path, json={"text": "At risk", "blocks": [section()]})
    assert (answer.status_code, answer.text) == (200, "ok")
    assert [(p.channel, p.at, p.payload["text"]) for p in slack.posts] == [("#payments", clock.at, "At risk")]


@pytest.mark.parametrize(
    ("payload", "error"),
    [
        ({}, "no_text"),
        ({"blocks": [{"type": "nonsense"}]}, "invalid_blocks"),
        ({"blocks": [section("x" * 3001)]}, "invalid_blocks"),
        ({"blocks": [section("")]}, "invalid_blocks"),
        ({"blocks": [section()] * 51}, "invalid_blocks"),
        ({"blocks": [{"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}]}, "invalid_blocks"),
        ({"blocks": [{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}]}, "invalid_blocks"),
        ({"blocks": [{"type": "section", "fields": [section()["text"]] * 11}]}, "invalid_blocks"),
        ({"blocks": [{"type": "context", "elements": [section()["text"]] * 11}]}, "invalid_blocks"),
        ({"blocks": [section("x" * 2900)] * 5}, "msg_blocks_too_long"),
        ({"text": "x" * 40_001}, "msg_too_long"),
    ],
)
def test_a_webhook_refuses_a_bad_message(slack: SlackSandbox, payload: dict[str, Any], error: str) -> None:
    made = slack.add_channel("#payments", "payments")
    answer = Client(slack).post(made.webhook_path, json=payload)
    assert (answer.status_code, answer.text) == (400, error)
    assert slack.posts == []


def test_a_webhook_refuses_what_is_no_json_and_knows_dead_ends(slack: SlackSandbox) -> None:
    made = slack.add_channel("#payments", "payments")
    client = Client(slack)
    assert client.post(made.webhook_path, data=b"{").text == "invalid_payload"
    slack.archive("payments")
    archived = client.post(made.webhook_path, json={"text": "x"})
    assert (archived.status_code, archived.text) == (410, "channel_is_archived")
    slack.remove_webhook("payments")
    missing = client.post(made.webhook_path, json={"text": "x"})
    assert (missing.status_code, missing.text) == (404, "no_service")


def test_one_message_a_second_and_channel_when_paced(slack: SlackSandbox, clock: Clock) -> None:
    made, other = slack.add_channel("#payments", "payments"), slack.add_channel("#okrs", "okrs")
    slack.paced = True
    client = Client(slack)
    assert client.post(made.webhook_path, json={"text": "1"}).status_code == 200
    refused = client.post(made.webhook_path, json={"text": "2"})
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "1")
    assert call(slack, "chat.postMessage", {"channel": other.id, "text": "3"})["ok"] is True
    clock.pass_(seconds=1)
    assert client.post(made.webhook_path, json={"text": "4"}).status_code == 200


# -- Slack, Web API


def test_a_message_is_posted_answered_and_edited(slack: SlackSandbox) -> None:
    slack.add_channel("#okrs", "okrs")
    first = call(slack, "chat.postMessage", {"channel": "C0OKRS", "text": "Off track", "blocks": [section()]})
    reply = {"channel": "C0OKRS", "text": "Back", "thread_ts": first["ts"], "reply_broadcast": True}
    assert call(slack, "chat.postMessage", reply)["ok"] is True
    assert call(slack, "chat.update", {"channel": "C0OKRS", "ts": first["ts"], "text": "On track"})["ok"] is True
    original, answer = slack.posts
    assert (answer.thread, answer.broadcast) == (first["ts"], True)
    assert "blocks" not in original.payload
    assert original.edits[0]["text"] == "Off track"


@pytest.mark.parametrize(
    ("method", "body", "error"),
    [
        ("chat.postMessage", {"channel": "C0NONE", "text": "x"}, "channel_not_found"),
        ("chat.postMessage", {"channel": "C0OKRS"}, "no_text"),
        ("chat.postMessage", {"channel": "C0OKRS", "blocks": [{"type": "x"}]}, "invalid_blocks"),
        ("chat.postMessage", {"channel": "C0OKRS", "blocks": [section("x" * 2900)] * 5}, "msg_blocks_too_long"),
        ("chat.postMessage", {"channel": "C0OKRS", "text": "x" * 40_001}, "msg_too_long"),
        ("chat.postMessage", {"channel": "C0OKRS", "text": "x", "thread_ts": "1.1"}, "thread_not_found"),
        ("chat.update", {"channel": "C0OKRS", "ts": "1.1", "text": "x"}, "message_not_found"),
        ("chat.delete", {}, "unknown_method"),
    ],
)
def test_the_web_api_says_no_with_a_word(slack: SlackSandbox, method: str, body: dict[str, Any], error: str) -> None:
    slack.add_channel("#okrs", "okrs")
    assert call(slack, method, body) | {"req_method": method} == {"ok": False, "error": error, "req_method": method}


def test_the_web_api_wants_its_token(slack: SlackSandbox) -> None:
    assert call(slack, "auth.test", {}, headers={})["error"] == "not_authed"
    assert call(slack, "auth.test", {}, headers={"Authorization": "Bearer xoxb-else"})["error"] == "invalid_auth"
    assert call(slack, "auth.test", {})["team"] == "Northwind Robotics"


def test_forms_are_read_like_json(slack: SlackSandbox) -> None:
    slack.add_channel("#okrs", "okrs")
    form = {"channel": "C0OKRS", "text": "x", "blocks": json.dumps([section()])}
    assert Client(slack).post("/api/chat.postMessage", data=form, headers=BEARER).get_json()["ok"] is True
    assert slack.posts[0].payload["blocks"] == [section()]


# -- Teams


def test_a_workflow_takes_a_card_without_a_word(teams: TeamsSandbox, clock: Clock) -> None:
    address = teams.add_channel("Payments", "payments")
    answer = Client(teams).post(address, json=card({"type": "TextBlock", "text": "At risk", "weight": "Bolder"}))
    assert (answer.status_code, answer.data) == (202, b"")
    assert [(p.channel, p.at) for p in teams.posts] == [("Payments", clock.at)]


@pytest.mark.parametrize(
    "message",
    [
        {"text": "plain"},
        {"type": "message", "attachments": []},
        {"type": "message", "attachments": [{"contentType": "text/html", "content": {}}]},
        card({"type": "TextBlok", "text": "x"}),
        card({"type": "TextBlock"}),
        card({"type": "TextBlock", "text": "x", "color": "Purple"}),
        card({"type": "Container", "items": [{"type": "Nope"}]}),
        card({"type": "ColumnSet", "columns": [{"type": "Column", "items": [{"type": "Nope"}]}]}),
        card({"type": "FactSet", "facts": [{"title": "Owner"}]}),
        card(version="1.6"),
        card(actions=[{"type": "Action.Submit", "title": "Check in"}]),
        card(actions=[{"type": "Action.OpenUrl", "title": "Open"}]),
    ],
)
def test_a_workflow_refuses_what_teams_would_not_show(teams: TeamsSandbox, message: dict[str, Any]) -> None:
    address = teams.add_channel("Payments", "payments")
    assert Client(teams).post(address, json=message).status_code == 400
    assert teams.posts == []


def test_a_workflow_knows_its_signature_its_size_and_its_end(teams: TeamsSandbox) -> None:
    address = teams.add_channel("Payments", "payments")
    client = Client(teams)
    assert client.post(address[:-1] + "?", json=card()).status_code == 401
    big = client.post(address, json=card({"type": "TextBlock", "text": "x" * 28 * 1024}))
    assert (big.status_code, big.text) == (413, "Request Entity too large")
    teams.fail_next(1, 429, {"Retry-After": "3"})
    limited = client.post(address, json=card())
    assert (limited.status_code, limited.headers["Retry-After"]) == (429, "3")
    teams.delete_flow("payments")
    assert client.post(address, json=card()).status_code == 404
    assert teams.posts == []
    assert all("sig=" not in asked.path for asked in teams.requests)


# -- answers that get lost


def test_a_lost_answer_leaves_the_message_posted(slack: SlackSandbox) -> None:
    made = slack.add_channel("#payments", "payments")
    slack.lose_answer_next(1)
    with pytest.raises(AnswerLostError):
        Client(slack).post(made.webhook_path, json={"text": "Off track"})
    assert [p.payload["text"] for p in slack.posts] == ["Off track"]
    assert slack.requests[0].status == 0
    assert Client(slack).post(made.webhook_path, json={"text": "again"}).text == "ok"


def test_over_http_a_lost_answer_is_a_cut_line(teams: TeamsSandbox) -> None:
    address = teams.add_channel("Payments", "payments")
    teams.lose_answer_next(1)
    with serve(teams) as server, requests.Session() as session:
        session.trust_env = False
        with pytest.raises(requests.ConnectionError):
            session.post(server.url + address, json=card(), timeout=5)
        assert session.post(server.url + address, json=card(), timeout=5).status_code == 202
    assert len(teams.posts) == 2
