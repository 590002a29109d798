"""Rules beside each other and beside the workspace."""

from __future__ import annotations

from mappings import Rule, lint_rules, read_mappings

REST = "    owner: mira@acme.test\n    measure: count\n    examples: [{says: none, items: [], gives: 0}]\n"


def entry(key_result: str, select: str = "project = PAY", connection: str = "jira-main") -> str:
    return f"  - key_result: {key_result}\n    from: {connection}\n    select: {select}\n{REST}"


def rules(*entries: str, path: str = "m.yaml") -> tuple[Rule, ...]:
    read, problems = read_mappings("mappings:\n" + "".join(entries), path)
    assert problems == []
    return read


def lint(*of: Rule, key_results: set[str] | None = None, connections: dict[str, str] | None = None) -> list[str]:
    return [str(problem) for problem in lint_rules(of, key_results=key_results, connections=connections)]


def test_rules_that_fit_the_workspace_are_clean() -> None:
    assert lint(*rules(entry("a/b")), key_results={"a/b"}, connections={"jira-main": "jira"}) == []


def test_an_unknown_key_result_and_connection_are_named_with_what_is_near() -> None:
    found = lint(*rules(entry("a/ship-epic")), key_results={"a/ship-epics"}, connections={"jira-mian": "jira"})
    assert found == [
        "m.yaml:2:17  there is no key result 'a/ship-epic' (did you mean 'a/ship-epics'?)  [unknown-key-result]",
        "m.yaml:3:11  there is no connection 'jira-main': there are jira-mian (jira) (did you mean 'jira-mian'?)"
        "  [unknown-connection]",
    ]


def test_two_rules_for_one_key_result_are_refused_across_files() -> None:
    both = [*rules(entry("a/b", "x"), path="z.yaml"), *rules(entry("a/b", "y"), path="b.yaml")]
    assert lint(*both) == ["z.yaml:2:17  'a/b' already has a mapping at b.yaml:2  [duplicate-mapping]"]


def test_one_selection_in_two_key_results_of_an_objective_is_a_warning() -> None:
    assert lint(*rules(entry("a/b"), entry("a/c"), entry("other/d"))) == [
        "m.yaml:10:13  warning: reads the same items as 'a/b': in one objective they count twice  [double-count]"
    ]


def test_a_rule_without_owner_or_examples_is_a_warning() -> None:
    (one,) = rules("  - {key_result: a/b, from: x, select: q, measure: count}\n")
    found = lint_rules([one], key_results=None, connections=None)
    assert [(problem.code, problem.severity) for problem in found] == [
        ("no-owner", "warning"),
        ("no-examples", "warning"),
    ]
