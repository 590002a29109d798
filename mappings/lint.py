"""What only shows when all rules are seen together, and beside the workspace they belong to."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from mappings.clauses import clause_to_json
from mappings.nodes import Table, Text
from mappings.places import read_yaml
from mappings.problems import Problem, Severity, nearest
from mappings.rules import Rule


def lint_rules(
    rules: Sequence[Rule],
    *,
    key_results: Collection[str] | None,
    connections: Mapping[str, str] | None,
) -> list[Problem]:
    """Return what is wrong between rules and workspace, in file order, errors and warnings.

    `key_results` are all there are, as objective/key-result; `connections` maps each slug to its kind, such as
    "jira". None leaves that comparison out.
    """
    problems: list[Problem] = []
    for rule in rules:
        problems.extend(_names(rule, key_results, connections))
        if not rule.owner:
            problems.append(_at(rule, "", "nobody owns this mapping: add owner: with an e-mail", "no-owner", "warning"))
        if not rule.examples:
            message = "this mapping has no examples to test it with"
            problems.append(_at(rule, "", message, "no-examples", "warning"))
    problems.extend(_twice(rules))
    problems.extend(_double_counts(rules))
    return sorted(problems)


def _names(rule: Rule, key_results: Collection[str] | None, connections: Mapping[str, str] | None) -> Iterable[Problem]:
    if key_results is not None and rule.key_result not in key_results:
        near = nearest(rule.key_result, key_results)
        yield _at(rule, "key_result", f"there is no key result {rule.key_result!r}", "unknown-key-result", near=near)
    if connections is not None and rule.connection not in connections:
        known = ", ".join(f"{slug} ({kind})" for slug, kind in sorted(connections.items()))
        message = f"there is no connection {rule.connection!r}: there are {known or 'none'}"
        yield _at(rule, "from", message, "unknown-connection", near=nearest(rule.connection, connections))


def _twice(rules: Sequence[Rule]) -> Iterable[Problem]:
    first: dict[str, Rule] = {}
    for rule in sorted(rules, key=_place):
        other = first.setdefault(rule.key_result, rule)
        if other is not rule:
            message = f"{rule.key_result!r} already has a mapping at {other.path}:{other.line}"
            yield _at(rule, "key_result", message, "duplicate-mapping")


def _double_counts(rules: Sequence[Rule]) -> Iterable[Problem]:
    """Two key results of one objective that read the same items count the same work twice."""
    first: dict[str, Rule] = {}
    for rule in sorted(rules, key=_place):
        where = [clause_to_json(clause, with_lines=False) for clause in rule.where]
        picked = (rule.connection, rule.select.query, sorted(rule.select.picker.items()), where)
        other = first.setdefault(f"{rule.key_result.split('/')[0]} {picked!r}", rule)
        if other.key_result != rule.key_result:
            message = f"reads the same items as {other.key_result!r}: in one objective they count twice"
            yield _at(rule, "select", message, "double-count", "warning")


def _place(rule: Rule) -> tuple[str, int, int]:
    return rule.path, rule.line, rule.column


def _at(rule: Rule, key: str, message: str, code: str, severity: Severity = "error", *, near: str = "") -> Problem:
    """Place a problem at the value of a key in the file, or at the head of the mapping."""
    line, column, word = rule.line, rule.column, ""
    node, _ = read_yaml(rule.source, rule.path) if key else (None, [])
    pair = node.pair(key) if isinstance(node, Table) else None
    if pair:
        value = pair[1]
        line, column = rule.line + value.line - 1, rule.column + value.column - 1
        word = value.text if isinstance(value, Text) else ""
    return Problem(rule.path, line, column, message, code, near, word, severity)
