"""`okrhub demo --once --json`, from outside, as somebody runs it who has just installed the hub."""

from __future__ import annotations

import glob
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.processes.living import wait_for

pytestmark = pytest.mark.slow

# What config/hub.yaml routes for the six changes of the demo: Payments hears all of its own in two channels, the
# company's channel hears what is achieved, off track or missed.
RECON = ("invoices-reconcile/recon-playbooks", "on_track", "achieved")
LEDGER = ("invoices-reconcile/urgent-ledger-bugs", "off_track", "on_track")
REVIEWS = ("ship-without-waiting/reviews-waiting", "on_track", "off_track")
OFFERS = ("pilots-become-customers/offers-waiting", "on_track", "off_track")  # in Asana
RUNBOOKS = ("fleets-stay-up/runbooks-out-of-date", "on_track", "off_track")  # in Trello
NIGHTS = ("easy-to-run/night-sites", "on_track", "achieved")  # in Planner
CHANGES = (RECON, LEDGER, REVIEWS, OFFERS, RUNBOOKS, NIGHTS)
ROUTED = sorted(
    [
        ("payments-teams", *RECON),
        ("payments-slack", *RECON),
        ("company-slack", *RECON),
        ("payments-teams", *LEDGER),
        ("payments-slack", *LEDGER),
        ("company-slack", *REVIEWS),
        ("company-slack", *OFFERS),
        ("company-slack", *RUNBOOKS),
        ("company-slack", *NIGHTS),
    ]
)
MARK = "OKRHUB_TEST_MARK"


def marked(mark: str) -> list[int]:
    """Return the processes that carry a mark in their environment: the demo and whatever it started."""
    found = []
    for path in glob.glob("/proc/[0-9]*/environ"):
        try:
            if f"{MARK}={mark}".encode() in Path(path).read_bytes():
                found.append(int(path.split("/")[2]))
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
    return found


@pytest.fixture(scope="module")
def ran() -> Iterator[dict[str, Any]]:
    """The one run that these tests look at, in a temporary folder of its own."""
    with tempfile.TemporaryDirectory(prefix="okr-") as folder:
        mark = f"{os.getpid()}-{os.path.basename(folder)}"
        clean = {name: value for name, value in os.environ.items() if not name.startswith("OKRHUB_")}
        done = subprocess.run(
            [sys.executable, "-m", "hub.cli", "demo", "--once", "--json"],
            env={**clean, "TMPDIR": folder, MARK: mark},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        wait_for(lambda: not marked(mark), "the end of every process", 5)
        yield {"code": done.returncode, "out": done.stdout, "err": done.stderr, "left": os.listdir(folder)}


@pytest.fixture
def found(ran: dict[str, Any]) -> dict[str, Any]:
    assert ran["code"] == 0, ran["err"]
    shown: dict[str, Any] = json.loads(ran["out"])
    return shown


def test_the_demo_ends_well_and_prints_one_json_object(found: dict[str, Any]) -> None:
    assert set(found) == {"key_results", "posts", "requests", "webhooks", "seconds"}
    assert {frozenset(one) for one in found["key_results"]} == {
        frozenset({"key", "kind", "value", "progress", "status", "freshness", "items"})
    }
    assert {frozenset(one) for one in found["posts"]} == {frozenset({"channel", "kind", "key_result", "from", "to"})}


def test_every_key_result_is_fresh_and_has_a_value(found: dict[str, Any]) -> None:
    declared = sum(
        len(re.findall(r"^ {6}- key_result:", path.read_text(), re.MULTILINE))
        for path in Path(__file__).parents[2].joinpath("config", "okrs").glob("*.yaml")
    )
    assert len(found["key_results"]) == declared == 22
    assert {one["freshness"] for one in found["key_results"]} == {"fresh"}
    assert all(one["value"] is not None for one in found["key_results"])


def test_the_posts_are_exactly_what_the_routes_ask_for(found: dict[str, Any]) -> None:
    posts = sorted((one["channel"], one["key_result"], one["from"], one["to"]) for one in found["posts"])
    assert posts == ROUTED
    assert {one["kind"] for one in found["posts"]} == {"status_change"}


def test_the_statuses_are_what_was_posted(found: dict[str, Any]) -> None:
    status = {one["key"]: one["status"] for one in found["key_results"]}
    assert {key: status[key] for key, _, _ in CHANGES} == {key: after for key, _, after in CHANGES}


def test_six_webhooks_came_and_were_taken(found: dict[str, Any]) -> None:
    """Three of Jira's, one of Trello's, and two of Asana's: a task has left a section and has come into another."""
    assert found["webhooks"] == {"received": 6, "accepted": 6}


def test_the_requests_of_every_tool_are_counted(found: dict[str, Any]) -> None:
    assert set(found["requests"]) == {"jira", "asana", "trello", "microsoft", "slack", "teams"}
    assert found["requests"]["teams"] == 2
    assert 7 <= found["requests"]["slack"] <= 8  # a second message about one key result would refresh its first
    assert min(found["requests"].values()) > 0


def test_the_demo_takes_less_than_a_minute(found: dict[str, Any]) -> None:
    assert 0 < found["seconds"] < 60


def test_the_demo_leaves_no_folder_behind(ran: dict[str, Any]) -> None:
    assert ran["left"] == []


def test_the_demo_prints_no_secret(ran: dict[str, Any]) -> None:
    assert "ATTA" not in ran["out"] + ran["err"]
    assert "xoxb-" not in ran["out"] + ran["err"]
    assert "sig=" not in ran["out"] + ran["err"]
