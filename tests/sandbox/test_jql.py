"""What JQL finds, case by case."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from connectors.sandbox.jira import JiraSandbox
from tests.sandbox.conftest import Asker


@pytest.fixture
def few(jira: JiraSandbox) -> JiraSandbox:
    """Five issues: PAY-1 epic, PAY-2 done story, PAY-3 open bug, PAY-4 story in review, GRO-1 task."""
    at = datetime(2026, 11, 1, 8, tzinfo=UTC)
    jira.create("PAY", summary="New checkout", type="Epic", created=at)
    jira.create("PAY", summary="Pay by invoice", points=5, labels=["checkout"], parent="PAY-1", created=at)
    jira.transition("PAY-2", "Done", datetime(2026, 11, 20, 8, tzinfo=UTC))
    jira.create(
        "PAY", summary="Paying twice", type="Bug", labels=["checkout", "ledger"], priority="Highest", created=at
    )
    jira.create("PAY", summary="Show the tax", points=2, assignee="mira@northwind.test", due=date(2026, 11, 30))
    jira.transition("PAY-4", "In Review")
    jira.create("GRO", summary="Call back a lead", type="Task", fields={"Merchants in batch": 3}, created=at)
    return jira


@pytest.mark.parametrize(
    ("jql", "found"),
    [
        ("project = PAY", {"PAY-1", "PAY-2", "PAY-3", "PAY-4"}),
        ("PROJECT = pay", {"PAY-1", "PAY-2", "PAY-3", "PAY-4"}),
        ("project = Growth", {"GRO-1"}),
        ("project in (PAY, GRO) AND type = Task", {"GRO-1"}),
        ("project != PAY", {"GRO-1"}),
        ("key = PAY-2", {"PAY-2"}),
        ("key in (PAY-2, gro-1)", {"PAY-2", "GRO-1"}),
        ("key > PAY-2", {"PAY-3", "PAY-4"}),
        ("id = 10003", {"PAY-3"}),
        ("issuekey not in (PAY-1)", {"PAY-2", "PAY-3", "PAY-4", "GRO-1"}),
        ('status = "in review"', {"PAY-4"}),
        ("statusCategory = Done", {"PAY-2"}),
        ('statusCategory in ("To Do", indeterminate)', {"PAY-1", "PAY-3", "PAY-4", "GRO-1"}),
        ("statusCategory != Done AND project = PAY", {"PAY-1", "PAY-3", "PAY-4"}),
        ("issuetype in (Bug, Epic)", {"PAY-1", "PAY-3"}),
        ("labels = checkout", {"PAY-2", "PAY-3"}),
        ("labels = Checkout", set()),
        ("labels in (ledger, nothing)", {"PAY-3"}),
        ("labels != ledger", {"PAY-2"}),
        ("labels not in (checkout)", set()),
        ("labels is empty", {"PAY-1", "PAY-4", "GRO-1"}),
        ("NOT labels = ledger", {"PAY-2"}),
        ("labels in (checkout, EMPTY) AND project = PAY", {"PAY-1", "PAY-2", "PAY-3", "PAY-4"}),
        ("parent = PAY-1", {"PAY-2"}),
        ("parent is not empty", {"PAY-2"}),
        ("assignee = mira@northwind.test", {"PAY-4"}),
        ("assignee is EMPTY AND project = GRO", {"GRO-1"}),
        ("reporter = currentUser() AND type = Bug", {"PAY-3"}),
        ("resolution = Done", {"PAY-2"}),
        ("resolution is empty AND type = Story", {"PAY-4"}),
        ("priority = highest", {"PAY-3"}),
        ('"Story Points" >= 5', {"PAY-2"}),
        ("cf[10016] < 5", {"PAY-4"}),
        ("cf[10016] = 2", {"PAY-4"}),
        ('"Story Points" is empty AND project = PAY', {"PAY-1", "PAY-3"}),
        ('"Merchants in batch" > 2', {"GRO-1"}),
        ('"merchants in batch" not in (4, 5)', {"GRO-1"}),
        ("created >= -1h", {"PAY-4"}),
        ("created < -5d", {"PAY-1", "PAY-2", "PAY-3", "GRO-1"}),
        ('updated >= "2026-11-22 10:30"', {"PAY-4"}),
        ('updated >= "2026/11/22 10:31"', set()),
        ("updated >= 1795080600000", {"PAY-2", "PAY-4"}),
        ("resolved >= 2026-11-20 AND resolved < 2026-11-21", {"PAY-2"}),
        ("resolved > startOfMonth()", {"PAY-2"}),
        ("due <= 2026-11-30", {"PAY-4"}),
        ("due > 2026-11-30", set()),
        ("statusCategoryChangedDate >= 2026-11-20", {"PAY-2", "PAY-4"}),
        ('summary ~ "pay"', {"PAY-2"}),
        ('summary ~ "pay*"', {"PAY-2", "PAY-3"}),
        ("summary !~ lead", {"PAY-1", "PAY-2", "PAY-3", "PAY-4"}),
        ("project = GRO OR project = PAY AND type = Bug", {"GRO-1", "PAY-3"}),
        ("(project = GRO OR project = PAY) AND type = Bug", {"PAY-3"}),
        ("NOT (project = GRO OR type in (Bug, Story))", {"PAY-1"}),
        ("project = PAY && ! type = Epic && status = 'To Do'", {"PAY-3"}),
    ],
)
def test_a_query_finds_exactly_these_issues(few: JiraSandbox, ask: Asker, jql: str, found: set[str]) -> None:
    assert set(ask.keys(jql)) == found


@pytest.mark.parametrize(
    ("order", "keys"),
    [
        ("", ["PAY-4", "PAY-3", "PAY-2", "PAY-1"]),
        ("ORDER BY key", ["PAY-1", "PAY-2", "PAY-3", "PAY-4"]),
        ("order by updated DESC, key desc", ["PAY-4", "PAY-2", "PAY-3", "PAY-1"]),
        ('ORDER BY "Story Points" asc, id', ["PAY-4", "PAY-2", "PAY-1", "PAY-3"]),
        ("ORDER BY priority desc, key", ["PAY-3", "PAY-1", "PAY-2", "PAY-4"]),
    ],
)
def test_results_come_in_the_order_asked(few: JiraSandbox, ask: Asker, order: str, keys: list[str]) -> None:
    assert ask.keys(f"project = PAY {order}") == keys


@pytest.mark.parametrize(
    ("jql", "message"),
    [
        ("", "Unbounded JQL queries are not allowed here. Please add a search restriction to your query."),
        (
            "order by key desc",
            "Unbounded JQL queries are not allowed here. Please add a search restriction to your query.",
        ),
        ("lables = x", "Field 'lables' does not exist or you do not have permission to view it."),
        ("cf[10099] > 1", "Field 'cf[10099]' does not exist or you do not have permission to view it."),
        ("project = NOPE", "The value 'NOPE' does not exist for the field 'project'."),
        ("status = Doing", "The value 'Doing' does not exist for the field 'status'."),
        ("key = PAY-99", "An issue with key 'PAY-99' does not exist for field 'key'."),
        ("id = 99999", "A value with ID '99999' does not exist for the field 'id'."),
        ("labels > a", "The operator '>' is not supported by the 'labels' field."),
        ("summary = x", "The operator '=' is not supported by the 'summary' field."),
        ("labels is checkout", "The operator 'is' only supports the values 'EMPTY' and 'NULL'."),
        ("project = PAY AND", "Error in the JQL Query: Expecting a field name before the end of the query."),
        ("project = PAY type = Bug", "Error in the JQL Query: Expecting either 'OR' or 'AND' but got 'type'."),
        ("project in (PAY", "Error in the JQL Query: Expecting ')' before the end of the query."),
        ("sprint in nextSprints()", "Unable to find JQL function 'nextSprints()'."),
        ("created > yesterday()", "Unable to find JQL function 'yesterday()'."),
    ],
)
def test_a_query_is_refused_in_jiras_words(few: JiraSandbox, ask: Asker, jql: str, message: str) -> None:
    assert ask.refusal(jql) == message


def test_a_date_that_is_none_is_refused_with_the_formats(few: JiraSandbox, ask: Asker) -> None:
    assert ask.refusal('created > "22.11.2026"').startswith("Date value '22.11.2026' for field 'created' is invalid.")
    assert ask.refusal('created > "2026-13-01"').startswith("Date value '2026-13-01' for field 'created' is invalid.")


def test_more_than_seven_order_fields_are_refused(few: JiraSandbox, ask: Asker) -> None:
    order = "key, id, created, updated, status, priority, due, summary"
    assert "maximum number of fields" in ask.refusal(f"project = PAY ORDER BY {order}")


def test_a_renamed_field_is_found_by_its_new_name_only(few: JiraSandbox, ask: Asker) -> None:
    few.rename_field("customfield_10016", "Estimate")
    assert ask.keys("Estimate = 5") == ["PAY-2"]
    assert "'Story Points' does not exist" in ask.refusal('"Story Points" = 5')


def test_dates_are_read_in_the_users_zone(ask: Asker, jira: JiraSandbox) -> None:
    jira.create("PAY", summary="Just after midnight in Berlin", created=datetime(2026, 11, 20, 23, 30, tzinfo=UTC))
    assert ask.keys('created >= "2026-11-21" AND created < "2026-11-22"') == ["PAY-1"]
