"""One line for each request, under one id that is answered, and shown where a page failed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from hub.web import pages


@pytest.fixture
def app(sqlite_app: Flask) -> Flask:
    """On SQLite alone: what is logged of a request is no matter of the database."""
    return sqlite_app


@pytest.fixture
def lines() -> Iterator[list[Any]]:
    with capture_logs(processors=[merge_contextvars]) as heard:
        yield heard


def test_a_request_gets_an_id_that_is_answered_and_logged(client: FlaskClient, lines: list[Any]) -> None:
    answer = client.get("/?team=payments")
    (line,) = [one for one in lines if one["event"] == "request"]
    assert answer.headers["X-Request-Id"] == line["request_id"]
    assert (line["method"], line["endpoint"], line["status"]) == ("GET", "pages.overview", 200)
    assert "payments" not in str(line)


def test_the_id_of_a_proxy_is_kept_if_it_is_one(client: FlaskClient) -> None:
    assert client.get("/", headers={"X-Request-Id": "proxy-0123456789"}).headers["X-Request-Id"] == "proxy-0123456789"
    assert client.get("/", headers={"X-Request-Id": "<script>alert"}).headers["X-Request-Id"] != "<script>alert"


def test_the_address_asked_for_is_never_logged(client: FlaskClient, lines: list[Any]) -> None:
    client.get("/links/a-one-time-secret?token=another")
    client.post("/hooks/jira-main", data=b"{}")
    client.open("/", method="SEC-RET")
    assert "secret" not in str(lines) and "another" not in str(lines) and "SEC-RET" not in str(lines)
    assert {one.get("connection") for one in lines if one.get("endpoint") == "hooks.take"} == {"jira-main"}


def test_a_page_that_failed_shows_the_number_to_say(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, lines: list[Any]
) -> None:
    def broken(*_given: object, **_named: object) -> None:
        raise RuntimeError("a defect")

    monkeypatch.setattr(pages, "show_overview", broken)
    answer = client.get("/")
    assert answer.status_code == 500
    (failure,) = [one for one in lines if one["event"] == "a page failed"]
    assert f"<code>{failure['request_id']}</code>" in answer.get_data(as_text=True)
    assert answer.headers["X-Request-Id"] == failure["request_id"]
