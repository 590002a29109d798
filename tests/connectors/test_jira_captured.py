"""What real Jiras have sent, where a copy is at hand: every delivery is read or ignored, every issue is work."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from connectors.jira import hooks
from connectors.jira.answers import bodies
from connectors.jira.items import work_item
from connectors.jira.steps import steps_of
from connectors.shapes import Delivery, WorkItem
from connectors.tame import Wild

CAPTURED = Path(__file__).parents[3] / "shared/fixtures/jira"
pytestmark = pytest.mark.skipif(not CAPTURED.is_dir(), reason="no captured payloads beside the project")


def test_every_captured_webhook_rings_for_its_issue_or_is_ignored_by_name() -> None:
    files = sorted((CAPTURED / "webhooks").glob("*.json"))
    rung = 0
    for file in files:
        body = file.read_bytes()
        said = json.loads(body)
        events = hooks.parse(
            Delivery("POST", "https://okr.example/hooks/jira", {}, {}, body, datetime(2026, 11, 2, tzinfo=UTC))
        )
        if said.get("webhookEvent") in hooks.IGNORED or "issue" not in said:
            assert events == (), file.name
            continue
        (event,) = events
        assert event.item_keys == (said["issue"]["id"],), file.name
        assert event.kind == ("deleted" if said.get("webhookEvent") == "jira:issue_deleted" else "changed")
        rung += 1
    assert rung > 0


def test_every_captured_issue_becomes_a_work_item_and_its_history_steps() -> None:
    files = sorted((CAPTURED / "issues").glob("*.json"))
    assert files
    steps = 0
    for file in files:
        said = json.loads(file.read_bytes())
        (item,) = _items(said, frozenset())
        assert (item.key, item.ref, item.title) == (said["id"], said["key"], said["fields"]["summary"])
        steps += len(list(steps_of(Wild(said, "jira")["changelog"]["histories"])))
    assert steps > 0


def test_every_captured_field_has_a_value_or_says_why_it_has_none() -> None:
    values = 0
    refused = []
    for file in sorted((CAPTURED / "issues").glob("*.json")):
        said = json.loads(file.read_bytes())
        for name in (n for n in said["fields"] if n.startswith("customfield_")):
            (item,) = _items(said, frozenset({name}))
            if name in item.unreadable:
                refused.append(item.unreadable[name])
                continue
            assert name in item.fields
            values += item.fields[name] is not None
    assert values > 0
    assert all(why.startswith("found ") for why in refused)


def _items(said: object, fields: frozenset[str]) -> tuple[WorkItem, ...]:
    found = bodies(msgspec.json.encode({"issues": [said]}))
    return tuple(work_item(issue, "https://acme.atlassian.net", fields) for issue in found.issues)
