"""What the example company's Jira holds that no administrator would have planned, as every real one does.

None of it changes a number, save that what nobody will do leaves both sides of a fraction.
"""

from __future__ import annotations

from datetime import timedelta

from connectors.sandbox.company_life import Life
from connectors.sandbox.jira.issues import ABSENT, Issue


def found_oddities(life: Life) -> None:
    """Make a few issues of a founded company odd."""
    jira, at = life.jira, life.now - timedelta(hours=1)
    jira.add_team_points()  # most sites have both fields for points
    by_label = {label: [one for one in jira.by_id.values() if label in one.labels] for label in _LABELS}
    for number, title in enumerate(("Buy a second pager", "Write a playbook for floods")):
        key = jira.create("INC", summary=title, type="Task", labels=("follow-up",), created=life.moment(0.05 * number))
        jira.transition(key, "Done", life.moment(0.1) + timedelta(hours=number), resolution="Won't Do")
    step = next(one for one in by_label["pilot-playbook"] if one.custom["customfield_10016"])
    jira.distort(step.key, {"customfield_10016": f"{step.custom['customfield_10016']:g}"}, at)  # a number as text
    jira.distort(_done(by_label["trunk-based"]).key, {"resolution": None, "resolutiondate": None}, at)
    jira.distort(by_label["checkout"][3].key, {"duedate": "soon", "assignee": 7, "labels": ["checkout"]}, at)
    debt = by_label["debt"]
    jira.distort(debt[0].key, {"statuscategorychangedate": "9999-12-31T23:59:59.000+0000", "summary": "x" * 30_000}, at)
    jira.distort(debt[1].key, {"customfield_10016": "five", "created": ABSENT}, at)
    jira.distort(debt[2].key, {"priority": None, "issuetype": {"id": "1", "name": None}, "resolution": "none"}, at)


_LABELS = ("pilot-playbook", "trunk-based", "checkout", "debt")


def _done(issues: list[Issue]) -> Issue:
    return next(one for one in issues if one.status == "Done")
