"""A rule once it is read: its text, what it asks the tool for, and its digest."""

from __future__ import annotations

from textwrap import indent

import pytest

from connectors.shapes import Select
from mappings import Rule, read_mappings
from tests.mappings.builders import HEAD, rule

FILE = """\
# the payments team
mappings:
  - key_result: faster-checkout/ship-epics   # the big one
    from: jira-main
    select: project = PAY
    where:
      # sub-tasks are not work of their own
      - type: {not: Sub-task}

    measure: count

  # one line is enough
  - {key_result: a/b, from: jira-main, select: {project: PAY}, measure: {sum: {field: M}}}   # short
"""


def test_a_rule_keeps_its_own_lines_as_they_were_written() -> None:
    rules, problems = read_mappings(FILE, "m.yaml")
    assert problems == []
    assert rules[0].source == (
        "key_result: faster-checkout/ship-epics   # the big one\nfrom: jira-main\nselect: project = PAY\nwhere:\n"
        "  # sub-tasks are not work of their own\n  - type: {not: Sub-task}\n\nmeasure: count\n"
    )
    assert rules[1].source == "{key_result: a/b, from: jira-main, select: {project: PAY}, measure: {sum: {field: M}}}\n"
    assert [(one.path, one.line, one.column) for one in rules] == [("m.yaml", 3, 5), ("m.yaml", 13, 5)]


def test_a_rules_own_lines_read_again_give_the_same_rule() -> None:
    for one in read_mappings(FILE, "m.yaml")[0]:
        again = read_mappings("mappings:\n  -\n" + indent(one.source, "    "), "m.yaml")[0][0]
        assert again.digest == one.digest
        assert again.where == one.where
        assert again.source == one.source


def test_a_selection_names_the_fields_that_the_rule_reads() -> None:
    made = rule("where: [any: [{fields: {Team: Blue}}, {points: {gte: 2}}]]\nmeasure: {sum: {field: Size}}")
    assert made.select == Select(query="project = PAY", fields=frozenset({"Team", "Size", "points"}))
    assert rule("where: [status: Open]\nmeasure: count").select.fields == frozenset()


def test_a_picker_is_kept_as_text() -> None:
    assert read_mappings(FILE, "m.yaml")[0][1].select.picker == {"project": "PAY"}


def test_the_owner_is_an_address_in_lower_case() -> None:
    assert rule("owner: Mira@Acme.test\nmeasure: count").owner == "mira@acme.test"


BODY = "where: [type: {not: Bug}]\nmeasure: {sum: points}\n"


@pytest.mark.parametrize(
    "other",
    [
        "# a comment\n\n" + BODY,
        "owner: mira@acme.test\n" + BODY,
        "show_items: none\n" + BODY,
        BODY + "examples: [{says: x, items: [], gives: 0}]",
        "where:\n  - type:\n      not: [Bug]\nmeasure:\n  sum: points\n",
    ],
)
def test_the_digest_stays_when_nothing_that_decides_the_value_changes(other: str) -> None:
    assert rule(other).digest == rule(BODY).digest


@pytest.mark.parametrize(
    "other",
    [
        "where: [type: {not: Task}]\nmeasure: {sum: points}",
        "where: [type: Bug]\nmeasure: {sum: points}",
        "measure: {sum: points}",
        "where: [type: {not: Bug}]\nmeasure: {average: points}",
        "where: [type: {not: Bug}]\nmeasure: {sum: points, credit: {done: 1}}",
        "where: [type: {not: Bug}]\nmeasure: {sum: {field: points}}",
        BODY + "guard: {min_items: 1}",
    ],
)
def test_the_digest_changes_with_what_decides_the_value(other: str) -> None:
    assert rule(other).digest != rule(BODY).digest


def test_the_digest_changes_with_the_selection() -> None:
    text = f"mappings:\n  -\n{indent(HEAD + BODY, '    ')}"
    other = read_mappings(text.replace("project = PAY", "project = ONB"), "m.yaml")[0][0]
    assert other.digest != rule(BODY).digest


def test_a_rule_of_another_format_is_refused() -> None:
    with pytest.raises(ValueError, match="format 2"):
        Rule.from_json({**rule(BODY).to_json(), "format": 2})


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("[updated: {within: 28 days}]", True),
        ("[due: {before: Today}]", True),
        ("[any: [{type: Bug}, {fields: {Go live: {in: [2026-10-01, today]}}}]]", True),
        ("[done: {after: cycle start}]", False),
        ("[due: {before: 2026-12-01}]", False),
        ("[status: today]", False),
    ],
)
def test_a_rule_knows_whether_time_alone_can_move_its_value(where: str, expected: bool) -> None:
    assert rule(f"where: {where}\nmeasure: count").depends_on_time is expected
