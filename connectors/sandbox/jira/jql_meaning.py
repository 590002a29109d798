"""Say what a parsed JQL query means on a site: a predicate over issues, and an order.

Refuses what Jira refuses: unknown fields and values, operators a field does not support.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

from connectors.sandbox.jira.issues import Issue
from connectors.sandbox.jira.jql import Both, Clause, JqlError, Operand, Tree, read_jql
from connectors.sandbox.jira.jql_values import Values
from connectors.sandbox.jira.state import Tracker
from connectors.sandbox.jira.vocabulary import EPIC_LINK, PRIORITIES, STATUSES, FieldEntry

Predicate = Callable[[Issue], bool]
_EQUALITY = frozenset({"=", "!=", "in", "not in", "is", "is not"})
_ORDER: Mapping[str, Callable[[Any, Any], bool]] = {
    ">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le,
}  # fmt: skip
_SUPPORTED: Mapping[str, frozenset[str]] = {
    "text": frozenset({"~", "!~", "is", "is not"}),
    "number": _EQUALITY | _ORDER.keys(),
    "date": _EQUALITY | _ORDER.keys(),
    "datetime": _EQUALITY | _ORDER.keys(),
    "key": _EQUALITY | _ORDER.keys(),
    "option": _EQUALITY,
    "user": _EQUALITY,
    "issue": _EQUALITY,
    "labels": _EQUALITY,
}
_READERS: Mapping[str, Callable[[Issue], Any]] = {
    "issuekey": lambda i: i.id,
    "summary": lambda i: i.summary,
    "description": lambda i: i.description or None,
    "issuetype": lambda i: i.type,
    "project": lambda i: i.project,
    "status": lambda i: i.status,
    "statusCategory": lambda i: STATUSES[i.status].category,
    "statuscategorychangedate": lambda i: i.category_changed,
    "priority": lambda i: i.priority,
    "resolution": lambda i: i.resolution,
    "resolutiondate": lambda i: i.resolved,
    "created": lambda i: i.created,
    "updated": lambda i: i.updated,
    "duedate": lambda i: i.due,
    "labels": lambda i: i.labels or None,
    "assignee": lambda i: i.assignee,
    "reporter": lambda i: i.reporter,
    "parent": lambda i: i.parent,
}


class Meaning:
    """Compile trees for one site at one moment. `relative` turns true once a query depended on the time.

    When `lenient`, a value that does not exist matches nothing instead of being an error.
    """

    def __init__(self, tracker: Tracker, *, lenient: bool = False) -> None:
        self._tracker, self._lenient = tracker, lenient
        self._values = Values(tracker)

    @property
    def relative(self) -> bool:
        """Whether anything compiled so far was a date relative to now."""
        return self._values.relative

    def predicate(self, tree: Tree) -> Predicate:
        """Compile a tree to a function of an issue. Raises JqlError."""
        if isinstance(tree, Clause):
            return self._clause(tree)
        parts = [self.predicate(part) for part in tree.parts]
        if isinstance(tree, Both):
            return lambda issue: all(part(issue) for part in parts)
        return lambda issue: any(part(issue) for part in parts)

    def sort_key(self, order: tuple[tuple[str, bool], ...]) -> Callable[[Issue], tuple[Any, ...]]:
        """Compile an order to a sort key; empty values come last, ties go by id. Without an order: newest first."""
        if not order:
            return lambda issue: (-issue.id,)
        if len(order) > 7:
            raise JqlError("The maximum number of fields allowed in the order by clause is 7.")
        columns = [(self._sortable(self._entry(name)), descending) for name, descending in order]

        def key(issue: Issue) -> tuple[Any, ...]:
            parts: list[Any] = []
            for read, descending in columns:
                value = read(issue)
                parts.append((True,) if value is None else (False, _Down(value) if descending else value))
            return (*parts, issue.id)

        return key

    def _sortable(self, entry: FieldEntry) -> Callable[[Issue], Any]:
        if entry.id == "issuekey":
            return lambda issue: (issue.project, issue.number)
        if entry.id == "priority":
            return lambda issue: -int(PRIORITIES[issue.priority])
        return self._reader(entry)

    def _entry(self, name: str) -> FieldEntry:
        wanted = name.lower()
        for entry in self._tracker.fields.values():
            if any(wanted == clause.lower() for clause in entry.clauses):
                return entry
        raise JqlError(f"Field '{name}' does not exist or you do not have permission to view it.")

    def _reader(self, entry: FieldEntry) -> Callable[[Issue], Any]:
        if entry.id == EPIC_LINK.id:
            return lambda issue: issue.parent if issue.parent and issue.type != "Sub-task" else None
        if entry.id == "parent" and not self._tracker.is_cloud:
            return lambda issue: issue.parent if issue.type == "Sub-task" else None
        if entry.custom:
            id = entry.id
            return lambda issue: issue.custom.get(id)
        return _READERS[entry.id]

    def _clause(self, clause: Clause) -> Predicate:
        if clause.field.lower() in ("filter", "savedfilter", "searchrequest", "request"):
            return self._filtered(clause)
        if clause.field.lower() == "sprint":
            return self._in_sprint(clause)
        entry = self._entry(clause.field)
        sign = clause.operator
        if sign not in _SUPPORTED[entry.kind]:
            raise JqlError(f"The operator '{sign}' is not supported by the '{clause.field}' field.")
        read = self._reader(entry)
        if sign in ("is", "is not") or (sign in ("=", "!=") and clause.operands[0].empty):
            if not clause.operands[0].empty:
                raise JqlError(f"The operator '{sign}' only supports the values 'EMPTY' and 'NULL'.")
            if sign in ("is", "="):
                return lambda issue: read(issue) is None
            return lambda issue: read(issue) is not None
        if any(operand.empty for operand in clause.operands) and sign not in ("in", "not in"):
            raise JqlError(f"The field '{clause.field}' does not support searching for EMPTY values with '{sign}'.")
        if entry.kind == "text":
            return _containing(read, clause.operands[0], negated=sign == "!~")
        if sign in _ORDER:
            return self._ordered(entry, clause, read)
        return self._among(entry, clause, read)

    def _filtered(self, clause: Clause) -> Predicate:
        parts = []
        for operand in clause.operands:
            held = [f for f in self._tracker.filters.values() if operand.text.lower() in (str(f.id), f.name.lower())]
            if not held or not held[0].shared:
                raise JqlError(f"The value '{operand.text}' does not exist for the field '{clause.field}'.")
            where = read_jql(held[0].jql).where
            parts.append(self.predicate(where) if where else lambda _issue: True)
        inside = clause.operator in ("=", "in")
        return lambda issue: any(part(issue) for part in parts) is inside

    def _in_sprint(self, clause: Clause) -> Predicate:
        held = self._tracker.sprints
        wanted: set[int] = set()
        for operand in clause.operands:
            word = operand.text.lower()
            if operand.arguments is not None:
                states = {"opensprints": "active", "closedsprints": "closed", "futuresprints": "future"}
                if word not in states:
                    raise JqlError(f"Unable to find JQL function '{operand.text}()'.")
                wanted |= {one.id for one in held.values() if one.state == states[word]}
            elif named := {one.id for one in held.values() if word in (str(one.id), one.name.lower())}:
                wanted |= named
            elif not operand.empty:
                raise JqlError(f"Sprint with name '{operand.text}' does not exist or you do not have permission.")
        inside = clause.operator in ("=", "in", "is")
        empty = any(operand.empty for operand in clause.operands)
        return lambda issue: (issue.sprint in wanted or (empty and issue.sprint is None)) is inside

    def _ordered(self, entry: FieldEntry, clause: Clause, read: Callable[[Issue], Any]) -> Predicate:
        compare = _ORDER[clause.operator]
        (operand,) = clause.operands
        if entry.kind == "key":
            bound = self._values.issue(clause.field, operand)
            if operand.text.isdecimal():
                return lambda issue: compare(issue.id, bound.id)
            project, number = bound.project, bound.number
            return lambda issue: issue.project == project and compare(issue.number, number)
        limit = self._values.value(entry, clause.field, operand)

        def ordered(issue: Issue) -> bool:
            value = read(issue)
            return value is not None and compare(value, limit)

        return ordered

    def _value(self, entry: FieldEntry, clause: Clause, operand: Operand) -> Any:
        try:
            return self._values.value(entry, clause.field, operand)
        except JqlError:
            if self._lenient:
                return None
            raise

    def _among(self, entry: FieldEntry, clause: Clause, read: Callable[[Issue], Any]) -> Predicate:
        wanted = frozenset(
            value for o in clause.operands if not o.empty and (value := self._value(entry, clause, o)) is not None
        )
        empty = any(o.empty for o in clause.operands)
        inside = clause.operator in ("=", "in")
        if entry.kind == "labels":
            if inside:
                return lambda issue: not wanted.isdisjoint(issue.labels) or (empty and not issue.labels)
            return lambda issue: bool(issue.labels) and wanted.isdisjoint(issue.labels)
        if entry.kind == "datetime":  # minute precision, as people write them
            plain = read

            def read(issue: Issue) -> Any:
                value = plain(issue)
                return value and value.replace(second=0, microsecond=0)

        if inside:
            return lambda issue: ((value := read(issue)) in wanted) or (empty and value is None)
        return lambda issue: ((value := read(issue)) is not None) and value not in wanted


def _containing(read: Callable[[Issue], Any], operand: Operand, *, negated: bool) -> Predicate:
    patterns = [
        re.compile(rf"\b{re.escape(word.rstrip('*'))}" + ("" if word.endswith("*") else r"\b"), re.IGNORECASE)
        for word in operand.text.replace('"', " ").split()
    ]

    def contains(issue: Issue) -> bool:
        value = read(issue)
        return value is not None and all(p.search(value) for p in patterns) is not negated

    return contains


class _Down:
    """A value that sorts the other way round."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __lt__(self, other: _Down) -> bool:
        return bool(other.value < self.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Down) and self.value == other.value

    def __hash__(self) -> int:
        return hash(self.value)
