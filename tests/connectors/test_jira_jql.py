"""JQL: one spelling for one query, and a bound only where it is certain."""

from __future__ import annotations

import pytest

from connectors.errors import Misconfigured
from connectors.jira.jql import any_of, bounding_projects, canonical, in_projects, quoted


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("  project =  PAY\n AND\tlabels = x ", "project = PAY AND labels = x"),
        ('summary ~ "two  spaces"  AND a = b', 'summary ~ "two  spaces" AND a = b'),
        ("project = PAY ORDER BY created DESC, key", "project = PAY"),
        ("project=PAY order   by rank", "project=PAY"),
        ('labels = "order by x" AND project = A', 'labels = "order by x" AND project = A'),
        (r'summary ~ "say \"hi\"  now"', r'summary ~ "say \"hi\"  now"'),
        ("project in (A,B)", "project in (A,B)"),
    ],
)
def test_a_query_has_one_spelling(written: str, read: str) -> None:
    assert canonical(written) == read
    assert canonical(read) == read


@pytest.mark.parametrize("written", ["", "   ", "ORDER BY key DESC", " order by rank"])
def test_a_query_for_the_whole_site_is_refused(written: str) -> None:
    with pytest.raises(Misconfigured, match="every issue") as raised:
        canonical(written)
    assert raised.value.field == "select"


@pytest.mark.parametrize("written", ['summary ~ "open', "a = 'b", "(a = b", "a = b)", ")(", "a = b \\"])
def test_an_unfinished_query_is_refused(written: str) -> None:
    with pytest.raises(Misconfigured):
        canonical(written)


@pytest.mark.parametrize(
    ("query", "projects"),
    [
        ("project = PAY", ("PAY",)),
        ("PROJECT=pay", ("pay",)),
        ('"project" = "Pay ments" AND labels = x', ('"Pay ments"',)),
        ("labels = x and project in (A, 'B b')", ("A", "'B b'")),
        ("(project = A AND x = y)", ("A",)),
        ("x = y && (project = A) && (type = Bug OR type = Story)", ("A",)),
        ('project = A AND created >= "2026-01-01"', ("A",)),
        ("project = A AND labels not in (x, y)", ("A",)),
    ],
)
def test_a_query_that_cannot_leave_its_projects_is_bounded(query: str, projects: tuple[str, ...]) -> None:
    assert bounding_projects(query) == projects


@pytest.mark.parametrize(
    "query",
    [
        "labels = x",
        "project = A OR labels = x",
        "project = A AND x = y OR labels = z",
        "(project = A OR labels = x) AND type = Bug",
        "project != A",
        "project not in (A, B)",
        "NOT project = A",
        "NOT (project = A)",
        "!(project = A)",
        "project is not EMPTY",
        "project in (EMPTY, A)",
        "project ~ A",
        "project = A AND created >= -7d",
        'project = A AND due <= "2w 1d"',
        "project = A AND due < now()",
        "project = A AND sprint in openSprints()",
        'project = A AND assignee in membersOf("x")',
        "project in projectsLeadByUser()",
        "project = A AND filter = 10010",
        'project = A AND "filter" = mine',
        "project = A AND status WAS Done",
        "project = A AND status CHANGED AFTER startOfMonth()",
        "project = A || labels = x",
        'summary ~ "project = A"',
        "project in ()",
        "project in (A B)",
    ],
)
def test_where_there_is_doubt_a_query_has_no_bound(query: str) -> None:
    assert bounding_projects(query) is None


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("PAY", "PAY"),
        ("A2_B", "A2_B"),
        ("ORDER", '"ORDER"'),
        ("Pay ments", '"Pay ments"'),
        ('a"b\\c', r'"a\"b\\c"'),
        ('x" OR project = "SECRET', r'"x\" OR project = \"SECRET"'),
    ],
)
def test_a_value_cannot_break_out_of_its_quotes(value: str, written: str) -> None:
    assert quoted(value) == written
    assert canonical(f"labels = {written}") == f"labels = {written}"


def test_queries_are_joined_so_that_none_leaks_into_another() -> None:
    assert any_of(["a = b OR c = d", "e = f"]) == "(a = b OR c = d) OR (e = f)"
    assert in_projects(["WEB", "pay", "PAY"]) == "project in (PAY, WEB)"
