"""Every problem has a place, a word and, where one is near, a suggestion."""

from __future__ import annotations

from mappings import read_mappings
from mappings.problems import Problem
from tests.mappings.builders import HEAD, complaints, rule

BROKEN = """\
mappings:
  - key_result: faster-checkout/ship-epics
    owner: Mira
    from: jira-main
    select: project = PAY
    where:
      - type: {nott: Sub-task}
        lables: {has: checkout}
      - state: [done, doin]
      - any: [{points: {gte: five}}, {due: {before: cycle strat}}]
      - fields: {Merchants: {agter: today}}
      - updated: {within: 4 moons}
    measure: {percent: point, credit: {doing: 1.5}}
    guard: {min_items: 0, max_drop: 40}
    show_items: title
    examples:
      - says: nothing yet
        items: [{state: done, pints: 3}]
        gives: half
  - key_result: Faster Checkout/b
    from: jira-main
    measure: medain
"""


def test_all_problems_come_at_once_in_the_order_of_the_file() -> None:
    assert complaints(BROKEN) == [
        "m.yaml:3:12  'Mira' is not an e-mail address  [email]",
        "m.yaml:7:16  unknown field 'nott' (did you mean 'not'?)  [unknown-field]",
        "m.yaml:8:9  unknown field 'lables' (did you mean 'labels'?)  [unknown-field]",
        "m.yaml:9:23  'doin' is not one of todo, doing, done, dropped (did you mean 'doing'?)  [unknown-word]",
        "m.yaml:10:30  'five' is not a number  [wrong-type]",
        "m.yaml:10:53  'cycle strat' is not a day: write a date such as 2026-10-31, or today, cycle start, cycle end"
        " (did you mean 'cycle start'?)  [date]",
        "m.yaml:11:30  unknown field 'agter' (did you mean 'after'?)  [unknown-field]",
        "m.yaml:12:27  '4 moons' is not a length of time such as 28 days, 2 weeks, 36 hours  [duration]",
        "m.yaml:13:24  'point' is not points or items; one of the tool's own fields is written {field: point}"
        " (did you mean 'points'?)  [unknown-word]",
        "m.yaml:13:47  'doing' has to be at most 1  [out-of-range]",
        "m.yaml:14:24  'min_items' has to be at least 1  [out-of-range]",
        "m.yaml:14:37  '40' is not a percentage such as 40% (did you mean '40%'?)  [percentage]",
        "m.yaml:15:17  'title' is not one of none, refs, titles (did you mean 'titles'?)  [unknown-word]",
        "m.yaml:18:31  unknown field 'pints' (did you mean 'points'?)  [unknown-field]",
        "m.yaml:19:16  'half' is not a number  [wrong-type]",
        "m.yaml:20:5  'select' is missing  [missing-field]",
        "m.yaml:20:17  'Faster Checkout/b' is not the name of a key result such as faster-checkout/ship-epics"
        " (did you mean 'faster-checkout/b'?)  [slug]",
        "m.yaml:22:14  'medain' is not one of count, sum, average, percent  [unknown-word]",
    ]


def test_carets_stand_under_the_word() -> None:
    problem = read_mappings(BROKEN, "m.yaml")[1][2]
    assert problem.caret(BROKEN) == "  8 |         lables: {has: checkout}\n    |         ^^^^^^"


def test_carets_stand_under_the_word_after_a_tab_and_in_a_long_line() -> None:
    tabbed = Problem("m", 1, 3, "", "", word="ab")
    assert tabbed.caret("\t ab c") == "  1 | \t ab c\n    | \t ^^"
    far = Problem("m", 1, 1001, "", "", word="here")
    source, carets = far.caret("x" * 1000 + "here").splitlines()
    assert source[carets.index("^") :] == "here"
    assert len(source) < 140


def test_a_caret_past_the_end_of_the_file_still_has_two_lines() -> None:
    assert Problem("m", 9, 4, "", "").caret("a\n") == "  9 | \n    |    ^"


def test_problems_sort_by_place() -> None:
    late, early = Problem("a", 2, 1, "x", "y"), Problem("a", 1, 9, "x", "y")
    assert sorted([late, early, Problem("A", 3, 1, "x", "y")])[1:] == [early, late]


def test_what_is_planned_is_refused_as_not_available_and_hides_what_it_would_replace() -> None:
    text = "mappings:\n  - key_result: a/b\n    parts: {}\n    formula: x / y\n  - key_result: a/c\n    from: x\n"
    text += "    select: q\n    measure: {median: points}\n    write_back: {to: PAY-1}\n"
    assert complaints(text) == [
        "m.yaml:3:5  'parts' is not available yet: remove it  [not-yet]",
        "m.yaml:4:5  'formula' is not available yet: remove it  [not-yet]",
        "m.yaml:8:15  'median' is not available yet: remove it  [not-yet]",
    ]


def in_rule(body: str) -> list[str]:
    """Return the problems of one rule, without their path and line."""
    indented = "".join(f"    {line}\n" for line in (HEAD + body).splitlines())
    return [problem.split("  ", 1)[1] for problem in complaints(f"mappings:\n  -\n{indented}")]


def test_a_measure_of_two_kinds_is_refused() -> None:
    assert in_rule("measure: {sum: points, count: items}") == [
        "count and sum cannot stand together: a key result has one measure  [one-measure]"
    ]


def test_credit_beside_average_is_refused() -> None:
    assert in_rule("measure: {average: points, credit: {doing: 1}}") == [
        "'credit' does not go with average, which takes every item that has a number  [credit]"
    ]


def test_a_bare_sum_is_told_what_it_lacks() -> None:
    assert in_rule("measure: sum") == ["'sum' needs to know of what: write {sum: points}  [missing-field]"]


def test_the_tools_own_field_is_told_how_it_is_written() -> None:
    assert in_rule("measure: {sum: Merchants in batch}") == [
        "'Merchants in batch' is not points; one of the tool's own fields is written {field: Merchants in batch}"
        "  [unknown-word]"
    ]


def test_a_condition_without_a_value_is_never_ignored() -> None:
    assert in_rule("where:\n  - type:\n  - {}\n  - labels: {}\n  - any: []\nmeasure: count") == [
        "'type' is empty: give it a value, or leave the line out  [empty]",
        "nothing is asked here: name a field such as type, labels or points  [empty]",
        "nothing is asked of this field: name a value, or a predicate such as not, in  [empty]",
        "'any' holds 0: at least 1 wanted  [wrong-length]",
    ]


def test_a_where_that_is_no_list_is_told_so() -> None:
    assert in_rule("where: {type: Bug}\nmeasure: count") == ["'where' should be a list, not a table  [wrong-type]"]


def test_a_predicate_that_does_not_fit_the_field_is_unknown_there() -> None:
    assert in_rule("where:\n  - points: {before: today}\n  - type: {gte: 3}\nmeasure: count") == [
        "unknown field 'before'  [unknown-field]",
        "unknown field 'gte'  [unknown-field]",
    ]


def test_words_that_yaml_would_turn_into_something_else_stay_what_was_written() -> None:
    read = rule("where: [type: [no, 0123, 1:30, 1.10]]\nmeasure: count")
    assert read.to_json()["where"][0]["in"] == ["no", "0123", "1:30", "1.10"]


def test_a_file_with_nothing_in_it_is_a_warning() -> None:
    assert complaints("# nothing yet\n") == ["m.yaml:1:1  warning: the file holds nothing yet  [empty-file]"]
    assert read_mappings("", "m.yaml")[1][0].severity == "warning"
