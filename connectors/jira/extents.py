"""What scopes cover at this moment: JQL where JQL can say it, else the issues themselves.

A saved filter and a board are JQL. The active sprint is JQL once its number is known, which changes; what is below an
epic grows; and a board whose filter the account cannot see only lists its issues.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from connectors.errors import Gone, Misconfigured
from connectors.jira.calls import Calls, Child
from connectors.shapes import Scope

EPIC, SPRINT, LISTING = "epic", "sprint", "listing"
NO_SPRINT = "board {board} has no active sprint now: the value of the last one stands until the next sprint begins"
_LEVELS = 12  # of a hierarchy: Jira's own has three, Advanced Roadmaps adds a few
_PREFIX = {EPIC: "below issue ", SPRINT: "active sprint of board ", LISTING: "listed by board "}


def query_of(kind: str, id: str) -> str:
    """Return the canonical text of a scope that is not JQL."""
    return _PREFIX[kind] + id


def id_of(scope: Scope) -> str:
    """Return the id within the canonical text of a scope that is not JQL."""
    return scope.query.removeprefix(_PREFIX[scope.kind])


def is_jql(scope: Scope) -> bool:
    """Whether a scope's query is JQL, whatever it was picked by."""
    return scope.kind not in _PREFIX


class Extents:
    """The extents of some scopes, read when made.

    `queries` has a JQL query for each scope that one can say; `lists` has the others, as id -> `updated` in
    milliseconds since 1970; `resting` says of those that have no extent now why; `began` is the server's time when the
    first of these lists was asked for.
    """

    def __init__(self, calls: Calls, scopes: Iterable[Scope]) -> None:
        self._calls = calls
        self.queries: dict[str, str] = {}
        self.lists: dict[str, Mapping[int, int]] = {}
        self.resting: dict[str, str] = {}
        self.began: datetime | None = None
        epics: dict[int, list[str]] = {}
        boards: dict[str, list[str]] = {}
        for scope in scopes:
            if is_jql(scope):
                self.queries[scope.key] = scope.query
            elif scope.kind == EPIC:
                epics.setdefault(int(id_of(scope)), []).append(scope.key)
            elif scope.kind == SPRINT:
                boards.setdefault(id_of(scope), []).append(scope.key)
            else:
                self._listing(scope)
        for board, keys in boards.items():
            self._sprint(board, keys)
        if epics:
            below = self._below(list(epics))
            self.lists.update({key: below[root] for root, keys in epics.items() for key in keys})

    def _listing(self, scope: Scope) -> None:
        try:
            self.lists[scope.key], began = self._calls.listed(id_of(scope))
        except Gone as gone:
            raise _no_board(id_of(scope)) from gone
        self._note(began)

    def _sprint(self, board: str, keys: Sequence[str]) -> None:
        try:
            running = sorted(int(one["id"].number()) for one in self._calls.sprints(board, "active"))
        except Gone as gone:
            raise _no_board(board) from gone
        if running:
            self.queries.update(dict.fromkeys(keys, f"sprint in ({', '.join(map(str, running))})"))
        else:
            # Between two sprints nobody's work is gone: what the last one held stands until the next begins.
            self.resting.update(dict.fromkeys(keys, NO_SPRINT.format(board=board)))

    def _below(self, roots: Sequence[int]) -> Mapping[int, Mapping[int, int]]:
        """Return for each root what is below it, level by level: one request for a level of all roots together."""
        found: dict[int, dict[int, int]] = {root: {} for root in roots}
        owners = {root: {root} for root in roots}  # an issue -> the roots it is below
        nodes = dict.fromkeys(roots, "")
        for _ in range(_LEVELS):
            level, began = self._level(nodes, frozenset(roots))
            self._note(began)
            nodes = {}
            for child in level:
                fresh = {root for root in owners[child.parent] if child.id not in found[root] and child.id != root}
                for root in fresh:
                    found[root][child.id] = child.updated
                if fresh:
                    owners.setdefault(child.id, set()).update(fresh)
                    nodes[child.id] = child.key
            if not nodes:
                return found
        return found

    def _level(self, nodes: Mapping[int, str], roots: frozenset[int]) -> tuple[list[Child], datetime | None]:
        """Read what is right below these. An issue that went away since its own level was read has nothing below."""
        try:
            return self._calls.children(nodes)
        except Misconfigured as refused:
            if len(nodes) == 1:
                (only,) = nodes
                if only in roots:
                    raise Misconfigured(
                        f"jira has no issue {only} any more, or hides it: nothing can be read below it",
                        field="select",
                        hint="select another epic",
                    ) from refused
                return [], None
            wanted = list(nodes)
            middle = len(wanted) // 2
            found: list[Child] = []
            began: datetime | None = None
            for half in (wanted[:middle], wanted[middle:]):
                level, at = self._level({id: nodes[id] for id in half}, roots)
                found += level
                began = began or at
            return found, began

    def _note(self, began: datetime | None) -> None:
        if began is not None and (self.began is None or began < self.began):
            self.began = began


def _no_board(board: str) -> Misconfigured:
    return Misconfigured(
        f"jira has no board {board} any more, or hides it", field="select", hint="select another board"
    )
