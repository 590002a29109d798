"""Items and rules for the tests of the mapping language, as short as the tests need them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from textwrap import indent
from typing import Any

from connectors.shapes import State, WorkItem
from mappings import Evaluation, Rule, evaluate, read_mappings

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
CYCLE = (date(2026, 10, 1), date(2026, 12, 31))
HEAD = "key_result: faster-checkout/ship-epics\nfrom: jira-main\nselect: project = PAY\n"
STATUS = {"todo": "To Do", "doing": "In Progress", "done": "Done", "dropped": "Won't Do"}


def item(ref: str = "PAY-1", state: str = "todo", points: Any = None, **more: Any) -> WorkItem:
    """Make a work item; what is not said has the plainest value, and the tool has a field for story points."""
    told: dict[str, Any] = {
        "key": ref,
        "ref": ref,
        "title": f"Title of {ref}",
        "state": State(state),
        "status": STATUS[state],
        "type": "Story",
        "url": f"https://acme.example/{ref}",
        "created": NOW,
        "updated": NOW,
        "points": None if points is None else Decimal(str(points)),
    }
    labels = frozenset(more.pop("labels", ()))
    fields = {"points": told["points"], **more.pop("fields", {})}
    return WorkItem(**{**told, "labels": labels, "fields": fields, **more})


def items(*of: tuple[str, Any]) -> list[WorkItem]:
    """Make items of (state, points), called PAY-1, PAY-2 and so on."""
    return [item(f"PAY-{place}", state, points) for place, (state, points) in enumerate(of, start=1)]


def rule(body: str) -> Rule:
    """Read one rule from what follows its first three lines; it has to be without problems."""
    text = "mappings:\n  -\n" + indent(HEAD + body, "    ")
    rules, problems = read_mappings(text, "config/mappings/payments.yaml")
    assert problems == []
    return rules[0]


def value_of(body: str, given: Iterable[WorkItem], zone: tzinfo = UTC) -> Evaluation:
    """Evaluate a rule at NOW in CYCLE."""
    return evaluate(rule(body), given, now=NOW, zone=zone, cycle=CYCLE)


def complaints(text: str) -> list[str]:
    """Return what lint would print for a mapping file."""
    return [str(problem) for problem in read_mappings(text, "m.yaml")[1]]
