"""Real answers and notifications of Graph, where copies are at hand, and our own: each is read."""

from __future__ import annotations

import json
import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.microsoft import answers, hooks
from connectors.microsoft.cursors import PlanNames
from connectors.microsoft.items import todo_work_item, work_item
from connectors.shapes import Delivery
from connectors.tame import decode

PAYLOADS = Path(__file__).parents[3] / "shared/fixtures/planner"
OUR_OWN = Path(__file__).parents[1] / "fixtures/microsoft"
needs = pytest.mark.skipif


def say(text: str) -> None:
    """Leave a count where `pytest -s` shows it."""
    sys.stdout.write(f"\n{text}\n")


def _values(found: Any) -> list[Any]:
    return found["value"] if isinstance(found, dict) and isinstance(found.get("value"), list) else [found]


NAMES = PlanNames(datetime(2026, 11, 1, tzinfo=UTC))


def _task_of(raw: Any) -> str:
    task = answers.read_task(decode(answers.task, json.dumps(raw).encode(), "a payload"), "", "a payload")
    item = work_item(task, NAMES, {}, "a.test")
    if raw.keys() >= {"percentComplete", "checklistItemCount", "activeChecklistItemCount"}:  # examples leave some out
        assert item.unreadable == {}
    return item.key


@needs(not PAYLOADS.is_dir(), reason="no real payloads beside the project")
def test_every_real_task_becomes_a_work_item() -> None:
    read = 0
    for raw in json.loads((PAYLOADS / "planner_me_tasks_northwind.json").read_text())["value"]:
        assert _task_of(raw) == raw["id"]
        read += 1
    recorded = json.loads((PAYLOADS / "cli365_task-list.json").read_text())
    for raw in (*recorded["taskListResponseValue"], *recorded["taskListResponseBetaValue"]):
        assert _task_of(raw) == raw["id"]
        read += 1
    for one in json.loads((PAYLOADS / "docs_planner.json").read_text()):
        if (
            re.fullmatch(r".*/planner/(buckets/\*/|plans/\*/|me/planner/)?tasks(/\*)?", one["url"])
            and one["method"] == "GET"
        ):
            for raw in _values(one["body"]):
                assert _task_of(raw) == raw["id"]
                read += 1
    for one in json.loads((PAYLOADS / "docs_todo.json").read_text()):
        if re.search(r"/tasks(/\*|/delta.*)?$", one["url"]) and one["method"] == "GET":
            for raw in _values(one["body"]):
                item = decode(answers.todo_item, json.dumps(raw).encode(), "a payload")
                assert todo_work_item(item, "a payload").key == f"todo:{raw['id']}"
                read += 1
    say(f"{read} real tasks became work items")
    assert read >= 12


@needs(not PAYLOADS.is_dir(), reason="no real payloads beside the project")
def test_every_real_notification_parses_to_events() -> None:
    for name, body in json.loads((PAYLOADS / "change_notifications.json").read_text()).items():
        if "value" not in body:
            continue  # the answer of a batch
        given = Delivery(
            "POST", "https://hub.test", {}, {}, json.dumps(body).encode(), datetime(2026, 11, 1, tzinfo=UTC)
        )
        assert len(hooks.parse(given)) == len(body["value"]), name
        hooks.verify(given, body["value"][0]["clientState"])


def test_a_task_with_as_little_as_graph_leaves_is_read() -> None:
    for raw in json.loads((OUR_OWN / "tasks.json").read_text())["value"]:
        assert _task_of(raw) == raw["id"]
