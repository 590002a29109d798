"""What tools have been seen to say, kept in tests/fixtures: read as a connector reads it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
import responses

from connectors.asana import answers as asana_answers
from connectors.asana import hooks as asana_hooks
from connectors.asana.items import work_item as asana_work_item
from connectors.errors import ConnectorError
from connectors.jira import hooks
from connectors.jira.answers import bodies
from connectors.jira.items import work_item
from connectors.registry import open_connector
from connectors.shapes import Delivery
from tests.channels.notes import AT_RISK
from tests.connectors.conformance import FIXTURES, SETTINGS

NOW = datetime(2026, 11, 16, 12, 0, tzinfo=UTC)
SLACK = {
    "webhook": (SETTINGS["slack"]["webhook_url"], {"webhook_url": SETTINGS["slack"]["webhook_url"]}),
    "chat.postMessage": (
        "https://slack.com/api/chat.postMessage",
        {"bot_token": "xoxb-1-kept-secret", "channel": "C0PAYMENTS1"},
    ),
}


def _read(name: str) -> Any:
    return json.loads((FIXTURES / name).read_bytes())


@pytest.mark.parametrize(
    ("name", "rings_for"),
    [
        ("issue_created", [(("10042",), "changed")]),
        ("issue_updated", [(("10042",), "changed")]),
        ("issue_deleted", [(("10042",), "deleted")]),
        ("comment_without_issue", []),
        ("sprint_started", []),
    ],
)
def test_a_webhook_of_jira_rings_for_its_issue_or_for_nothing(name: str, rings_for: list[Any]) -> None:
    body = (FIXTURES / f"jira/webhooks/{name}.json").read_bytes()
    found = hooks.parse(Delivery("POST", "https://okr.example/hooks/jira-main", {}, {}, body, NOW))
    assert [(event.item_keys, event.kind) for event in found] == rings_for


def test_every_webhook_of_jira_is_one_that_is_tried() -> None:
    tried = {"issue_created", "issue_updated", "issue_deleted", "comment_without_issue", "sprint_started"}
    assert {file.stem for file in (FIXTURES / "jira/webhooks").glob("*.json")} == tried


def test_issues_of_jira_become_work_items() -> None:
    raw = (FIXTURES / "jira/items/bulkfetch.json").read_bytes()
    found = bodies(raw)
    first, second = (
        work_item(issue, "https://northwind.atlassian.net", {"customfield_10016"}) for issue in found.issues
    )
    assert (first.ref, first.state, first.assignee, first.parent) == ("PAY-42", "doing", "Mira Okafor", "PAY-8")
    assert (second.title, second.state, second.due) == ("Чек на возврат — with the customer’s name", "done", None)
    assert second.done == datetime(2026, 11, 15, 22, 59, 59, 999000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "rings_for"),
    [
        ("heartbeat", []),
        ("task_completed", [(("1201000000000042",), "changed")]),
        ("task_deleted", [(("1201000000000043",), "deleted")]),
        ("section_renamed", [((), "changed")]),
    ],
)
def test_a_webhook_of_asana_rings_for_its_tasks_for_all_or_for_nothing(name: str, rings_for: list[Any]) -> None:
    body = (FIXTURES / f"asana/webhooks/{name}.json").read_bytes()
    found = asana_hooks.parse(Delivery("POST", "https://okr.example/hooks/asana", {}, {}, body, NOW))
    assert [(event.item_keys, event.kind) for event in found] == rings_for


def test_tasks_of_asana_become_work_items() -> None:
    found = asana_answers.task_page.decode((FIXTURES / "asana/items/tasks.json").read_bytes()).data
    first, second = (asana_work_item(task, {}) for task in found)
    assert (first.key, first.state, first.assignee, first.labels) == (
        "1201000000000042",
        "done",
        "Mira Okafor",
        frozenset({"okr"}),
    )
    assert (second.title, second.done, second.type) == ("Ledger closes itself — всё", None, "Milestone")


def _sent(url: str, kind: str, settings: dict[str, str], answer: dict[str, Any]) -> str:
    """Return the name of what a channel makes of an answer."""
    text = answer["body"] if isinstance(answer["body"], str) else json.dumps(answer["body"])
    with responses.RequestsMock() as tool:
        for _ in range(4):
            tool.post(url, body=text, status=answer["status"], headers=answer.get("headers", {}))
        tool.assert_all_requests_are_fired = False
        try:
            found = open_connector(kind, settings).send(AT_RISK)  # type: ignore[attr-defined]
        except ConnectorError as problem:
            return type(problem).__name__
    return type(found).__name__


@pytest.mark.parametrize("answer", _read("slack/answers.json"), ids=lambda one: f"{one['call']}-{one['status']}")
def test_an_answer_of_slack_means_what_is_to_be_done_next(answer: dict[str, Any]) -> None:
    url, settings = SLACK[answer["call"]]
    assert _sent(url, "slack", settings, answer) == answer["means"]


@pytest.mark.parametrize("answer", _read("teams/answers.json"), ids=lambda one: str(one["status"]))
def test_an_answer_of_a_teams_workflow_means_what_is_to_be_done_next(answer: dict[str, Any]) -> None:
    url = SETTINGS["teams"]["workflow_url"]
    assert _sent(url, "teams", dict(SETTINGS["teams"]), answer) == answer["means"]
