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
    ways: Mapping[str, Sequence[str]] | None = None,
    private: Collection[str] = (),
) -> list[Problem]:
    """Return what is wrong between rules and workspace, in file order, errors and warnings.

    `key_results` are all there are, as objective/key-result; `connections` maps each slug to its kind, such as
    "jira"; `ways` maps each slug to the ways its tool can be written to, none for one that cannot. None leaves that
    comparison out. `private` are the key results of private teams.
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
    problems.extend(_write_backs(rules, ways, private))
    problems.extend(_written_twice(rules))
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


def _write_backs(
    rules: Sequence[Rule], ways: Mapping[str, Sequence[str]] | None, private: Collection[str]
) -> Iterable[Problem]:
    for rule in rules:
        told = rule.write_back
        if told is None:
            continue
        offered = ways.get(rule.connection) if ways is not None else None
        if offered is not None and not offered:
            message = f"the tool of {rule.connection!r} cannot be written to: remove write_back"
            yield _at(rule, "write_back", message, "no-write-back")
        elif offered is not None and told.by is not None and told.by not in offered:
            message = f"the tool of {rule.connection!r} is not written to by {told.by!r}: it takes {', '.join(offered)}"
            yield _at(rule, "write_back", message, "unknown-way", near=nearest(told.by, offered))
        if told.by == "comment" and told.when == "value_changed":
            message = "a comment for every change of the value: whoever follows the item is told each time"
            yield _at(rule, "write_back", message, "many-comments", "warning")
        if rule.key_result in private:
            message = (
                f"the team is private, and everybody who sees {told.to} in the tool will read title and value there"
            )
            yield _at(rule, "write_back", message, "private-write-back", "warning")


def _written_twice(rules: Sequence[Rule]) -> Iterable[Problem]:
    """A field, a value or a status holds one key result: the second would overwrite the first, back and forth."""
    first: dict[tuple[str, str, str, str], Rule] = {}
    for rule in sorted(rules, key=_place):
        told = rule.write_back
        if told is None or told.by not in {"field", "value", "status"}:
            continue
        other = first.setdefault((rule.connection, told.to, told.by, told.field), rule)
        if other is not rule:
            message = f"{other.key_result!r} is written to the same place: one would overwrite the other"
            yield _at(rule, "write_back", message, "written-twice")


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
