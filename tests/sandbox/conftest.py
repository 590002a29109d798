"""A simulated Jira with a clock that tests turn, and a client that asks it like a program would."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from connectors.sandbox.jira import JiraSandbox


class Clock:
    """The time, as a test sets it."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def pass_(self, **span: float) -> None:
        self.at += timedelta(**span)


class Asker:
    """Ask a sandbox without a network, signed in unless told otherwise."""

    def __init__(self, jira: JiraSandbox) -> None:
        self._client, self._auth = Client(jira), (jira.email, jira.token)

    def get(self, path: str, **query: Any) -> TestResponse:
        return self._client.get(f"/rest/api/3{path}", query_string=query, auth=self._auth)

    def post(self, path: str, body: Any) -> TestResponse:
        return self._client.post(f"/rest/api/3{path}", json=body, auth=self._auth)

    def keys(self, jql: str, **more: Any) -> list[str]:
        answer = self.post("/search/jql", {"jql": jql, "fields": ["key"], "maxResults": 5000, **more})
        assert answer.status_code == 200, answer.text
        return [issue["key"] for issue in answer.get_json()["issues"]]

    def refusal(self, jql: str) -> str:
        answer = self.post("/search/jql", {"jql": jql})
        assert answer.status_code == 400, answer.text
        message: str = answer.get_json()["errorMessages"][0]
        return message


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def jira(clock: Clock) -> Iterator[JiraSandbox]:
    made = JiraSandbox(now=clock)
    made.add_project("PAY", "Payments")
    made.add_project("GRO", "Growth")
    yield made
    made.close()


@pytest.fixture
def ask(jira: JiraSandbox) -> Asker:
    return Asker(jira)
